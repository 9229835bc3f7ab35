/**
 * Ends the run of a job from outside: the name of whoever asks goes into the history, TERM to the run-job that was verified. What a run
 * without a run-job has left is ended from here.
 */
import type { Config } from '../../config/config.ts';
import { writeEvent } from '../../run/history/record.ts';
import { nextLockName } from '../../run/lock/take-lock.ts';
import { endAdvice, isOutOfReach, leftWords } from '../../run/process-words.ts';
import { sweeper } from '../../system/process/sweeper.ts';
import { wrappers } from '../../system/process/wrappers.ts';
import { clock } from '../../system/time/clock.ts';
import type { JobLocks, LockHolder } from '../../system/types/lock.ts';
import { callerName } from '../frame/caller-name.ts';
import { realHistory, realLocks } from '../frame/host.ts';

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

/** What lives after a stop, and what to do about it. */
export function stillRunningWords(slug: string, holder: LockHolder): string {
  const wrapper = holder.state === 'orphaned' ? undefined : holder.wrapper?.pid;
  const living = [wrapper, leftWords(holder)].filter((one) => one !== undefined && one !== '').join(', ');
  const run = holder.runId === undefined ? '' : ` of run ${holder.runId}`;
  const advice = isOutOfReach(holder.processes ?? []) ? `; ${endAdvice(holder)}` : '';
  return `${slug} is still running; processes${run}: ${living}${advice}`;
}

/** `announce` is called once with the holder, before anything is done. The run that waits to be the next one is ended first, or it would begin now. */
export async function stopRun(
  config: Config,
  order: StopOrder,
  announce: (holder: LockHolder) => void,
): Promise<StopAnswer> {
  const locks = realLocks(config, () => undefined);
  const next = locks.holder(nextLockName(order.slug));
  const holder = locks.holder(order.slug);
  const first = holder ?? next;
  if (first === undefined) return { is: 'idle' };
  announce(first);
  const answers = [
    next === undefined ? undefined : await endRun(nextLockName(order.slug), next, { ...order, config, locks }),
    holder === undefined ? undefined : await endRun(order.slug, holder, { ...order, config, locks }),
  ];
  return answers.find((answer) => answer?.is === 'still-running') ?? { is: 'stopped' };
}

interface Ending extends StopOrder {
  readonly config: Config;
  readonly locks: JobLocks;
}

/** The run that has this lock. */
async function endRun(lock: string, holder: LockHolder, ending: Ending): Promise<StopAnswer> {
  const { slug, killGraceSeconds, reason, config, locks } = ending;
  if (holder.runId !== undefined) {
    const by = callerName();
    const event = { event: 'stop-requested', run: holder.runId, atMs: clock.nowMs(), by } as const;
    writeEvent(slug, { history: realHistory(config) }, reason === undefined ? event : { ...event, reason });
  }
  wrappers.askToEnd(holder);
  const endMs = clock.monotonicMs() + killGraceSeconds * 1000 + patienceMs;
  for (;;) {
    const now = locks.holder(lock);
    if (now === undefined || (holder.runId !== undefined && now.runId !== holder.runId)) return { is: 'stopped' };
    if (clock.monotonicMs() > endMs) return { is: 'still-running', holder: now };
    // From the start, or because run-job was killed meanwhile. A reaper that ends the same processes is not in the way.
    if (now.state === 'orphaned' && isOutOfReach(await sweeper.end(now, killGraceSeconds * 1000))) {
      return { is: 'still-running', holder: locks.holder(lock) ?? now };
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}
