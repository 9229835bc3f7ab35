/** How long a job usually takes: the median of its runs that have succeeded. */
import { healthOf, type Outcome } from '../run/outcome/outcome.ts';

export interface Ended {
  readonly outcome?: Outcome;
  readonly durationMs?: number;
}

/** Of fewer runs nothing can be said. */
const leastRuns = 3;

/** Milliseconds; `undefined` while fewer than three runs have succeeded. */
export function usualDuration(runs: readonly Ended[]): number | undefined {
  const took = runs
    .filter(({ outcome }) => outcome !== undefined && healthOf(outcome) === 'success')
    .flatMap(({ durationMs }) => durationMs ?? [])
    .sort((a, b) => a - b);
  return took.length < leastRuns ? undefined : took[Math.floor(took.length / 2)];
}
