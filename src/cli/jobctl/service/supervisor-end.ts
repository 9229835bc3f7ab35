/**
 * Waits for the processes of supervisors that have let go of their locks: a supervisor that a signal stops before its last step would stand there
 * for as long as nobody continues it, while its service has ended.
 */

import { isAlive, isSuspended } from '../../../system/process/proc.ts';
import { wrappers } from '../../../system/process/wrappers.ts';
import { clock } from '../../../system/time/clock.ts';
import type { LockHolder } from '../../../system/types/lock.ts';

const pollMs = 50;
/** How long a supervisor that is stopped again and again is continued before it is killed: its work is done. */
const wakeMs = 3000;
/** How long the last step of a supervisor is waited for that nothing stops. */
const lastStepMs = 5000;

/** Those whose process is still there at the end. */
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

/** For the people who wait: the service has ended, and this process has not. */
export function lastStepWords(slug: string, { wrapper }: LockHolder): string {
  return `the supervisor of ${slug} has let go of everything and is at its last step (pid ${wrapper?.pid}); it ends by itself`;
}
