/** The room that is left on the file system of a directory. */
import { statfsSync } from 'node:fs';

export interface FreeSpace {
  /** The bytes that users other than root can write. */
  readonly freeBytes: number;
  readonly bytes: number;
  /** Inodes; `undefined` where the file system does not count them. */
  readonly freeFiles?: number;
}

/** `undefined` when the directory can't be looked at. */
export function freeSpace(directory: string): FreeSpace | undefined {
  try {
    const { bsize, bavail, blocks, files, ffree } = statfsSync(directory);
    return { freeBytes: bavail * bsize, bytes: blocks * bsize, ...(files > 0 && { freeFiles: ffree }) };
  } catch {
    return undefined;
  }
}
