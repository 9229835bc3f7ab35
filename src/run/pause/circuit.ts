/**
 * Pauses a job after its own failures (`unrecoverable_exit_codes`, `pause_after_failures`): then an
 * operator has to look before it runs again.
 */
import type { Job } from '../../job/job.ts';
import type { Policy } from '../../job/keys/policy.ts';
import type { StateFiles } from '../../system/types/state.ts';
import type { Streak } from '../history/event.ts';
import { exitCodeOf, type Outcome, outcomeWords, statusOf } from '../outcome/outcome.ts';
import { type Pause, pauseOf, readPauses, type WrittenPause, writePause } from './pause.ts';

/**
 * True if run-job's exit code is one of `unrecoverable_exit_codes`. They may include its own codes
 * for the end of a command: 124 for a timeout, 127 for a program that does not exist.
 */
export function isUnrecoverable(outcome: Outcome, { unrecoverableExitCodes }: Policy): boolean {
  const isOfCommand = ['exited', 'signalled', 'timed-out', 'not-started'].includes(outcome.kind);
  return isOfCommand && statusOf(outcome) === 'failure' && unrecoverableExitCodes.includes(exitCodeOf(outcome));
}

/**
 * Returns the reason for a pause after a run with this outcome, which `streak` counts; `undefined`
 * if there is none.
 */
export function reasonToPause(outcome: Outcome, policy: Policy, { failedRuns = 0 }: Streak): string | undefined {
  if (statusOf(outcome) !== 'failure' || outcome.kind === 'stopped') return undefined;
  if (isUnrecoverable(outcome, policy))
    return `it ${outcomeWords(outcome)}, which is one of its unrecoverable_exit_codes`;
  const { pauseAfterFailures = Number.POSITIVE_INFINITY } = policy;
  if (failedRuns < pauseAfterFailures) return undefined;
  const times = failedRuns === 1 ? 'once' : `${failedRuns} times in a row`;
  return `it failed ${times} (pause_after_failures: ${pauseAfterFailures}), the last time it ${outcomeWords(outcome)}`;
}

/** Returns the pause to write, unless the job is already paused until an operator resumes it. */
export function circuitPause(
  slug: string,
  reason: string,
  atMs: number,
  present: Pause | undefined,
): WrittenPause | undefined {
  if (present !== undefined && present.untilMs === undefined && 'job' in present.target) return undefined;
  return { target: { job: slug }, atMs, by: 'process-control', reason, circuit: true };
}

interface Circuit {
  /** The reason for the pause; absent if there is none. */
  readonly paused?: string;
  readonly warnings: readonly string[];
}

/**
 * Pauses the job if the run that ended so, which `streak` counts, asks for it. run-job calls it
 * before it records the end of the run: if run-job is killed in between, the job is paused once too
 * often rather than never.
 */
export function breakCircuit(
  job: Pick<Job, 'slug' | 'tags' | 'policy'>,
  state: StateFiles,
  { outcome, streak, endedMs }: { readonly outcome: Outcome; readonly streak: Streak; readonly endedMs: number },
): Circuit {
  const reason = reasonToPause(outcome, job.policy, streak);
  if (reason === undefined) return { warnings: [] };
  const pause = circuitPause(job.slug, reason, endedMs, pauseOf(job, readPauses(state), endedMs));
  const written = pause === undefined ? ({ ok: true } as const) : writePause(state, pause);
  if (!written.ok) return { warnings: [`it should be paused (${reason}) but can't be: ${written.reason}`] };
  return { paused: reason, warnings: [`paused until an operator resumes it (jobctl resume ${job.slug}): ${reason}`] };
}
