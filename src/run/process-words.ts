/** Names processes for people: pid, command line, and the reason why a process can't be ended. */
import type { LockHolder } from '../system/types/lock.ts';
import type { Survivor } from '../system/types/process.ts';

export function processWords({ pid, command, why }: Survivor): string {
  return `${pid} ${command}${why === undefined ? '' : ` (${why})`}`;
}

export function processesWords(found: readonly Survivor[]): string {
  return found.map(processWords).join(', ');
}

/**
 * Names the remaining processes of a run without a run-job, by command line where that is known.
 */
export function leftWords({ processes = [], pids }: Pick<LockHolder, 'processes' | 'pids'>): string {
  return processes.length > 0 ? processesWords(processes) : pids.join(', ');
}

/** Names the run-job that holds a lock, if it lives, and the remaining processes of its run. */
export function livingWords(holder: LockHolder): string {
  const wrapper = holder.state === 'orphaned' ? undefined : holder.wrapper?.pid;
  return [wrapper, leftWords(holder)].filter((one) => one !== undefined && one !== '').join(', ');
}

/** Returns the command for root that ends processes which the service user can't end. */
export function endAdvice({ pids }: Pick<LockHolder, 'pids'>): string {
  return `end them as root: kill -KILL ${pids.join(' ')}`;
}

/** True if this user can end none of the processes. */
export function isOutOfReach(found: readonly Survivor[]): boolean {
  return found.length > 0 && found.every(({ why }) => why !== undefined);
}
