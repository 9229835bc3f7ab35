import type { AnySnapshot } from '../../src/report/text/job.ts';
import { listedJob } from '../../src/report/text/job-row.ts';
import { listingLines } from '../../src/report/text/listing.ts';

/** The rows of `jobctl status` as a program gets them. */
export function listed(jobs: readonly AnySnapshot[], formatTime: (ms: number) => string): string {
  const rows = jobs.map((job) => listedJob(job, formatTime));
  return listingLines(rows, { nowMs: 0, formatTime })
    .rows.map(({ line }) => `${line}\n`)
    .join('');
}
