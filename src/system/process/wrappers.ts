/** Signals to the run-job of another run, told from a later process with its pid. */
import { statSync } from 'node:fs';
import process from 'node:process';
import type { LockHolder } from '../types/lock.ts';
import type { Wrappers } from '../types/process.ts';
import { environmentOf, isAlive, variableIn } from './proc.ts';

export const wrappers: Wrappers = {
  askToEnd: (holder) => send(holder, ['SIGTERM', 'SIGCONT']),
  wake: (holder) => send(holder, ['SIGCONT']),
  kill: (holder) => send(holder, ['SIGKILL']),
};

/** Of a run that has lost its run-job there is none; what holds a lock unknown to us is nobody's to signal. */
function send({ state, wrapper, wrapperMark }: LockHolder, signals: readonly NodeJS.Signals[]): void {
  if (state === 'orphaned' || state === 'unknown' || wrapper === undefined || !isAlive(wrapper)) return;
  // Whoever can write the record can name any process of any user. The predecessor's run-job carries no mark.
  if (!isOwn(wrapper.pid) || (state === 'running' && !carries(wrapper.pid, wrapperMark))) return;
  try {
    for (const signal of signals) process.kill(wrapper.pid, signal);
  } catch {
    // ESRCH: it has just ended. EPERM: it is another user's, and whoever asked sees that it goes on.
  }
}

/** Whether the process is this user's; so root signals nothing that a file of the service user's names. */
function isOwn(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

/** Whether the process is the one run-job whose mark stands in the record: each has its own. */
function carries(pid: number, mark: string | undefined): boolean {
  return mark !== undefined && variableIn(environmentOf(pid) ?? Buffer.alloc(0), 'PROCESS_CONTROL_WRAPPER') === mark;
}
