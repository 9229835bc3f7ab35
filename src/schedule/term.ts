/**
 * Reads one term of a schedule (`0-30/10,45`) into the numbers it stands for, or says what is wrong
 * with it and what to write instead. Accepted is only what Debian's cron, cronie and systemd-cron
 * all accept and read alike; much of what is refused here would run at another time than it says:
 * Debian's cron reads `5#3`, `5~30` and `5;7` as `5`, and a range that runs backwards as never.
 */
import { type Field, fields } from './fields.ts';
import { lastDayWords, nthWeekdayWords } from './spelling/guard.ts';
import { weekdayNumber } from './spelling/reading.ts';

/** An error or a warning about one place in a schedule; the caller knows which of the two it is. */
export interface ScheduleProblem {
  readonly message: string;
  /** 1-based, in characters of the whole schedule. */
  readonly column: number;
}

/** One of the five terms as it was written. */
export interface Term {
  readonly text: string;
  /** 1-based, in characters of the whole schedule. */
  readonly column: number;
}

export interface TermReading {
  /** Ascending, each once, Sunday as 0; not usable if there are problems. */
  readonly values: readonly number[];
  readonly problems: readonly ScheduleProblem[];
}

/** The reason why an item is refused. */
interface Refusal {
  /** The end of a message that starts with the item. */
  readonly words: string;
  /** The replacement for the item, or for the whole term, that has the same values. */
  readonly write?: string;
  readonly inPlaceOf?: 'term';
}

/**
 * Parses a term. `beside` is the term that it is combined with: the hour of a minute, the weekday
 * of a day.
 */
export function readTerm(term: Term, field: Field, beside = '*'): TermReading {
  const values = new Set<number>();
  const problems: ScheduleProblem[] = [];
  const items = term.text.split(',');
  let column = term.column;
  for (const [index, item] of items.entries()) {
    const reading = readItem(item, field, term.text);
    if ('words' in reading) {
      const advice = adviceOf(reading, { items, index, field, beside });
      problems.push({ message: `${field.name} "${item}" ${reading.words}${advice}`, column });
    } else for (const value of reading) values.add(field.name === 'weekday' ? value % 7 : value);
    column += item.length + 1;
  }
  return { values: [...values].sort((a, b) => a - b), problems };
}

interface Place {
  readonly items: readonly string[];
  readonly index: number;
  readonly field: Field;
  readonly beside: string;
}

/**
 * Offers only what fires at the same times in its place. A term that begins with `*` is another one
 * to cron than the same numbers: the two day terms must both match then, and a job whose minute or
 * hour begins with it is treated otherwise when the clock is changed.
 */
function adviceOf({ write, inPlaceOf }: Refusal, { items, index, field, beside }: Place): string {
  if (write === undefined) return '';
  const written = inPlaceOf === 'term' ? write : items.map((item, at) => (at === index ? write : item)).join(',');
  const isStarred = (text: string) => /^,*\*/.test(text);
  const losesStar = isStarred(items.join(',')) && !isStarred(written);
  const offered = inPlaceOf === 'term' || items.length === 1 ? written : write;
  const isDay = field.name === 'day' || field.name === 'weekday';
  const gainsStar = items[0] === '' && written.startsWith('*');
  if (isDay && gainsStar && !/^[*?]/.test(beside))
    return `; without it "${written}" begins with "*", and then cron asks for "${beside}" as well: write the days themselves`;
  if (!losesStar || field.name === 'month') return `; write "${offered}"`;
  if (isDay) {
    if (beside === '*') return `; write "${offered}"`;
    return `; nothing else means the same: "${items.join(',')}" begins with "*", so cron asks for "${beside}" as well, and of "${written}" or "${beside}" either would be enough`;
  }
  if (isStarred(beside)) return `; write "${offered}"`;
  return `; the nearest is "${offered}", which differs only where the clock is changed`;
}

