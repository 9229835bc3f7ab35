/**
 * Small records in the state directory, replaced whole so that a reader sees the old one or the new
 * one.
 */
import { closeSync, fsyncSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { attempt } from '../file/attempt.ts';
import { namesIn, namesOrNone, readCarefully, readText } from '../file/careful-file.ts';
import { createFile, syncDirectory } from '../file/new-file.ts';
import type { FolderLook, Refused, StateFiles, StateRecord } from '../types/state.ts';

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
    look: (folder) => lookAt(stateDirectory, folder),
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

function lookAt(stateDirectory: string, folder: string): FolderLook {
  const names = refusable(() => namesIn(stateDirectory, folder));
  if (names === undefined) return { is: 'read', records: [] };
  if ('reason' in names) return { is: 'unread', path: path.join(stateDirectory, folder), ...names };
  const shown = names.value.filter((name) => !name.startsWith('.'));
  return { is: 'read', records: shown.flatMap((name) => recordOf(stateDirectory, folder, name) ?? []) };
}

function recordOf(stateDirectory: string, folder: string, name: string): StateRecord | undefined {
  const read = refusable(() => readCarefully(stateDirectory, `${folder}/${name}`, limitBytes).toString('utf8'));
  if (read === undefined) return undefined;
  const known = { name, path: path.join(stateDirectory, folder, name) };
  return 'reason' in read ? { ...known, ...read } : { ...known, text: read.value };
}

/** The result of `read`, or why there is none; `undefined` when there is no such file. */
function refusable<T>(read: () => T): { readonly value: T } | Refused | undefined {
  try {
    return { value: read() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    const isClosed = code === 'EACCES';
    return { reason: isClosed ? 'permission denied' : message, isClosed };
  }
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
