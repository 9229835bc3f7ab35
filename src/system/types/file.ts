/** Files that people wrote, and what happens to them. */

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';

/** What lstat(2) or fstat(2) says. Times are milliseconds since 1970, with fractions. */
export interface FileFacts {
  readonly kind: FileKind;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits only, e.g. 0o644. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
}

/** Why a file that people wrote was not read, in words that can stand behind "file: ". */
export type FileRead =
  | { readonly is: 'read'; readonly bytes: Uint8Array; readonly facts: FileFacts }
  | { readonly is: 'absent' }
  | { readonly is: 'refused'; readonly reason: string };

/** Reading what people wrote. Nothing here can hang on a FIFO, follow a device or be made to read without bound. */
export interface Files {
  /** lstat; `undefined` when there is no such path. Throws nothing: an unreadable parent counts as absent. */
  facts(path: string): FileFacts | undefined;
  /** realpath(3); `undefined` when it does not resolve. */
  resolve(path: string): string | undefined;
  /**
   * Opens without blocking, refuses everything but a regular file, more than `limitBytes`, and a file that changes while it is read.
   * Symbolic links are followed; `inside` names a directory that the resolved file must lie in.
   */
  readRegular(path: string, limit: { readonly limitBytes: number; readonly inside?: string }): FileRead;
  /** Names in a directory, unsorted; `undefined` when it can't be listed. */
  list(directory: string): readonly string[] | undefined;
}

export type WriteAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Tells of changes in directories, without asking again and again. */
export interface Changes {
  /** `name` is the file in the directory; absent when that is not known. Where it can't be watched nothing is ever told. */
  watch(directory: string, onChange: (name: string | undefined) => void): { close(): void };
}
