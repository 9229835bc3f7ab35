/**
 * Logs as files: how old ones are listed, compressed and removed, and how those of services follow
 * each other.
 */
import type { WriteAnswer } from './file.ts';
import type { LogAnswer } from './run-log.ts';

/** A log in the folder of a job. */
export interface LogFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** The last write, milliseconds since 1970. */
  readonly mtimeMs: number;
}

/** The folders of all jobs' logs, for the pruning of old logs. Links are listed and left alone. */
export interface LogFolders {
  /** Sorted. */
  list(): { readonly slugs: readonly string[]; readonly links: readonly string[] };
  /** The regular files and the links of a folder; none when the folder is gone. */
  read(slug: string): { readonly files: readonly LogFile[]; readonly links: readonly string[] };
  /** Ok also when the file was missing. */
  remove(slug: string, name: string): WriteAnswer;
  /** Replaces NAME by a complete NAME.gz with the same time and mode, or changes nothing. */
  compress(slug: string, name: string): Promise<WriteAnswer>;
  /** Removes the drafts of a `compress` that was killed. Must not run beside another `compress`. */
  clearUnfinished(slug: string): void;
}

/**
 * The logs of the instances of services. A new log follows one that has grown to `maxBytes`; `keep`
 * of them stay.
 */
export interface ServiceLogs {
  open(place: {
    readonly slug: string;
    readonly instance: number;
    readonly maxBytes: number;
    readonly keep: number;
  }): LogAnswer;
}
