/** The log of one run while it is written. */

/** The log of one run while it is written. */
export interface RunLog {
  readonly path: string;
  /** Write ends for the next command; closed by `commandStarted` once the child has its own. */
  streams(): { readonly stdoutFd: number; readonly stderrFd: number };
  commandStarted(commandLine: string, pid: number): void;
  /** Reads what is still in the pipes: until both are closed, or for `patienceMs` and until nothing more arrives. */
  commandEnded(patienceMs: number): Promise<{ readonly heldOpen: false | RemainingOutput }>;
  /** run-job's own remark, level NOTE, one line. */
  note(text: string): void;
  /** Everything is on disk, or counted as lost. */
  close(): Promise<LogTotals>;
}

/**
 * Where the words of a process go that has the output of a command open after its end. logged: to a file beside the log. dropped: they are read
 * and forgotten. unread: the next one ends it, by SIGPIPE.
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
  /** Why bytes were lost (ENOSPC, EIO), the first reason. */
  readonly lostReason?: string;
  /** What was left out of the middle, for a log that may not grow beyond a size; absent when nothing was. */
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  /** The last lines of output, at most about 4 KiB, for messages to people. */
  readonly tail: string;
}

/** Opens the log of a run, or says what failed ("creating the directory …") and why. */
export type LogAnswer =
  | { readonly is: 'open'; readonly log: RunLog }
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string };

export interface RunLogs {
  /** All output passes `onOutput`, also when the log could not take it. */
  open(slug: string, startedMs: number, options?: OpenLogOptions): LogAnswer;
}

/** What is special about the log of one run. */
export interface OpenLogOptions {
  readonly watcher?: OutputWatcher | undefined;
  /** Its beginning and its end are kept beyond this size; absent: it may grow. */
  readonly maxBytes?: number | undefined;
  /** What outlives a command may go on printing: it is read on. */
  readonly readsOn?: boolean;
}

/** Sees what the commands of a run print. */
export interface OutputWatcher {
  /** Bytes as they are read; they are only there during the call. */
  take(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** A command has ended: nothing more of it will come. */
  end(stream: 'stdout' | 'stderr'): void;
}

/** Looks for a line that matches a regular expression (of JavaScript) that people wrote, for a bounded time whatever it is. */
export interface LineSearch {
  /** `source` must compile. `too-slow`: more than a second of work, which no sensible expression takes for 256 KiB. */
  find(source: string, lines: readonly string[]): LineFound;
}

export type LineFound =
  | { readonly is: 'found'; readonly line: string }
  | { readonly is: 'nowhere' }
  | { readonly is: 'too-slow' };
