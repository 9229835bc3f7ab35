/** Files that people write: how they are read, and how changes are noticed. */

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';

/** The answer of lstat(2) or fstat(2). Times are milliseconds since 1970, with fractions. */
export interface FileFacts {
  readonly kind: FileKind;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
}

/**
 * The answer of a read. `reason` completes a message that begins with the file's path: "FILE: this
 * is a directory, not a file".
 */
export type FileRead =
  | { readonly is: 'read'; readonly bytes: Uint8Array; readonly facts: FileFacts }
  | { readonly is: 'absent' }
  | { readonly is: 'refused'; readonly reason: string };

/**
 * Reads files that people write. No call hangs on a FIFO, opens a device or reads without bound.
 */
export interface Files {
  /**
   * The facts of lstat(2); `undefined` when the path is missing or a directory above it can't be
   * read. Never throws.
   */
  facts(path: string): FileFacts | undefined;
  /** The real path, as realpath(3) finds it; `undefined` when there is none. */
  resolve(path: string): string | undefined;
  /**
   * The bytes of a regular file. Refuses any other kind of file, more than `limitBytes`, and a file
   * that changes while it is read. Follows symbolic links; `inside` names a directory that the
   * resolved file must lie in.
   */
  readRegular(path: string, limit: { readonly limitBytes: number; readonly inside?: string }): FileRead;
  /** Names in a directory, unsorted; `undefined` when it can't be listed. */
  list(directory: string): readonly string[] | undefined;
}

/** The answer of a write; `reason` is the message of the system call that failed. */
export type WriteAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Notices changes in directories without polling. */
export interface Changes {
  /**
   * Calls back with the name of the changed file, if the kernel gives it. Never calls back when the
   * directory can't be watched.
   */
  watch(directory: string, onChange: (name: string | undefined) => void): { close(): void };
}
