/** The lock of a job: at most one run at a time. */
import type { ProcessIdentity, Survivor } from './process.ts';

/** The run that holds a job's lock, as far as a look without side effects can tell. */
export interface LockHolder {
  /**
   * running: the run-job lives. orphaned: the run-job is dead, processes of its run live.
   * predecessor: the PID file of the Python process-control names a live process. unknown: the
   * holder is in another pid namespace, or only the kernel's lock can be seen.
   */
  readonly state: 'running' | 'orphaned' | 'predecessor' | 'unknown';
  readonly runId?: string;
  /** The run-job (or predecessor) process. */
  readonly wrapper?: ProcessIdentity;
  /**
   * The mark in the environment of this run-job, as the record gives it. A predecessor's run-job
   * has none.
   */
  readonly wrapperMark?: string;
  /**
   * Processes of an orphaned run. In the state unknown: the holders of the kernel's lock, to be
   * shown and never killed.
   */
  readonly pids: readonly number[];
  /** The same processes with their command lines, for an orphaned run. */
  readonly processes?: readonly Survivor[];
  /** The reason why no more is known; only in the state unknown. */
  readonly reason?: string;
  /** The job whose run holds the lock; only on locks that jobs share. */
  readonly job?: string;
  readonly startedMs?: number;
  readonly logPath?: string;
  /** The run's timeout, in milliseconds since boot; absent when the job has none. */
  readonly deadlineSinceBootMs?: number;
  /** The leader of the session and process group of the current command. */
  readonly leader?: ProcessIdentity;
  /**
   * True when the run-job is suspended (SIGSTOP): until SIGCONT it enforces no timeout and watches
   * nothing.
   */
  readonly isStopped?: true;
  /** Tags and kill grace from the job file as it was when the run started. */
  readonly tags?: readonly string[];
  readonly killGraceSeconds?: number;
}

/** A lock that this process holds. */
export interface JobLock {
  /**
   * The open file that carries the kernel's lock. A process that inherits it holds the lock too.
   */
  readonly fd: number;
  /**
   * Rewrites the owner record in place, for status and for a sweep of an orphaned run. Never
   * throws: the run goes on without it.
   */
  record(facts: {
    readonly leader?: ProcessIdentity;
    readonly logPath?: string;
    readonly deadlineSinceBootMs?: number;
    readonly left?: readonly ProcessIdentity[];
    readonly tags?: readonly string[];
    readonly killGraceSeconds?: number;
  }): void;
  /**
   * Closes `fd` and removes the record; never rejects. The kernel's lock lasts until the last
   * process that inherited `fd` is gone. While a process that was recorded as `left` lives, the
   * record stays and that run keeps the lock.
   */
  release(): Promise<void>;
}

export type LockAnswer =
  | { readonly is: 'held'; readonly lock: JobLock }
  | { readonly is: 'busy'; readonly holder: LockHolder }
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

export interface JobLocks {
  /**
   * Never waits, and never breaks the lock of a run of which a process lives. `runId` is the run's
   * own element of PROCESS_CONTROL_RUN_ID: it finds the run's processes after its run-job was
   * killed. The name of a shared lock begins with `@`, so that it can't be a job's; `job` then says
   * whose run it is.
   */
  acquire(name: string, runId: string, job?: string): Promise<LockAnswer>;
  /** The holder; `undefined` when the lock is free. Never kills, breaks or writes. */
  holder(name: string): LockHolder | undefined;
  /**
   * Names of the locks that may be held, in any order: those of jobs, and shared ones, which begin
   * with `@`.
   */
  names(): readonly string[];
  /**
   * Returns a function that answers as `holder`, for many locks: one whose files were not there at
   * the time of this call counts as free.
   */
  look(): (name: string) => LockHolder | undefined;
}

/**
 * Signals the run-job that a lock's record names, provided that it is still the same process of
 * this user. Any other holder is left alone.
 */
export interface Wrappers {
  /** Sends TERM, then CONT in case the run-job is suspended. */
  askToEnd(holder: LockHolder): void;
  /** Sends CONT. */
  wake(holder: LockHolder): void;
  /** Sends KILL. The reaper of the run ends the run's processes; without one a sweep does. */
  kill(holder: LockHolder): void;
}

/**
 * Ends the remaining processes of a run whose run-job is dead. Holders in any state but `orphaned`
 * are left alone.
 */
export interface Sweeper {
  /** The remaining processes, to be shown to people. */
  left(orphan: LockHolder): readonly Survivor[];
  /**
   * Sends TERM to all, and after `graceMs` KILL until no process is left or 5 s have passed.
   * Resolves with those that could not be killed.
   */
  end(orphan: LockHolder, graceMs: number): Promise<readonly Survivor[]>;
}
