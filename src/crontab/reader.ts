/**
 * Parses a system crontab (`M H D m W user command`) and reports everything that Debian's cron or
 * cronie would refuse, or that the two would read differently. Every generated crontab must pass
 * here first, because Debian's cron ignores a whole file for one bad line.
 */

import { finished, type Steps } from '../text/steps.ts';

export type CrontabLine =
  | { readonly is: 'nothing' }
  | { readonly is: 'comment'; readonly text: string }
  | { readonly is: 'setting'; readonly name: string; readonly value: string }
  | { readonly is: 'entry'; readonly schedule: string; readonly user: string; readonly command: string }
  | LineProblem;

interface LineProblem {
  readonly is: 'problem';
  readonly message: string;
  /** Debian's cron takes the line as it is and starts the other lines of the file, too. */
  readonly taken: boolean;
}

interface CrontabProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
  /** Debian's cron ignores no other line because of this one. */
  readonly taken: boolean;
}

export interface CrontabReading {
  /** The lines in order, also those that are problems. */
  readonly lines: readonly CrontabLine[];
  /** Empty if both daemons accept the text and read it alike. */
  readonly problems: readonly CrontabProblem[];
}

/**
 * Debian's cron: "must not be longer than 10000 lines, this crontab file will be ignored", comments
 * included.
 */
const lineLimit = 10_000;
/**
 * Debian's cron reads 998 characters of a command and silently cuts a longer setting; this limit
 * leaves a margin.
 */
export const lineByteLimit = 900;
/**
 * cronie stops skipping comments after 32,768 characters in a row and logs a "bad minute"
 * (MAX_GARBAGE).
 */
const commentRunLimit = 32_768;

export function readCrontab(text: string): CrontabReading {
  return finished(readingSteps(text));
}

/** A crontab of so many lines is read in less than a millisecond. */
const linesOfStep = 100;

/** The same in steps of some lines each. */
export function* readingSteps(text: string): Steps<CrontabReading> {
  const texts = text.split('\n');
  const problems: CrontabProblem[] = [];
  if (texts.pop() !== '')
    problems.push({ line: texts.length + 1, message: 'the last line must end with a newline', taken: false });
  if (texts.length > lineLimit) {
    const message = `cron ignores a file of more than ${lineLimit} lines`;
    problems.push({ line: lineLimit + 1, message, taken: false });
  }
  const lines: CrontabLine[] = [];
  for (const written of texts) {
    lines.push(readLine(written));
    if (lines.length % linesOfStep === 0) yield undefined;
  }
  for (const [index, line] of lines.entries()) {
    if (line.is === 'problem') problems.push({ line: index + 1, message: line.message, taken: line.taken });
  }
  const endless = endlessComment(texts, lines);
  if (endless !== undefined)
    problems.push({ line: endless, message: 'cronie stops reading in a comment of this length', taken: true });
  return { lines, problems };
}

/**
 * Returns the text as the crontab of one user, the only form that `crontab -n` checks, with the
 * same line numbers.
 */
export function withoutUsers(text: string): string {
  const lines = text.split('\n').map((written) => {
    const line = readLine(written);
    return line.is === 'entry' ? `${line.schedule} ${line.command}` : written;
  });
  return lines.join('\n');
}

/** The line at which comments become too long for cronie, if there is one. */
function endlessComment(texts: readonly string[], lines: readonly CrontabLine[]): number | undefined {
  let run = 0;
  for (const [index, line] of lines.entries()) {
    run = line.is === 'comment' || line.is === 'nothing' ? run + utf8Bound(texts[index] ?? '') + 1 : 0;
    if (run > commentRunLimit) return index + 1;
  }
  return undefined;
}

/** Returns an upper bound of the bytes that the text has in UTF-8. */
export function utf8Bound(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : text.length * 3;
}

export function readLine(text: string): CrontabLine {
  const start = text.replace(/^[ \t]+/, '');
  if (start === '') return { is: 'nothing' };
  // Both daemons pass over a comment to the end of its line, whatever it has.
  if (start.startsWith('#')) return { is: 'comment', text: start };
  const line = readSetting(start) ?? readEntry(start);
  const odd = oddity(text);
  return odd === undefined || (line.is === 'problem' && !line.taken) ? line : taken(odd);
}

/** Returns what the two daemons read differently, or not as it is written, in a line of any form. */
function oddity(text: string): string | undefined {
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(text)) return 'a control character; cron would make it part of the command';
  if (!/^[\t -~]*$/.test(text)) return 'a character that is not ASCII';
  if (text.length > lineByteLimit) return `more than ${lineByteLimit} characters`;
  return /[%\\]/.test(text) ? '% ends a command and the two daemons treat \\ differently' : undefined;
}

/** Settings that only cronie knows, and that change when its entries run. */
const onlyCronie = new Set(['CRON_TZ', 'RANDOM_DELAY', 'MLS_LEVEL', 'SELINUX_ROLE_TYPE']);

