/** Says what the next clock changes of a job's zone do to a schedule, where its author would not expect it; every remark is a warning. */

import { dayMs, minuteMs, type OffsetChange, type Zone } from '../zone/zone.ts';
import type { Expression } from './expression.ts';
import { matchingMinutes } from './next.ts';
import type { ScheduleProblem } from './term.ts';

export interface ClockQuestion {
  /** The job's own, else the host's. */
  readonly zone: Zone;
  /** The changes of the 400 days after this instant are looked at: the next one in each direction. */
  readonly afterMs: number;
}

export function lintClockChanges(expression: Expression, host: ClockQuestion): readonly ScheduleProblem[] {
  const changes = host.zone.changes({ afterMs: host.afterMs, untilMs: host.afterMs + 400 * dayMs });
  const gap = changes.find((change) => change.afterMs > change.beforeMs);
  const repetition = changes.find((change) => change.afterMs < change.beforeMs);
  return [
    ...(gap === undefined ? [] : lostTimes(expression, gap, host)),
    ...(repetition === undefined ? [] : hourWithoutRuns(expression, repetition, host)),
  ];
}

/** A time that the clock jumps over. A line with a fixed time is run afterwards, once for each lost time; another one is not. */
function lostTimes(expression: Expression, change: OffsetChange, { zone }: ClockQuestion): readonly ScheduleProblem[] {
  const { column } = expression.terms[1];
  const first = (change.atMs + change.beforeMs) / minuteMs;
  const end = (change.atMs + change.afterMs) / minuteMs;
  const lost = [...matchingMinutes(expression, first, end - 1)];
  if (lost.length === 0) return [];
  const when = `${timesOf(lost)} in ${zone.name} on ${dateOf(first)}`;
  if (isFixed(expression) && end - first < 180) {
    const runs = [...matchingMinutes(expression, first, end)].length;
    const instead =
      runs === 1
        ? `runs the job at ${timeOf(end)}`
        : `starts its line ${runs} times at ${timeOf(end)}, and the job runs once`;
    return [{ message: `there is no ${when}; cron ${instead}`, column }];
  }
  const endOfDay = (Math.floor(first / 1440) + 1) * 1440 - 1;
  const remaining = [...matchingMinutes(expression, Math.floor(first / 1440) * 1440, endOfDay)].length - lost.length;
  return remaining > 0 ? [] : [{ message: `there is no ${when}; cron leaves the job out on that day`, column }];
}

/** "Every hour" spelled as a list is a list of fixed times to cron, and a fixed time that comes twice is run once. */
function hourWithoutRuns(
  expression: Expression,
  change: OffsetChange,
  { zone }: ClockQuestion,
): readonly ScheduleProblem[] {
  const hour = expression.terms[1];
  if (!isFixed(expression) || expression.hours.length < 24) return [];
  const first = (change.atMs + change.afterMs) / minuteMs;
  const end = (change.atMs + change.beforeMs) / minuteMs;
  const when = `${timeOf(first)}-${timeOf(end)} comes twice in ${zone.name} on ${dateOf(first)}`;
  return [
    {
      message: `${when}, and cron does not run "${hour.text}" the second time; write "*" for every hour`,
      column: hour.column,
    },
  ];
}

/** Vixie cron calls a line a wildcard when minute or hour starts with `*`. */
function isFixed(expression: Expression): boolean {
  return !expression.minuteStar && !expression.hourStar;
}

function timesOf(localMinutes: readonly number[]): string {
  const [first = 0, second] = localMinutes;
  if (second === undefined) return timeOf(first);
  return `${timeOf(first)}${localMinutes.length === 2 ? ' or' : ' to'} ${timeOf(localMinutes.at(-1) ?? second)}`;
}

function timeOf(localMinute: number): string {
  return new Date(localMinute * minuteMs).toISOString().slice(11, 16);
}

function dateOf(localMinute: number): string {
  return new Date(localMinute * minuteMs).toISOString().slice(0, 10);
}
