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
  const items = runs.slice(-most).map(({ run, startedMs, durationMs, outcome }) => ({
    run,
    is: stripKindOf(outcome),
    startedMs,
    ...(durationMs !== undefined && { durationMs }),
  }));
  return inTheirPlaces(items);
}

/** Puts each missed tick where its run would stand: it goes on record only when a later run has found it. */
function inTheirPlaces(items: readonly StripItem[]): readonly StripItem[] {
  if (!items.some(({ is }) => is === 'missed')) return items;
  const placed = items.filter(({ is }) => is !== 'missed');
  for (const missed of items.filter(({ is }) => is === 'missed')) {
    const next = placed.findIndex(({ startedMs }) => startedMs > missed.startedMs);
    placed.splice(next < 0 ? placed.length : next, 0, missed);
  }
  return placed;
}

export function stripKindOf(outcome: RunRecord['outcome']): StripItem['is'] {
  if (outcome === undefined) return 'running';
  if (outcome.kind === 'missed' || outcome.kind === 'skipped') return outcome.kind;
  return healthOf(outcome) ?? 'other';
}
