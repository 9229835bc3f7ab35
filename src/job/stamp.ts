/** Tells whether a job file is still the one that was read. */
import type { FileFacts } from '../system/types/file.ts';

/**
 * A file that was changed this recently may be changed again without a new time stamp, on file
 * systems with whole seconds.
 */
const settledMs = 2000;

/**
 * Returns a stamp that every later change of the file changes; `undefined` if a change could go
 * unnoticed. The stamp has the inode's change time (ctime), which no user
 * can set and which a new owner, mode or name changes too.
 */
export function stampOf(facts: FileFacts | undefined, nowMs: number): string | undefined {
  if (facts?.kind !== 'file' || facts.ctimeMs > nowMs - settledMs) return undefined;
  return `${facts.inode}:${facts.sizeBytes}:${facts.mtimeMs}:${facts.ctimeMs}`;
}
