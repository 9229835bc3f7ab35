/**
 * Wording that all messages to people share: names, times, the last lines of output; all of it
 * printable.
 */
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import type { RunReport } from '../report.ts';

/** Subject and text of a message. */
export interface Message {
  readonly subject: string;
  readonly text: string;
}

/**
 * The start of the subject of failmail and of a service that fails, kept from the predecessor: mail
 * filters know it.
 */
export const failmailPrefix = 'Fail Mail : ';

/**
 * A phone shows about this much of the output without a long scroll, and a mail must not grow with
 * the log.
 */
const tailLimit = { lines: 40, characters: 4096 };

/** The name for people, and the slug for the commands if it is another word. */
export function title({ name, slug }: RunReport): string {
  return name === slug ? slug : `${shortened(line(name))} (${slug})`;
}

/** "10 min 3 s" */
export function spent({ startedMs, endedMs }: Pick<RunReport, 'startedMs' | 'endedMs'>): string {
  return durationWords(Math.max(endedMs - startedMs, 0) / 1000);
}

export function lastOutput({ tail, logPath }: RunReport): readonly string[] {
  const { lines, cut } = lastLines(tail);
  if (lines.length === 0) return [logPath === undefined ? 'It was not started.' : 'It printed nothing.'];
  return ['Last lines of output:', '', ...(cut ? ['  […]'] : []), ...lines.map((text) => `  ${text}`.trimEnd())];
}

/** The last lines of output: at most 40 lines and 4096 characters. */
export function lastLines(tail: string): { readonly lines: readonly string[]; readonly cut: boolean } {
  // Cut first, because what follows looks at each character, and the tail may be as large as a log.
  const end = tail.slice(-tailLimit.characters).replace(/^\p{Cs}/u, '');
  const whole = end.length === tail.length ? end : end.slice(end.indexOf('\n') + 1);
  const all = printableLines(whole.trimEnd());
  const lines = all.slice(-tailLimit.lines);
  return { lines, cut: lines.length < all.length || whole.length < tail.length };
}

/** The lines as a terminal shows them: without colours, and a progress line in its last state. */
export function printableLines(text: string): readonly string[] {
  if (text === '') return [];
  return text
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/gu, '')
    .split('\n')
    .map((each) => each.split('\r').findLast((state) => state !== '') ?? '')
    .map((each) => each.split('\t').map(printable).join('\t'));
}

export function line(text: string): string {
  return printable(text.trim());
}

export function shortened(text: string, limit = 100): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

export function ordinal(n: number): string {
  const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${n}${endings[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)] ?? 'th'}`;
}
