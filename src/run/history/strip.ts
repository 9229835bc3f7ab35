/** The last runs of a job in the least room: how each ended, and how long it took. */

import { healthOf } from '../outcome/outcome.ts';
import type { RunRecord } from './run-record.ts';

export interface StripItem {
  readonly run: string;
  /** `other`: stopped by a person, or replaced. */
  readonly is: 'success' | 'failure' | 'skipped' | 'missed' | 'running' | 'other';
  readonly startedMs: number;
  readonly durationMs?: number;
}

/** The end of a history has so many. */
const mostItems = 10;

/** The last runs, oldest first; `most` only where the whole history was read. */
export function stripOf(runs: readonly RunRecord[], most = mostItems): readonly StripItem[] {
  return runs.slice(-most).map(({ run, startedMs, durationMs, outcome }) => ({
    run,
    is: kindOf(outcome),
    startedMs,
    ...(durationMs !== undefined && { durationMs }),
  }));
}

function kindOf(outcome: RunRecord['outcome']): StripItem['is'] {
  if (outcome === undefined) return 'running';
  if (outcome.kind === 'missed' || outcome.kind === 'skipped') return outcome.kind;
  return healthOf(outcome) ?? 'other';
}
