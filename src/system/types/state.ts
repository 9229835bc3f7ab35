/** Records that outlive a run: histories, claimed ticks, small state files and caches. */
import type { WriteAnswer } from './file.ts';

/** The history of each job: lines that are only ever appended. */
export interface HistoryStore {
  /** The last lines; empty when there are none. A line may be torn where a disk was full. */
  read(slug: string): string;
  /** The last whole lines, together at most `limitBytes`; `isAll` when there are no others. */
  tail(slug: string, limitBytes: number): { readonly text: string; readonly isAll: boolean };
  /**
   * The reason why the last `read` of this job did not return everything; `undefined` when it did.
   */
  hidden?(slug: string): string | undefined;
  /** The reason why a job without lines may have run all the same, without the file: "it is empty"; `undefined` when there is none. */
  lost?(slug: string): string | undefined;
  /** The file with the last lines. */
  path?(slug: string): string;
  /** Appends one line with one write(2). If the file ends in a torn line, a newline goes first. */
  append(slug: string, line: string): WriteAnswer;
  /** True when the file is larger than `rotate` lets it be. */
  isFull(slug: string): boolean;
  /**
   * Bounds the file's size. Only the holder of the job's lock may call it. `summary` makes the lines
   * that are kept of the text that is dropped. Returns a warning when that text can't be read: it is set aside then.
   */
  rotate(slug: string, summary?: (dropped: string) => string): string | undefined;
  /** The lines that summaries have kept, the last 1 MiB. */
  kept(slug: string): string;
  /** The history file of the Python process-control, as YAML; `undefined` when there is none. */
  predecessor(slug: string): Uint8Array | undefined;
}

/** Small records that outlive reboots, one file each, replaced whole. */
export interface StateFiles {
  /**
   * Names and texts of the files in a folder of the state directory; empty when the folder is
   * missing.
   */
  readAll(folder: string): readonly { readonly name: string; readonly text: string }[];
  /** All files of a folder, also those that can't be read; none when the folder is missing. */
  look(folder: string): FolderLook;
  /** Names of the files, including those that the caller may not read. */
  names(folder: string): readonly string[];
  /** The text; `undefined` when the file is missing or can't be read. */
  read(folder: string, name: string): string | undefined;
  write(folder: string, name: string, text: string): WriteAnswer;
  /** Ok also when the file was missing. */
  remove(folder: string, name: string): WriteAnswer;
}

export type FolderLook =
  | { readonly is: 'read'; readonly records: readonly StateRecord[] }
  | ({ readonly is: 'unread'; readonly path: string } & Refused);

/** A file of a folder: its text, or the reason why it can't be read. */
export type StateRecord = { readonly name: string; readonly path: string } & ({ readonly text: string } | Refused);

export interface Refused {
  /** A clause: "permission denied". */
  readonly reason: string;
  /** True if another reader may be allowed to. */
  readonly isClosed: boolean;
}

/**
 * The ticks of each job that a run on this host has claimed. A tick is in milliseconds since 1970,
 * on a full second.
 */
export interface TickClaims {
  /** Claims a tick for a run. When several runs ask at once, exactly one gets it. */
  take(slug: string, tickMs: number, claim: TickClaim): ClaimAnswer;
  /** Makes the claim of a waiting run final: from now on it holds even if the run is killed. */
  begin(slug: string, tickMs: number, run: string): WriteAnswer;
  /** The claimed ticks, ascending, without those that were dropped. */
  list(slug: string): readonly number[];
  /** The claimed ticks, and the mark if there is one: the moment up to which all ticks of the job are settled. */
  read(slug: string): { readonly claimed: readonly number[]; readonly mark?: string };
  /** The run that has claimed a tick, and when it did. */
  find(
    slug: string,
    tickMs: number,
  ): { readonly run: string; readonly waits: boolean; readonly atMs: number } | undefined;
  drop(slug: string, ticks: readonly number[]): void;
  writeMark(slug: string, text: string): WriteAnswer;
  /**
   * Acts while no other program does so for this job; returns `undefined` at once if one does. On a
   * host without such a lock it acts all the same.
   */
  alone<T>(slug: string, act: () => T): T | undefined;
}

export interface TickClaim {
  readonly run: string;
  /**
   * True when the run waits before it begins. If it is killed while it waits, the tick counts as
   * not started.
   */
  readonly waits: boolean;
  /** True when the claim must survive a power failure. */
  readonly lasting: boolean;
}

export type ClaimAnswer =
  | { readonly is: 'taken' }
  | { readonly is: 'had'; readonly run: string }
  | { readonly is: 'failed'; readonly reason: string };

/** Results that could be computed again, stored where only their owner can write. */
export interface Cache {
  /** The text; `undefined` when there is none, or another user may have written it. */
  read(name: string): string | undefined;
  /** True if there is an entry, whether or not it can be read. */
  has(name: string): boolean;
  /** Stores the text. A failure is ignored. */
  write(name: string, text: string): void;
}

/** The directory of each instance of a service. */
export interface InstanceFolders {
  /** The absolute path of the directory, which may be missing. */
  path(slug: string, instance: number): string;
  make(slug: string, instance: number): WriteAnswer;
  /** The file `.healthchecksnooze`; `undefined` when it is missing or not a regular file. */
  snooze(slug: string, instance: number): { readonly writtenMs: number; readonly text: string } | undefined;
  writeSnooze(slug: string, instance: number, text: string): WriteAnswer;
  removeSnooze(slug: string, instance: number): void;
}
