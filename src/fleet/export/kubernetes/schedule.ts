/**
 * A schedule as Kubernetes reads it, and the two nights a year on which it starts a job otherwise
 * than cron does.
 *
 * The CronJob controller uses robfig/cron (v3, ParseStandard). There a term counts as "any" only if
 * it is `*` without a step, Sunday is 0, a time that a clock change leaves out is never reached, and
 * one that comes twice is reached twice.
 */
import { planText } from '../../../schedule/calendar/to-cron.ts';
import type { Expression } from '../../../schedule/expression.ts';
import { matchingMinutes } from '../../../schedule/next.ts';
import { dayMs, minuteMs, type OffsetChange, type Zone } from '../../../zone/zone.ts';

const allDays = 31;
const allWeekdays = 7;

/**
 * The five terms for `spec.schedule`; `undefined` where both a day of the month and a weekday must
 * match, which Kubernetes can't say: there a step such as a step behind the star restricts a term too, and of
 * two restricted terms one is enough.
 */
export function kubernetesSchedule(expression: Expression): string | undefined {
  const isBoth = expression.dayStar || expression.weekdayStar;
  const [days, weekdays] = [expression.days.length < allDays, expression.weekdays.length < allWeekdays];
  if (isBoth && days && weekdays) return undefined;
  const isAnyDay = !isBoth && !(days && weekdays);
  return planText({
    ...expression,
    ...(isAnyDay && { days: range(1, allDays), weekdays: range(0, allWeekdays) }),
    guard: undefined,
    zone: undefined,
  });
}

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Words about the next clock changes of a zone at which Kubernetes starts a job otherwise than cron. */
export function differencesAtClockChanges(expression: Expression, zone: Zone, nowMs: number): readonly string[] {
  // cron treats every line with a * in front of minute or hour as Kubernetes does.
  if (expression.minuteStar || expression.hourStar) return [];
  const changes = zone.changes({ afterMs: nowMs, untilMs: nowMs + 400 * dayMs });
  const lost = changes.find((change) => change.afterMs > change.beforeMs && isMet(expression, change));
  const twice = changes.find((change) => change.afterMs < change.beforeMs && isMet(expression, change));
  return [
    ...(lost === undefined
      ? []
      : [`on ${dateOf(lost)} Kubernetes does not start it, where cron starts it an hour later`]),
    ...(twice === undefined ? [] : [`on ${dateOf(twice)} Kubernetes starts it twice, where cron starts it once`]),
  ];
}

/** True if the job has a time that the clock leaves out, or shows twice, at this change. */
function isMet(expression: Expression, change: OffsetChange): boolean {
  const [from, to] = localSpan(change);
  return !matchingMinutes(expression, from, to - 1).next().done;
}

/** The local minutes that are left out or come twice; the second is the first after them. */
function localSpan({ atMs, beforeMs, afterMs }: OffsetChange): readonly [number, number] {
  const sides = [beforeMs, afterMs].map((offsetMs) => (atMs + offsetMs) / minuteMs).sort((a, b) => a - b);
  return sides as [number, number];
}

function dateOf(change: OffsetChange): string {
  return new Date(localSpan(change)[0] * minuteMs).toISOString().slice(0, 10);
}
