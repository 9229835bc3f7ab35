/** The milliseconds by which this host delays the ticks of a job. */
import os from 'node:os';
import type { Job } from '../../job/job.ts';
import { splayMs, splayName } from '../../run/tick/splay.ts';
import { sha256 } from '../../system/file/hash.ts';

export function delayOf(job: Pick<Job, 'slug' | 'timing' | 'pool'>): number {
  const { splaySeconds } = job.timing;
  // A listing asks for each of ten thousand jobs.
  if (splaySeconds <= 0) return 0;
  return splayMs(job.slug, splayName(job, os.hostname()), splaySeconds, sha256);
}
