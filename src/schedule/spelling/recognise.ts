/**
 * Recognises schedules of other programs (Quartz, AWS, systemd, `@every`), blanks inside of lists
 * and plain words, and says how cron would have them. What is offered fires at the same times, or
 * is called the nearest; where cron has nothing like it, the sentence says why.
 */

import { fields } from '../fields.ts';
import { calendarReading } from './calendar.ts';
import { intervalReading } from './interval.ts';
import { eitherDay, notFiveTerms, pastSaturday, type Reading, weekdayNumber } from './reading.ts';
import { spokenReading } from './spoken.ts';
import { superfluous, unfilled, withZone } from './wrapped.ts';

/**
 * Returns a message about a schedule in another program's form; `undefined` if the form is not
 * known. `isSchedule` tells whether cron accepts terms.
 */
export function otherSpelling(text: string, isSchedule: (terms: string) => boolean): string | undefined {
  const plain = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^OnCalendar ?[=:] ?/i, '');
  // The expressions below are slow on very long texts.
  if (plain.length > 200) return undefined;
  for (const read of readers) {
    const reading = read(plain, isSchedule);
    if (reading !== undefined && (reading.write === undefined || isSchedule(reading.write))) return sentence(reading);
  }
  return undefined;
}

function sentence(reading: Reading): string {
  if (reading.write === undefined) return `${reading.what}: ${reading.why}`;
  const also = reading.also === undefined ? '' : `, and ${reading.also}`;
  if (reading.near === undefined) return `${reading.what}; write "${reading.write}"${also}`;
  return `${reading.what}; the nearest that cron can is "${reading.write}"${also}: ${reading.near}`;
}

type Reader = (text: string, isSchedule: (terms: string) => boolean) => Reading | undefined;

/** The forms that are tried, in this order, until one fits the whole text. */
const readers: readonly Reader[] = [
  blankInList,
  superfluous,
  withZone,
  aws,
  withMore,
  calendarReading,
  every,
  spokenReading,
  quartz,
  calendarRule,
  unfilled,
];

function blankInList(text: string, isSchedule: (terms: string) => boolean): Reading | undefined {
  for (const signs of [/ ?(,) ?/g, / ?([,/]) ?/g, / ?([,/-]) ?/g]) {
    const joined = text.replace(signs, '$1');
    if (joined !== text && isSchedule(joined)) return { what: 'there is a blank inside of a term', write: joined };
  }
  return undefined;
}

/** Translates `cron(minute hour day month weekday year)` and `rate(5 minutes)` of AWS. */
function aws(text: string): Reading | undefined {
  const [, kind = '', inner = ''] = /^(cron|rate)\((.*)\)$/i.exec(text) ?? [];
  if (kind === '') return bareAws(text);
  const what = `"${kind}(…)" is a schedule of AWS`;
  if (kind.toLowerCase() === 'rate') return intervalReading(inner, what) ?? undefined;
  const terms = inner.trim().split(' ');
  return terms.length === 6 ? likeQuartz(terms, what) : undefined;
}

/** Translates `FREQ=DAILY;INTERVAL=1` of iCalendar. */
function calendarRule(text: string): Reading | undefined {
  if (!/^(?:RRULE:)?(?:\w+=[^;]*;)*FREQ=\w+/i.test(text)) return undefined;
  const why = 'it counts from a start that does not stand in it; say in five terms when the job starts';
  return { what: `"${text}" is a rule of calendars (RFC 5545)`, why };
}

/**
 * Translates the inside of `cron(…)`. With seconds in front a `?` would be the fourth or sixth
 * term.
 */
function bareAws(text: string): Reading | undefined {
  const terms = text.split(' ');
  const places = terms.flatMap((term, index) => (term === '?' ? [index] : []));
  if (terms.length !== 6 || places.length === 0 || !places.every((index) => index === 2 || index === 4))
    return undefined;
  return likeQuartz(terms, `six terms with a "?" as the ${places[0] === 2 ? 'third' : 'fifth'} are a schedule of AWS`);
}

