/** The events of a job's history. Each is one line of JSON, which is appended and never changed. */

import type { Outcome } from '../outcome/outcome.ts';

/** Who started a run. */
export type Trigger =
  | { readonly by: 'clock' }
  | { readonly by: 'person'; readonly uid: number; readonly name: string }
  /** A command of another run called run-job. */
  | { readonly by: 'job'; readonly parentRun: string };

/** The scheduled moment that a run belongs to, milliseconds since 1970. Absent on runs that people and jobs have started. */
export interface Tick {
  readonly tickMs: number;
  /** How long after it run-job was called, when that is worth a word: a late cron, a catch-up. */
  readonly lateMs?: number;
  /** `run-job --catch-up` has started it, and not cron. */
  readonly caughtUp?: true;
}

/** What has been so far, carried along so that nobody has to read the whole history. */
export interface Streak {
  /** Failures in a row up to here; skips and stops by a person are not counted. */
  readonly failures: number;
  /** Collisions that the job does not allow, since the last success: failmail counts them too (kept). Absent: none. */
  readonly collisions?: number;
  /** When the first of them ended; absent without failures. */
  readonly failingSinceMs?: number;
  readonly lastSuccessMs?: number;
  /** Runs that failed by themselves in a row, skips and stops left out; from none again when they have paused the job. Absent: none. */
  readonly failedRuns?: number;
}

interface Common {
  readonly run: string;
  readonly atMs: number;
}

/** The run waits for the end of another one: the job's own, or one that has a lock which both share. `started` follows, or how it ended. */
export interface Waiting extends Common {
  readonly event: 'waiting';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  /** For whom, in words. */
  readonly words: string;
}

export interface Started extends Common {
  readonly event: 'started';
  readonly trigger: Trigger;
  /** SHA-256 of the job file that this run obeys. */
  readonly jobSha256: string;
  readonly logPath: string;
  readonly host: string;
  readonly slowStart?: true;
  readonly tick?: Tick;
}

export interface Ended extends Common {
  readonly event: 'ended';
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly streak: Streak;
  /** How often the command list was tried; 0 for a run that was stopped while it waited for another one. */
  readonly attempt: number;
  /** Who wanted it and where, of a run that never started. */
  readonly trigger?: Trigger;
  readonly host?: string;
  readonly tick?: Tick;
  /** Output that did not reach the log, in bytes; absent when all did. */
  readonly lostBytes?: number;
  /** What the log does not have because of `log_max_size`; absent when nothing was left out. */
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  /** How many processes beside the command itself were ended with the run. */
  readonly swept?: number;
  /** What could not be killed: "pid command". */
  readonly survivors?: readonly string[];
  /** What was worth a warning though it changes nothing: it took longer than `warn_duration`. */
  readonly warning?: string;
  /** Why process-control has paused the job after this run; absent when it has not. */
  readonly paused?: string;
}

/** An attempt has failed and there will be another one. */
interface AttemptFailed extends Common {
  readonly event: 'attempt-failed';
  /** From 1. */
  readonly attempt: number;
  readonly outcome: Outcome;
  /** When the next one begins. */
  readonly nextMs: number;
}

interface Skipped extends Common {
  readonly event: 'skipped';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  readonly outcome: Extract<Outcome, { kind: 'skipped' }>;
}

/** Nothing was run: no lock or log could be had, or the job's file has problems. */
interface NotStarted extends Common {
  readonly event: 'not-started';
  readonly trigger: Trigger;
  readonly host: string;
  readonly tick?: Tick;
  readonly outcome: Extract<Outcome, { kind: 'not-started' }>;
}

/** Written by whoever notices it first; `run` is made of the tick. */
interface Missed extends Common {
  readonly event: 'missed';
  readonly host: string;
  readonly outcome: Extract<Outcome, { kind: 'missed' }>;
}

/** Written by the next run, which found `run` started and not ended while itself holding the lock. */
interface Interrupted extends Common {
  readonly event: 'interrupted';
}

interface StopRequested extends Common {
  readonly event: 'stop-requested';
  readonly by: string;
  readonly reason?: string;
  /** The run that asked, to take its place. */
  readonly replacedBy?: string;
}

export type NoticeEvent = NoticeFailed | NoticeDelivered;

interface NoticeFailed extends Common {
  readonly event: 'notice-failed';
  readonly channel: string;
  readonly reason: string;
}

/** A notice that had failed before has come through. */
interface NoticeDelivered extends Common {
  readonly event: 'notice-delivered';
  readonly channel: string;
}

/** A start by cron that belonged to no tick, and came hours away from one that had none: cron has another time zone. The tick was not missed. */
interface StoodFor extends Common {
  readonly event: 'stood-for';
  readonly tickMs: number;
}

/** A person has decided something about the job, and not about one run of it: `run` is empty. */
export interface Steered extends Common {
  readonly event: 'steered';
  /** reset: the failures so far are known and dealt with; they are counted from none again. */
  readonly action: 'pause' | 'resume' | 'reset' | 'start' | 'restart';
  readonly by: string;
  readonly reason?: string;
  /** Of a pause that ends by itself. */
  readonly untilMs?: number;
  /** Every job that has this tag was meant. */
  readonly tag?: string;
  /** The run that was started. */
  readonly started?: string;
}

/**
 * A run that ended in a way that only a later version knows: it is over, and nothing else is known. A reader puts it in the place of
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
  | Steered;
