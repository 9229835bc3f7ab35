/** Spans of time, and the days of a zone. */
import { dayMs, type Zone } from '../../../zone/zone.ts';

/** A span of time. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** True for a run that was under way then; one without an end still is. */
export function isIn(
  {
    startedMs,
    endedMs,
    outcome,
  }: { readonly startedMs: number; readonly endedMs?: number; readonly outcome?: unknown },
  { fromMs, untilMs }: Span,
): boolean {
  const endMs = outcome === undefined ? Number.POSITIVE_INFINITY : (endedMs ?? startedMs);
  return startedMs < untilMs && endMs >= fromMs;
}

/** The first instant of a day. Where clocks change at midnight, it is the first one that has the day's date. */
export function startOfDay(day: string, zone: Zone): number {
  const utcMs = Date.parse(day);
  const guesses = [-dayMs, 0, dayMs].map((near) => utcMs - zone.offsetAt(utcMs + near));
  const [first = utcMs] = guesses.filter((ms) => ms + zone.offsetAt(ms) >= utcMs).sort((a, b) => a - b);
  return first;
}
