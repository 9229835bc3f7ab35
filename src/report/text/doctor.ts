/** `jobctl doctor`: what was checked on this host, what is wrong, and what to do about it. */
import { printable } from '../../text/printable.ts';
import type { Advice } from '../advice.ts';

export interface Check {
  /** One or two words: "crontab". */
  readonly about: string;
  /** `problem`: jobs do not run, or people do not hear of it. `warning`: they may not. */
  readonly is: 'ok' | 'warning' | 'problem' | 'unknown';
  /** A clause. */
  readonly words: string;
  readonly advice?: readonly Advice[];
}

const order: readonly Check['is'][] = ['problem', 'warning', 'unknown', 'ok'];
const labelWidth = 14;

/** Problems come first, each with its commands below; the last line counts. */
export function doctorText(checks: readonly Check[]): string {
  const sorted = order.flatMap((kind) => checks.filter(({ is }) => is === kind));
  const lines = sorted.flatMap((check) => [lineOf(check), ...(check.advice ?? []).flatMap(adviceLines)]);
  return `${lines.map(printable).join('\n')}\n\n${countsOf(checks)}\n`;
}

/** 1 when there is a problem, else 0. */
export function doctorCode(checks: readonly Check[]): 0 | 1 {
  return checks.some(({ is }) => is === 'problem') ? 1 : 0;
}

function lineOf({ is, about, words }: Check): string {
  return `${is.padEnd(8)} ${about.padEnd(labelWidth)} ${words}`;
}

function adviceLines({ say, run }: Advice): readonly string[] {
  const indent = ' '.repeat(9 + labelWidth + 1);
  return [`${indent}${say}${run.length === 0 ? '' : ':'}`, ...run.map((command) => `${indent}  ${command}`)];
}

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
