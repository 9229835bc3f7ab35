/**
 * Waits for supervisors that have released their locks to exit. A supervisor that is stopped by a
 * signal before its last step would stay for as long as it is not continued, although its service
 * has ended.
 */

import { isAlive, isSuspended } from '../../../system/process/proc.ts';
import { wrappers } from '../../../system/process/wrappers.ts';
import { clock } from '../../../system/time/clock.ts';
import type { LockHolder } from '../../../system/types/lock.ts';

const pollMs = 50;
/**
 * The time during which a stopped supervisor is continued before it is killed: its work is done.
 */
const wakeMs = 3000;
/** The time limit for the last step of a supervisor that is not stopped. */
const lastStepMs = 5000;

/** Returns the supervisors whose processes still exist. */
export async function untilGone(supervisors: readonly LockHolder[]): Promise<readonly LockHolder[]> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const left = supervisors.filter(({ wrapper }) => wrapper !== undefined && isAlive(wrapper));
    const passedMs = clock.monotonicMs() - startMs;
    if (left.length === 0 || passedMs > lastStepMs) return left;
    for (const holder of left.filter(({ wrapper }) => wrapper !== undefined && isSuspended(wrapper))) {
      if (passedMs > wakeMs) wrappers.kill(holder);
      else wrappers.wake(holder);
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

/** Says that the service has ended but the process of its supervisor has not. */
export function lastStepWords(slug: string, { wrapper }: LockHolder): string {
  return `${slug} has ended; its supervisor (pid ${wrapper?.pid}) is still exiting, and ends by itself`;
}
