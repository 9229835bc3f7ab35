/** Signals the run-job of another run, never a later process with its pid. */
import { statSync } from 'node:fs';
import process from 'node:process';
import type { LockHolder, Wrappers } from '../types/lock.ts';
import { environmentOf, isAlive, variableIn } from './proc.ts';

export const wrappers: Wrappers = {
  askToEnd: (holder) => send(holder, ['SIGTERM', 'SIGCONT']),
  wake: (holder) => send(holder, ['SIGCONT']),
  kill: (holder) => send(holder, ['SIGKILL']),
};

/**
 * Signals the run-job that the record names. An orphaned run has none, and a holder in the state
 * unknown is never signalled.
 */
function send({ state, wrapper, wrapperMark }: LockHolder, signals: readonly NodeJS.Signals[]): void {
  if (state === 'orphaned' || state === 'unknown' || wrapper === undefined || !isAlive(wrapper)) return;
  // A user who can write the record can name any process in it. The predecessor's run-job carries
  // no mark.
  if (!isOwn(wrapper.pid) || (state === 'running' && !carries(wrapper.pid, wrapperMark))) return;
  try {
    for (const signal of signals) process.kill(wrapper.pid, signal);
  } catch {
    // ESRCH: it has just ended. EPERM: it is another user's; the caller sees that it goes on.
  }
}

/**
 * True when the process is this user's. So root never signals a process because a file of the
 * service user names it.
 */
function isOwn(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

/** True when the process carries the mark of the record. Each run-job has a mark of its own. */
function carries(pid: number, mark: string | undefined): boolean {
  return mark !== undefined && variableIn(environmentOf(pid) ?? Buffer.alloc(0), 'PROCESS_CONTROL_WRAPPER') === mark;
}
