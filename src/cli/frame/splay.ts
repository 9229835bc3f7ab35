/** The milliseconds by which this host delays the ticks of a job. */
import os from 'node:os';
import type { Job } from '../../job/job.ts';
import { splayMs } from '../../run/tick/splay.ts';
import { sha256 } from '../../system/file/hash.ts';

export function delayOf({ slug, timing: { splaySeconds } }: Pick<Job, 'slug' | 'timing'>): number {
  return splayMs(slug, os.hostname(), splaySeconds, sha256);
}
