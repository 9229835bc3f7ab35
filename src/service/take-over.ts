/**
 * The lock of a service for its next supervisor. One whose supervisor was killed is not taken over as it is: first everything that the old one
 * has left is ended, by the marks of its run, by those of each instance, and by the identity of each daemon that was on record. Only a
 * record of this boot says anything about processes.
 */
import type { Clock } from '../system/types/clock.ts';
import type { JobLock, JobLocks, LockHolder } from '../system/types/lock.ts';
import type { Sweeper } from '../system/types/process.ts';
import type { StateFiles } from '../system/types/state.ts';
import { isAlive } from './instance/machine.ts';
import { readRecord } from './record/record.ts';

export interface TakeOverHost {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly state: StateFiles;
  readonly boot: string;
}

export type TakeOver =
  | { readonly is: 'held'; readonly lock: JobLock; readonly swept: boolean }
  | { readonly is: 'busy'; readonly holder: LockHolder }
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

export interface TakeOverOrder {
  readonly slug: string;
  readonly run: string;
  /** How long an instance may take to end. */
  readonly graceMs: number;
}

/** The reapers of a killed supervisor end its instances by themselves; beyond the grace they need a moment for the KILL. */
const reaperPatienceMs = 3000;
const pollMs = 100;

export async function takeOver(order: TakeOverOrder, host: TakeOverHost): Promise<TakeOver> {
  const { clock, locks } = host;
  const startMs = clock.monotonicMs();
  let swept = false;
  for (;;) {
    const answer = await locks.acquire(order.slug, order.run);
    if (answer.is === 'held') {
      // A daemon that has cleared its environment and left its session is known by nothing else.
      if (await endRecorded(order, host)) swept = true;
      return { ...answer, swept };
    }
    if (answer.is !== 'busy' || !isLeftOver(answer.holder, order, host)) return answer;
    const waitedMs = clock.monotonicMs() - startMs;
    if (waitedMs > order.graceMs + reaperPatienceMs) {
      if (swept) return answer;
      swept = true;
      await endRecorded(order, host);
      await host.sweeper.end(answer.holder, order.graceMs);
      continue;
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

/** A daemon that has cleared its marks and kept the lock open is known by the record alone: then whoever is seen to have the lock is in it. */
function isLeftOver(holder: LockHolder, { slug }: TakeOverOrder, { state, boot }: TakeOverHost): boolean {
  if (holder.state === 'orphaned') return true;
  const record = holder.state === 'unknown' ? readRecord(state, slug) : undefined;
  if (record === undefined || record.boot !== boot) return false;
  return record.instances.some(({ process }) => process !== undefined && holder.pids.includes(process.pid));
}

/** True when something had to be ended. */
async function endRecorded({ slug, graceMs }: TakeOverOrder, { state, boot, sweeper }: TakeOverHost): Promise<boolean> {
  const record = readRecord(state, slug);
  if (record === undefined || record.boot !== boot) return false;
  const left = record.instances
    .filter(isAlive)
    .flatMap(({ run, leader, process }) =>
      run === undefined
        ? []
        : [leader, process].flatMap((one) => (one === undefined ? [] : [{ runId: run, leader: one }])),
    );
  const orphans: LockHolder[] = left.map((marks) => ({ state: 'orphaned', pids: [], ...marks }));
  const living = orphans.filter((orphan) => sweeper.left(orphan).length > 0);
  await Promise.all(living.map((orphan) => sweeper.end(orphan, graceMs)));
  return living.length > 0;
}
