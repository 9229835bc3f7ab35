/** Small records in the state directory, replaced whole so that a reader sees the old one or the new one. */
import { closeSync, fsyncSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { attempt } from '../file/attempt.ts';
import { namesOrNone, readText } from '../file/careful-file.ts';
import { createFile, syncDirectory } from '../file/new-file.ts';
import type { StateFiles } from '../types/state.ts';

/** Most are a few hundred bytes. A notice has 4096 characters of output in it three times, each up to 7 bytes when it is no printable one. */
const limitBytes = 1024 * 1024;

/** `mode` 0o600 is for what only the service user may read. */
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

/** `undefined` for what is absent, no regular file, or too large to be ours. */
export function readSmall(stateDirectory: string, relative: string): string | undefined {
  return readText(stateDirectory, relative, limitBytes);
}

/** Throws; the directory is made when it is not there. */
export function replace(
  directory: string,
  name: string,
  { text, mode = 0o644 }: { readonly text: string; readonly mode?: number },
): void {
  // It could be written and never read again.
  if (Buffer.byteLength(text) > limitBytes) throw new Error(`${name}: larger than ${limitBytes} bytes`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const temporary = path.join(directory, `.${name}.${process.pid}`);
  // Of a killed process that had this number.
  rmSync(temporary, { force: true });
  const fd = createFile(temporary, mode);
  try {
    // Goes on after a short write, and throws when the disk is full.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path.join(directory, name));
  syncDirectory(directory);
}
