/** Counts the failures of a job in a row, outcome by outcome. */
import { healthOf, type Outcome, statusOf } from '../outcome/outcome.ts';
import type { Streak } from './event.ts';

/**
 * Returns the streak after a run with this outcome. A success ends it; a skip or a stop by a person
 * neither ends nor lengthens it.
 */
export function extendStreak(streak: Streak, outcome: Outcome, endedMs: number): Streak {
  const health = healthOf(outcome);
  if (health === 'success') return { failures: 0, lastSuccessMs: endedMs };
  if (health === undefined) {
    return statusOf(outcome) === 'failure' ? { ...streak, collisions: (streak.collisions ?? 0) + 1 } : streak;
  }
  const counted = countOwn(streak, outcome);
  return { ...counted, failures: streak.failures + 1, failingSinceMs: streak.failingSinceMs ?? endedMs };
}

/**
 * The failures in a row as failmail counts them: collisions are included, as in the Python
 * process-control.
 */
export function mailedFailures({ failures, collisions = 0 }: Streak): number {
  return failures + collisions;
}

/** Counts a failure of the run itself. A stop from outside says nothing about the job. */
function countOwn(streak: Streak, { kind }: Outcome): Streak {
  if (kind === 'stopped') return streak;
  return { ...streak, failedRuns: (streak.failedRuns ?? 0) + 1 };
}

/**
 * The streak after failures have paused the job: after it is resumed, `pause_after_failures` counts
 * from zero.
 */
export function withoutFailedRuns({ failedRuns: _counted, ...streak }: Streak): Streak {
  return streak;
}

/** The streak after an operator has dealt with the failures. */
export function resetStreak({ lastSuccessMs }: Streak): Streak {
  return { failures: 0, ...(lastSuccessMs !== undefined && { lastSuccessMs }) };
}
