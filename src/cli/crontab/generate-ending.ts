/** How cron-generate ends: its exit code, and what it says to people or, with --json, to programs. */

import process from 'node:process';
import type { JobLine } from '../../crontab/crontab.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import type { Refusal } from '../../system/types/cron.ts';
import type { Problem } from '../../text/problem.ts';
import { print, printBytes, say, sayProblems } from '../frame/output.ts';

export interface Ending {
  readonly exitCode: number;
  /** Whether the crontab was changed, or would be. */
  readonly changed: boolean;
  /** One sentence. */
  readonly comment: string;
  /** Whether people must hear it too. */
  readonly worthSaying: boolean;
  /** What is left to do for the person who called. */
  readonly hint?: string;
  readonly jobs: readonly JobLine[];
  readonly problems: readonly Problem[];
  /** What was asked for, in words and as values. */
  readonly views: readonly View[];
}

export interface View {
  readonly name: 'crontab' | 'diff' | 'plan';
  readonly text: string;
  /** For --json; absent when it is the text. */
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

/** A crontab that is piped to crontab(1) is written byte by byte; a diff has been made printable, and then coloured. */
function show({ name, text }: View): void {
  if (name === 'plan' || (name === 'crontab' && process.stdout.isTTY)) print(text);
  else printBytes(Buffer.from(text));
}

/** Data on standard output; words on standard error, and none when there is nothing to tell. */
export function tellEnding(ending: Ending, { json }: { readonly json: boolean }): number {
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
