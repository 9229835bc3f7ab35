/** The usual duration of a job: the median of its successful runs. */
import { healthOf, type Outcome } from '../run/outcome/outcome.ts';

export interface Ended {
  readonly outcome?: Outcome;
  readonly durationMs?: number;
}

/** The least number of runs for a median. */
const leastRuns = 3;

/** Milliseconds; `undefined` while fewer than three runs have succeeded. */
export function usualDuration(runs: readonly Ended[]): number | undefined {
  const took = runs
    .filter(({ outcome }) => outcome !== undefined && healthOf(outcome) === 'success')
    .flatMap(({ durationMs }) => durationMs ?? [])
    .sort((a, b) => a - b);
  return took.length < leastRuns ? undefined : took[Math.floor(took.length / 2)];
}
