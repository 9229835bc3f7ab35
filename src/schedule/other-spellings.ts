/**
 * Recognises schedules of other programs (Quartz, AWS, systemd, `@every`), blanks inside of lists and plain words, and says how cron would have them.
 * What is offered fires at the same times, or is called the nearest; where cron has nothing like it, the sentence says why.
 */
import { fields } from './fields.ts';

/** The five terms that a text stands for, or why cron has none for it. */
type Reading =
  | { readonly write: string; readonly what: string; readonly near?: string }
  | { readonly write?: never; readonly what: string; readonly why: string };

/** A sentence; undefined: nothing that is known here. `isSchedule` tells whether cron accepts five terms. */
export function otherSpelling(text: string, isSchedule: (terms: string) => boolean): string | undefined {
  const plain = text.trim().replace(/\s+/g, ' ');
  // A megabyte of blanks is nobody's schedule.
  if (plain.length > 200) return undefined;
  const reading =
    blankInList(plain, isSchedule) ??
    aws(plain) ??
    withMore(plain, isSchedule) ??
    quartz(plain) ??
    every(plain) ??
    calendar(plain) ??
    words(plain);
  if (reading === undefined) return undefined;
  if (reading.write === undefined) return `${reading.what}: ${reading.why}`;
  if (!isSchedule(reading.write)) return undefined;
  if (reading.near === undefined) return `${reading.what}; write "${reading.write}"`;
  return `${reading.what}; the nearest that cron can is "${reading.write}": ${reading.near}`;
}

function blankInList(text: string, isSchedule: (terms: string) => boolean): Reading | undefined {
  for (const signs of [/ ?(,) ?/g, / ?([,/]) ?/g, / ?([,/-]) ?/g]) {
    const joined = text.replace(signs, '$1');
    if (joined !== text && isSchedule(joined)) return { what: 'there is a blank inside of a term', write: joined };
  }
  return undefined;
}

/** `cron(minute hour day month weekday year)` and `rate(5 minutes)`. */
function aws(text: string): Reading | undefined {
  const [, kind = '', inner = ''] = /^(cron|rate)\((.*)\)$/i.exec(text) ?? [];
  if (kind === '') return bareAws(text);
  const what = `"${kind}(…)" is a schedule of AWS`;
  if (kind.toLowerCase() === 'rate') return everyReading(inner, what) ?? { what, why: unequalSteps };
  const terms = inner.trim().split(' ');
  return terms.length === 6 ? likeQuartz(terms, what) : undefined;
}

/** What stands inside of `cron(…)`: with seconds in front a `?` would be the fourth or sixth term. */
function bareAws(text: string): Reading | undefined {
  const terms = text.split(' ');
  const places = terms.flatMap((term, index) => (term === '?' ? [index] : []));
  if (terms.length !== 6 || places.length === 0 || !places.every((index) => index === 2 || index === 4))
    return undefined;
  return likeQuartz(terms, `six terms with a "?" as the ${places[0] === 2 ? 'third' : 'fifth'} are a schedule of AWS`);
}

/** A line of a crontab: what follows the five terms is a user or a command. */
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

