/** Runs that have left without a word: their tick was started, has no outcome, and they do not hold the job. */

import type { Revision } from '../../system/types/engine.ts';
import type { Fate } from './records.ts';
import type { JobView } from './view.ts';

export interface LostTick {
  readonly tickMs: number;
  readonly key: string;
  readonly modified: Revision;
  readonly record: Extract<Fate, { fate: 'started' }>;
}

/** The lost runs that are not on record as lost yet. */
export function lostTicks({ ticks, run }: Pick<JobView, 'ticks' | 'run'>, except?: number): readonly LostTick[] {
  // A holder that can't be understood may be any run.
  if (run !== undefined && run.value === undefined) return [];
  const holding = run?.value?.run;
  return [...ticks].flatMap(([tickMs, { key, modified, value }]) => {
    if (tickMs === except || value?.fate !== 'started') return [];
    return value.outcome === undefined && value.run !== holding ? [{ tickMs, key, modified, record: value }] : [];
  });
}
