/**
 * A cache in a directory of its own. An entry counts only if no other user can have written it and
 * its checksum is right; otherwise it counts as missing.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { crc32 } from 'node:zlib';
import { openCarefully, readFrom } from '../file/careful-file.ts';
import { createFile } from '../file/new-file.ts';
import type { Cache } from '../types/state.ts';

const limitBytes = 64 * 1024 * 1024;

/** The users who may read the entries; nobody but the owner may write them. */
type Readers = 'owner' | 'everyone';

const modes = {
  owner: { directory: 0o700, file: 0o600, foreign: 0o077 },
  everyone: { directory: 0o755, file: 0o644, foreign: 0o022 },
} as const;

/** A cache that only its owner can enter. */
export function privateCache(directory: string): Cache {
  return cacheFor('owner', directory);
}

/** A cache of root's that everyone can read. */
export function publicCache(directory: string): Cache {
  return cacheFor('everyone', directory);
}

function cacheFor(readers: Readers, directory: string): Cache {
  return {
    has: (name) => orNothing(() => lstatSync(path.join(directory, name))) !== undefined,
    read: (name) => orNothing(() => read(readers, directory, name)),
    write(name, text) {
      orNothing(() => write(readers, directory, { name, text }));
    },
  };
}

/** The result of `act`; `undefined` when it throws: a cache that fails is an empty cache. */
function orNothing<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function read(readers: Readers, directory: string, name: string): string | undefined {
  if (!isTrusted(readers, lstatSync(directory))) return undefined;
  const fd = openCarefully(directory, name);
  try {
    const facts = fstatSync(fd);
    const isSound = isOwn(readers, facts) && (facts.mode & 0o022) === 0 && facts.nlink === 1;
    return isSound && facts.size <= limitBytes ? verified(readFrom(fd, 0, facts.size)) : undefined;
  } finally {
    closeSync(fd);
  }
}

/** The text, if the checksum in its first line is right. */
function verified(bytes: Buffer): string | undefined {
  const at = bytes.indexOf('\n');
  const body = bytes.subarray(at + 1);
  return bytes.toString('latin1', 0, at) === String(crc32(body)) ? body.toString('utf8') : undefined;
}

function write(readers: Readers, directory: string, { name, text }: { name: string; text: string }): void {
  const mode = modes[readers];
  // Not recursive: that never returns where no directory can be made, as in /proc.
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(directory, mode.directory);
    // Whatever umask the caller has.
    chmodSync(directory, mode.directory);
  }
  if (!isTrusted(readers, lstatSync(directory))) return;
  const temporary = path.join(directory, `.${name}.${process.pid}`);
  rmSync(temporary, { force: true });
  const fd = createFile(temporary, mode.file);
  try {
    fchmodSync(fd, mode.file);
    const body = Buffer.from(text);
    writeFileSync(fd, `${crc32(body)}\n`);
    writeFileSync(fd, body);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path.join(directory, name));
}

function isTrusted(readers: Readers, facts: Stats): boolean {
  return facts.isDirectory() && isOwn(readers, facts) && (facts.mode & modes[readers].foreign) === 0;
}

function isOwn(readers: Readers, { uid }: Stats): boolean {
  return uid === (readers === 'everyone' ? 0 : process.geteuid?.());
}