/** Seconds first; perhaps a year at the end. */
function quartz(text: string): Reading | undefined {
  const [seconds = '', ...terms] = text.split(' ');
  if ((terms.length !== 5 && terms.length !== 6) || ![seconds, ...terms].every((term) => /^[\w*?,/#-]+$/.test(term)))
    return undefined;
  const what = `a schedule is five terms (minute hour day month weekday), found ${terms.length + 1}`;
  const isQuartz = terms.length === 6 || text.includes('?');
  const weekday = terms[4] ?? '';
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

/** Minute, hour, day, month, weekday and perhaps year, as Quartz and AWS have them: `?` is any, and weekday 1 is Sunday. */
function likeQuartz(terms: readonly string[], what: string): Reading {
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = '*'] = terms;
  if (year !== '*' && year !== '?') return { what, why: `cron knows no years, such as "${year}"` };
  const foreign = [minute, hour, day, month, weekday].find((term) => /[LW#]/i.test(term.replace(/[a-z]{3}/gi, '')));
  if (foreign !== undefined)
    return { what, why: `cron has nothing like "${foreign}"; let the command look at the date` };
  const isAny = (term: string) => term === '*' || term === '?';
  if (!isAny(day) && !isAny(weekday))
    return { what, why: 'cron runs a job when either the day or the weekday matches, so both can not be asked for' };
  const written = [minute, hour, day, month].map((term, index) => fromStart(term, fields[index]?.high ?? 0));
  const days = isAny(weekday) ? '*' : fromSunday(weekday);
  return { what, write: [...written.map((term) => (term === '?' ? '*' : term)), days].join(' ') };
}

/** `5/10` is from 5 on to the end. */
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

/** Numbers 1 to 7 from Sunday on; names stay, except in a range that goes on past Saturday. */
function fromSunday(term: string): string {
  return term
    .split(',')
    .map((item) => {
      const past = pastSaturday(item);
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

/** `FRI-SUN`, or `6-1` in numbers of Quartz, as numbers of cron. */
function pastSaturday(item: string): string | undefined {
  const [from = '', to = '', ...more] = item.split('-');
  const [first, last] = [from, to].map((written) =>
    /^[1-7]$/.test(written)
      ? Number(written) - 1
      : weekdayNames.findIndex((name) => name.slice(0, 3) === written.toLowerCase()),
  );
  if (first === undefined || last === undefined || more.length > 0 || last < 0 || first <= last) return undefined;
  return [first === 6 ? '6' : `${first}-6`, last === 0 ? '0' : `0-${last}`].join(',');
}

const unequalSteps = 'cron begins anew each hour and each day, so it has no such distance';
const anchored = 'it counts from the full hour or from midnight on, not from the last run';

/** `@every 5m`, `every 5 minutes`. */
function every(text: string): Reading | undefined {
  const [, span] = /^(?:@every|every|each) (\S.*)$/i.exec(text) ?? [];
  if (span === undefined) return undefined;
  const what = `"${text}" is not five terms (minute hour day month weekday)`;
  return everyReading(span, what) ?? (/^\d/.test(span) ? { what, why: unequalSteps } : undefined);
}

function everyReading(span: string, what: string): Reading | undefined {
  const [, count = '', unit = ''] = /^(\d{1,4}) ?(m|min|mins|minutes?|h|hours?|d|days?)$/i.exec(span.trim()) ?? [];
  const minutes = Number(count) * ({ m: 1, h: 60, d: 1440 }[unit[0]?.toLowerCase() ?? ''] ?? 0);
  if (minutes === 0) return undefined;
  const write = steps(minutes);
  return write === undefined ? undefined : { what, write, near: anchored };
}

function steps(minutes: number): string | undefined {
  if (minutes === 1) return '* * * * *';
  if (minutes < 60) return 60 % minutes === 0 ? `*/${minutes} * * * *` : undefined;
  const hours = minutes / 60;
  if (hours === 1) return '0 * * * *';
  if (hours === 24) return '0 0 * * *';
  return Number.isInteger(hours) && 24 % hours === 0 ? `0 */${hours} * * *` : undefined;
}

/** OnCalendar of systemd: `Mon..Fri *-*-* 08:30:00`. */
function calendar(text: string): Reading | undefined {
  const shape = /^(?:([a-z]+)(?:\.\.([a-z]+))? )?(?:\*-\*-(\*|\d\d?) )?(\*|\d\d?):(\*|\d\d?(?:\/\d\d?)?)(?::(\d\d))?$/i;
  const found = shape.exec(text);
  if (found === null) return undefined;
  const [, from, to, day = '*', hour = '', minute = '', seconds = '00'] = found;
  const what = `"${text}" is not five terms (minute hour day month weekday)`;
  const [first, last] = [from, to].map((name) => (name === undefined ? undefined : weekdayName(name)));
  if ((from !== undefined && first === undefined) || (to !== undefined && last === undefined)) return undefined;
  if (day !== '*' && first !== undefined)
    return { what, why: 'cron runs a job when either the day or the weekday matches, so both can not be asked for' };
  const weekday = first === undefined ? '*' : last === undefined ? first : `${first}-${last}`;
  const write = [fromStart(number(minute), 59), number(hour), number(day), '*', weekday]
    .join(' ')
    .replace(/^0-59\//, '*/');
  return seconds === '00' ? { what, write } : { what, write, near: 'it starts jobs at the full minute' };
}

/** Without leading zeros. */
function number(text: string): string {
  return text.replace(/^0+(?=\d)/, '');
}

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function weekdayName(written: string): string | undefined {
  const name = written.toLowerCase().replace(/s$/, '');
  return name.length < 3 ? undefined : weekdayNames.find((known) => known.startsWith(name))?.slice(0, 3);
}

const named: Readonly<Record<string, string>> = {
  minutely: '* * * * *',
  'every minute': '* * * * *',
  hourly: '0 * * * *',
  'every hour': '0 * * * *',
  daily: '0 0 * * *',
  'every day': '0 0 * * *',
  midnight: '0 0 * * *',
  nightly: '0 0 * * *',
  noon: '0 12 * * *',
  weekly: '0 0 * * 1',
  monthly: '0 0 1 * *',
  'every month': '0 0 1 * *',
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
};

/** `daily at 5`, `mondays at 17:30`, `weekdays at 8 am`. */
function words(text: string): Reading | undefined {
  const lower = text.toLowerCase();
  const what = `"${text}" is not five terms (minute hour day month weekday)`;
  if (Object.hasOwn(named, lower)) return { what, write: named[lower] ?? '' };
  const [, day = '', hours = '', minutes = '00', half = ''] =
    /^(?:(?:every |each |on )?([a-z]+) )?(?:at )?(\d{1,2})(?:[:.](\d\d))? ?(am|pm)?$/.exec(lower) ?? [];
  if (hours === '' || (day === '' && !/[:.apt]/.test(lower))) return undefined;
  const weekday = dayWord(day);
  const hour = half === '' ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  return weekday === undefined ? undefined : { what, write: `${Number(minutes)} ${hour} * * ${weekday}` };
}

function dayWord(word: string): string | undefined {
  if (['', 'day', 'daily', 'at'].includes(word)) return '*';
  if (/^weekdays?$/.test(word)) return '1-5';
  return /^weekends?$/.test(word) ? '0,6' : weekdayName(word);
}
