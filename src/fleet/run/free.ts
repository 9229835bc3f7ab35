/**
 * Frees what a run holds that is over without having said so: its host was rebooted, its run-job
 * was killed, or the engine was out of reach when it ended. Its own host does that when it has the
 * job's lock; for a host that is gone a person does it, who knows that it is off.
 */

import type { Change, Guard } from '../../system/types/engine.ts';
import type { Keys } from '../store/keys.ts';
import { lostTicks } from '../store/lost.ts';
import { lost } from '../store/records.ts';
import { type JobView, put } from '../store/view.ts';
import { releaseChanges } from './held.ts';

/** The hold goes, and the tick gets its outcome: what the host's own records say, or `lost`. */
export function freeChanges(
  keys: Keys,
  slug: string,
  view: JobView,
  outcome: string = lost,
): { readonly guards: readonly Guard[]; readonly changes: readonly Change[] } {
  const { run } = view;
  if (run?.value === undefined) return { guards: [], changes: [] };
  const tick = lostTicks({ ticks: view.ticks, run: undefined }).find(({ record }) => record.run === run.value?.run);
  return {
    guards: [
      { key: run.key, modified: run.modified },
      ...(tick === undefined ? [] : [{ key: tick.key, modified: tick.modified }]),
    ],
    changes: [
      ...releaseChanges(keys, slug, run.value),
      ...(tick === undefined ? [] : [put(tick.key, { ...tick.record, outcome })]),
    ],
  };
}
