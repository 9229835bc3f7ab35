/**
 * Computes when Debian's cron would run a line on a host in a given zone, to the minute, clock
 * changes included.
 *
 * The rule is that of the main loop of Vixie cron (cron.c of Debian's 3.0pl1; cronie differs only
 * at exactly three hours). Cron counts minutes of *local* time and remembers in a virtual clock up
 * to which of them it has run everything. At each new minute it looks how far the clock on the wall
 * is from the virtual one:
 *
 * | the wall clock is                | lines with `*` in front of minute or hour | lines with a fixed time                       |
 * | -------------------------------- | ----------------------------------------- | --------------------------------------------- |
 * | 1 to 5 minutes ahead             | each minute on the way, now               | each minute on the way, now                   |
 * | 6 minutes to 3 hours ahead (gap) | only this minute                          | each minute, now, one after another |
 * | level or up to 3 hours behind    | this minute                               | nothing until the clock has caught up |
 * | farther away                     | this minute; the virtual clock is set     | this minute; the virtual clock is set         |
 *
 * So in spring a fixed line of the lost hour runs right after that hour, once for each of its lost
 * minutes. In autumn only the lines with `*` run in the repeated hour. Only clock changes of the
 * zone are computed, not suspends or stepped clocks. Between two runs that it makes up for, cron
 * waits for a job to end, at most 10 seconds, so on a busy host they take some minutes; here all of
 * them are at the end of the gap.
 */

import { minuteMs, type Period, periodsFrom, type Zone } from '../zone/zone.ts';
import type { Expression } from './expression.ts';

const minutesOfDay = 24 * 60;
const longestCareMinutes = 3 * 60;

export type FireLimits = { readonly afterMs: number } & ({ readonly count: number } | { readonly untilMs: number });

export type Window = FireLimits & { readonly zone: Zone };

/**
 * The instants after `afterMs` (and not after `untilMs`) at which cron starts the line, ascending,
 * in milliseconds since 1970. An instant is there twice when cron starts the line twice, which
 * happens at the end of a gap.
 */
export function nextFires(expression: Expression, window: Window): readonly number[] {
  return firesIn(expression, periodsBefore(window), window);
}

/** Yields the instants of `nextFires` one by one, without end unless there is an `untilMs`. */
export function* eachFire(
  expression: Expression,
  window: { readonly zone: Zone; readonly afterMs: number; readonly untilMs?: number },
): Generator<number> {
  const { afterMs, untilMs = Number.POSITIVE_INFINITY } = window;
  yield* fires(expression, periodsBefore(window), { afterMs, untilMs });
}

function periodsBefore(window: { readonly zone: Zone; readonly afterMs: number }): Iterable<Period> {
  // cron makes up for at most three hours, so a start four hours earlier gives the same result as
  // one years earlier.
  const startMs = Math.floor(window.afterMs / minuteMs) * minuteMs - 4 * 60 * minuteMs;
  return periodsFrom(window.zone, startMs);
}

/**
 * The instants of `nextFires` for any clock: cron is started with the first of the periods, which
 * follow each other without a gap.
 */
export function firesIn(expression: Expression, periods: Iterable<Period>, limits: FireLimits): readonly number[] {
  const limit = 'count' in limits ? limits.count : Number.POSITIVE_INFINITY;
  const untilMs = 'untilMs' in limits ? limits.untilMs : Number.POSITIVE_INFINITY;
  const found: number[] = [];
  if (limit < 1) return found;
  for (const fireMs of fires(expression, periods, { afterMs: limits.afterMs, untilMs }))
    if (found.push(fireMs) >= limit) return found;
  return found;
}

function* fires(
  expression: Expression,
  periods: Iterable<Period>,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): Generator<number> {
  if (expression.minutes.length === 0) return;
  const isWildcard = expression.minuteStar || expression.hourStar;
  for (const { fromMinute, toMinute, offsetMs, atMs } of stretches(periods, isWildcard, untilMs)) {
    for (const localMinute of matchingMinutes(expression, fromMinute, toMinute)) {
      const fireMs = atMs ?? localMinute * minuteMs - offsetMs;
      if (fireMs > afterMs) yield fireMs;
    }
  }
}

/**
 * A range of local minutes (counted from 1970-01-01 00:00 local time) that cron examines for a
 * line.
 */
