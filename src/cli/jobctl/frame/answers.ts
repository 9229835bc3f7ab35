/** The answers of a command to the operator: words as they come, or with --json a value at the end. */
import { print, say } from '../../frame/output.ts';
import type { Options } from './options.ts';

/** Words for people; silent with --json. */
export interface Answers {
  print(text: string): void;
  say(words: string): void;
}

/**
 * The result for one job: the exit code, and the value that --json prints behind the job's name.
 */
export interface ActResult {
  readonly exitCode: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * The exit code when the request was understood but could not be carried out; 125 is for run-job
 * alone.
 */
export const notDone = 1;

export function answersFor({ json }: Options): Answers {
  const silent = () => undefined;
  return json ? { print: silent, say: silent } : { print, say: (words) => say('jobctl', words) };
}
