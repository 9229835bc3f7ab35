/** `jobctl doctor`: what was checked on this host, what is wrong, and what to do about it. */
import { printable } from '../../text/printable.ts';
import { widest } from '../../text/width.ts';
import type { Advice } from '../advice.ts';
import { painted } from './terminal/colour.ts';
import { sentence } from './terminal/fold.ts';

export interface Check {
  /** One or two words: "crontab". */
  readonly about: string;
  /**
   * `problem`: jobs do not run, or people do not hear of them. `warning`: that may become so.
   * `unknown`: this caller can't check it.
   */
  readonly is: 'ok' | 'warning' | 'problem' | 'unknown';
  /** A clause. */
  readonly words: string;
  readonly advice?: readonly Advice[];
}

/** The terminal of the caller; without it nothing is folded or coloured. */
export interface DoctorView {
  readonly columns?: number;
  readonly isColoured?: boolean;
}

/**
 * Problems and warnings come first, each with the commands that fix it, then a line for each check
 * that found nothing, then the counts.
 */
export function doctorText(checks: readonly Check[], view: DoctorView = {}): string {
  const of = (kind: Check['is']) => checks.filter(({ is }) => is === kind);
  const quiet = [...of('unknown'), ...of('ok')];
  const width = widest(quiet.map(({ about }) => about));
  const blocks = [
    ...[...of('problem'), ...of('warning')].map((check) => blockOf(check, view)),
    quiet.flatMap((check) => rowOf(check, width, view)),
    [countsOf(checks)],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n');
}

/** One line for each check. `advice` is there even if it is empty, so that programs need not ask. */
export function doctorJson(checks: readonly Check[]): string {
  return checks
    .map(({ about, is, words, advice = [] }) => `${JSON.stringify({ about, is, words, advice })}\n`)
    .join('');
}

/** 1 when there is a problem, else 0. */
export function doctorCode(checks: readonly Check[]): 0 | 1 {
  return checks.some(({ is }) => is === 'problem') ? 1 : 0;
}

const colours = { problem: 'red', warning: 'yellow', ok: 'green', unknown: 'cyan' } as const;
const marks = { problem: 'PROBLEM', warning: 'WARNING', ok: 'ok', unknown: '?' } as const;

/** A problem or a warning: the finding, then what to do, commands on lines of their own. */
function blockOf({ about, is, words, advice = [] }: Check, view: DoctorView): readonly string[] {
  const [first = '', ...others] = sentence(`${marks[is]}  ${about}: ${words}`, 2, view.columns);
  return [coloured(first, is, view), ...others, ...advice.flatMap((one) => adviceLines(one, view))];
}

function adviceLines({ say, run }: Advice, { columns }: DoctorView): readonly string[] {
  const words = `  ${say.charAt(0).toUpperCase()}${say.slice(1)}${run.length === 0 ? '.' : ':'}`;
  return [...sentence(words, 2, columns), ...run.map((command) => `      ${printable(command)}`)];
}

/** A check without a finding takes a row; what could tell more stands behind it. */
function rowOf({ about, is, words, advice = [] }: Check, width: number, view: DoctorView): readonly string[] {
  const more = advice.map(({ say, run }) => ` (${[say, run.join(' && ')].filter(Boolean).join(': ')})`).join('');
  const [first = '', ...others] = sentence(
    `${marks[is].padEnd(2)}  ${about.padEnd(width)}  ${words}${more}`,
    width + 6,
    view.columns,
  );
  return [coloured(first, is, view), ...others];
}

/** Colours the mark at the beginning of a line. */
function coloured(line: string, is: Check['is'], { isColoured = false }: DoctorView): string {
  const mark = marks[is];
  return painted(colours[is], { isColoured })(mark) + line.slice(mark.length);
}

const order: readonly Check['is'][] = ['problem', 'warning', 'unknown', 'ok'];

function countsOf(checks: readonly Check[]): string {
  const words = order.flatMap((kind) => {
    const count = checks.filter(({ is }) => is === kind).length;
    return count === 0 ? [] : [`${count} ${nounOf(kind, count)}`];
  });
  return words.join(', ');
}

function nounOf(kind: Check['is'], count: number): string {
  if (kind === 'ok' || kind === 'unknown') return kind;
  return count === 1 ? kind : `${kind}s`;
}
