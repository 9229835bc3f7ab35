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
  | { readonly is: 'problem'; readonly message: string };

interface CrontabProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
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
  if (texts.pop() !== '') problems.push({ line: texts.length + 1, message: 'the last line must end with a newline' });
  if (texts.length > lineLimit) {
    problems.push({ line: lineLimit + 1, message: `cron ignores a file of more than ${lineLimit} lines` });
  }
  const lines: CrontabLine[] = [];
  for (const written of texts) {
    lines.push(readLine(written));
    if (lines.length % linesOfStep === 0) yield undefined;
  }
  for (const [index, line] of lines.entries()) {
    if (line.is === 'problem') problems.push({ line: index + 1, message: line.message });
  }
  const endless = endlessComment(texts, lines);
  if (endless !== undefined)
    problems.push({ line: endless, message: 'cronie stops reading in a comment of this length' });
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
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(text))
    return problem('a control character; cron would make it part of the command');
  if (start === '') return { is: 'nothing' };
  if (start.startsWith('#')) return { is: 'comment', text: start };
  if (!/^[\t -~]*$/.test(text)) return problem('a character that is not ASCII');
  if (text.length > lineByteLimit) return problem(`more than ${lineByteLimit} characters`);
  if (/[%\\]/.test(text)) return problem('% ends a command and the two daemons treat \\ differently');
  return readSetting(start) ?? readEntry(start);
}

/** Settings that only cronie knows, and that change when its entries run. */
const onlyCronie = new Set(['CRON_TZ', 'RANDOM_DELAY', 'MLS_LEVEL', 'SELINUX_ROLE_TYPE']);

/** `undefined` when it is no setting for either daemon: both look for NAME=VALUE first. */
function readSetting(text: string): CrontabLine | undefined {
  const [, name = '', written = ''] = /^([A-Za-z_]\w*)=(.*)$/.exec(text) ?? [];
  if (name === '') return undefined;
  if (onlyCronie.has(name)) return problem(`Debian's cron does not know ${name}`);
  const [, quoted] = /^"([^"']*)"$/.exec(written) ?? /^'([^"']*)'$/.exec(written) ?? [];
  const value = quoted ?? written;
  if (quoted === undefined && (value === '' || value !== value.trim() || /["']/.test(value))) {
    return problem(
      `the value of ${name} must be NAME="" when empty, quoted as a whole, or without quotes and blanks around it`,
    );
  }
  return { is: 'setting', name, value };
}

/** A command must not start with `*`, which both daemons take for one time field too many. */
const entryShape = /^((?:[^@\s]\S*[ \t]+){4}[^@\s]\S*|@reboot)[ \t]+(\S+)[ \t]+([^\s*].*)$/;

function readEntry(text: string): CrontabLine {
  const [, written = '', user = '', command = ''] = entryShape.exec(text) ?? [];
  if (command === '') return problem('neither a comment, nor NAME=VALUE, nor five fields, a user and a command');
  const schedule = written.split(/[ \t]+/).join(' ');
  const wrong = scheduleProblem(schedule);
  if (wrong !== undefined) return problem(wrong);
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

function scheduleProblem(schedule: string): string | undefined {
  if (accepted.has(schedule)) return undefined;
  const terms = schedule.split(' ');
  const wrong = fields.find((field, index) => !(terms[index] ?? '').split(',').every((item) => isItem(item, field)));
  if (wrong !== undefined) return `bad ${wrong.title} in "${schedule}"`;
  accepted.add(schedule);
  return undefined;
}

/**
 * Both daemons silently stop reading a term at the first character that they don't know, so the
 * whole item must match.
 */
function isItem(item: string, field: Field): boolean {
  const match = /^(?:\*|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:\/(\d{1,2}))?$/i.exec(item);
  if (match === null) return false;
  const [, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.high)) return false;
  if (first === undefined) return true;
  // `5/10` is refused by both: a step needs a range.
  if (last === undefined && step !== undefined) return false;
  const from = numberOf(first, field);
  const to = last === undefined ? from : numberOf(last, field);
  return field.low <= from && from <= to && to <= field.high;
}

function numberOf(text: string, field: Field): number {
  return /^\d/.test(text) ? Number(text) : field.names.indexOf(text.toLowerCase());
}

function problem(message: string): CrontabLine {
  return { is: 'problem', message };
}
