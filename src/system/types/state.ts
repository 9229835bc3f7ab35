/** Records that outlive a run: histories, claimed ticks, small state files, caches. */
import type { WriteAnswer } from './file.ts';

/** The appended lines that are a job's history. */
export interface HistoryStore {
  /** The last lines, whole events only promised where they were whole when written; empty when there are none. */
  read(slug: string): string;
  /** The last whole lines, together at most `limitBytes`; `isAll` when there are no others. */
  tail(slug: string, limitBytes: number): { readonly text: string; readonly isAll: boolean };
  /** Why what was read last of this job is not all that there is, in words; absent when nothing was in the way. */
  hidden?(slug: string): string | undefined;
  /** One write; a torn last line of somebody else's is closed first. Says why when it could not be written. */
  append(slug: string, line: string): WriteAnswer;
  /** Keeps the file bounded; only for whoever holds the job's lock. */
  rotate(slug: string): void;
  /** What the Python process-control left about this job, as YAML; `undefined` when there is nothing. */
  predecessor(slug: string): Uint8Array | undefined;
}

/** Small records that outlive reboots, one file each, replaced whole. */
export interface StateFiles {
  /** File names and contents in a folder of the state directory; empty when there is none. */
  readAll(folder: string): readonly { readonly name: string; readonly text: string }[];
  /** File names; also those of files that the caller may not read. */
  names(folder: string): readonly string[];
  /** `undefined` when it is not there or can't be read. */
  read(folder: string, name: string): string | undefined;
  write(folder: string, name: string, text: string): WriteAnswer;
  /** Also well when it was not there. */
  remove(folder: string, name: string): WriteAnswer;
}

/** Which ticks of a job have had a start on this host. Ticks are milliseconds since 1970, on a full second. */
export interface TickClaims {
  /** Gives the tick to this run, unless another one has it: of any number that ask at once, one gets it. */
  take(slug: string, tickMs: number, claim: TickClaim): ClaimAnswer;
  /** A run that has waited goes on: its claim holds from now on whatever becomes of it. */
  begin(slug: string, tickMs: number, run: string): WriteAnswer;
  /** The ticks that are on record, ascending; old ones are dropped. */
  list(slug: string): readonly number[];
  /** Who has a tick and since when. */
  find(
    slug: string,
    tickMs: number,
  ): { readonly run: string; readonly waits: boolean; readonly atMs: number } | undefined;
  drop(slug: string, ticks: readonly number[]): void;
  /** What is kept beside the claims of a job: up to when its ticks are settled. */
  readMark(slug: string): string | undefined;
  writeMark(slug: string, text: string): WriteAnswer;
}

export interface TickClaim {
  readonly run: string;
  /** The run does not begin at once; if it is killed before, the tick has had no start. */
  readonly waits: boolean;
  /** The claim must be there even if the machine goes down next. */
  readonly lasting: boolean;
}

export type ClaimAnswer =
  | { readonly is: 'taken' }
  | { readonly is: 'had'; readonly run: string }
  | { readonly is: 'failed'; readonly reason: string };

/** What could be computed again, kept where only its owner can write. */
export interface Cache {
  /** `undefined` when there is nothing, or nothing that can be believed. */
  read(name: string): string | undefined;
  /** Does nothing where it can't. */
  write(name: string, text: string): void;
}

/** The directory that an instance of a service has for itself. */
export interface InstanceFolders {
  /** Its absolute path, whether it is there or not. */
  path(slug: string, instance: number): string;
  make(slug: string, instance: number): WriteAnswer;
  /** The file `.healthchecksnooze`; `undefined` when there is none, or it is no regular file. */
  snooze(slug: string, instance: number): { readonly writtenMs: number; readonly text: string } | undefined;
  writeSnooze(slug: string, instance: number, text: string): WriteAnswer;
  removeSnooze(slug: string, instance: number): void;
}
