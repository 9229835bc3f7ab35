/** By how much this host delays the ticks of a job. */
import type { Job } from '../../job/job.ts';

export function splayMs(_job: Pick<Job, 'slug' | 'timing'>): number {
  return 0;
}
