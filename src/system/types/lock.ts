/** The lock of a job: at most one run at a time. */
import type { ProcessIdentity, Survivor } from './process.ts';

/** Who has a job's lock, as far as it can be told without disturbing them. */
export interface LockHolder {
  /**
   * running: its run-job lives. orphaned: its run-job is gone, processes of the run live on. predecessor: the Python process-control's PID
   * file names a live process. unknown: can't be looked into (another pid namespace) or only the kernel lock is seen.
   */
  readonly state: 'running' | 'orphaned' | 'predecessor' | 'unknown';
  readonly runId?: string;
  /** The run-job (or predecessor) process. */
  readonly wrapper?: ProcessIdentity;
  /** The mark that this run-job carries in its environment, by the record; a predecessor's has none. */
  readonly wrapperMark?: string;
  /** What lives of an orphaned run. When the state is unknown: who has the kernel's lock, for people to look at and not to be killed. */
  readonly pids: readonly number[];
  /** The same by name, of an orphaned run. */
  readonly processes?: readonly Survivor[];
  /** Why nothing more is known, in words; only when the state is unknown. */
  readonly reason?: string;
  /** Which job's run it is; only on locks that jobs share. */
  readonly job?: string;
  readonly startedMs?: number;
  readonly logPath?: string;
  /** The run must be over at this time since boot; absent without a timeout. */
  readonly deadlineSinceBootMs?: number;
  /** The leader (session, process group) of the command that runs now. */
  readonly leader?: ProcessIdentity;
  /** Its run-job was stopped (SIGSTOP): it enforces no timeout and watches nothing until somebody continues it. */
  readonly isStopped?: true;
  /** Tags and grace that the job's file gave when the run started. */
  readonly tags?: readonly string[];
  readonly killGraceSeconds?: number;
}

/** A lock that this process has. */
export interface JobLock {
  /** The open file that carries the kernel lock: whoever inherits it holds the lock too. */
  readonly fd: number;
  /** Rewrites the owner record in place, for status and for whoever finds the run orphaned. Never throws: the run goes on without. */
  record(facts: {
    readonly leader?: ProcessIdentity;
    readonly logPath?: string;
    readonly deadlineSinceBootMs?: number;
    readonly left?: readonly ProcessIdentity[];
    readonly tags?: readonly string[];
    readonly killGraceSeconds?: number;
  }): void;
  /**
   * Closes `fd` and takes the record away; never rejects. The kernel's lock lasts while anything that inherited `fd` lives. While something lives of
   * what was recorded as `left`, the record stays and the lock counts as that run's.
   */
  release(): Promise<void>;
}

export type LockAnswer =
  | { readonly is: 'held'; readonly lock: JobLock }
  | { readonly is: 'busy'; readonly holder: LockHolder }
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

export interface JobLocks {
  /**
   * Never waits, and never breaks a lock of which anything lives. `runId` is the run's own element of PROCESS_CONTROL_RUN_ID, by which its processes
   * are found when its run-job was killed. The name of a shared lock may not be a job's: put an `@` before it, and name the `job` for others.
   */
  acquire(name: string, runId: string, job?: string): Promise<LockAnswer>;
  /** Only looks: never kills, breaks or writes. `undefined` when nobody has it. */
  holder(name: string): LockHolder | undefined;
  /** Names of locks that may be held, in any order: of jobs, and those that `acquire` tells from them by an `@`. */
  names(): readonly string[];
}
