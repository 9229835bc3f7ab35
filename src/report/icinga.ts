/** What `check-jobs-icinga` says: the predecessor's two sentences first, then ours, with performance data behind the bar. */
import { type AnySnapshot, isBroken } from './job-text.ts';

export interface CheckAnswer {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/**
 * `FAILING JOBS: a, b` and 2 (kept), `JOBS WARNING: …` and 1 for what a person should look at, `JOBS OK` and 0 (kept).
 * Monitoring plugins guidelines: the first line says it all, no bar in it, labels quoted, counts without a unit.
 */
export function checkJobs(jobs: readonly AnySnapshot[]): CheckAnswer {
  const failing = jobs.filter((job) => job.lastStatus === 'failure').map(({ slug }) => slug);
  const remarks = jobs.flatMap(remarksOn);
  const counts = {
    failing: failing.length,
    warnings: remarks.length,
    running: jobs.filter(isRunning).length,
    jobs: jobs.length,
  };
  const perfdata = Object.entries(counts).map(([label, count]) => `'${label}'=${count};;;0`);
  const details = remarks.length > 0 && failing.length > 0 ? `\n${remarks.join('\n')}` : '';
  const tail = ` | ${perfdata.join(' ')}${details}\n`;
  if (failing.length > 0) return { code: 2, text: `FAILING JOBS: ${failing.join(', ')}${tail}` };
  if (remarks.length > 0) return { code: 1, text: `JOBS WARNING: ${remarks.join('; ')}${tail}` };
  return { code: 0, text: `JOBS OK${tail}` };
}

function isRunning(job: AnySnapshot): boolean {
  return !isBroken(job) && job.activity.is === 'running';
}

function remarksOn(job: AnySnapshot): readonly string[] {
  if (isBroken(job)) return [`${job.slug} has an invalid file`];
  return [
    ...(job.paused !== undefined && job.paused.untilMs === undefined ? [`${job.slug} is paused without an end`] : []),
    ...(job.activity.is === 'orphaned' ? [`${job.slug} left processes behind`] : []),
    ...(job.lastRun?.lostBytes === undefined ? [] : [`${job.slug} lost output of its last run`]),
  ];
}
