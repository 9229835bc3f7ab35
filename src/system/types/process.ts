/** Processes: how the command of a job is started, watched and ended. */

/**
 * A process, distinguished from a later one with the same pid by its start: field 22 of
 * /proc/PID/stat, in clock ticks since boot.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** The way in which a process ended, as wait(2) reports it. */
export type WaitStatus =
  | { readonly is: 'exited'; readonly code: number }
  | { readonly is: 'signalled'; readonly signal: number }
  /**
   * The process that waited for it was killed, so the end is not known; `reason` says so in words.
   */
  | { readonly is: 'unknown'; readonly reason: string };

/**
 * The moments by which a command has ended, in milliseconds since boot (`Clock.sinceBootMs`). Its
 * parent process holds them, so they hold also when run-job is suspended, hangs or is dead.
 */
export interface EndBy {
  /** The stop signal to all processes; afterwards no command starts. */
  readonly termBootMs: number;
  /** KILL to all processes. */
  readonly killBootMs: number;
}

/**
 * A command that is ready to be started. Prefixes such as prlimit(1) and nice(1) are part of
 * `argv`.
 */
export interface Launch {
  /** The first element is the absolute path of the program. */
  readonly argv: readonly [string, ...string[]];
  /**
   * A program that must exit with 0 first: it tries whether the host can give the command a /tmp of
   * its own.
   */
  readonly trial?: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly runId: string;
  readonly stdoutFd: number;
  readonly stderrFd: number;
  /** The lock, which the job inherits if `keepsLock`. */
  readonly lockFd: number;
  /** The locks that the job shares with others; inherited like `lockFd`. */
  readonly sharedLockFds?: readonly number[];
  /** False for a job whose background processes may outlive the run. */
  readonly keepsLock: boolean;
  readonly umask: number;
  /** The number of the signal that a stop begins with; TERM by default. */
  readonly stopSignal?: number;
  /**
   * Time between that signal and KILL after run-job itself was killed; 1 s by default. The next run
   * waits that long for the lock.
   */
  readonly orphanGraceMs?: number;
  /** Without perl such a command is not started: nothing else could hold the deadline. */
  readonly endBy?: EndBy;
}

/** A living process as it is shown to people. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
  /** Distinguishes the process from a later one with the same pid. */
  readonly startTicks?: string;
  /**
   * The reason why a signal can't end it, such as "belongs to root"; absent when a signal should.
   */
  readonly why?: string;
}

export interface RunningCommand {
  /** The leader of the session and process group in which the command runs. */
  readonly leader: ProcessIdentity;
  /** Resolves when the command itself has ended; its background processes may live on. */
  readonly ended: Promise<WaitStatus>;
  /** Resolves when its parent has begun to end it by `endBy`; else never. */
  readonly overdue: Promise<void>;
  /**
   * Replaces the deadline. A command that has been asked to end by its deadline is killed at the
   * earlier of both. Without perl nothing happens.
   */
  setEndBy(endBy: EndBy): void;
  /**
   * Ends the whole process tree: sends TERM and CONT to all, and after `graceMs` KILL until no
   * process is left or 5 s have passed. Resolves with the processes that could not be killed.
   * `swept` counts the processes beside the command itself that needed a signal. May be called
   * again with a shorter grace.
   */
  stop(graceMs: number): Promise<{ readonly survivors: readonly Survivor[]; readonly swept: number }>;
  /**
   * The processes of the run that still live `patienceMs` after this call, the command itself
   * excepted. The wait is there because the `tee` of `> >(tee FILE)` outlives its shell by a moment
   * and is not a background process. Resolves at once when there are none.
   */
  leftovers(patienceMs: number): Promise<readonly Survivor[]>;
  /** Stops watching the remaining processes. Only after `ended`. */
  abandon(): void;
  /**
   * Allows this process to exit before the processes that a stop could not end, the command itself
   * included. The reaper, if there is one, goes on and holds the locks until the last of them is
   * gone.
   */
  detach(): void;
}

export type LaunchAnswer =
  | { readonly is: 'launched'; readonly command: RunningCommand }
  /** `stage` names the step that failed, such as "changing to the working directory". */
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string; readonly exitCode: 125 | 126 | 127 };

export interface Launcher {
  launch(launch: Launch): Promise<LaunchAnswer>;
}

/** Signals that ask run-job to end its run. A second one asks it to end faster. */
export interface StopRequests {
  /** Calls back for each request, also for those that came before this call. */
  onStop(listener: (request: StopRequest) => void): void;
}

export interface StopRequest {
  readonly signal: number;
  /** True for the signals of Ctrl-C and Ctrl-\\ when run-job has a terminal. */
  readonly typed?: true;
}

/** Finds programs as execvp(3) does. */
export interface Programs {
  /**
   * The absolute path, or the reason why there is none with the exit code of sh(1): 126 not
   * executable, 127 not found.
   */
  find(name: string, searchPath: string, workingDirectory: string): ProgramAnswer;
}

export type ProgramAnswer =
  | { readonly is: 'found'; readonly path: string }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };
