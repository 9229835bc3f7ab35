/** The outcomes of a run, with their words for people and their exit codes of run-job. */
import { durationWords } from '../../text/duration.ts';
import { signalName } from '../../text/signal.ts';

/**
 * Every outcome that a run can have. A skipped run never had the lock; an interrupted one died with
 * its run-job or its host.
 */
export type Outcome =
  /**
   * `accepted` is set if `success_exit_codes` decides otherwise than the code: true for another
   * code than 0, false for 0.
   */
  | { readonly kind: 'exited'; readonly code: number; readonly accepted?: boolean }
  /** The command succeeded, but a rule of the job file says that the run failed. */
  | { readonly kind: 'broke-rule'; readonly rule: FailureRule; readonly words: string }
  | { readonly kind: 'signalled'; readonly signal: number }
  | { readonly kind: 'timed-out'; readonly afterSeconds: number }
  | Stopped
  | { readonly kind: 'left-processes'; readonly count: number }
  | { readonly kind: 'not-started'; readonly stage: string; readonly reason: string; readonly code: NotStartedCode }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly words: string; readonly allowed: boolean }
  /** The command is gone and its exit code is unknown. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'interrupted' }
  /** Ticks passed while the host was off or cron did not run; `tickMs` is the last one, `firstMs` the first, which earlier versions did not record. */
  | {
      readonly kind: 'missed';
      readonly tickMs: number;
      readonly firstMs?: number;
      readonly count: number;
      readonly words: string;
    };

export interface Stopped {
  readonly kind: 'stopped';
  readonly signal: number;
  readonly by: string;
  /**
   * Set if a person asked for it: with jobctl, `--kill-job`, or Ctrl-C at the run's own terminal.
   */
  readonly person?: true;
  /** The run that took its place (`cron_collision_policy: KILL_EXISTING`). */
  readonly replacedBy?: string;
  /** Set if it had reached its deadline: another host of the fleet may start the job. */
  readonly because?: string;
  /** Set if it was replaced and the job allows that (`allow_overtime`). */
  readonly allowed?: true;
}

/** The keys of the job file that can make a run fail. */
export type FailureRule = 'fail_on_stderr' | 'fail_on_output' | 'require_output' | 'min_duration';

/**
 * running: another run holds the job's lock. locked: another job holds one of its `locks`.
 * queue-full: another run already waits. deadline: too late to start. claimed: another run has had
 * this tick. not-due: the schedule has no tick now. unclaimed: it could not be asked which host of the pool has the tick.
 */
export type SkipReason =
  | 'running'
  | 'locked'
  | 'queue-full'
  | 'deadline'
  | 'claimed'
  | 'not-due'
  | 'paused'
  | 'unclaimed';
type NotStartedCode = 77 | 78 | 125 | 126 | 127;

const outcomeKinds = {
  exited: true,
  'broke-rule': true,
  signalled: true,
  'timed-out': true,
  stopped: true,
  'left-processes': true,
  'not-started': true,
  skipped: true,
  lost: true,
  interrupted: true,
  missed: true,
} as const satisfies Record<Outcome['kind'], true>;

/** True if a value has a kind of outcome that this version knows. */
export function isKnownOutcome(outcome: unknown): outcome is Outcome {
  if (typeof outcome !== 'object' || outcome === null || !('kind' in outcome)) return false;
  return typeof outcome.kind === 'string' && Object.hasOwn(outcomeKinds, outcome.kind);
}

/** The words of `last status:` (kept from the Python process-control). */
export type LastStatus = 'success' | 'failure' | 'skipped' | 'unknown';

/** Exit codes of run-job that are not the job's own; sources: sysexits(3), timeout(1), sh(1). */
export const exitCodes = {
  usage: 64,
  skipped: 75,
  notPermitted: 77,
  configuration: 78,
  timedOut: 124,
  internal: 125,
} as const;

const signalBase = 128;

/**
 * Returns the exit code of run-job. It is 0 for a skip that the job allows (`allow_overtime`) and
 * for a start by the clock while the job is paused. The job's own code passes through unchanged, so
 * only the words tell it from one of run-job's.
 */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'exited':
      return isSuccess(outcome) ? 0 : outcome.code || 1;
    case 'broke-rule':
      return 1;
    case 'signalled':
    case 'stopped':
      return signalBase + outcome.signal;
    case 'timed-out':
      return exitCodes.timedOut;
    case 'left-processes':
      return 1;
    case 'not-started':
      return outcome.code;
    case 'skipped':
      return outcome.allowed ? 0 : exitCodes.skipped;
    case 'lost':
    case 'interrupted':
    case 'missed':
      return exitCodes.internal;
    default:
      return outcome satisfies never;
  }
}

