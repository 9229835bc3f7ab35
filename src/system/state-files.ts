/** Small records in the state directory, replaced whole so that a reader sees the old one or the new one. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { StateFiles, WriteAnswer } from './system.ts';

/** Most are a few hundred bytes. A notice has 4096 characters of output in it three times, each up to 7 bytes when it is no printable one. */
const limitBytes = 1024 * 1024;

/** `mode` 0o600 is for what only the service user may read. */
export function stateFiles(stateDirectory: string, mode: 0o644 | 0o600 = 0o644): StateFiles {
  return {
    names: (folder) => namesIn(path.join(stateDirectory, folder)),
    read: (folder, name) => readSmall(path.join(stateDirectory, folder, name)),
    readAll(folder) {
      const directory = path.join(stateDirectory, folder);
      return namesIn(directory).flatMap((name) => {
        const text = readSmall(path.join(directory, name));
        return text === undefined ? [] : [{ name, text }];
      });
    },
    write: (folder, name, text) => attempt(() => replace(path.join(stateDirectory, folder), name, { text, mode })),
    remove: (folder, name) => attempt(() => rmSync(path.join(stateDirectory, folder, name), { force: true })),
  };
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** `undefined` for what is absent, no regular file, or too large to be ours. */
export function readSmall(file: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = fstatSync(fd);
    return facts.isFile() && facts.size <= limitBytes ? readFileSync(fd, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
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
  const fd = openSync(temporary, 'wx', mode);
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

/** The new name must outlive a power failure too. */
function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function attempt(act: () => void): WriteAnswer {
  try {
    act();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
