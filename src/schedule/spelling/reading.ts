/** What a text that is no schedule of cron was meant to be, for the sentence about it. */

/** The five terms that a text stands for, or why cron has none for it. */
export type Reading =
  | {
      readonly write: string;
      readonly what: string;
      /** How the terms differ from what was written. */
      readonly near?: string;
      /** What belongs in another key of the job file. */
      readonly also?: string;
    }
  | { readonly write?: never; readonly what: string; readonly why: string };

export function notFiveTerms(text: string): string {
  return `"${text}" is not five terms (minute hour day month weekday)`;
}

/** Cron asks for the day *or* the weekday where both are restricted. */
export const eitherDay = 'cron runs a job when either the day or the weekday matches, so both can not be asked for';

const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** 0-6, Sunday is 0, of a name in English that has at least two letters, in the plural too. */
export function weekdayNumber(written: string): number | undefined {
  const name = written.toLowerCase().replace(/s$/, '');
  const at = name.length < 2 ? -1 : names.findIndex((known) => known.startsWith(name));
  return at < 0 ? undefined : at;
}

/** The term for `mon-fri`, `Sat..Sun` and lists of such; `undefined` where a name is none. */
export function weekdayTerm(written: string): string | undefined {
  const items = written.split(',').map((item) => weekdayItem(item.split(/\.\.|-/)));
  return items.includes(undefined) ? undefined : items.join(',');
}

function weekdayItem([from = '', to = from, ...more]: readonly string[]): string | undefined {
  const [first, last] = [weekdayNumber(from), weekdayNumber(to)];
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  if (first === last) return shortName(first);
  return first < last ? `${shortName(first)}-${shortName(last)}` : pastSaturday(first, last);
}

function shortName(weekday: number): string {
  return (names[weekday] ?? '').slice(0, 3);
}

/** A range that goes on past Saturday, in numbers: `5-6,0`. */
export function pastSaturday(first: number, last: number): string {
  return [first === 6 ? '6' : `${first}-6`, last === 0 ? '0' : `0-${last}`].join(',');
}
