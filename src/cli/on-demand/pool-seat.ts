/** The hosts that have a job of a pool, for run-job: a bundle of its own, which other jobs do not load. */
import type { Config } from '../../config/config.ts';
import { elsewhereWords, type Seated, seated } from '../../fleet/seat.ts';
import type { Job } from '../../job/job.ts';

export { seatedHere } from '../../fleet/seat.ts';

/** "belongs to web1 (pool web); this host is web3"; undefined on a host that has the job. */
export function elsewhereOf(job: Job, { fleet }: Config): string | undefined {
  const { seat }: Seated<Job> = seated(job, fleet);
  return seat === undefined || seat.isHere ? undefined : elsewhereWords(seat);
}