function readItem(item: string, field: Field, term: string): readonly number[] | Refusal {
  if (item === '') return emptyItem(term);
  const foreign = foreignForm(item, term, field) ?? longWords(item, field);
  if (foreign !== undefined) return foreign;
  const [span = '', step, ...furtherSteps] = item.split('/');
  if (furtherSteps.length > 0) return { words: 'has two steps; one is possible' };
  if (span === '*') return everyNth(field.low, field.high, { step, field });
  const [from = '', to, ...furtherEnds] = span.split('-');
  if (furtherEnds.length > 0) return { words: 'has two dashes; a range is written FROM-TO' };
  if (span.includes('*')) return { words: 'has a "*" beside a number; it stands alone or before a step, as in "*/5"' };
  const start = readNumber(from, field);
  if (typeof start === 'object') return start;
  if (to === undefined) return step === undefined ? [start] : stepFromNumber(start, step, field);
  const end = readNumber(to, field);
  if (typeof end === 'object') return end;
  if (isSundayWord(to, field) && start === 0)
    return { words: 'is Sunday to one cron and the whole week to another; write "0" or "0-7"' };
  if (end < start) return backwards(start, end, { step, field });
  return everyNth(start, end, { step, field });
}

function emptyItem(term: string): Refusal {
  const rest = term.split(',').filter((item) => item !== '');
  if (rest.length === 0) return { words: 'is an empty list' };
  return { words: 'is an empty item of the list', write: rest.join(','), inPlaceOf: 'term' };
}

/**
 * Recognises syntax of other schedulers, which the message names so that its author does not look
 * for a typing mistake.
 */
function foreignForm(item: string, term: string, field: Field): Refusal | undefined {
  const sign = /[^0-9A-Za-z*/-]/.exec(item)?.[0];
  const isDay = field.name === 'day' || field.name === 'weekday';
  if (/^H(\([0-9]+-[0-9]+\))?(\/[0-9]+)?$/i.test(item))
    return {
      words:
        'has an "H" (Jenkins: a moment derived from the name of the job), which cron does not know; choose a number, or use "splay"',
    };
  if (sign === '?')
    return { words: 'has a "?", which cron does not know', ...(term === '?' && isDay && { write: '*' }) };
  if (sign === '~')
    return { words: 'has a "~" (a random moment), which only some crons know; choose a number, or use "splay"' };
  if (sign === '#') return { words: nthWeekday(item) };
  if (sign !== undefined) return { words: `has a "${sign}", which cron does not know` };
  if (/^(L|LW|[0-9]{1,2}L|L-[0-9]+|[a-z]{3}L)$/i.test(item))
    return { words: `has an "L" (the last one), ${lastDay(item, field)}` };
  if (/^[0-9]{1,2}W$/i.test(item))
    return { words: 'has a "W" (the nearest working day), which cron does not know; let the command look at the date' };
  return undefined;
}

/**
 * Words `mon#1` as days of the month and a test in the command, because cron can't ask for both.
 */
function nthWeekday(item: string): string {
  const [, weekday = '', nth = ''] = /^(\w+)#([1-5])$/.exec(item) ?? [];
  const start = 'has a "#" (the Nth weekday of a month), which cron does not know; let the command look at the date';
  if (nth === '') return start;
  return `${start}: ${nthWeekdayWords(Number(nth), weekdayNumber(weekday))}`;
}

function lastDay(item: string, field: Field): string {
  const start = 'which cron does not know; let the command look at the date';
  if (item.toUpperCase() !== 'L' || field.name !== 'day') return start;
  return `${start}: ${lastDayWords}`;
}

/** Shortens each long word to its first three letters: `monday-fri` becomes `mon-fri`. */
function longWords(item: string, field: Field): Refusal | undefined {
  const longer = [...item.matchAll(/[A-Za-z]{4,}/g)].map(([word]) => word);
  const [first] = longer.filter((word) => shortened(word, field) !== undefined);
  if (first === undefined || longer.some((word) => shortened(word, field) === undefined)) return undefined;
  const write = item.replace(/[A-Za-z]{4,}/g, (word) => shortened(word, field) ?? word);
  return {
    words: `has "${first}" where cron knows only three letters`,
    ...('words' in readItem(write, field, write) ? {} : { write }),
  };
}

const longNames =
  'sunday monday tuesday wednesday thursday friday saturday january february march april may june july august september october november december'.split(
    ' ',
  );

function shortened(word: string, { words }: Field): string | undefined {
  const lower = word.toLowerCase();
  const short = lower.slice(0, 3);
  return words.includes(short) && longNames.some((name) => name.startsWith(lower)) ? short : undefined;
}

