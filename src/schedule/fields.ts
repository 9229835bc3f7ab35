/**
 * The five terms of a schedule: their names in messages, the numbers they take and the words that
 * stand for numbers.
 */

export interface Field {
  readonly name: 'minute' | 'hour' | 'day' | 'month' | 'weekday';
  readonly low: number;
  readonly high: number;
  /** The last number that is no synonym. Weekday 7 is a synonym of 0, Sunday. */
  readonly last: number;
  /** Words for `low`, `low + 1`, …; empty where cron knows only numbers. */
  readonly words: readonly string[];
}

const monthWords = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayWords = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export const fields: readonly [Field, Field, Field, Field, Field] = [
  { name: 'minute', low: 0, high: 59, last: 59, words: [] },
  { name: 'hour', low: 0, high: 23, last: 23, words: [] },
  { name: 'day', low: 1, high: 31, last: 31, words: [] },
  { name: 'month', low: 1, high: 12, last: 12, words: monthWords },
  { name: 'weekday', low: 0, high: 7, last: 6, words: weekdayWords },
];
