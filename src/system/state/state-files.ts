/**
 * Small records in the state directory, replaced whole so that a reader sees the old one or the new
 * one.
 */
import { closeSync, fsyncSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { attempt } from '../file/attempt.ts';
import { namesOrNone, readText } from '../file/careful-file.ts';
import { createFile, syncDirectory } from '../file/new-file.ts';
import type { StateFiles } from '../types/state.ts';

/**
 * The largest record. Most have a few hundred bytes; a notice contains 4096 characters of output
 * three times, each of up to 7 bytes.
 */
const limitBytes = 1024 * 1024;

/** The records below a directory. `mode` 0o600 is for those that only the service user may read. */
export function stateFiles(stateDirectory: string, mode: 0o644 | 0o600 = 0o644): StateFiles {
  return {
    names: (folder) => visible(stateDirectory, folder),
    read: (folder, name) => readSmall(stateDirectory, `${folder}/${name}`),
    readAll(folder) {
      return visible(stateDirectory, folder).flatMap((name) => {
        const text = readSmall(stateDirectory, `${folder}/${name}`);
        return text === undefined ? [] : [{ name, text }];
      });
    },
    write: (folder, name, text) => attempt(() => replace(path.join(stateDirectory, folder), name, { text, mode })),
    remove: (folder, name) => attempt(() => rmSync(path.join(stateDirectory, folder, name), { force: true })),
  };
}

function visible(stateDirectory: string, folder: string): readonly string[] {
  return namesOrNone(stateDirectory, folder).filter((name) => !name.startsWith('.'));
}

/** The text of a record; `undefined` when it is missing, not a regular file, or too large. */
export function readSmall(stateDirectory: string, relative: string): string | undefined {
  return readText(stateDirectory, relative, limitBytes);
}

/** Replaces a record by a rename, and makes the directory if it is missing. Throws. */
export function replace(
  directory: string,
  name: string,
  { text, mode = 0o644 }: { readonly text: string; readonly mode?: number },
): void {
  // A larger one could not be read again.
  if (Buffer.byteLength(text) > limitBytes) throw new Error(`${name}: larger than ${limitBytes} bytes`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  replaceFile(path.join(directory, name), text, mode);
}

/** Throws. A reader sees the old file or the new one, whole; the new one outlives a power failure. */
export function replaceFile(file: string, text: string, mode: number): void {
  const directory = path.dirname(file);
  const temporary = path.join(directory, `.${path.basename(file)}.${process.pid}`);
  // A killed process with this pid may have left it.
  rmSync(temporary, { force: true });
  const fd = createFile(temporary, mode);
  try {
    writeWhole(fd, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(directory);
}

function writeWhole(fd: number, text: string): void {
  try {
    // writeFileSync continues after a short write, and throws when the disk is full.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
