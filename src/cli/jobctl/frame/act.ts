/**
 * Applies a command to each chosen job and prints the results: words as they come, or with --json
 * one object per job.
 */
import type { Config } from '../../../config/config.ts';
import { greatest } from '../../../text/width.ts';
import { print } from '../../frame/output.ts';
import type { Jobs } from '../../report/snapshots.ts';
import { type ActResult, type Answers, answersFor } from './answers.ts';
import { chooseJobsOfFleet } from './fleet-jobs.ts';
import type { Options } from './options.ts';

export interface Act {
  readonly options: Options;
  readonly config: Config;
  readonly jobs: Jobs;
  readonly answers: Answers;
}

/** A command for one job. */
export type ActOn = (slug: string, act: Act) => Promise<ActResult>;

/**
 * Acts on all jobs at the same time, since the slowest one to stop decides how long it takes.
 * Returns the highest exit code.
 */
export async function actOnEach(options: Options, config: Config, actOn: ActOn): Promise<number> {
  const chosen = await chooseJobsOfFleet(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const act: Act = { options, config, jobs: chosen.jobs, answers: answersFor(options) };
  const codes = chosen.slugs.map(async (slug) => {
    const { exitCode, value } = await actOn(slug, act);
    if (options.json) print(`${JSON.stringify({ job: slug, ...value })}\n`);
    return exitCode;
  });
  return greatest(await Promise.all(codes));
}
