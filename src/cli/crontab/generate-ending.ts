/**
 * The end of cron-generate: its exit code, and what it prints for operators or, with --json, for
 * programs.
 */

import process from 'node:process';
import type { JobLine } from '../../crontab/crontab.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import type { Refusal } from '../../system/types/cron.ts';
import type { Problem } from '../../text/problem.ts';
import { print, printBytes, say, sayProblems } from '../frame/output.ts';

export interface Ending {
  readonly exitCode: number;
  /** True if the crontab was changed, or would be. */
  readonly changed: boolean;
  /** One sentence. */
  readonly comment: string;
  /** True if the sentence is printed for operators, too. */
  readonly worthSaying: boolean;
  /** The next step, for the operator. */
  readonly hint?: string;
  readonly jobs: readonly JobLine[];
  readonly problems: readonly Problem[];
  /** The views that were asked for, as text and as values. */
  readonly views: readonly View[];
}

export interface View {
  readonly name: 'crontab' | 'diff' | 'plan' | 'kubernetes' | 'systemd';
  readonly text: string;
  /** The value that --json prints; absent when it is the text. */
  readonly value?: unknown;
}

export function nothingWritten(
  exitCode: number,
  problems: readonly Problem[],
  comment = 'nothing was written',
): Ending {
  return { exitCode, changed: false, comment, worthSaying: true, jobs: [], problems, views: [] };
}

/** The ending when cron's files, or crontab(1), did not take what was to be written. */
export function refusedBy({ denied, reason }: Refusal, problems: readonly Problem[]): Ending {
  return nothingWritten(denied ? exitCodes.notPermitted : exitCodes.configuration, problems, reason);
}

/** 1 wins over 2. */
export function exitCodeOf(
  problems: readonly Problem[],
  { changed, matters }: { readonly changed: boolean; readonly matters: boolean },
): number {
  if (hasErrors(problems)) return 1;
  return changed && matters ? 2 : 0;
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/**
 * Writes a crontab byte by byte, since it may be piped to crontab(1). A diff is printable already,
 * and may be coloured.
 */
function show({ name, text }: View): void {
  if (name === 'plan' || (name === 'crontab' && process.stdout.isTTY)) print(text);
  else printBytes(Buffer.from(text));
}

/** Prints data on standard output and words on standard error. Returns the exit code. */
export function printEnding(ending: Ending, { json }: { readonly json: boolean }): number {
  const { exitCode, changed, comment, worthSaying, hint, jobs, problems, views } = ending;
  if (json) {
    const values = Object.fromEntries(views.map(({ name, text, value }) => [name, value ?? text]));
    print(`${JSON.stringify({ changed, comment, jobs, problems, ...values })}\n`);
    return exitCode;
  }
  sayProblems(problems);
  for (const view of views) show(view);
  if (worthSaying) say('cron-generate', comment);
  if (hint !== undefined) say('cron-generate', hint);
  return exitCode;
}
