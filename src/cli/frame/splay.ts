/** The milliseconds by which this host delays the ticks of a job. */
import os from 'node:os';
import type { Job } from '../../job/job.ts';
import { splayMs } from '../../run/tick/splay.ts';
import { sha256 } from '../../system/file/hash.ts';

export function delayOf({ slug, timing: { splaySeconds } }: Pick<Job, 'slug' | 'timing'>): number {
  // A listing asks for each of ten thousand jobs.
  if (splaySeconds <= 0) return 0;
  return splayMs(slug, os.hostname(), splaySeconds, sha256);
}
