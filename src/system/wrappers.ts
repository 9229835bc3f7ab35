/** Signals to the run-job of another run, told from a later process with its pid. */
import process from 'node:process';
import { isAlive } from './proc.ts';
import type { LockHolder, Wrappers } from './system.ts';

export const wrappers: Wrappers = {
  askToEnd: (holder) => send(holder, ['SIGTERM', 'SIGCONT']),
  wake: (holder) => send(holder, ['SIGCONT']),
  kill: (holder) => send(holder, ['SIGKILL']),
};

/** Of a run that has lost its run-job there is none; what holds a lock unknown to us is nobody's to signal. */
function send({ state, wrapper }: LockHolder, signals: readonly NodeJS.Signals[]): void {
  if (state === 'orphaned' || state === 'unknown' || wrapper === undefined || !isAlive(wrapper)) return;
  try {
    for (const signal of signals) process.kill(wrapper.pid, signal);
  } catch {
    // ESRCH: it has just ended. EPERM: it is another user's, and whoever asked sees that it goes on.
  }
}
