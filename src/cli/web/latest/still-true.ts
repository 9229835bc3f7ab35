/** Decides whether the snapshot of a job still says what is so. Its files are watched; what passes by itself is time, and the end of a process. */
import { type AnySnapshot, isBroken } from '../../../report/text/job.ts';

/** Whatever is not thought of here is seen after so long. */
const longestMs = 5 * 60_000;
/** "Overdue by 7 min" may be a minute old. */
const overdueMs = 60_000;

export function isStillTrue(job: AnySnapshot, lookedMs: number, nowMs: number): boolean {
  const ageMs = nowMs - lookedMs;
  if (isBroken(job) || job.service !== undefined || ageMs < 0) return false;
  if (ageMs >= (job.overdue === undefined ? longestMs : overdueMs)) return false;
  // A process may end without a word in any file, also one that holds a lock of many jobs.
  if (job.activity.is !== 'idle' || job.next !== undefined || job.locks.length > 0) return false;
  if (job.undelivered !== undefined || job.unreadable !== undefined || job.historyHidden !== undefined) return false;
  if (job.paused?.untilMs !== undefined && job.paused.untilMs <= nowMs) return false;
  // A start that is due is overdue when nothing comes of it.
  const isDue = job.overdue === undefined && job.dueMs !== undefined && job.dueMs <= nowMs;
  return !isDue && (job.nextMs === undefined || job.nextMs > nowMs);
}