function readNumber(text: string, field: Field): number | Refusal {
  if (text === '') return { words: 'has no number where one is needed' };
  if (!/^[0-9]+$/.test(text)) return readWord(text, field);
  if (text.length > 2) return { words: `has a number of more than two digits, "${text}"` };
  const number = Number(text);
  if (number >= field.low && number <= field.high) return number;
  const midnight = number === 24 && field.name === 'hour' ? '; midnight is 0' : '';
  return { words: `is outside ${field.low}-${field.high}${midnight}` };
}

function readWord(text: string, field: Field): number | Refusal {
  const index = field.words.indexOf(text.toLowerCase());
  if (index >= 0) return field.low + index;
  const short = text.slice(0, 3).toLowerCase();
  const home = fields.find(({ words }) => words.includes(short));
  if (home !== undefined && home !== field) return { words: `has "${text}", which belongs in the ${home.name} term` };
  const known = field.words.length === 0 ? 'a number' : `a number or one of ${field.words.join(' ')}`;
  return { words: `has "${text}" where ${known} is needed` };
}

function isSundayWord(text: string, field: Field): boolean {
  return field.name === 'weekday' && text.toLowerCase() === 'sun';
}

/**
 * The numbers of a range, or the refusal of its step. cron would run a step beyond the range once,
 * which its author does not mean.
 */
function everyNth(
  start: number,
  end: number,
  how: { step: string | undefined; field: Field },
): readonly number[] | Refusal {
  const width = readStep(how.step);
  if (typeof width === 'object') return width;
  if (how.step !== undefined && width > end - start) {
    return {
      words: `has a step beyond its range ${start}-${end}, so that only ${start} would match`,
      write: String(start),
    };
  }
  const numbers: number[] = [];
  for (let number = start; number <= end; number += width) numbers.push(number);
  return numbers;
}

function readStep(step: string | undefined): number | Refusal {
  if (step === undefined) return 1;
  if (!/^[0-9]+$/.test(step)) return { words: 'has no number after the "/"' };
  if (step.length > 2) return { words: `has a step of more than two digits, "${step}"` };
  return Number(step) === 0 ? { words: 'has the step 0; the smallest is 1' } : Number(step);
}

/**
 * Refuses `0/5`, which means "every 5 from 0 on" to other schedulers. Debian's cron ignores the
 * whole file for it.
 */
function stepFromNumber(start: number, step: string, field: Field): Refusal {
  const width = readStep(step);
  if (typeof width === 'object') return width;
  const words = 'has a step behind a single number, which cron does not know';
  // 7 is Sunday, like 0.
  const from = field.name === 'weekday' ? start % 7 : start;
  if (width > field.last - from) return { words, write: String(from) };
  // A `*` at the start of a day term changes how the two day terms combine, so the range is spelled
  // out.
  const mayStar = field.name !== 'day' && field.name !== 'weekday';
  const range = mayStar && from === field.low ? '*' : `${from}-${field.last}`;
  return { words, write: `${range}/${width}` };
}

/**
 * Refuses a range that runs backwards, which is empty to cron (`sun` is 0), and splits it where the
 * numbers start anew.
 */
function backwards(start: number, end: number, how: { step: string | undefined; field: Field }): Refusal {
  const { field } = how;
  const width = readStep(how.step);
  if (typeof width === 'object') return width;
  const from = field.name === 'weekday' ? start % 7 : start;
  const size = field.last - field.low + 1;
  const words = 'runs backwards';
  if (width > 1) {
    const numbers = new Set<number>();
    const last = from <= end ? end : end + size;
    for (let number = from; number <= last; number += width) numbers.add(((number - field.low) % size) + field.low);
    return { words, write: [...numbers].sort((a, b) => a - b).join(',') };
  }
  // The range starts on Sunday, written as 7.
  if (from <= end) return { words, write: range(from, end) };
  if (field.name === 'weekday' && end === 0) return { words, write: `${from}-7` };
  return { words, write: `${range(from, field.last)},${range(field.low, end)}` };
}

function range(start: number, end: number): string {
  return start === end ? String(start) : `${start}-${end}`;
}
