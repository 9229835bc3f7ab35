/**
 * Warns of what the next clock changes of a job's zone do to its schedule, if its author would not
 * expect it.
 */

import { dayMs, minuteMs, type OffsetChange, type Zone } from '../zone/zone.ts';
import type { Expression } from './expression.ts';
import { matchingMinutes } from './next.ts';
import type { ScheduleProblem } from './term.ts';

export interface ClockQuestion {
  /** The job's own zone, else the host's. */
  readonly zone: Zone;
  /**
   * The next clock change in each direction is examined, if it comes within 400 days after this
   * instant.
   */
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

/**
 * Warns of times that the clock jumps over. cron runs a line with fixed times afterwards, once for
 * each lost time; it leaves out other lines.
 */
function lostTimes(expression: Expression, change: OffsetChange, { zone }: ClockQuestion): readonly ScheduleProblem[] {
  const { column } = expression.terms[1];
  const first = (change.atMs + change.beforeMs) / minuteMs;
  const end = (change.atMs + change.afterMs) / minuteMs;
  const lost = [...matchingMinutes(expression, first, end - 1)];
  if (lost.length === 0) return [];
  const when = `${clockTimes(lost)} in ${zone.name} on ${dateOf(first)}`;
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

/**
 * Warns of "every hour" that is written as a list: cron takes it as fixed times and runs a fixed
 * time that comes twice only once.
 */
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

/**
 * Vixie cron calls a line a wildcard if its minute or hour starts with `*`; all other lines are
 * fixed.
 */
function isFixed(expression: Expression): boolean {
  return !expression.minuteStar && !expression.hourStar;
}

function clockTimes(localMinutes: readonly number[]): string {
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
