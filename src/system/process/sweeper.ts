/** Ends orphaned runs through /proc: the ones whose run-job and reaper were both killed. */

import type { LockHolder } from '../types/lock.ts';
import type { Sweeper } from '../types/process.ts';
import { named } from './family.ts';
import { endAll, livingOf, type Quarry } from './sweep.ts';

export const sweeper: Sweeper = {
  left(orphan) {
    const quarry = quarryOf(orphan);
    return quarry === undefined ? [] : named(livingOf(quarry));
  },
  async end(orphan, graceMs) {
    const quarry = quarryOf(orphan);
    return quarry === undefined ? [] : (await endAll(quarry, graceMs)).survivors;
  },
};

/** Nobody but an orphan: a run whose run-job lives is that run-job's to end, and what can't be judged from here is not ours. */
function quarryOf({ state, runId, leader, processes }: LockHolder): Quarry | undefined {
  if (state !== 'orphaned' || runId === undefined) return undefined;
  const known = (processes ?? []).flatMap(({ pid, startTicks }) =>
    startTicks === undefined ? [] : [{ pid, startTicks }],
  );
  return { runId, known, ...(leader !== undefined && { leader }) };
}
