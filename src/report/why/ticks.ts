/**
 * Finds the ticks that an answer is about: the one in question and its neighbours, by the file or
 * by the installed line.
 */
import { readLine } from '../../crontab/reader.ts';
import { expectedTicks, nextTick, type Scheduled } from '../../schedule/ticks.ts';
import { defined } from '../../text/defined.ts';
import { dayMs, minuteMs, type Zones } from '../../zone/zone.ts';
import { scheduledBy } from '../clock/clock-ticks.ts';
import type { ClockFacts } from '../clock/installed.ts';
import { graceMs, type Overdue } from '../clock/overdue.ts';
import type { Evidence } from './evidence.ts';

/**
 * The schedule of an installed line that differs from the file's. A line that only asks run-job
 * (`--due`) doesn't count.
 */
export function lineInstead(clock: ClockFacts | undefined): string | undefined {
  const isOther = clock?.line === 'other' || clock?.line === 'left-over';
  return isOther && !clock.due ? clock.schedule : undefined;
}

/** A line with `--due` starts nothing by itself. */
export function firesAt(
  line: string | undefined,
  tickMs: number | undefined,
  zones: Zones,
): { readonly fires?: boolean } {
  if (line === undefined || tickMs === undefined || line.includes(' --due ')) return {};
  return { fires: nextTick(startsOf(line), tickMs - 1, zones)?.tickMs === tickMs };
}

export function startsOf(line: string | undefined): Scheduled {
  const read = readLine(line ?? '');
  return read.is === 'entry' ? scheduledBy(read.schedule) : { timing: {} };
}

interface Asked {
  readonly nowMs: number;
  readonly zones: Zones;
  readonly askedMs?: number;
}

/** The tick of the minute that was asked about, or the last one; and its neighbours. */
function ticksAround(job: Scheduled, { nowMs, zones, askedMs }: Asked): Evidence['ticks'] {
  const minute = Math.floor((askedMs ?? nowMs) / minuteMs) * minuteMs;
  const asked = expectedTicks(job, { afterMs: minute - 1, untilMs: minute + minuteMs - 1 }, zones)[0]?.tickMs;
  const before = lastTick(job, minute - 1, zones);
  const tickMs = asked ?? (askedMs === undefined ? before : undefined);
  const beforeMs = tickMs === before && before !== undefined ? lastTick(job, before - 1, zones) : before;
  const afterMs = nextTick(job, tickMs ?? minute, zones)?.tickMs;
  return defined({ tickMs, beforeMs, afterMs });
}

/**
 * The same with the tick before, if that is overdue and the last one may still start: a job of every minute has such a tick most of the time.
 */
export function ticksInQuestion(
  job: Scheduled,
  asked: Asked & { readonly overdue: Overdue | undefined; readonly delayMs: number },
): Evidence['ticks'] {
  const ticks = ticksAround(job, asked);
  const { tickMs, beforeMs } = ticks;
  const { nowMs, overdue, delayMs } = asked;
  if (asked.askedMs !== undefined || overdue === undefined || tickMs === undefined || beforeMs === undefined)
    return ticks;
  const mayStart = nowMs < tickMs + delayMs + graceMs;
  return mayStart && beforeMs >= overdue.tickMs ? ticksAround(job, { ...asked, nowMs: beforeMs }) : ticks;
}

/** The last tick that is not after `untilMs`, searched in ever longer spans. */
function lastTick(job: Scheduled, untilMs: number, zones: Zones): number | undefined {
  for (const days of [1 / 24, 1, 32, 400, 1600]) {
    const found = expectedTicks(job, { afterMs: untilMs - days * dayMs, untilMs }, zones).at(-1);
    if (found !== undefined) return found.tickMs;
  }
  return undefined;
}
