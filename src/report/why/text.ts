/**
 * `jobctl why`: the answer in one sentence, what to do, and the evidence that matters; with `--all`
 * every finding.
 */
import { printable } from '../../text/printable.ts';
import { widest } from '../../text/width.ts';
import type { Advice } from '../advice.ts';
import { sentence } from '../text/terminal/fold.ts';
import type { Answer } from './answer.ts';
import type { Finding } from './finding.ts';

export interface WhyView {
  /**
   * The width of the terminal. Sentences are folded at it, commands never; without it nothing is
   * folded.
   */
  readonly columns?: number;
  /** The command that shows all findings; absent when they are shown. */
  readonly more?: string;
}

/** `findings`: shown in full with `--all`. */
export function whyText(
  { answer, advice, facts }: Answer,
  findings: readonly Finding[] | undefined,
  { columns, more }: WhyView = {},
): string {
  const evidence = findings === undefined ? facts.map(([label, words]) => [`${label}:`, words] as const) : [];
  const width = widest(evidence.map(([label]) => label));
  const parts = [
    sentence(answer, 0, columns),
    advice.flatMap((one) => adviceLines(one, columns)),
    evidence.flatMap(([label, words]) => sentence(`  ${label.padEnd(width)}  ${words}`, width + 4, columns)),
    (findings ?? []).flatMap((finding) => sentence(findingLine(finding), findingIndent, columns)),
    more === undefined ? [] : [`All findings: ${more}`],
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n');
}

function adviceLines({ say, run }: Advice, columns: number | undefined): readonly string[] {
  const words = `${say.charAt(0).toUpperCase()}${say.slice(1)}${run.length === 0 ? '.' : ':'}`;
  return [...sentence(words, 0, columns), ...run.map((command) => `    ${printable(command)}`)];
}

const marks = { well: 'ok', stops: 'STOPS', 'stops-next': 'NEXT', doubt: 'doubt', unknown: '?' } as const;
const findingIndent = 23;

function findingLine({ about, is, words }: Finding): string {
  return `  ${about.padEnd(12)}  ${marks[is].padEnd(5)}  ${words}`;
}
