/** The sentences of `run-job --kill-job`, kept from the Python process-control. */
import type { LockHolder } from '../../system/types/lock.ts';

export function killSentence(slug: string, holder: LockHolder | undefined): string {
  if (holder === undefined) return `No running process found for job ${slug}.`;
  const pid = holder.wrapper?.pid ?? holder.pids[0] ?? 'unknown';
  if (holder.state === 'orphaned') return `Killing what is left of job ${slug}: ${holder.pids.join(', ')}.`;
  return `Killing process ID ${pid} of job ${slug}.`;
}
