/**
 * Expands `cron_template`, a text of root's, for one job. The template is checked once with sample
 * values. Text from job files reaches the crontab only in characters that have no meaning to cron
 * and sh.
 */

import { rebootSchedule } from '../schedule/nickname.ts';
import { printable } from '../text/printable.ts';
import { type CrontabLine, lineByteLimit, readCrontab, utf8Bound } from './reader.ts';

export interface EntryValues {
  /** The job file. */
  readonly source: string;
  /** Five terms, as the crontab has them. */
  readonly schedule: string;
  readonly user: string;
  readonly command: string;
  readonly slug: string;
  /** The job's `name`, free text. */
  readonly name: string;
}

export interface CronTemplate {
  /** The job's lines, each with its newline; or why they can't be written. */
  expand(values: EntryValues): { readonly text: string } | { readonly refused: string };
}

export type TemplateAnswer = { readonly template: CronTemplate } | { readonly refused: string };

type Key = keyof EntryValues;
/** One line of the template: literal text and the keys of values in turn. */
interface TemplateLine {
  readonly comment: boolean;
  readonly literals: readonly string[];
  readonly keys: readonly Key[];
}

/**
 * `PROCESS_CONTROL_TRIGGER` tells run-job that the clock started it; a job's own value would make
 * ticks of what is none.
 */
const reserved = 'PROCESS_CONTROL_TRIGGER';
/** So that a file of thousands of lines holds hundreds of jobs. */
const lineLimit = 10;
const keys: readonly Key[] = ['source', 'schedule', 'user', 'command', 'slug', 'name'];

export function compileTemplate(text: string): TemplateAnswer {
  const lines: TemplateLine[] = [];
  const texts = text.replace(/\n$/, '').split('\n');
  if (texts.length > lineLimit) return { refused: `more than ${lineLimit} lines for each job` };
  for (const line of texts) {
    const parsed = parseLine(line);
    if (typeof parsed === 'string') return { refused: parsed };
    lines.push(parsed);
  }
  const template: CronTemplate = { expand: (values) => expand(lines, values) };
  const wrong = tryOut(template);
  return wrong === undefined ? { template } : { refused: wrong };
}

/** `{key}` stands for a value, `{{` and `}}` for the braces themselves. */
function parseLine(line: string): TemplateLine | string {
  const literals: string[] = [''];
  const found: Key[] = [];
  const comment = /^[ \t]*#/.test(line);
  for (const [part] of line.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    const key = keys.find((known) => part === `{${known}}`);
    if (key === 'name' && !comment) return '{name} is free text and may stand in comment lines only';
    if (key !== undefined) {
      found.push(key);
      literals.push('');
    } else if (part.length > 2 && part.startsWith('{')) {
      return `${part} is not known; there are ${keys.map((known) => `{${known}}`).join(' ')}`;
    } else if (part === '{' || part === '}' || part === '{}') {
      return `a brace that is meant literally must be doubled: {{ or }}`;
    } else {
      literals[literals.length - 1] += part === '{{' ? '{' : part === '}}' ? '}' : part;
    }
  }
  return { comment, literals, keys: found };
}

function expand(lines: readonly TemplateLine[], values: EntryValues): ReturnType<CronTemplate['expand']> {
  let text = '';
  for (const line of lines) {
    let expanded = line.literals[0] ?? '';
    for (const [index, key] of line.keys.entries()) {
      const value = values[key];
      if (!line.comment && !isHarmless(key, value)) return { refused: `{${key}} can't be in a crontab line: ${value}` };
      expanded += value + (line.literals[index + 1] ?? '');
    }
    if (line.comment) expanded = commentText(expanded);
    else if (expanded.length > lineByteLimit)
      return { refused: `its crontab line has more than ${lineByteLimit} characters` };
    text += `${expanded}\n`;
  }
  return { text };
}

/**
 * The user's name is root's and read back with the whole file; the rest comes from file names and
 * job files.
 */
function isHarmless(key: Key, value: string): boolean {
  if (key === 'schedule') return value === rebootSchedule || /^(?:[\w*,/-]+ ){4}[\w*,/-]+$/.test(value);
  return key === 'user' ? /^[\w.@+-]+\$?$/.test(value) : /^[A-Za-z0-9._/ =-]+$/.test(value);
}

/** Text for one comment line: printable, and short enough for both daemons. */
export function commentText(text: string): string {
  const comment = printable(text);
  if (utf8Bound(comment) <= lineByteLimit) return comment;
  return `${[...comment].slice(0, lineByteLimit / 4).join('')}…`;
}

const sample: EntryValues = {
  source: '/var/lib/process-control/sample.yaml',
  schedule: '*/5 * * * *',
  user: 'sample-user',
  command: '/usr/bin/run-job --job sample',
  slug: 'sample',
  name: 'Sample job',
};

/** The problem of the template itself, whatever the job. */
function tryOut(template: CronTemplate): string | undefined {
  const answer = template.expand(sample);
  if ('refused' in answer) return answer.refused;
  const { lines, problems } = readCrontab(answer.text);
  const [problem] = problems;
  if (problem !== undefined) return `line ${problem.line}: ${problem.message}`;
  const entries = lines.filter((line) => line.is === 'entry');
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) return 'there must be one line with {schedule} {user} {command}';
  if (lines.some((line) => line.is === 'setting' && line.name === reserved)) return `${reserved} is set by the header`;
  return isSample(entry) ? undefined : 'its line must be {schedule} {user}, then a command with {command} in it once';
}

function isSample(entry: Extract<CrontabLine, { is: 'entry' }>): boolean {
  const [before, after, more] = entry.command.split(sample.command);
  const whole = !/[\w./=-]$/.test(before ?? '') && !/^[\w./=-]/.test(after ?? '');
  return (
    entry.schedule === sample.schedule &&
    entry.user === sample.user &&
    after !== undefined &&
    more === undefined &&
    whole
  );
}
