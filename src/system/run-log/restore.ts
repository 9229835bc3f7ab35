/**
 * A run's log that somebody removed while the run wrote it is made again when the run has ended: as long as it is open all of it is still there.
 * One that was moved is where it was moved to. What is missing of one that was truncated is counted as lost.
 */
// biome-ignore lint/style/noRestrictedImports: opens nothing but a descriptor of its own once more.
import { closeSync, constants, fchmodSync, fstat, mkdir, openSync, read, write } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createFile } from '../file/new-file.ts';

/** So long a disk may take to hold it all once more. */
const limitMs = 60_000;
const chunkBytes = 256 * 1024;
const fileMode = 0o640;
const directoryMode = 0o2750;

/** Another descriptor of an open file, to read from; `undefined` when there is none to be had. */
export function openAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
  } catch {
    return undefined;
  }
}

/** Closes the descriptor, of a file to which `writtenBytes` were written. What could not be kept, and why; `undefined` when nothing is lost. */
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

/** Whatever has taken its place meanwhile is left alone. */
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
