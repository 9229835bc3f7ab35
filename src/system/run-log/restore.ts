/**
 * Creates a run's log again if it was removed while the run wrote it: as long as the file is open
 * its content exists. A log that was moved stays where it is. The missing bytes of a log that was
 * truncated count as lost.
 */
// biome-ignore lint/style/noRestrictedImports: opens only one of its own descriptors again.
import { closeSync, constants, fchmodSync, fstat, mkdir, openSync, read, write } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createFile } from '../file/new-file.ts';

/** The time limit for the copy. */
const limitMs = 60_000;
const chunkBytes = 256 * 1024;
const fileMode = 0o640;
const directoryMode = 0o2750;

/** A second descriptor of an open file, for reading; `undefined` when it can't be opened. */
export function openAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
  } catch {
    return undefined;
  }
}

/**
 * Restores the file from its descriptor, to which `writtenBytes` were written, and closes that.
 * Resolves with the lost bytes and the reason; `undefined` when none are lost.
 */
export async function restoreLog(
  fd: number,
  file: string,
  writtenBytes: number,
): Promise<{ readonly bytes: number; readonly reason: string } | undefined> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), limitMs).unref();
  });
  return Promise.race([restored(fd, file, writtenBytes), late]);
}

async function restored(fd: number, file: string, writtenBytes: number) {
  let bytes = 0;
  try {
    const { nlink, size } = await promisify(fstat)(fd);
    bytes = size;
    if (nlink === 0) await copy(fd, file);
    return size < writtenBytes ? { bytes: writtenBytes - size, reason: 'the log was truncated' } : undefined;
  } catch (error) {
    return { bytes, reason: `the log was removed: ${(error as Error).message}` };
  } finally {
    closeSync(fd);
  }
}

/** Copies the content to a new file. Fails if another file has the name meanwhile. */
async function copy(fd: number, file: string): Promise<void> {
  await promisify(mkdir)(path.dirname(file), directoryMode).catch(() => undefined);
  const made = createFile(file, fileMode);
  try {
    fchmodSync(made, fileMode);
    const chunk = Buffer.alloc(chunkBytes);
    for (let at = 0; ; ) {
      const { bytesRead } = await promisify(read)(fd, chunk, 0, chunkBytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      for (let written = 0; written < bytesRead; )
        written += (await promisify(write)(made, chunk, written, bytesRead - written)).bytesWritten;
    }
  } finally {
    closeSync(made);
  }
}
