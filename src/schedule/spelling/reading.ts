/** The translation of another program's schedule, which the message about it offers. */

/** The five terms that a text stands for, or the reason why cron has none for it. */
export type Reading =
  | {
      readonly write: string;
      readonly what: string;
      /** The difference between the terms and the written text. */
      readonly near?: string;
      /** The part of the text that belongs in another key of the job file. */
      readonly also?: string;
    }
  | { readonly write?: never; readonly what: string; readonly why: string };

export function notFiveTerms(text: string): string {
  return `"${text}" is not five terms (minute hour day month weekday)`;
}

/** cron can't express day *and* weekday: where both are restricted it starts the job on either. */
export const eitherDay = 'cron runs a job when either the day or the weekday matches, so both can not be asked for';

const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * The number of a weekday (0 is Sunday) by its English name of at least two letters, in the plural
 * too.
 */
export function weekdayNumber(written: string): number | undefined {
  const name = written.toLowerCase().replace(/s$/, '');
  const at = name.length < 2 ? -1 : names.findIndex((known) => known.startsWith(name));
  return at < 0 ? undefined : at;
}

/** The term for `mon-fri`, `Sat..Sun` and lists of them; `undefined` if a name is no weekday. */
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

/** A range in numbers that may go on past Saturday: `5-6,0`. */
export function pastSaturday(first: number, last: number): string {
  return [first === 6 ? '6' : `${first}-6`, last === 0 ? '0' : `0-${last}`].join(',');
}
