/**
 * A cache in a directory that only its owner can enter. An entry counts only if no other user can
 * have written it and its checksum is right; otherwise it counts as missing.
 */
import { closeSync, fchmodSync, fstatSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { crc32 } from 'node:zlib';
import { openCarefully, readFrom } from '../file/careful-file.ts';
import { createFile } from '../file/new-file.ts';
import type { Cache } from '../types/state.ts';

const limitBytes = 64 * 1024 * 1024;

export function privateCache(directory: string): Cache {
  return {
    read: (name) => orNothing(() => read(directory, name)),
    write(name, text) {
      orNothing(() => write(directory, name, text));
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

function read(directory: string, name: string): string | undefined {
  if (!isPrivate(directory)) return undefined;
  const fd = openCarefully(directory, name);
  try {
    const facts = fstatSync(fd);
    const isOwn = facts.uid === process.geteuid?.() && (facts.mode & 0o022) === 0 && facts.nlink === 1;
    return isOwn && facts.size <= limitBytes ? verified(readFrom(fd, 0, facts.size)) : undefined;
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

function write(directory: string, name: string, text: string): void {
  // Not recursive: that never returns where no directory can be made, as in /proc.
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) mkdirSync(directory, 0o700);
  if (!isPrivate(directory)) return;
  const temporary = path.join(directory, `.${name}.${process.pid}`);
  rmSync(temporary, { force: true });
  const fd = createFile(temporary, 0o600);
  try {
    fchmodSync(fd, 0o600);
    const body = Buffer.from(text);
    writeFileSync(fd, `${crc32(body)}\n`);
    writeFileSync(fd, body);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path.join(directory, name));
}

function isPrivate(directory: string): boolean {
  const facts = lstatSync(directory);
  return facts.isDirectory() && facts.uid === process.geteuid?.() && (facts.mode & 0o077) === 0;
}
