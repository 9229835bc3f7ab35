/**
 * Translates OnCalendar of systemd.time(7), such as `Mon..Fri *-*-* 08:30:00`, to terms of cron.
 */
import { type Field, fields } from '../fields.ts';
import { lastDayWords, nthWeekdayWords } from './guard.ts';
import { eitherDay, notFiveTerms, type Reading, weekdayNumber, weekdayTerm } from './reading.ts';

interface Parts {
  readonly weekday: string;
  readonly date: string;
  readonly time: string;
  readonly zone: string | undefined;
}

/** Returns `undefined` for a text of another form. */
export function calendarReading(text: string): Reading | undefined {
  const parts = partsOf(text);
  return parts === undefined ? undefined : read(parts, notFiveTerms(text));
}

const shape =
  /^(?:([a-z]{2,9}(?:(?:\.\.|[-,])[a-z]{2,9})*),?(?: |$))?(?:((?:[\d*][\d*.,/]*-)?[\d*][\d*.,/]*[-~][\d*][\d*.,/]*)(?: |$))?(?:([\d*][\d*.,/]*(?::[\d*][\d*.,/]*){1,2})(?: |$))?(UTC|GMT|[A-Z][a-z_]+\/[\w+/-]+)?$/i;

function partsOf(text: string): Parts | undefined {
  const [, names, date, time, zone] = shape.exec(text) ?? [];
  if (names === undefined && date === undefined && time === undefined) return undefined;
  // systemd reads two minutes of one hour here, but the author means two times.
  if (date === undefined && time !== undefined && /^\d+:\d+,\d+:\d+$/.test(time)) return undefined;
  // A single name could be any word.
  if (names !== undefined && date === undefined && time === undefined && !/[.,]|^\w+-\w+$/.test(names))
    return undefined;
  const weekday = names === undefined ? '*' : weekdayTerm(names);
  return weekday === undefined ? undefined : { weekday, date: date ?? '*-*-*', time: time ?? '00:00', zone };
}

function read({ weekday, date, time, zone }: Parts, what: string): Reading | undefined {
  const [hour = '', minute = '', second = '00'] = time.split(':');
  const [day = '', month = '', year = '*'] = date.split(/[-~]/).reverse();
  const [minutes, hours, days, months] = [minute, hour, day, month].map((part, at) => term(part, fields[at]));
  if (minutes === undefined || hours === undefined || days === undefined || months === undefined) return undefined;
  const why = impossible({ year, weekday, days, fromEnd: date.includes('~') ? day : undefined });
  if (why !== undefined) return { what, why };
  const write = [minutes, hours, days, months, weekday].join(' ');
  const also = zone === undefined ? {} : { also: `"time_zone: ${zone}"` };
  if (/^0*$/.test(second)) return { what, write, ...also };
  if (/^\d+$/.test(second)) return { what, write, ...also, near: 'it starts jobs at the full minute' };
  return { what, why: 'cron starts jobs at the full minute, so it knows no seconds' };
}

interface Asked {
  readonly year: string;
  readonly weekday: string;
  readonly days: string;
  /** The day was counted from the end of the month. */
  readonly fromEnd: string | undefined;
}

function impossible({ year, weekday, days, fromEnd }: Asked): string | undefined {
  if (year !== '*') return `cron knows no years, such as "${year}"`;
  if (fromEnd !== undefined) return `cron does not know the last days of a month; ${lastDayWords}`;
  if (days === '*' || weekday === '*') return undefined;
  const nth = ['1-7', '8-14', '15-21', '22-28'].indexOf(days) + 1;
  const number = weekdayNumber(weekday);
  return nth > 0 && number !== undefined ? `${eitherDay}; ${nthWeekdayWords(nth, number)}` : eitherDay;
}

/** Translates `*`, `8`, `9..17`, `0/15` and lists of them to a term. */
function term(written: string, field: Field | undefined): string | undefined {
  if (field === undefined) return undefined;
  const items = written.split(',').map((item) => termItem(item, field));
  if (items.includes(undefined)) return undefined;
  return items.includes('*') ? '*' : items.join(',');
}

function termItem(item: string, field: Field): string | undefined {
  const [, from = '', to, step] = /^(\*|\d{1,2})(?:\.\.(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(item) ?? [];
  if (from === '') return undefined;
  if (from === '*') return step === undefined ? '*' : undefined;
  const start = Number(from);
  const last = to === undefined ? field.last : Number(to);
  if (step === undefined) return to === undefined || start === last ? String(start) : `${start}-${last}`;
  if (start + Number(step) > last) return String(start);
  const mayStar = field.name === 'minute' || field.name === 'hour';
  return mayStar && start === field.low && last === field.last
    ? `*/${Number(step)}`
    : `${start}-${last}/${Number(step)}`;
}
