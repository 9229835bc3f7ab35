/**
 * A schedule as calendar events of systemd, which start a job at least whenever it is due. `--due`
 * decides what a start is for, so that an event too many does nothing.
 */
import type { Expression } from '../../../schedule/expression.ts';
import type { Zone } from '../../../zone/zone.ts';

/** The years in which a clock change counts; fixed, so that the same jobs give the same units. */
const fromMs = Date.UTC(2025, 0, 1);
const untilMs = Date.UTC(2040, 0, 1);

export interface EventZones {
  /** The zone of the schedule. */
  readonly job: Zone;
  readonly host: Zone;
  /** The minutes of an hour of UTC in which the schedule can be due, as a cron term. */
  readonly dueMinutes: (expression: Expression, job: Zone) => string;
}

/** The values of `OnCalendar=`; the timer starts once at a moment that two of them name. */
export function calendarEvents(expression: Expression, { job, host, dueMinutes }: EventZones): readonly string[] {
  const isPlain = [job, host].every((zone) => zone.changes({ afterMs: fromMs, untilMs }).length === 0);
  if (isPlain && job.offsetAt(fromMs) === host.offsetAt(fromMs)) return events(expression);
  // systemd starts nothing in the gap of a clock change, so it asks in each hour.
  const minutes = dueMinutes(expression, job);
  return [`*-*-* *:${minutes === '*' ? '*' : minutes.split(',').map(two).join(',')}:00 UTC`];
}

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const allDays = 31;
const allWeekdays = 7;

/** Both day terms must match if either is written with `*`, else one is enough: an event for each. */
function events(expression: Expression): readonly string[] {
  const { days, weekdays, dayStar, weekdayStar } = expression;
  const all = { days: range(1, allDays), weekdays: range(0, allWeekdays) };
  if (dayStar || weekdayStar) return [event(expression, { days, weekdays })];
  if (days.length === allDays || weekdays.length === allWeekdays) return [event(expression, all)];
  return [event(expression, { ...all, days }), event(expression, { ...all, weekdays })];
}

function event(
  { minutes, hours, months }: Expression,
  { days, weekdays }: Pick<Expression, 'days' | 'weekdays'>,
): string {
  const names = weekdays.length === allWeekdays ? '' : `${weekdays.map((day) => weekdayNames[day]).join(',')} `;
  const date = `*-${list(months, 12)}-${list(days, allDays)}`;
  return `${names}${date} ${list(hours, 24)}:${list(minutes, 60)}:00`;
}

function list(values: readonly number[], all: number): string {
  return values.length === all ? '*' : values.map(two).join(',');
}

function two(value: number | string): string {
  return String(value).padStart(2, '0');
}

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
