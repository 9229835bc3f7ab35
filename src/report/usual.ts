/** The usual duration of a job: the median of its successful runs. */
import type { StripItem } from '../run/history/strip.ts';
import { healthOf, type Outcome } from '../run/outcome/outcome.ts';

export interface Ended {
  readonly outcome?: Outcome;
  readonly durationMs?: number;
}

/** The least number of runs for a median. */
const leastRuns = 3;

/** Milliseconds; `undefined` while fewer than three runs have succeeded. */
export function usualDuration(runs: readonly Ended[]): number | undefined {
  const succeeded = runs.filter(({ outcome }) => outcome !== undefined && healthOf(outcome) === 'success');
  return median(succeeded.flatMap(({ durationMs }) => durationMs ?? []));
}

/** The same of the few last runs that a snapshot has. */
export function usualMsOf(strip: readonly StripItem[]): number | undefined {
  return median(strip.flatMap(({ is, durationMs }) => (is === 'success' ? (durationMs ?? []) : [])));
}

function median(durationsMs: readonly number[]): number | undefined {
  const took = [...durationsMs].sort((a, b) => a - b);
  return took.length < leastRuns ? undefined : took[Math.floor(took.length / 2)];
}
