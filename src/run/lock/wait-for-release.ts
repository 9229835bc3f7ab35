/**
 * Waits until the holder of a lock has released it, and ends its remaining processes if its run-job
 * is gone.
 */
import type { Clock } from '../../system/types/clock.ts';
import type { JobLocks, LockHolder, Sweeper } from '../../system/types/lock.ts';
import { isOutOfReach } from '../process-words.ts';
import type { StopWatch } from '../stop-watch.ts';

export interface ReleaseHost {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
}

export interface Release {
  /** Name of the lock. */
  readonly lock: string;
  readonly holder: LockHolder;
  readonly limitMs: number;
  readonly killGraceSeconds: number;
  /** Ends the wait if the run that waits is stopped. */
  readonly watch?: StopWatch;
}

const pollMs = 50;

/**
 * Resolves to `held` after `limitMs`, or at once if the remaining processes can't be killed.
 * Another run that takes the lock in between does not count.
 */
export async function waitForRelease(
  { lock, holder, limitMs, killGraceSeconds, watch }: Release,
  { clock, locks, sweeper }: ReleaseHost,
): Promise<'released' | 'held' | 'stopped'> {
  const endMs = clock.monotonicMs() + limitMs;
  for (;;) {
    const now = locks.holder(lock);
    if (now === undefined || (holder.runId !== undefined && now.runId !== holder.runId)) return 'released';
    if (watch?.stopped !== undefined) return 'stopped';
    if (clock.monotonicMs() > endMs) return 'held';
    // The reaper of the dead run-job may end the same processes at the same time; that does no
    // harm.
    if (now.state === 'orphaned' && isOutOfReach(await sweeper.end(now, killGraceSeconds * 1000))) return 'held';
    await (watch?.rest(pollMs, clock) ?? new Promise<void>((resolve) => clock.after(pollMs, resolve)));
  }
}
