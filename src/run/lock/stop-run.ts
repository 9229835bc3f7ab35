/**
 * Stops the run of a job from outside (`jobctl stop`, `run-job --kill-job`): records who asked, and
 * asks the run-job to end its commands.
 */
import type { LockHolder, Wrappers } from '../../system/types/lock.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { defined } from '../../text/defined.ts';
import { writeEvent } from '../history/record.ts';
import { endAdvice, isOutOfReach, livingWords } from '../process-words.ts';
import { nextLockName } from './take-lock.ts';
import { type ReleaseHost, waitForRelease } from './wait-for-release.ts';

export interface StopHost extends ReleaseHost {
  readonly history: HistoryStore;
  readonly wrappers: Wrappers;
}

export interface StopOrder {
  readonly slug: string;
  readonly killGraceSeconds: number;
  /** Name of the person who asks. */
  readonly by: string;
  readonly reason?: string;
}

export type StopAnswer =
  | { readonly is: 'idle' }
  | { readonly is: 'stopped' }
  | { readonly is: 'still-running'; readonly holder: LockHolder };

/**
 * Time beyond `kill_grace` in which a run-job ends remaining processes, reads their last output and
 * records the run.
 */
const afterGraceMs = 10_000;

/**
 * Stops first the run that waits, since it would start otherwise, then the run under way.
 * `announce` gets the holder before anything is done.
 */
export async function stopRun(
  order: StopOrder,
  host: StopHost,
  announce: (holder: LockHolder) => void,
): Promise<StopAnswer> {
  const { locks } = host;
  const nextLock = nextLockName(order.slug);
  const next = locks.holder(nextLock);
  const holder = locks.holder(order.slug);
  const first = holder ?? next;
  if (first === undefined) return { is: 'idle' };
  announce(first);
  const answers = [
    next && (await stopHolder(nextLock, next, order, host)),
    holder && (await stopHolder(order.slug, holder, order, host)),
  ];
  return answers.find((answer) => answer?.is === 'still-running') ?? { is: 'stopped' };
}

async function stopHolder(
  lock: string,
  holder: LockHolder,
  { slug, killGraceSeconds, by, reason }: StopOrder,
  host: StopHost,
): Promise<StopAnswer> {
  const { runId } = holder;
  if (runId !== undefined) {
    const event = { event: 'stop-requested', run: runId, atMs: host.clock.nowMs(), by } as const;
    writeEvent(slug, host, { ...event, ...defined({ reason }) });
  }
  host.wrappers.askToEnd(holder);
  const limitMs = killGraceSeconds * 1000 + afterGraceMs;
  const answer = await waitForRelease({ lock, holder, limitMs, killGraceSeconds }, host);
  if (answer === 'released') return { is: 'stopped' };
  return { is: 'still-running', holder: host.locks.holder(lock) ?? holder };
}

/** Names the processes that are left after a stop, and the command that ends them. */
export function stillRunningWords(slug: string, holder: LockHolder): string {
  const run = holder.runId === undefined ? '' : ` of run ${holder.runId}`;
  const advice = isOutOfReach(holder.processes ?? []) ? `; ${endAdvice(holder)}` : '';
  return `${slug} is still running; processes${run}: ${livingWords(holder)}${advice}`;
}
