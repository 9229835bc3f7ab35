/** When a job's own failures pause it (`unrecoverable_exit_codes`, `pause_after_failures`): then a person has to look before it runs again. */
import type { Policy } from '../../job/keys/policy.ts';
import type { Streak } from '../history/event.ts';
import { exitCodeOf, type Outcome, outcomeWords, statusOf } from '../outcome/outcome.ts';
import type { Pause } from './pause.ts';

/** What ended the command itself, as run-job's exit code counts it: also 124 for a timeout, 127 for a program that is not there. */
export function isUnrecoverable(outcome: Outcome, { unrecoverableExitCodes }: Policy): boolean {
  const isOfCommand = ['exited', 'signalled', 'timed-out', 'not-started'].includes(outcome.kind);
  return isOfCommand && statusOf(outcome) === 'failure' && unrecoverableExitCodes.includes(exitCodeOf(outcome));
}

/** Why the job is to be paused after a run that ended so, in words; `streak` has that run in it. */
export function reasonToPause(outcome: Outcome, policy: Policy, { failedRuns = 0 }: Streak): string | undefined {
  if (statusOf(outcome) !== 'failure' || outcome.kind === 'stopped') return undefined;
  if (isUnrecoverable(outcome, policy))
    return `it ${outcomeWords(outcome)}, which is one of its unrecoverable_exit_codes`;
  const { pauseAfterFailures = Number.POSITIVE_INFINITY } = policy;
  if (failedRuns < pauseAfterFailures) return undefined;
  const times = failedRuns === 1 ? 'once' : `${failedRuns} times in a row`;
  return `it failed ${times} (pause_after_failures: ${pauseAfterFailures}), the last time it ${outcomeWords(outcome)}`;
}

/** A pause of process-control's own, unless one that lasts until a person resumes it is there already. */
export function circuitPause(
  slug: string,
  reason: string,
  { atMs, present }: { readonly atMs: number; readonly present: Pause | undefined },
): Pause | undefined {
  if (present !== undefined && present.untilMs === undefined && 'job' in present.target) return undefined;
  return { target: { job: slug }, atMs, by: 'process-control', reason, circuit: true };
}
