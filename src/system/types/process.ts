/** Processes: how the command of a job is started, watched and ended. */
import type { LockHolder } from './lock.ts';

/** A process that can be told from a later one with the same pid: start is field 22 of /proc/PID/stat, in clock ticks since boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** What the kernel said when a process ended. */
export type WaitStatus =
  | { readonly is: 'exited'; readonly code: number }
  | { readonly is: 'signalled'; readonly signal: number }
  /** Who waited for it was killed: nobody can say how it ended. The reason is in words. */
  | { readonly is: 'unknown'; readonly reason: string };

/** The run-job that a lock's record names, if it is that very process still. Of anybody else's lock nothing is touched. */
export interface Wrappers {
  /** TERM, and CONT for one that somebody has stopped. */
  askToEnd(holder: LockHolder): void;
  /** CONT alone. */
  wake(holder: LockHolder): void;
  /** KILL. What its run had started is ended by the run's reaper, or left for a sweep. */
  kill(holder: LockHolder): void;
}

/** Ends what has nobody left that would: processes of a run whose run-job is gone. Any holder but an `orphaned` one is left alone. */
export interface Sweeper {
  /** What lives of it, for people. */
  left(orphan: LockHolder): readonly Survivor[];
  /** TERM to all, KILL after `graceMs`, again and again until nothing is left or 5 s have passed; resolves with what could not be killed. */
  end(orphan: LockHolder, graceMs: number): Promise<readonly Survivor[]>;
}

/** One command line, ready to be started. */
export interface Launch {
  /** Absolute path of the program first. */
  readonly argv: readonly [string, ...string[]];
  /** A program that is run first, and must end with 0: else the host can't give the command a /tmp of its own. */
  readonly trial?: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly runId: string;
  readonly stdoutFd: number;
  readonly stderrFd: number;
  /** Inherited by the job, unless its background processes may outlive the run. */
  readonly lockFd: number;
  /** Of the locks that the job shares with others; inherited as `lockFd` is. */
  readonly sharedLockFds?: readonly number[];
  readonly keepsLock: boolean;
  readonly umask: number;
  /** What a stop begins with, by number; TERM unless given. */
  readonly stopSignal?: number;
  /** Between that and KILL when run-job itself was killed; 1 s unless given. Whoever waits for the lock must wait as long. */
  readonly orphanGraceMs?: number;
  /** prlimit(1) and nice(1) prefixes are part of `argv` already. */
}

/** A living process as people are told of it. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
  /** Tells it from a later process with its pid. */
  readonly startTicks?: string;
  /** Why no signal of ours ends it, as in "belongs to root"; absent when one should. */
  readonly why?: string;
}

export interface RunningCommand {
  /** Leader of the session and process group in which the command runs. */
  readonly leader: ProcessIdentity;
  /** When the command itself has ended; its background processes may live on. */
  readonly ended: Promise<WaitStatus>;
  /**
   * Ends everything the command started: TERM (and CONT) to all, KILL after `graceMs`, again and again until nothing is left or 5 s have passed.
   * Resolves with what could not be killed; `swept` counts the processes beside the command itself that needed a signal. May be called again with a shorter grace.
   */
  stop(graceMs: number): Promise<{ readonly survivors: readonly Survivor[]; readonly swept: number }>;
  /**
   * Processes of the run that live beside or after the command itself, once they have had `patienceMs` to end by themselves: the `tee` of
   * `> >(tee FILE)` outlives its shell by a moment and is no background process. Resolves at once when there are none.
   */
  leftovers(patienceMs: number): Promise<readonly Survivor[]>;
  /** Lets go of what is left (only after `ended`): it is no longer watched. */
  abandon(): void;
  /**
   * This process need not wait for what a stop could not end, the command itself included. Where there is a reaper it goes on, and holds the
   * locks for as long as something lives.
   */
  detach(): void;
}

export type LaunchAnswer =
  | { readonly is: 'launched'; readonly command: RunningCommand }
  /** The stage names what failed, e.g. "changing to the working directory". */
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string; readonly exitCode: 125 | 126 | 127 };

export interface Launcher {
  launch(launch: Launch): Promise<LaunchAnswer>;
}

/** Somebody wants this run to end: a signal sent to run-job. Asked again, it should end faster. */
export interface StopRequests {
  /** Calls back for each request, also for those that came before. */
  onStop(listener: (request: StopRequest) => void): void;
}

export interface StopRequest {
  readonly signal: number;
  /** It is what a terminal sends for Ctrl-C or Ctrl-\\, and run-job stands at one. */
  readonly typed?: true;
}

/** Where programs are, as execvp(3) would look. */
export interface Programs {
  /** An absolute path; or why there is none, as sh(1) counts it: 126 found but not executable, 127 not found. */
  find(name: string, searchPath: string, workingDirectory: string): ProgramAnswer;
}

export type ProgramAnswer =
  | { readonly is: 'found'; readonly path: string }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };
