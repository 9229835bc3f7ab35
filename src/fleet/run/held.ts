/** A run that a claim has begun, with all that is needed to renew and to end it; also from another process. */

import type { Change } from '../../system/types/engine.ts';
import type { Keys } from '../store/keys.ts';
import type { Holder, Started } from '../store/records.ts';
import { put, remove } from '../store/view.ts';

export interface Lease {
  readonly id: string;
  readonly seconds: number;
  /** Time since boot, just before the lease was asked for or renewed: from then on it lasts `seconds`. */
  readonly askedBootMs: number;
}

export interface HeldRun {
  readonly slug: string;
  readonly tickMs: number;
  /** The record of the tick, as the claim has written it. */
  readonly record: Started;
  /** The revision of the claim: greater than that of each earlier run of the fleet. */
  readonly fence: string;
  readonly locks: readonly string[];
  /** Absent if the job is never taken over. */
  readonly lease?: Lease;
}

/** The keys of a run, all on its lease. */
export function holdingChanges(keys: Keys, slug: string, holder: Holder, lease: string | undefined): readonly Change[] {
  const { host, boot, run } = holder;
  return [
    put(keys.run(slug), holder, lease),
    put(keys.hostRun(host, slug), { run }, lease),
    ...holder.locks.map((lock) => put(keys.lock(lock), { host, boot, run, job: slug }, lease)),
  ];
}

/** Ends the hold. The keys come and go together, so a guard of `job/NAME/run` is enough. */
export function releaseChanges(
  keys: Keys,
  slug: string,
  { host, locks }: Pick<Holder, 'host' | 'locks'>,
): readonly Change[] {
  return [remove(keys.run(slug)), remove(keys.hostRun(host, slug)), ...locks.map((lock) => remove(keys.lock(lock)))];
}