/**
 * Returns what an outcome says about the health of its job. It decides streaks, states, `notify`,
 * `pause_after_failures` and the monitoring plugin. `undefined` (it says nothing): a skip, a stop
 * by a person, a missed tick, and a run that was replaced if the job allows that.
 */
export function healthOf(outcome: Outcome): 'success' | 'failure' | undefined {
  if (outcome.kind === 'skipped') return undefined;
  const status = statusOf(outcome);
  return status === 'success' || status === 'failure' ? status : undefined;
}

/**
 * Returns the `last status` of `run-job --status`; failmail reports a run whose status is failure.
 * A collision is a failure here unless the job allows it (kept), and so is being replaced.
 * `undefined` (the status stays as it was): pauses, claimed ticks, ticks that are not due, missed
 * ticks and stops by a person.
 */
export function statusOf(outcome: Outcome): LastStatus | undefined {
  if (outcome.kind === 'exited') return isSuccess(outcome) ? 'success' : 'failure';
  if (isStoppedByPerson(outcome)) return undefined;
  if (outcome.kind === 'missed' || (outcome.kind === 'skipped' && isUnrelatedToJob(outcome.reason))) return undefined;
  if ((outcome.kind === 'skipped' || outcome.kind === 'stopped') && outcome.allowed) return 'skipped';
  return 'failure';
}

function isStoppedByPerson(outcome: Outcome): boolean {
  return outcome.kind === 'stopped' && outcome.person === true;
}

function isSuccess({ code, accepted = code === 0 }: Extract<Outcome, { kind: 'exited' }>): boolean {
  return accepted;
}

function isUnrelatedToJob(reason: SkipReason): boolean {
  return reason === 'paused' || reason === 'claimed' || reason === 'not-due';
}

/**
 * Returns a clause that follows the job's name: "failed with exit code 3". Its verb is one of:
 * succeeded, failed, timed out, stopped, skipped, missed, interrupted, not started.
 */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'exited':
      if (!isSuccess(outcome)) return `failed with exit code ${outcome.code}`;
      return outcome.code === 0 ? 'succeeded' : `succeeded with exit code ${outcome.code}`;
    case 'broke-rule':
      return `failed by ${outcome.rule}: ${outcome.words}`;
    case 'signalled':
      return `failed: ended by ${signalName(outcome.signal)}`;
    case 'timed-out':
      return `timed out after ${durationWords(outcome.afterSeconds)}`;
    case 'stopped':
      if (outcome.replacedBy !== undefined) return `was stopped: replaced by run ${outcome.replacedBy}`;
      if (outcome.because !== undefined) return `was stopped: ${outcome.because}`;
      return `was stopped with ${signalName(outcome.signal)} by ${outcome.by}`;
    case 'left-processes':
      return `failed: left ${outcome.count === 1 ? 'a background process' : `${outcome.count} background processes`} behind`;
    case 'not-started':
      return `was not started: ${outcome.stage}: ${outcome.reason}`;
    case 'skipped':
      return `was skipped: ${outcome.words}`;
    case 'lost':
      return `failed: its exit code is unknown: ${outcome.reason}`;
    case 'interrupted':
      return 'was interrupted: its run-job was killed or the machine went down';
    case 'missed':
      return `was missed${outcome.count > 1 ? ` ${outcome.count} times` : ''}: ${outcome.words}`;
    default:
      return outcome satisfies never;
  }
}

/**
 * Returns the duration of a run, to follow `outcomeWords`: " after 13 s"; empty if those already
 * say it.
 */
export function lastedWords(outcome: Outcome | undefined, durationMs: number | undefined): string {
  if (durationMs === undefined) return '';
  const lasted = `after ${durationWords(durationMs / 1000)}`;
  if (outcome?.kind === 'broke-rule' && outcome.rule === 'min_duration') return '';
  if (outcome?.kind !== 'timed-out') return ` ${lasted}`;
  return lasted === `after ${durationWords(outcome.afterSeconds)}` ? '' : ` and ended ${lasted}`;
}

/**
 * Returns the exit code of run-job, for the end of a sentence; empty if `outcomeWords` names the
 * same code.
 */
export function exitCodeWords(outcome: Outcome): string {
  const code = exitCodeOf(outcome);
  return outcome.kind === 'exited' && !isSuccess(outcome) && outcome.code === code ? '' : `, exit code ${code}`;
}

/** Says how much output was left out of a log because of `log_max_size`. */
export function leftOutWords({ lines, bytes }: { readonly lines: number; readonly bytes: number }): string {
  return `${lines} lines (${bytes} bytes) were left out of the middle of its log (log_max_size)`;
}