/** `undefined` when it is no setting for either daemon: both look for NAME=VALUE first. */
function readSetting(text: string): CrontabLine | undefined {
  const [, name = '', written = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === '') return undefined;
  if (onlyCronie.has(name)) return taken(`Debian's cron does not know ${name}`);
  const [, quoted] = /^"([^"']*)"$/.exec(written) ?? /^'([^"']*)'$/.exec(written) ?? [];
  const value = quoted ?? written;
  if (quoted === undefined && (value === '' || value !== value.trim() || /["']/.test(value))) {
    const message = `the value of ${name} must be NAME="" when empty, quoted as a whole, or without quotes and blanks around it`;
    return value.trim() === '' || /^["']/.test(value) ? problem(message) : taken(message);
  }
  return { is: 'setting', name, value };
}

/** A command must not start with `*`, which both daemons take for one time field too many. */
const entryShape = /^((?:[^@\s]\S*[ \t]+){4}[^@\s]\S*|@reboot)[ \t]+(\S+)[ \t]+([^\s*].*)$/s;
/** Matches what cron takes beside that: a nickname of a schedule, and blanks or quotes about the name of a setting. */
const otherShape =
  /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)[ \t]+\S+[ \t]+\S|[^\s=]+[ \t]*=[ \t]*\S)/;

function readEntry(text: string): CrontabLine {
  const [, written = '', user = '', command = ''] = entryShape.exec(text) ?? [];
  if (command === '') {
    const message = 'neither a comment, nor NAME=VALUE, nor five fields, a user and a command';
    return otherShape.test(text) ? taken(message) : problem(message);
  }
  const schedule = written.split(/[ \t]+/).join(' ');
  const wrong = scheduleProblem(schedule);
  if (wrong !== undefined) return wrong;
  // A number is a user for neither daemon, though passwd could be asked for it.
  if (!/^(?!\d+$)\w[\w.@+-]{0,63}\$?$/.test(user)) return problem(`"${user}" is not a user name`);
  return { is: 'entry', schedule, user, command };
}

interface Field {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const fields: readonly Field[] = [
  { title: 'minute', low: 0, high: 59, names: [] },
  { title: 'hour', low: 0, high: 23, names: [] },
  { title: 'day of month', low: 1, high: 31, names: [] },
  {
    title: 'month',
    low: 1,
    high: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { title: 'day of week', low: 0, high: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** Schedules that were accepted before: thousands of lines share a few of them. */
const accepted = new Set(['@reboot']);

function scheduleProblem(schedule: string): LineProblem | undefined {
  if (accepted.has(schedule)) return undefined;
  const terms = schedule.split(' ');
  const judged = fields.map((field, index) => ({ field, is: judgeTerm(terms[index] ?? '', field) }));
  const wrong = judged.find(({ is }) => is === 'refused') ?? judged.find(({ is }) => is !== 'sound');
  if (wrong !== undefined)
    return { is: 'problem', message: `bad ${wrong.field.title} in "${schedule}"`, taken: wrong.is !== 'refused' };
  accepted.add(schedule);
  return undefined;
}

/** `odd`: cron takes it, but it does not mean what it says. */
type Judgement = 'sound' | 'odd' | 'refused';

/** Both daemons silently pass over the rest of a term from the first character that they don't know. */
function judgeTerm(term: string, field: Field): Judgement {
  let judged: Judgement = 'sound';
  for (const item of term.split(',')) {
    const { is, rest } = judgeItem(item, field);
    if (is !== 'sound') judged = is;
    if (is === 'refused' || rest !== '') return judged;
  }
  return judged;
}

function judgeItem(item: string, field: Field): { readonly is: Judgement; readonly rest: string } {
  const match = /^(?:\*|(\d+|[a-z]+)(?:-(\d+|[a-z]+))?)(?:\/(\d+))?/i.exec(item);
  if (match === null) return { is: 'refused', rest: '' };
  const [whole, first, last, step] = match;
  const rest = item.slice(whole.length);
  const [from, to, every] = [numberOf(first ?? '', field), numberOf(last ?? first ?? '', field), Number(step ?? 1)];
  const isOutside = first !== undefined && [from, to].some((number) => number < field.low || number > field.high);
  // `5/10` is refused by both: a step needs a range.
  if (isOutside || every === 0 || (step !== undefined && first !== undefined && last === undefined))
    return { is: 'refused', rest };
  const isOdd = rest !== '' || from > to || every > field.high || /\d{3}/.test(whole);
  return { is: isOdd ? 'odd' : 'sound', rest };
}

/** A number, cut to 32 bits as cron's atoi(3) does it. */
function numberOf(text: string, field: Field): number {
  return /^\d/.test(text) ? Number(text) | 0 : field.names.indexOf(text.toLowerCase());
}

/** A line for which Debian's cron ignores the whole file. */
function problem(message: string): CrontabLine {
  return { is: 'problem', message, taken: false };
}

/** A line that Debian's cron takes, but that the two daemons read differently or that does not mean what it says. */
function taken(message: string): CrontabLine {
  return { is: 'problem', message, taken: true };
}
