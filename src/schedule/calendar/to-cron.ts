/** The schedules of cron that have the times of calendar events of systemd. */
import { type Calendar, valuesOf } from './calendar.ts';
import { daysOf } from './fires.ts';

/** Values of the five terms, and what cron can't say. */
export interface CronPlan {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0-6, Sunday is 0. */
  readonly weekdays: readonly number[];
  readonly guard: DayGuard | undefined;
  readonly zone: string | undefined;
}

/** A look at the date in front of the command, for days that five terms can't name. */
export interface DayGuard {
  /** 1-7, Sunday is 7, as `date +%u` has them; absent if any may be. */
  readonly weekdays?: readonly number[];
  /** The run must be on one of the last so many days of the month. */
  readonly lastDays?: number;
}

export type PlanAnswer =
  | { readonly ok: true; readonly plan: CronPlan; readonly near: string | undefined }
  | { readonly ok: false; readonly why: string };

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function cronPlan(calendar: Calendar): PlanAnswer {
  if (calendar.year !== undefined) return { ok: false, why: 'cron knows no years; at(1) starts something once' };
  const months = valuesOf(calendar.month, 1, 12);
  const lastDays = lastDaysOf(calendar);
  if (lastDays === null) {
    return {
      ok: false,
      why: 'cron does not know these days before the end of a month; let the command look at the date',
    };
  }
  const lengths = months.flatMap((month) => (month === 2 ? [28, 29] : [longest[month - 1] ?? 31]));
  const days = [...new Set(lengths.flatMap((length) => daysOf(calendar, length)))].sort((a, b) => a - b);
  if (days.length === 0) return { ok: false, why: 'no month has such a day, so it never starts' };
  const both = calendar.weekdays.length < 7 && calendar.day !== undefined;
  const guard: DayGuard = {
    ...(both && { weekdays: calendar.weekdays.map((day) => day || 7).sort((a, b) => a - b) }),
    ...(lastDays !== undefined && lengths.some((length) => length !== lengths[0]) && { lastDays }),
  };
  const plan: CronPlan = {
    minutes: valuesOf(calendar.minute, 0, 59),
    hours: valuesOf(calendar.hour, 0, 23),
    days: calendar.day === undefined ? valuesOf(undefined, 1, 31) : days,
    months,
    weekdays: both ? [0, 1, 2, 3, 4, 5, 6] : calendar.weekdays,
    guard: Object.keys(guard).length === 0 ? undefined : guard,
    zone: calendar.zone,
  };
  return { ok: true, plan, near: secondsWords(calendar) };
}

function secondsWords({ second }: Calendar): string | undefined {
  const seconds = valuesOf(second, 0, 59);
  if (seconds.length > 1) {
    return `it starts ${seconds.length} times in a minute, cron once: is a "service: true" with a loop what is needed?`;
  }
  return seconds[0] === 0 ? undefined : `it starts at second ${seconds[0]}, cron at second 0`;
}

/** The count of the last days of each month; `null` if they are not the last ones without a hole. */
function lastDaysOf(calendar: Calendar): number | undefined | null {
  if (!calendar.fromEnd || calendar.day === undefined) return undefined;
  const days = daysOf(calendar, 31);
  const isWhole = days.at(-1) === 31 && days.length === 32 - (days[0] ?? 0);
  return isWhole ? days.length : null;
}

/** Merges plans that differ in one term only, so that fewer jobs are needed. */
export function mergedPlans(plans: readonly CronPlan[]): readonly CronPlan[] {
  const found: CronPlan[] = [];
  for (const plan of plans) {
    const at = found.findIndex((one) => merged(one, plan) !== undefined);
    const more = found[at] && merged(found[at], plan);
    if (more === undefined) found.push(plan);
    else found[at] = more;
  }
  return found.length < plans.length ? mergedPlans(found) : found;
}

const terms = ['minutes', 'hours', 'days', 'months', 'weekdays'] as const;

function merged(one: CronPlan, other: CronPlan): CronPlan | undefined {
  if (one.zone !== other.zone || JSON.stringify(one.guard) !== JSON.stringify(other.guard)) return undefined;
  const differing = terms.filter((term) => String(one[term]) !== String(other[term]));
  if (differing.length > 1) return undefined;
  const [term = 'minutes'] = differing;
  return { ...one, [term]: [...new Set([...one[term], ...other[term]])].sort((a, b) => a - b) };
}

/**
 * The five terms. `isFixed` writes no `*` for minute and hour: then cron starts a job once at a time
 * that a clock change brings twice.
 */
export function planText({ minutes, hours, days, months, weekdays }: CronPlan, isFixed = false): string {
  return [
    term(minutes, [0, 59], !isFixed),
    term(hours, [0, 23], !isFixed),
    term(days, [1, 31], false),
    term(months, [1, 12], false),
    term(weekdays, [0, 6], false),
  ].join(' ');
}

function term(values: readonly number[], [low, high]: readonly [number, number], mayStep: boolean): string {
  const [first = low, second = first] = values;
  const [last = first, step] = [values.at(-1), second - first];
  const isWhole = values.length === high - low + 1;
  if (isWhole) return mayStep || high < 23 || low === 1 ? '*' : `${low}-${high}`;
  const isEven = values.every((value, at) => value === first + at * step);
  if (values.length === 2 && mayStep && first === low && step * 2 === high + 1) return `*/${step}`;
  if (values.length < 3) return values.join(',');
  if (!isEven) return runs(values);
  if (step === 1) return `${first}-${last}`;
  return mayStep && first === low && last + step > high ? `*/${step}` : `${first}-${last}/${step}`;
}

/** `1-3,5,8-10` */
function runs(values: readonly number[]): string {
  const found: [number, number][] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else found.push([value, value]);
  }
  return found.map(([from, to]) => (to === from ? `${from}` : `${from}${to === from + 1 ? ',' : '-'}${to}`)).join(',');
}

/** True if the guard lets a local day run. `day` counts from 1970-01-01. */
export function passesGuard({ weekdays, lastDays }: DayGuard, day: number): boolean {
  const date = new Date(day * 86_400_000);
  const later = new Date((day + (lastDays ?? 0)) * 86_400_000);
  return (
    (weekdays === undefined || weekdays.includes(date.getUTCDay() || 7)) &&
    (lastDays === undefined || later.getUTCDate() <= lastDays)
  );
}

/** The words in front of a command that look at the date; on other days the run ends well at once. */
export function guardWords({ weekdays, lastDays }: DayGuard, zone: string | undefined): readonly string[] {
  const date = zone === undefined ? 'date' : `TZ=${zone} date`;
  const [only] = weekdays ?? [];
  const tests = [
    ...(weekdays === undefined
      ? []
      : weekdays.length === 1
        ? [`test "$(${date} +%u)" = ${only}`]
        : [`expr "$(${date} +%u)" : '[${weekdays.join('')}]' >/dev/null`]),
    ...(lastDays === undefined ? [] : [`test "$(${date} -d '+${lastDays} days' +%-d)" -le ${lastDays}`]),
  ];
  return ['/bin/sh', '-c', `${tests.join(' && ')} || exit 0; exec "$@"`, 'sh'];
}
