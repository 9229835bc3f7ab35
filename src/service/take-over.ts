/**
 * Takes the lock of a service for a new supervisor. If the old supervisor was killed, its remaining
 * processes are ended first. They are found by the mark of its run, by those of its instances, and
 * by the daemons in its record, if that record is of this boot.
 */
import type { Clock } from '../system/types/clock.ts';
import type { JobLock, JobLocks, LockHolder, Sweeper } from '../system/types/lock.ts';
import type { StateFiles } from '../system/types/state.ts';
import { isAlive } from './instance/instance.ts';
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
  /** Time that an instance has to end. */
  readonly graceMs: number;
}

/** Time beyond the grace in which the reapers of a killed supervisor send SIGKILL. */
const reaperPatienceMs = 3000;
const pollMs = 100;

export async function takeOver(order: TakeOverOrder, host: TakeOverHost): Promise<TakeOver> {
  const { clock, locks } = host;
  const startMs = clock.monotonicMs();
  let swept = false;
  for (;;) {
    const answer = await locks.acquire(order.slug, order.run);
    if (answer.is === 'held') {
      // Only the record identifies a daemon that has cleared its environment and left its session.
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

/**
 * True if the holder of the lock is a remaining process. If a daemon has cleared its marks and kept
 * the lock open, only the record identifies it.
 */
function isLeftOver(holder: LockHolder, { slug }: TakeOverOrder, { state, boot }: TakeOverHost): boolean {
  if (holder.state === 'orphaned') return true;
  const record = holder.state === 'unknown' ? readRecord(state, slug) : undefined;
  if (record === undefined || record.boot !== boot) return false;
  return record.instances.some(({ process }) => process !== undefined && holder.pids.includes(process.pid));
}

/** Ends the processes in the record. Resolves to true if there were any. */
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
