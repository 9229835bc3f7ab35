/** The events of a job's history. Each is one line of JSON, which is appended and never changed. */

import type { LastStatus, Outcome } from '../outcome/outcome.ts';
import type { Totals } from './totals.ts';

/** The caller that started a run. */
export type Trigger =
  | { readonly by: 'clock' }
  | { readonly by: 'person'; readonly uid: number; readonly name: string }
  /** Started by a command of another run, which called run-job. */
  | { readonly by: 'job'; readonly parentRun: string };

/**
 * The scheduled moment that a run belongs to, milliseconds since 1970. Absent on runs that people
 * and jobs have started.
 */
export interface Tick {
  readonly tickMs: number;
  /** Milliseconds from the tick to the start; absent if the start was on time. */
  readonly lateMs?: number;
  /** Set if `run-job --catch-up` started the run, not cron. */
  readonly caughtUp?: true;
}

/**
 * The counts up to a run. Each `ended` event carries them, so that they survive the rotation of the
 * history.
 */
export interface Streak {
  /** Failures in a row up to here; skips and stops by a person are not counted. */
  readonly failures: number;
  /**
   * Collisions since the last success that the job does not allow; absent if there are none.
   * failmail counts them as failures, as the Python process-control did.
   */
  readonly collisions?: number;
  /** End of the first of these failures; absent without failures. */
  readonly failingSinceMs?: number;
  readonly lastSuccessMs?: number;
  /**
   * Runs in a row that failed by themselves; skips and stops are left out. The count begins anew
   * after it has paused the job. Absent if there are none.
   */
  readonly failedRuns?: number;
}

/** The rest of what the lines so far say about a job, in the line of a run's end: a reader of the latest state needs the end of the file only. */
export interface Carried {
  readonly totals: Totals;
  readonly lastStatus: LastStatus;
  /** The last run that people should have been told of, when they were not. */
  readonly untold?: Untold;
}

export interface Untold {
  readonly run: string;
  readonly startedMs: number;
  readonly words: string;
  /** The failed notices one by one, when there are several. */
  readonly notices?: readonly string[];
}

interface Common {
  readonly run: string;
  readonly atMs: number;
}

/**
 * The run waits for another one to end: a run of the same job, or of a job with which it shares a
 * lock. `started` follows, or the event of its end.
 */
export interface Waiting extends Common {
  readonly event: 'waiting';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  /** Names the run that has the lock; in words. */
  readonly words: string;
}

export interface Started extends Common {
  readonly event: 'started';
  readonly trigger: Trigger;
  /** SHA-256 of the job file that this run was started by. */
  readonly jobSha256: string;
  readonly logPath: string;
  readonly host: string;
  readonly slowStart?: true;
  readonly tick?: Tick;
  /** A number that grows with each run of the fleet; absent for a job that one host has. */
  readonly fence?: string;
}

export interface Ended extends Common {
  readonly event: 'ended';
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** In no line: a reader that has left out the start of the run has put it here. */
  readonly startedMs?: number;
  /** In no line: a reader says that the event has only the fields that every end of a run has. */
  readonly isPlain?: true;
  readonly streak: Streak;
  /** Absent in lines of process-control 1.0. */
  readonly carried?: Carried;
  /** Number of attempts; 0 for a run that was stopped while it waited for another one. */
  readonly attempt: number;
  /** The caller and the host, recorded here for a run that never started. */
  readonly trigger?: Trigger;
  readonly host?: string;
  readonly tick?: Tick;
  /** Bytes of output that did not reach the log; absent if all did. */
  readonly lostBytes?: number;
  /** Output that was left out of the log because of `log_max_size`; absent if there was none. */
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  /** Number of processes that run-job ended beside the command itself. */
  readonly swept?: number;
  /** Processes that could not be killed: "pid command". */
  readonly survivors?: readonly string[];
  /** Says that the run took longer than `warn_duration`; absent if it did not. */
  readonly warning?: string;
  /** The reason for which process-control paused the job after this run; absent if it did not. */
  readonly paused?: string;
}

/** An attempt failed and another one will follow. */
interface AttemptFailed extends Common {
  readonly event: 'attempt-failed';
  /** From 1. */
  readonly attempt: number;
  readonly outcome: Outcome;
  /** Start of the next attempt. */
  readonly nextMs: number;
}

interface Skipped extends Common {
  readonly event: 'skipped';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  readonly outcome: Extract<Outcome, { kind: 'skipped' }>;
}

/**
 * No command was started: the lock or the log could not be opened, or the job's file has problems.
 */
interface NotStarted extends Common {
  readonly event: 'not-started';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  readonly outcome: Extract<Outcome, { kind: 'not-started' }>;
}

/**
 * Ticks passed without a start. The first program that notices writes this; `run` is made from the
 * tick.
 */
interface Missed extends Common {
  readonly event: 'missed';
  readonly host: string;
  readonly outcome: Extract<Outcome, { kind: 'missed' }>;
}

/** The next run has the lock and found that `run` started and never ended. */
interface Interrupted extends Common {
  readonly event: 'interrupted';
}

interface StopRequested extends Common {
  readonly event: 'stop-requested';
  readonly by: string;
  readonly reason?: string;
  /** The run that asked because it takes the place of this one. */
  readonly replacedBy?: string;
}

export type NoticeEvent = NoticeFailed | NoticeDelivered;

interface NoticeFailed extends Common {
  readonly event: 'notice-failed';
  readonly channel: string;
  readonly reason: string;
}

/** A notice that had failed before was delivered. */
interface NoticeDelivered extends Common {
  readonly event: 'notice-delivered';
  readonly channel: string;
}

/**
 * cron has another time zone: it started the run hours away from a tick that had no start, so that
 * tick was not missed.
 */
interface StoodFor extends Common {
  readonly event: 'stood-for';
  readonly tickMs: number;
}

/** A decision of an operator about the job. It concerns no single run, so `run` is empty. */
export interface Steered extends Common {
  readonly event: 'steered';
  /** reset: an operator has dealt with the failures so far; the count begins anew. */
  readonly action: 'pause' | 'resume' | 'reset' | 'start' | 'restart';
  readonly by: string;
  readonly reason?: string;
  /** End of a pause that ends by itself. */
  readonly untilMs?: number;
  /** Set if the decision was about every job with this tag. */
  readonly tag?: string;
  /** The run that the operator started. */
  readonly started?: string;
}

/** A summary of all lines before it. It is written when the last such line is far away: a job that is only skipped for days has no ends of runs. */
export interface Summary extends Common {
  readonly event: 'summary';
  readonly streak: Streak;
  readonly carried: Carried;
}

/**
 * The end of a run with an outcome that only a later version knows. Readers put it in the place of
 * such an event; it is never written.
 */
interface EndedUnknown extends Common {
  readonly event: 'ended-unknown';
}

export type HistoryEvent =
  | EndedUnknown
  | Waiting
  | Started
  | AttemptFailed
  | Ended
  | Skipped
  | NotStarted
  | Missed
  | Interrupted
  | StopRequested
  | NoticeFailed
  | NoticeDelivered
  | StoodFor
  | Steered
  | Summary;
