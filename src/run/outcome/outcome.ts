/** How a run can end, in words for people and as the exit code of run-job; the one place that decides both. */
import { signalName } from '../../text/signal.ts';

/** The closed list of what can become of a run. A skipped run never had the lock; an interrupted one died with its wrapper or its machine. */
export type Outcome =
  /** `accepted`: the code is not 0, and one of the job's `success_exit_codes`; or it is 0, and is none of them (false). */
  | { readonly kind: 'exited'; readonly code: number; readonly accepted?: boolean }
  /** The command itself was content; a rule of the job file was not. */
  | { readonly kind: 'broke-rule'; readonly rule: FailureRule; readonly words: string }
  | { readonly kind: 'signalled'; readonly signal: number }
  | { readonly kind: 'timed-out'; readonly afterSeconds: number }
  | Stopped
  | { readonly kind: 'left-processes'; readonly count: number }
  | { readonly kind: 'not-started'; readonly stage: string; readonly reason: string; readonly code: NotStartedCode }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly words: string; readonly allowed: boolean }
  /** The command is gone and nobody can say how it ended. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'interrupted' }
  /** A tick, or several, at which the machine was off or cron stood still. The last one is `tickMs`. */
  | { readonly kind: 'missed'; readonly tickMs: number; readonly count: number; readonly words: string };

export interface Stopped {
  readonly kind: 'stopped';
  readonly signal: number;
  readonly by: string;
  /** A person asked for it: by jobctl, by `--kill-job`, or with Ctrl-C at the run's own terminal. */
  readonly person?: true;
  /** The run that took its place (`cron_collision_policy: KILL_EXISTING`). */
  readonly replacedBy?: string;
  /** It was replaced, and the job allows that it is still at work by then (`allow_overtime`). */
  readonly allowed?: true;
}

/** Keys of the job file. */
export type FailureRule = 'fail_on_stderr' | 'fail_on_output' | 'require_output' | 'min_duration';

/**
 * running: the job's lock is taken. locked: one of its named `locks` is. queue-full: somebody waits already. deadline: too late to start.
 * claimed: another run has had this tick. not-due: the clock has no tick for it now.
 */
export type SkipReason = 'running' | 'locked' | 'queue-full' | 'deadline' | 'claimed' | 'not-due' | 'paused';
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

/** False for what a later version has written, and for what is no outcome at all. */
export function isKnownOutcome(outcome: unknown): outcome is Outcome {
  if (typeof outcome !== 'object' || outcome === null || !('kind' in outcome)) return false;
  return typeof outcome.kind === 'string' && Object.hasOwn(outcomeKinds, outcome.kind);
}

/** What `last status:` says (kept from the Python process-control). */
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
 * The exit code of run-job. A skip that the job allows (`allow_overtime`), and a pause met by the clock, are 0.
 * The job's own code passes through unchanged, so the words, not the code, say which it was.
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
 * What a run says about the health of its job: this decides streak, states, `notify`, `pause_after_failures` and the monitoring plugin. A skip, a stop by a
 * person and a missed tick say nothing (`undefined`), and neither does a run that was replaced where the job allows that.
 */
export function healthOf(outcome: Outcome): 'success' | 'failure' | undefined {
  if (outcome.kind === 'skipped') return undefined;
  const status = statusOf(outcome);
  return status === 'success' || status === 'failure' ? status : undefined;
}

/**
 * The `last status` of `run-job --status`, and whether failmail speaks of the run. A collision counts as a failure here unless the job allows it (kept), and so
 * does having been replaced. Pauses, claimed ticks, ticks that are not due, missed ticks and stops by a person leave the status as it was.
 */
export function statusOf(outcome: Outcome): LastStatus | undefined {
  if (outcome.kind === 'exited') return isSuccess(outcome) ? 'success' : 'failure';
  if (isStoppedByPerson(outcome)) return undefined;
  if (outcome.kind === 'missed' || (outcome.kind === 'skipped' && isNobodysFault(outcome.reason))) return undefined;
  if ((outcome.kind === 'skipped' || outcome.kind === 'stopped') && outcome.allowed) return 'skipped';
  return 'failure';
}

function isStoppedByPerson(outcome: Outcome): boolean {
  return outcome.kind === 'stopped' && outcome.person === true;
}

function isSuccess({ code, accepted = code === 0 }: Extract<Outcome, { kind: 'exited' }>): boolean {
  return accepted;
}

function isNobodysFault(reason: SkipReason): boolean {
  return reason === 'paused' || reason === 'claimed' || reason === 'not-due';
}

/**
 * One clause that can stand behind the job's name: "failed with exit code 3". It names one of the outcomes that people know: succeeded, failed, timed out,
 * stopped, skipped, missed, interrupted, not started.
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
      return `was stopped with ${signalName(outcome.signal)} by ${outcome.by}`;
    case 'left-processes':
      return `failed: left ${outcome.count === 1 ? 'a background process' : `${outcome.count} background processes`} behind`;
    case 'not-started':
      return `was not started: ${outcome.stage}: ${outcome.reason}`;
    case 'skipped':
      return `was skipped: ${outcome.words}`;
    case 'lost':
      return `failed: its end was not seen: ${outcome.reason}`;
    case 'interrupted':
      return 'was interrupted: its run-job was killed or the machine went down';
    case 'missed':
      return `was missed${outcome.count > 1 ? ` ${outcome.count} times` : ''}: ${outcome.words}`;
    default:
      return outcome satisfies never;
  }
}

/** How long a run took, to stand behind `outcomeWords`: " after 13 s"; empty when those say it already. */
export function lastedWords(outcome: Outcome | undefined, durationMs: number | undefined): string {
  if (durationMs === undefined) return '';
  const lasted = `after ${durationWords(durationMs / 1000)}`;
  if (outcome?.kind === 'broke-rule' && outcome.rule === 'min_duration') return '';
  if (outcome?.kind !== 'timed-out') return ` ${lasted}`;
  return lasted === `after ${durationWords(outcome.afterSeconds)}` ? '' : ` and ended ${lasted}`;
}

/** The exit code of run-job, to stand at the end of a sentence; empty when `outcomeWords` name the same one. */
export function exitCodeWords(outcome: Outcome): string {
  const code = exitCodeOf(outcome);
  return outcome.kind === 'exited' && !isSuccess(outcome) && outcome.code === code ? '' : `, exit code ${code}`;
}

/** What a log does not have because it would have grown beyond `log_max_size`. */
export function leftOutWords({ lines, bytes }: { readonly lines: number; readonly bytes: number }): string {
  return `${lines} lines (${bytes} bytes) were left out of the middle of its log (log_max_size)`;
}

/** "45 s", "10 minutes", "1 h 30 min": at most two units, for reading and not for parsing. */
export function durationWords(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    const rest = Math.floor(seconds % 60);
    if (rest > 0) return `${minutes} min ${rest} s`;
    return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
