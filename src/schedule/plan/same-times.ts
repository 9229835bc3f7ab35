/**
 * Says whether two schedules start a job at the same times: proved for all time, or the first moment at which they differ.
 *
 * Proved is it when both name the same minutes, hours and dates, treat clock changes alike, and their zones have the same offsets from now on.
 * Dates are compared as sets of (month, day, weekday): all combinations occur within 400 years. Everything else is looked for, tick by tick.
 */

import { dayMs, type Zones } from '../../zone/zone.ts';
import type { Expression } from '../expression.ts';
import { matchesDate } from '../next.ts';
import { eachTick, type Scheduled, tickZone } from '../ticks.ts';

export type Sameness =
  | { readonly is: 'same' }
  | { readonly is: 'different'; readonly atMs: number; readonly change: 'appears' | 'vanishes' }
  /** Only one of them starts the job after each boot. */
  | { readonly is: 'boot'; readonly change: 'appears' | 'vanishes' }
  /** No difference up to a moment; nothing is said of what comes after it. */
  | { readonly is: 'open'; readonly untilMs: number };

export interface Comparison {
  readonly before: Scheduled;
  readonly after: Scheduled;
}

/** 29 February that falls on a certain weekday comes every 28 years, 40 across 2100. */
const farMs = 41 * 366 * dayMs;
/** More than the minutes of a year. */
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
  // What cron carries on across a change of the clocks is some hours old at most.
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