interface Stretch {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly offsetMs: number;
  /** The instant at which cron makes up for all of them; absent if each runs at its own time. */
  readonly atMs?: number;
}

function* stretches(periods: Iterable<Period>, isWildcard: boolean, untilMs: number): Generator<Stretch> {
  let virtualMinute: number | undefined;
  let wallMinute: number | undefined;
  for (const period of periods) {
    if (period.startMs > untilMs) return;
    const { fromMinute, toMinute } = minutesOf(period, untilMs, wallMinute);
    if (fromMinute > toMinute) continue;
    virtualMinute ??= fromMinute - 1;
    const aheadMinutes = fromMinute - virtualMinute;
    const { offsetMs } = period;
    const atMs = Math.max(period.startMs, fromMinute * minuteMs - offsetMs);
    const madeUp = minutesMadeUp(aheadMinutes, isWildcard);
    const isBehind = aheadMinutes <= 0 && aheadMinutes > -longestCareMinutes;
    const doneMinute: number = isBehind ? virtualMinute : fromMinute;
    yield { fromMinute: fromMinute - madeUp + 1, toMinute: fromMinute, offsetMs, atMs };
    yield { fromMinute: (isWildcard ? fromMinute : doneMinute) + 1, toMinute, offsetMs };
    virtualMinute = Math.max(doneMinute, toMinute);
    wallMinute = toMinute;
  }
}

/**
 * The minutes that begin in a period and not after `untilMs`. If an offset has seconds, a minute
 * may go on into the next period.
 */
function minutesOf(
  period: Period,
  untilMs: number,
  wallMinute: number | undefined,
): Pick<Stretch, 'fromMinute' | 'toMinute'> {
  const lastMs = Math.min(period.endMs - 1, untilMs);
  const first = Math.floor((period.startMs + period.offsetMs) / minuteMs);
  const last = Math.floor((lastMs + period.offsetMs) / minuteMs);
  return { fromMinute: first === wallMinute ? first + 1 : first, toMinute: last };
}

/**
 * The number of local minutes that cron runs at once when the wall clock is this far ahead, the
 * present minute included.
 */
function minutesMadeUp(aheadMinutes: number, isWildcard: boolean): number {
  if (aheadMinutes > longestCareMinutes || aheadMinutes <= -longestCareMinutes) return 1;
  if (isWildcard) return aheadMinutes >= 1 && aheadMinutes <= 5 ? aheadMinutes : 1;
  return Math.max(aheadMinutes, 0);
}

/**
 * The local minutes from `fromMinute` to `toMinute` that an expression names, ascending; `toMinute`
 * may be far away.
 */
export function* matchingMinutes(expression: Expression, fromMinute: number, toMinute: number): Generator<number> {
  for (let day = Math.floor(fromMinute / minutesOfDay); day * minutesOfDay <= toMinute; day++) {
    if (!matchesDay(expression, day)) continue;
    for (const hour of expression.hours) {
      for (const minute of expression.minutes) {
        const localMinute = day * minutesOfDay + hour * 60 + minute;
        if (localMinute > toMinute) return;
        if (localMinute >= fromMinute) yield localMinute;
      }
    }
  }
}

/** True if an expression names a local minute. */
export function matchesMinute(expression: Expression, localMinute: number): boolean {
  const day = Math.floor(localMinute / minutesOfDay);
  const ofDay = localMinute - day * minutesOfDay;
  const { minutes, hours } = expression;
  return minutes.includes(ofDay % 60) && hours.includes(Math.floor(ofDay / 60)) && matchesDay(expression, day);
}

/** `day` counts from 1970-01-01. */
function matchesDay(expression: Expression, day: number): boolean {
  const date = new Date(day * minutesOfDay * minuteMs);
  return matchesDate(expression, {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  });
}

/**
 * Both day terms must match if either starts with `*`, else one is enough (Vixie cron, find_jobs).
 */
export function matchesDate(
  expression: Expression,
  { month, day, weekday }: { readonly month: number; readonly day: number; readonly weekday: number },
): boolean {
  if (!expression.months.includes(month)) return false;
  const isDay = expression.days.includes(day);
  const isWeekday = expression.weekdays.includes(weekday);
  return expression.dayStar || expression.weekdayStar ? isDay && isWeekday : isDay || isWeekday;
}
