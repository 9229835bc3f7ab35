/**
 * Pairs the ticks that had no start with the starts that had no tick. Both happen if cron has
 * another time zone than the host (TZ in its environment): it starts every line hours before or
 * after the tick, and its children can't see why. A start stands for one tick at most.
 *
 * The clocks of two time zones are at most 26 hours apart, by a multiple of a quarter of an hour. A
 * start at a moment of the schedule stands for that moment.
 */
import { expectedTicks } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';
import type { HistoryEvent, Trigger } from '../history/event.ts';
import { parseEvents } from '../history/event-lines.ts';
import type { AccountedJob } from './account.ts';

/** A start by cron that belongs to none of the job's ticks. */
export interface LooseStart {
  readonly run: string;
  readonly atMs: number;
}

const quarterMs = 15 * 60_000;
const farthestMs = 26 * 3_600_000;
/** cron wakes once a minute, and a busy host starts its lines late. */
const startToleranceMs = 90_000;

/** True if the clocks of two zones can show the same time at these two moments. */
export function canStandFor(startMs: number, tickMs: number): boolean {
  const distance = startMs - tickMs;
  if (Math.abs(distance) > farthestMs + startToleranceMs) return false;
  // cron is never early.
  const rest = ((distance % quarterMs) + quarterMs) % quarterMs;
  return rest <= startToleranceMs;
}

/**
 * Returns a function that finds the start for a tick: the nearest one that stands for no other
 * tick. It must be called with ticks in ascending order.
 */
export function standIns(job: AccountedJob, history: string, zones: Zones): (tickMs: number) => LooseStart | undefined {
  let left: readonly LooseStart[] | undefined;
  return (tickMs) => {
    left ??= looseStarts(history).filter(({ atMs }) => !isOnSchedule(job, atMs, zones));
    const [nearest] = left
      .filter(({ atMs }) => canStandFor(atMs, tickMs))
      .sort((a, b) => Math.abs(a.atMs - tickMs) - Math.abs(b.atMs - tickMs));
    left = left.filter((start) => start !== nearest);
    return nearest;
  };
}

function isOnSchedule(job: AccountedJob, atMs: number, zones: Zones): boolean {
  return expectedTicks(job, { afterMs: atMs - startToleranceMs, untilMs: atMs }, zones).length > 0;
}

/** Returns the starts by cron for which the history names no tick. */
function looseStarts(history: string): readonly LooseStart[] {
  if (!history.includes('"by":"clock"')) return [];
  const starts = new Map<string, LooseStart>();
  const settled = new Set<string>();
  for (const event of parseEvents(history)) {
    if (event.event === 'stood-for' || tickOf(event) !== undefined) settled.add(event.run);
    else if (triggerOf(event)?.by === 'clock' && !starts.has(event.run))
      starts.set(event.run, { run: event.run, atMs: event.atMs });
  }
  return [...starts.values()].filter(({ run }) => !settled.has(run));
}

function triggerOf(event: HistoryEvent): Trigger | undefined {
  return 'trigger' in event && event.event !== 'ended' ? event.trigger : undefined;
}

function tickOf(event: HistoryEvent): number | undefined {
  return 'tick' in event ? event.tick?.tickMs : undefined;
}

/**
 * Returns the tick that `--catch-up` has already run and of which this start, which belongs to no
 * tick, is a second start. Each such tick has at most one second start.
 */
export function caughtUpTick(
  startMs: number,
  history: string,
): { readonly run: string; readonly tickMs: number } | undefined {
  if (!history.includes('"caughtUp":true')) return undefined;
  const events = parseEvents(history);
  const answered = new Set(
    events.flatMap((event) => (event.event === 'skipped' && event.outcome.reason === 'claimed' ? tickOf(event) : [])),
  );
  return events
    .flatMap((event) =>
      event.event === 'started' && event.tick?.caughtUp ? { run: event.run, tickMs: event.tick.tickMs } : [],
    )
    .filter(({ tickMs }) => tickMs < startMs && canStandFor(startMs, tickMs) && !answered.has(tickMs))
    .at(-1);
}
