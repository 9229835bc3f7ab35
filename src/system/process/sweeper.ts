/** Ends orphaned runs, whose run-job and reaper were both killed, through /proc. */

import type { LockHolder, Sweeper } from '../types/lock.ts';
import { named } from './family.ts';
import { endAll, livingOf, type ProcessTree } from './sweep.ts';

export const sweeper: Sweeper = {
  left(orphan) {
    const tree = treeOf(orphan);
    return tree === undefined ? [] : named(livingOf(tree));
  },
  async end(orphan, graceMs) {
    const tree = treeOf(orphan);
    return tree === undefined ? [] : (await endAll(tree, graceMs)).survivors;
  },
};

/**
 * The process tree of an orphaned run; `undefined` in any other state: a living run-job ends its
 * own run.
 */
function treeOf({ state, runId, leader, processes }: LockHolder): ProcessTree | undefined {
  if (state !== 'orphaned' || runId === undefined) return undefined;
  const known = (processes ?? []).flatMap(({ pid, startTicks }) =>
    startTicks === undefined ? [] : [{ pid, startTicks }],
  );
  return { runId, known, ...(leader !== undefined && { leader }) };
}
