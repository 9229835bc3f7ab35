/**
 * Opens files for writing below the directories that jobs can write to, and makes new names last.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync } from 'node:fs';
import { OddFileError, withDescriptor } from './careful-file.ts';
import { kindOf, kindWords } from './kind.ts';

/**
 * A descriptor of a regular file that the service user's own programs write to. A FIFO, device or
 * link in its place is an error, and opening never waits for it.
 *
 * Root never writes there. So a job gains nothing by planting a link: it has the same rights as
 * this process.
 */
export function openForWriting(file: string, flags: number, mode = 0o644): number {
  const fd = openSync(file, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY, mode);
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new OddFileError(`it is ${kindWords[kindOf(facts)]}, not a file: remove it`);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * A descriptor of a new file. Throws EEXIST for whatever has the name already, also for a link that
 * leads nowhere.
 */
export function createFile(file: string, mode: number): number {
  return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
}

/** Flushes a directory, so that a new name in it outlives a power failure. */
export function syncDirectory(directory: string): void {
  withDescriptor(openDirectory(directory), fsyncSync);
}

/** A descriptor of a directory, to flush or lock it. */
export function openDirectory(directory: string): number {
  return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
}