/** Recognises a line of a crontab: a user or a command follows the five terms. */
function withMore(text: string, isSchedule: (terms: string) => boolean): Reading | undefined {
  const terms = text.split(' ');
  const first = terms.slice(0, 5).join(' ');
  if (terms.length < 6 || /^[\d*?]|^[a-z]{3}(?:[-,#]|$)|^L$/i.test(terms[5] ?? '') || !isSchedule(first))
    return undefined;
  return {
    what: `the schedule ends after five terms, and "${terms[5]}" has no place here: a command belongs in "command", a user nowhere`,
    write: first,
  };
}

/** Translates terms with seconds in front, and perhaps a year at the end. */
const quartzTerm = /^(?:[\d*?]|[LW]|[a-z]{3}(?:[-,#/L]|$))[\w*?,/#-]*$/i;

function quartz(text: string): Reading | undefined {
  const [seconds = '', ...terms] = text.split(' ');
  if ((terms.length !== 5 && terms.length !== 6) || ![seconds, ...terms].every((term) => quartzTerm.test(term)))
    return undefined;
  const what = `a schedule is five terms (minute hour day month weekday), found ${terms.length + 1}`;
  const isQuartz = terms.length === 6 || text.includes('?');
  const weekday = terms[4] ?? '';
  if (!isQuartz && /^\d{4}/.test(weekday)) return { what, why: `cron knows no years, such as "${weekday}"` };
  if (!/^\d+$/.test(seconds))
    return { what, why: 'the first would be seconds, and cron knows none: it starts jobs at the full minute' };
  if (!isQuartz && /\d/.test(weekday.replace(/\/\d+$/, '')))
    return {
      what,
      why: `cron knows no seconds; leave the first out, and write the weekday "${weekday}" as a name, since 1 is Sunday to Quartz and Monday to cron`,
    };
  const reading = likeQuartz(terms, `${what}; cron knows no seconds`);
  if (Number(seconds) === 0 || reading.write === undefined) return reading;
  return { ...reading, near: `it starts jobs at the full minute, not ${seconds} seconds later` };
}

/**
 * Translates minute, hour, day, month, weekday and perhaps year of Quartz and AWS: `?` is any, and
 * weekday 1 is Sunday.
 */
function likeQuartz(terms: readonly string[], what: string): Reading {
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = '*'] = terms;
  if (year !== '*' && year !== '?') return { what, why: `cron knows no years, such as "${year}"` };
  const foreign = [minute, hour, day, month, weekday].find((term) => /[LW#]/i.test(term.replace(/[a-z]{3}/gi, '')));
  if (foreign !== undefined)
    return { what, why: `cron has nothing like "${foreign}"; let the command look at the date` };
  const isAny = (term: string) => term === '*' || term === '?';
  if (!isAny(day) && !isAny(weekday)) return { what, why: eitherDay };
  const written = [minute, hour, day, month].map((term, index) => fromStart(term, fields[index]?.high ?? 0));
  const days = isAny(weekday) ? '*' : fromSunday(weekday);
  return { what, write: [...written.map((term) => (term === '?' ? '*' : term)), days].join(' ') };
}

/** Translates `5/10`, which is every 10 from 5 on. */
function fromStart(term: string, high: number): string {
  return term
    .split(',')
    .map((item) =>
      item.replace(/^(\d+)\/(\d+)$/, (_item, start, step) =>
        Number(start) + Number(step) > high ? start : `${start}-${high}/${step}`,
      ),
    )
    .join(',');
}

/**
 * Translates weekday numbers 1 to 7, where 1 is Sunday. Names stay, except in a range that goes on
 * past Saturday.
 */
function fromSunday(term: string): string {
  return term
    .split(',')
    .map((item) => {
      const past = beyondSaturday(item);
      if (past !== undefined) return past;
      const [, start, end, step] = /^([1-7])(?:-([1-7]))?(?:\/(\d))?$/.exec(item) ?? [];
      if (start === undefined) return item;
      const last = end ?? (step === undefined ? start : '7');
      const numbers = [];
      for (let number = Number(start); number <= Number(last); number += Number(step ?? 1)) numbers.push(number - 1);
      const [first = 0] = numbers;
      return end !== undefined && step === undefined ? `${first}-${numbers.at(-1)}` : numbers.join(',');
    })
    .join(',');
}

/** Translates `FRI-SUN`, or `6-1` in numbers of Quartz, to numbers of cron. */
function beyondSaturday(item: string): string | undefined {
  const [from = '', to = '', ...more] = item.split('-');
  const [first, last] = [from, to].map((written) =>
    /^[1-7]$/.test(written) ? Number(written) - 1 : weekdayNumber(written),
  );
  if (first === undefined || last === undefined || more.length > 0 || first <= last) return undefined;
  return pastSaturday(first, last);
}

/** Translates `@every 5m`, `every 5 minutes` and `PT5M`. */
function every(text: string): Reading | undefined {
  const [, span = text] = /^(?:@?every|each|once (?:every|per|in)) ?(\S.*)$/i.exec(text) ?? [];
  return intervalReading(span.replace(/^(?:other|second|2nd) /i, '2 '), notFiveTerms(text));
}
