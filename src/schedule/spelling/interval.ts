/**
 * Translates intervals such as `PT10M`, `1h30m` and `2 hours`. cron has only those that divide an
 * hour, a day or a year, or are one week, and counts from the beginning of that hour, day or year.
 */
import type { Reading } from './reading.ts';

interface Span {
  readonly months: number;
  readonly minutes: number;
  readonly seconds: number;
}

const anchored = 'it counts from the full hour or from midnight on, not from the last run';
const unequal = 'cron begins anew each hour and each day, so it has no such distance';
const byDate = 'write one for each day, and let the command look at the date';

/** Returns `undefined` for a text that is no interval. */
export function intervalReading(text: string, what: string): Reading | undefined {
  const span = readIso(text) ?? readUnits(text);
  if (span === undefined || span.months + span.minutes + span.seconds === 0) return undefined;
  return spanReading(span, what);
}

function spanReading({ months, minutes, seconds }: Span, what: string): Reading {
  if (seconds > 0) return { what, why: secondsWords(months + minutes) };
  if (months > 0) return minutes > 0 ? { what, why: unequal } : monthsReading(months, what);
  const write = steps(minutes);
  if (write !== undefined) return { what, write, near: minutes === 7 * dayMinutes ? 'it is Sunday, 00:00' : anchored };
  if (minutes % (7 * dayMinutes) === 0)
    return {
      what,
      why: 'cron knows the weekdays and counts no weeks; write one for each week, and let the command look at the date',
    };
  if (minutes > dayMinutes) return { what, why: `cron begins anew each month, so it has no such distance; ${byDate}` };
  return { what, why: unequal };
}

function secondsWords(rest: number): string {
  const full = 'cron starts jobs at the full minute, so it knows no seconds';
  return rest > 0 ? full : `${full}; what is to go on all the time is a "service: true"`;
}

function monthsReading(months: number, what: string): Reading {
  if (12 % months !== 0)
    return { what, why: 'cron begins anew each year, so it has no such distance; let the command look at the date' };
  const month = months === 1 ? '*' : months === 12 ? '1' : `*/${months}`;
  return { what, write: `0 0 1 ${month} *`, near: 'it is the first of the month, 00:00, counted from January on' };
}

const dayMinutes = 1440;

function steps(minutes: number): string | undefined {
  if (minutes === 1) return '* * * * *';
  if (minutes < 60) return 60 % minutes === 0 ? `*/${minutes} * * * *` : undefined;
  const hours = minutes / 60;
  if (hours === 1) return '0 * * * *';
  if (hours === 24) return '0 0 * * *';
  if (hours === 7 * 24) return '0 0 * * 0';
  return Number.isInteger(hours) && 24 % hours === 0 ? `0 */${hours} * * *` : undefined;
}

/**
 * Parses a duration of ISO 8601, also at the end of a repetition: `R/2026-01-01T00:00:00Z/PT1H`.
 */
function readIso(text: string): Span | undefined {
  const [, years, months, weeks, days, hours, minutes, seconds] =
    /^(?:R\d*\/(?:[-\dT:.Z+]+\/)?)?P(?=[\dT])(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/i.exec(
      text,
    ) ?? [];
  if ([years, months, weeks, days, hours, minutes, seconds].every((part) => part === undefined)) return undefined;
  const of = (part: string | undefined) => Number(part ?? 0);
  const inDays = of(weeks) * 7 + of(days);
  return whole({
    months: of(years) * 12 + of(months),
    seconds: inDays * 86_400 + of(hours) * 3600 + of(minutes) * 60 + of(seconds),
  });
}

/** `months` are counted apart because they differ in length. */
const units: readonly (readonly [RegExp, keyof Span, number])[] = [
  [/^s(?:ec(?:ond)?s?)?$/, 'seconds', 1],
  [/^m(?:in(?:ute)?s?)?$/, 'seconds', 60],
  [/^h(?:(?:ou)?rs?)?$/, 'seconds', 3600],
  [/^d(?:ays?)?$/, 'seconds', 86_400],
  [/^w(?:eeks?)?$/, 'seconds', 7 * 86_400],
  [/^months?$/, 'months', 1],
  [/^quarters?$/, 'months', 3],
  [/^y(?:ears?)?$/, 'months', 12],
];

const half: Readonly<Record<string, string>> = {
  'half hour': '30 minutes',
  'half an hour': '30 minutes',
  'quarter hour': '15 minutes',
  'quarter of an hour': '15 minutes',
  'half day': '12 hours',
  'half a day': '12 hours',
  'half year': '6 months',
};

function readUnits(written: string): Span | undefined {
  const lower = written.trim().toLowerCase();
  const text = (Object.hasOwn(half, lower) ? (half[lower] ?? '') : lower).replace(/,| and /g, ' ');
  const parts = [...text.matchAll(/(\d{1,6}) ?([a-z]+) ?/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.replace(/ +/g, ' ')) return undefined;
  const sum = { months: 0, seconds: 0 };
  for (const [, count, unit = ''] of parts) {
    const known = units.find(([pattern]) => pattern.test(unit));
    if (known === undefined) return undefined;
    sum[known[1] === 'months' ? 'months' : 'seconds'] += Number(count) * known[2];
  }
  return whole(sum);
}

function whole({ months, seconds }: { readonly months: number; readonly seconds: number }): Span {
  return { months, minutes: Math.floor(seconds / 60), seconds: seconds % 60 };
}
