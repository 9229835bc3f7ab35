/** The memory of a program that takes the snapshot of its host again and again. */
import type { Config } from '../../config/config.ts';
import type { CrontabSync } from '../../crontab/comparison.ts';
import type { Installed } from '../../report/clock/installed.ts';
import type { AnySnapshot } from '../../report/text/job.ts';
import { sha256 } from '../../system/file/hash.ts';
import { presentFiles } from '../crontab/sync.ts';
import type { JobMemory } from './job-memory.ts';

export interface HostMemory {
  readonly jobs: JobMemory;
  sync: { readonly key: string; readonly is: CrontabSync['is'] } | undefined;
  /** The key of what is installed. */
  installed: string;
}

export function hostMemory(jobs: JobMemory): HostMemory {
  return { jobs, sync: undefined, installed: '' };
}

/**
 * The key of a comparison of the crontab with the job files: as long as it is the same, so is the result. There is none for a crontab that crontab(1)
 * keeps.
 */
export function syncKey(config: Config, { jobs }: HostMemory, snapshots: readonly AnySnapshot[]): string | undefined {
  if (config.embedded) return undefined;
  const found = snapshots.map((one) => ('problems' in one ? [one.slug, one.file, ...one.problems] : one.slug));
  const there = [...presentFiles(config).files.values()];
  return sha256(Buffer.from(JSON.stringify([jobs.changes(), found, there])));
}

/** A text that differs when something that concerns all jobs does: cron, or a file of the crontab. */
export function installedKey({ daemon, main, lines, ensure, catchUp, command }: Installed): string {
  const parts = new Set([...lines.values()].map(({ part }) => part));
  return JSON.stringify([daemon, main, ensure, catchUp, command, ...parts]);
}
