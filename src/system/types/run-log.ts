/** The log of a run while run-job writes it. */

/** One log that is open for writing. */
export interface RunLog {
  readonly path: string;
  /**
   * The write ends for the next command. `commandStarted` closes them, when the child has its own.
   */
  streams(): { readonly stdoutFd: number; readonly stderrFd: number };
  commandStarted(commandLine: string, pid: number): void;
  /**
   * Reads the rest of both pipes: until they are closed, or for `patienceMs` and then whatever has
   * arrived.
   */
  commandEnded(patienceMs: number): Promise<{ readonly heldOpen: false | RemainingOutput }>;
  /** Writes one line of run-job's own, level NOTE. */
  note(text: string): void;
  /** Resolves when every byte is written or counted as lost. */
  close(): Promise<LogTotals>;
}

/**
 * The destination of what a process prints after its command has ended, while it still has the
 * output open. logged: a file beside the log. dropped: the output is read and dropped. unread: the
 * next write ends the process by SIGPIPE.
 */
export type RemainingOutput =
  | { readonly is: 'logged'; readonly path: string }
  | { readonly is: 'dropped' }
  | { readonly is: 'unread' }
  | { readonly is: 'failed'; readonly reason: string };

export interface LogTotals {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly lostBytes: number;
  /** The first reason why bytes were lost, such as ENOSPC or EIO. */
  readonly lostReason?: string;
  /**
   * The output that was left out of the middle because of the log's maximum size; absent when none
   * was.
   */
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  /** The last lines of output for messages to people, at most about 4 KiB. */
  readonly tail: string;
}

/** An open log, or the step that failed ("creating the log directory") and the reason. */
export type LogAnswer =
  | { readonly is: 'open'; readonly log: RunLog }
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string };

export interface RunLogs {
  /**
   * Creates the log and the link `latest.log`. The watcher gets all output, also what the log
   * loses.
   */
  open(slug: string, startedMs: number, options?: OpenLogOptions): LogAnswer;
}

/** The options of one log. */
export interface OpenLogOptions {
  readonly watcher?: OutputWatcher | undefined;
  /**
   * The maximum size, beyond which only the beginning and the end are kept; no limit by default.
   */
  readonly maxBytes?: number | undefined;
  /** True when output of processes that outlive a command is read on. */
  readonly readsOn?: boolean;
}

/** Receives the output of a run's commands. */
export interface OutputWatcher {
  /** Gets bytes as they are read. They are valid only during the call. */
  take(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Called when a command has ended and its output is read. */
  end(stream: 'stdout' | 'stderr'): void;
}

/**
 * Finds a line that matches a JavaScript regular expression from a job file, in bounded time
 * whatever the expression is.
 */
export interface LineSearch {
  /**
   * The first matching line. `source` must compile. `too-slow`: the search took more than a second
   * of work; a sensible expression needs less for 256 KiB.
   */
  find(source: string, lines: readonly string[]): LineFound;
}

export type LineFound =
  | { readonly is: 'found'; readonly line: string }
  | { readonly is: 'nowhere' }
  | { readonly is: 'too-slow' };
