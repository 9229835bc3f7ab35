/** Names processes for people: pid, command line, and why one that lives can't be ended from here. */
import type { LockHolder } from '../system/types/lock.ts';
import type { Survivor } from '../system/types/process.ts';

export function processWords({ pid, command, why }: Survivor): string {
  return `${pid} ${command}${why === undefined ? '' : ` (${why})`}`;
}

export function processesWords(found: readonly Survivor[]): string {
  return found.map(processWords).join(', ');
}

/** What lives of a run that has lost its run-job, by name where that is known. */
export function leftWords({ processes = [], pids }: Pick<LockHolder, 'processes' | 'pids'>): string {
  return processes.length > 0 ? processesWords(processes) : pids.join(', ');
}

/** What to type as root, where nothing else helps. */
export function endAdvice({ pids }: Pick<LockHolder, 'pids'>): string {
  return `end them as root: kill -KILL ${pids.join(' ')}`;
}

/** Nothing that this user does ends any of them. */
export function isOutOfReach(found: readonly Survivor[]): boolean {
  return found.length > 0 && found.every(({ why }) => why !== undefined);
}
