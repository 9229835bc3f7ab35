/**
 * Compares two schedules: either they are proved to start a job at the same times for ever, or the
 * first difference is found.
 *
 * It is proved if both name the same minutes, hours and dates, treat clock changes alike, and their
 * zones have the same offsets from now on. Dates are compared as sets of (month, day, weekday),
 * because all combinations occur within 400 years. Otherwise the ticks are compared one by one.
 */

import { dayMs, type Zones } from '../../zone/zone.ts';
import type { Expression } from '../expression.ts';
import { matchesDate } from '../next.ts';
import { eachTick, type Scheduled, tickZone } from '../ticks.ts';

export type Sameness =
  | { readonly is: 'same' }
  | { readonly is: 'different'; readonly atMs: number; readonly change: 'appears' | 'vanishes' }
  /** One of the two schedules starts the job after each boot, the other does not. */
  | { readonly is: 'boot'; readonly change: 'appears' | 'vanishes' }
  /** There is no difference up to this instant; later ticks were not compared. */
  | { readonly is: 'open'; readonly untilMs: number };

export interface Comparison {
  readonly before: Scheduled;
  readonly after: Scheduled;
}

/** 29 February that falls on a certain weekday comes every 28 years, 40 across 2100. */
const farMs = 41 * 366 * dayMs;
/** Ticks that are compared: more than there are minutes in a year. */
const mostTicks = 600_000;

export function compareTimes(pair: Comparison, nowMs: number, zones: Zones): Sameness {
  const [boot, otherBoot] = [pair.before, pair.after].map(({ schedule }) => schedule?.atBoot === true);
  if (boot && otherBoot) return { is: 'same' };
  if (boot || otherBoot) return { is: 'boot', change: boot ? 'vanishes' : 'appears' };
  if (isProved(pair, nowMs, zones)) return { is: 'same' };
  const untilMs = nowMs + farMs;
  const [before, after] = [pair.before, pair.after].map((job) => eachTick(job, { afterMs: nowMs, untilMs }, zones));
  for (let count = 0; count < mostTicks; count++) {
    const [one, other] = [nextOf(before), nextOf(after)];
    if (one < other) return { is: 'different', atMs: one, change: 'vanishes' };
    if (other < one) return { is: 'different', atMs: other, change: 'appears' };
    if (one === Number.POSITIVE_INFINITY) return { is: 'open', untilMs };
    if (count === mostTicks - 1) return { is: 'open', untilMs: one };
  }
  return { is: 'open', untilMs: nowMs };
}

function nextOf(ticks: Generator<number> | undefined): number {
  const { value = Number.POSITIVE_INFINITY } = ticks?.next() ?? {};
  return value;
}

function isProved({ before, after }: Comparison, nowMs: number, zones: Zones): boolean {
  const [one, other] = [before.schedule, after.schedule];
  if (one === undefined || other === undefined) return false;
  const [zone, otherZone] = [tickZone(before, zones), tickZone(after, zones)];
  if (zone === undefined || otherZone === undefined) return false;
  // cron makes up for a few hours at most across a clock change.
  const sinceMs = nowMs - dayMs;
  if (zone !== otherZone && zone.lawFrom(sinceMs) !== otherZone.lawFrom(sinceMs)) return false;
  const isFixed = zone.changes({ afterMs: sinceMs, untilMs: Date.UTC(2100, 0, 1) }).length === 0;
  return (isFixed || isWildcard(one) === isWildcard(other)) && isSameTime(one, other) && isSameDate(one, other);
}

function isWildcard({ minuteStar, hourStar }: Expression): boolean {
  return minuteStar || hourStar;
}

function isSameTime(one: Expression, other: Expression): boolean {
  return String(one.minutes) === String(other.minutes) && String(one.hours) === String(other.hours);
}

const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isSameDate(one: Expression, other: Expression): boolean {
  return daysOfMonths.every((days, index) =>
    Array.from({ length: days * 7 }, (_, at) => ({
      month: index + 1,
      day: Math.floor(at / 7) + 1,
      weekday: at % 7,
    })).every((date) => matchesDate(one, date) === matchesDate(other, date)),
  );
}
