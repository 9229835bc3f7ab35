/** Logs as files: where they lie, and what becomes of old ones. */
import type { WriteAnswer } from './file.ts';
import type { LogAnswer } from './run-log.ts';

/** A log that lies in the folder of a job. */
export interface LogFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was last written. */
  readonly mtimeMs: number;
}

/** The folders of all jobs' logs, for whoever removes what is old. Whatever is a link is left alone, and named. */
export interface LogFolders {
  /** Sorted. */
  list(): { readonly slugs: readonly string[]; readonly links: readonly string[] };
  /** Plain files; nothing when the folder has gone. */
  read(slug: string): { readonly files: readonly LogFile[]; readonly links: readonly string[] };
  /** Also well when it was not there. */
  remove(slug: string, name: string): WriteAnswer;
  /** Puts NAME.gz in the place of NAME, whole or not at all, with its time and mode. */
  compress(slug: string, name: string): Promise<WriteAnswer>;
  /** Takes away what a `compress` that was killed has left; not while another one may be at work. */
  clearUnfinished(slug: string): void;
}

/** The logs of the instances of services: each follows one that has grown too large. */
export interface ServiceLogs {
  open(place: {
    readonly slug: string;
    readonly instance: number;
    readonly maxBytes: number;
    readonly keep: number;
  }): LogAnswer;
}
