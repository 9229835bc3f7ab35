/**
 * Reads one term of a schedule (`0-30/10,45`) into the numbers it stands for, or says what is wrong with it and what to write instead.
 * Accepted is only what Debian's cron, cronie and systemd-cron all accept and read alike; much of what is refused here would run at
 * another time than it says: Debian's cron reads `5#3`, `5~30` and `5;7` as `5`, and a range that runs backwards as never.
 */
import { type Field, fields } from './fields.ts';

/** What is to be said about a place in a text that a person wrote. */
export interface Remark {
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
  /** Ascending, each once, Sunday as 0; of no use when there are problems. */
  readonly values: readonly number[];
  readonly problems: readonly Remark[];
}

/** Why an item is refused, as the end of a sentence that starts with the item. */
type Refusal = string;

export function readTerm(term: Term, field: Field): TermReading {
  const values = new Set<number>();
  const problems: Remark[] = [];
  let column = term.column;
  for (const item of term.text.split(',')) {
    const reading = readItem(item, field, term.text);
    if (typeof reading === 'string') problems.push({ message: `${field.name} "${item}" ${reading}`, column });
    else for (const value of reading) values.add(field.name === 'weekday' ? value % 7 : value);
    column += item.length + 1;
  }
  return { values: [...values].sort((a, b) => a - b), problems };
}

function readItem(item: string, field: Field, term: string): readonly number[] | Refusal {
  if (item === '') return emptyItem(term);
  const foreign = foreignForm(item);
  if (foreign !== undefined) return foreign;
  const [span = '', step, ...furtherSteps] = item.split('/');
  if (furtherSteps.length > 0) return 'has two steps; one is possible';
  if (span === '*') return everyNth(field.low, field.high, { step, field });
  const [from = '', to, ...furtherEnds] = span.split('-');
  if (furtherEnds.length > 0) return 'has two dashes; a range is written FROM-TO';
  if (span.includes('*')) return 'has a "*" beside a number; it stands alone or before a step, as in "*/5"';
  const start = readNumber(from, field);
  if (typeof start === 'string') return start;
  if (to === undefined) return step === undefined ? [start] : stepFromNumber(start, step, field);
  const end = readNumber(to, field);
  if (typeof end === 'string') return end;
  if (isSundayWord(to, field) && start === 0)
    return 'is Sunday to one cron and the whole week to another; write "0" or "0-7"';
  if (end < start) return backwards(start, end, { step, field });
  return everyNth(start, end, { step, field });
}

function emptyItem(term: string): Refusal {
  const rest = term.split(',').filter((item) => item !== '');
  return rest.length === 0 ? 'is an empty list' : `is an empty item of the list; write "${rest.join(',')}"`;
}

/** What other schedulers understand and cron does not; it is named, so that nobody looks for a typing mistake. */
function foreignForm(item: string): Refusal | undefined {
  const sign = /[^0-9A-Za-z*/-]/.exec(item)?.[0];
  if (sign === '?') return 'has a "?", which cron does not know; write "*"';
  if (sign === '~') return 'has a "~" (a random moment), which only some crons know; choose a number, or use "splay"';
  if (sign === '#')
    return 'has a "#" (the Nth weekday of a month), which cron does not know; let the command look at the date';
  if (sign !== undefined) return `has a "${sign}", which cron does not know`;
  if (/^(L|LW|[0-9]{1,2}L|L-[0-9]+|[a-z]{3}L)$/i.test(item)) {
    return 'has an "L" (the last one), which cron does not know; let the command look at the date';
  }
  if (/^[0-9]{1,2}W$/i.test(item))
    return 'has a "W" (the nearest working day), which cron does not know; let the command look at the date';
  if (/^H(\/[0-9]+)?$/i.test(item))
    return 'has an "H" (a hashed moment), which cron does not know; choose a number, or use "splay"';
  return undefined;
}

function readNumber(text: string, field: Field): number | Refusal {
  if (text === '') return 'has no number where one is needed';
  if (!/^[0-9]+$/.test(text)) return readWord(text, field);
  if (text.length > 2) return `has a number of more than two digits, "${text}"`;
  const number = Number(text);
  if (number >= field.low && number <= field.high) return number;
  return `is outside ${field.low}-${field.high}${number === 24 && field.name === 'hour' ? '; midnight is 0' : ''}`;
}

function readWord(text: string, field: Field): number | Refusal {
  const index = field.words.indexOf(text.toLowerCase());
  if (index >= 0) return field.low + index;
  const short = text.slice(0, 3).toLowerCase();
  if (field.words.includes(short)) return `has "${text}" where cron knows only three letters; write "${short}"`;
  const home = fields.find(({ words }) => words.includes(short));
  if (home !== undefined) return `has "${text}", which belongs in the ${home.name} term`;
  const known = field.words.length === 0 ? 'a number' : `a number or one of ${field.words.join(' ')}`;
  return `has "${text}" where ${known} is needed`;
}

function isSundayWord(text: string, field: Field): boolean {
  return field.name === 'weekday' && text.toLowerCase() === 'sun';
}

/** The numbers of a range, or why its step is refused: cron would run a step beyond the range once, which nobody means who writes one. */
function everyNth(
  start: number,
  end: number,
  how: { step: string | undefined; field: Field },
): readonly number[] | Refusal {
  const width = readStep(how.step);
  if (typeof width === 'string') return width;
  if (how.step !== undefined && width > end - start) {
    return `has a step beyond its range ${start}-${end}, so that only ${start} would match; write "${start}"`;
  }
  const numbers: number[] = [];
  for (let number = start; number <= end; number += width) numbers.push(number);
  return numbers;
}

function readStep(step: string | undefined): number | Refusal {
  if (step === undefined) return 1;
  if (!/^[0-9]+$/.test(step)) return `has no number after the "/"`;
  if (step.length > 2) return `has a step of more than two digits, "${step}"`;
  return Number(step) === 0 ? 'has the step 0; the smallest is 1' : Number(step);
}

/** `0/5` of other schedulers means "every 5 from 0 on"; Debian's cron ignores the whole file for it. */
function stepFromNumber(start: number, step: string, field: Field): Refusal {
  const width = readStep(step);
  if (typeof width === 'string') return width;
  // A day term that starts with `*` changes how the two day terms combine, so there the range is spelled out.
  const mayStar = field.name !== 'day' && field.name !== 'weekday';
  const range = mayStar && start === field.low ? '*' : `${start}-${field.last}`;
  const rewrite = width > field.last - start ? String(start) : `${range}/${Number(step)}`;
  return `has a step behind a single number, which cron does not know; write "${rewrite}"`;
}

/** To cron a range that runs backwards is empty (and `sun` is 0), so it is split where the numbers start anew. */
function backwards(start: number, end: number, how: { step: string | undefined; field: Field }): Refusal {
  const { field } = how;
  const width = readStep(how.step);
  if (typeof width === 'string') return width;
  const toSunday = field.name === 'weekday' && end === 0;
  const first = toSunday ? `${start}-7` : range(start, field.last);
  if (width === 1) return `runs backwards; write "${toSunday ? first : `${first},${range(field.low, end)}`}"`;
  const size = field.last - field.low + 1;
  const numbers: number[] = [];
  for (let number = start; number <= end + size; number += width)
    numbers.push(((number - field.low) % size) + field.low);
  return `runs backwards; write "${numbers.sort((a, b) => a - b).join(',')}"`;
}

function range(start: number, end: number): string {
  return start === end ? String(start) : `${start}-${end}`;
}
