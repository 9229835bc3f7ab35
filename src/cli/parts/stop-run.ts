/**
 * Ends the run of a job from outside: the name of whoever asks goes into the history, TERM to the run-job that was verified. What a run
 * without a run-job has left is ended from here.
 */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { writeEvent } from '../../run/record.ts';
import { callerUid } from '../../system/become.ts';
import { clock } from '../../system/clock.ts';
import { isAlive } from '../../system/proc.ts';
import { sweeper } from '../../system/sweeper.ts';
import type { LockHolder } from '../../system/system.ts';
import { users } from '../../system/users.ts';
import { realHistory, realLocks } from './machine.ts';

export interface StopOrder {
  readonly slug: string;
  readonly killGraceSeconds: number;
  readonly reason?: string;
}

export type StopAnswer =
  | { readonly is: 'idle' }
  | { readonly is: 'stopped' }
  | { readonly is: 'still-running'; readonly holder: LockHolder };

/** Beyond the grace a run-job needs to sweep, to drain and to write down; then something is wrong. */
const patienceMs = 10_000;
const pollMs = 50;

export function callerName(): string {
  const uid = callerUid();
  return users.find(String(uid))?.name ?? `uid ${uid}`;
}

/** `announce` is called once with the holder, before anything is done. */
export async function stopRun(
  config: Config,
  order: StopOrder,
  announce: (holder: LockHolder) => void,
): Promise<StopAnswer> {
  const { slug, killGraceSeconds, reason } = order;
  const locks = realLocks(config, () => undefined);
  const holder = locks.holder(slug);
  if (holder === undefined) return { is: 'idle' };
  announce(holder);
  if (holder.runId !== undefined) {
    const by = callerName();
    const event = { event: 'stop-requested', run: holder.runId, atMs: clock.nowMs(), by } as const;
    writeEvent(slug, { history: realHistory(config) }, reason === undefined ? event : { ...event, reason });
  }
  if (holder.state !== 'orphaned') askToEnd(holder);
  const endMs = clock.monotonicMs() + killGraceSeconds * 1000 + patienceMs;
  for (;;) {
    const now = locks.holder(slug);
    if (now === undefined || (holder.runId !== undefined && now.runId !== holder.runId)) return { is: 'stopped' };
    if (clock.monotonicMs() > endMs) return { is: 'still-running', holder: now };
    // From the start, or because run-job was killed meanwhile. A reaper that ends the same processes is not in the way.
    if (now.state === 'orphaned') await sweeper.end(now, killGraceSeconds * 1000);
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

/** A run-job that somebody has stopped hears TERM only when it goes on. */
function askToEnd({ wrapper }: LockHolder): void {
  if (wrapper === undefined || !isAlive(wrapper)) return;
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) process.kill(wrapper.pid, signal);
}
