/** Words a finished run as a mail: what failed, where, since when, its last lines of output, and what to do next. */
import { durationWords } from '../run/outcome.ts';
import { printable } from '../yaml/problem.ts';
import type { RunReport } from './report.ts';

export interface Message {
  readonly subject: string;
  readonly text: string;
}

/** The start of every subject, kept from the predecessor: people's mail filters know it. */
const subjectPrefix = 'Fail Mail : ';

/** A phone shows about this much of the output without a long scroll, and a mail must not grow with the log. */
const tailLimit = { lines: 40, characters: 4096 };

/** Times are written in `timeZone` (IANA name), with their offset. */
export function failureMessage(report: RunReport, timeZone: string): Message {
  const time = (ms: number) => localTime(ms, timeZone);
  const sections = [
    [`${title(report)} ${line(report.outcome)}`, `on ${line(report.host)}, started ${line(report.trigger)}.`],
    report.description === undefined ? [] : printableLines(shortened(report.description.trim(), 1000)),
    [
      `Started: ${time(report.startedMs)}`,
      `Ended: ${time(report.endedMs)}, after ${durationWords(Math.max(report.endedMs - report.startedMs, 0) / 1000)}`,
      `Failures in a row: ${report.failuresInARow}${since(report, time)}`,
      `Last success: ${report.lastSuccessMs === undefined ? 'none on record' : time(report.lastSuccessMs)}`,
    ],
    report.remarks.map((remark) => `Note: ${line(remark)}`),
    outputSection(report),
    [
      ...(report.logPath === undefined ? [] : [`Log: ${line(report.logPath)}`]),
      `Look at it: jobctl logs ${report.slug}`,
      `Run it again: run-job --job ${report.slug}`,
      `Run id: ${line(report.runId)}`,
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return { subject: subject(report), text: text.join('\n') };
}

function subject(report: RunReport): string {
  const again = report.failuresInARow > 1 ? ` (${ordinal(report.failuresInARow)} time in a row)` : '';
  return `${subjectPrefix}${title(report)} ${shortened(line(report.outcome))}${again} on ${line(report.host)}`;
}

/** The name for people, and the slug for the commands when it is another word. */
function title({ name, slug }: RunReport): string {
  return name === slug ? slug : `${shortened(line(name))} (${slug})`;
}

function since({ failuresInARow, failingSinceMs }: RunReport, time: (ms: number) => string): string {
  return failuresInARow > 1 && failingSinceMs !== undefined ? `, since ${time(failingSinceMs)}` : '';
}

function outputSection({ tail, logPath }: RunReport): readonly string[] {
  const { lines, cut } = lastLines(tail);
  if (lines.length === 0) return [logPath === undefined ? 'It was not started.' : 'It printed nothing.'];
  return ['Last lines of output:', '', ...(cut ? ['  […]'] : []), ...lines.map((text) => `  ${text}`.trimEnd())];
}

function lastLines(tail: string): { readonly lines: readonly string[]; readonly cut: boolean } {
  // Cut before anything looks at each character: the tail may be as large as a log.
  const end = tail.slice(-tailLimit.characters).replace(/^\p{Cs}/u, '');
  const whole = end.length === tail.length ? end : end.slice(end.indexOf('\n') + 1);
  const all = printableLines(whole.trimEnd());
  const lines = all.slice(-tailLimit.lines);
  return { lines, cut: lines.length < all.length || whole.length < tail.length };
}

/** As a terminal would show them: colours go, and of a progress line only its last state stays. */
function printableLines(text: string): readonly string[] {
  if (text === '') return [];
  return text
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/gu, '')
    .split('\n')
    .map((each) => each.split('\r').findLast((state) => state !== '') ?? '')
    .map((each) => each.split('\t').map(printable).join('\t'));
}

function line(text: string): string {
  return printable(text.trim());
}

function shortened(text: string, limit = 100): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

function ordinal(n: number): string {
  const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${n}${endings[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)] ?? 'th'}`;
}

/** `2026-11-22 10:30:00 +01:00` */
function localTime(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`;
}
