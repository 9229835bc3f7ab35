/**
 * Applies a command to each chosen job and prints the results: words as they come, or with --json
 * one object per job.
 */
import type { Config } from '../../../config/config.ts';
import { greatest } from '../../../text/width.ts';
import { print, say } from '../../frame/output.ts';
import type { Jobs } from '../../report/snapshots.ts';
import { chooseJobs } from './jobs.ts';
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

export interface Act {
  readonly options: Options;
  readonly config: Config;
  readonly jobs: Jobs;
  readonly answers: Answers;
}

/**
 * The exit code when the request was understood but could not be carried out; 125 is for run-job
 * alone.
 */
export const notDone = 1;

/** A command for one job. */
export type ActOn = (slug: string, act: Act) => Promise<ActResult>;

/**
 * Acts on all jobs at the same time, since the slowest one to stop decides how long it takes.
 * Returns the highest exit code.
 */
export async function actOnEach(options: Options, config: Config, actOn: ActOn): Promise<number> {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const act: Act = { options, config, jobs: chosen.jobs, answers: answersFor(options) };
  const codes = chosen.slugs.map(async (slug) => {
    const { exitCode, value } = await actOn(slug, act);
    if (options.json) print(`${JSON.stringify({ job: slug, ...value })}\n`);
    return exitCode;
  });
  return greatest(await Promise.all(codes));
}

export function answersFor({ json }: Options): Answers {
  const silent = () => undefined;
  return json ? { print: silent, say: silent } : { print, say: (words) => say('jobctl', words) };
}
