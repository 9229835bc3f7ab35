/** The time from which on the schedule of a job holds on this host. */
import { statSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';

/**
 * Returns the latest change of the job's file and, for a job of a pool, of the configuration too,
 * milliseconds since 1970: a host that gets a job back has not missed what other hosts have run.
 */
export function jobChangedMs({ path, pool }: Pick<Job, 'path' | 'pool'>, { sources }: Config): number {
  return Math.max(...[path, ...(pool === undefined ? [] : sources)].map(mtimeMs));
}

function mtimeMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
