/**
 * Replaces the files that cron reads: a hidden temporary file in the same directory, flushed, renamed over the old one.
 *
 * Both daemons skip names that start with a dot, run a hard link twice or ignore it, hang or fail on what is not a regular file, and
 * notice a change only by its mtime in whole seconds.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { CrontabChange, Publisher, Refusal, Turn } from './system.ts';

export const publisher: Publisher = {
  turn: (file, patienceSeconds) => attempt(`${hidden(file)}lock`, () => takeTurn(file, patienceSeconds)),
  publish: (change) => attempt(change.path, () => publish(change)),
};

/** What starts the name of everything that stands beside a crontab for a while: cron reads no name with a dot in front. */
function hidden(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.`);
}

/** The border at which errors of system calls become values. */
function attempt<T>(file: string, work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === '' || code.startsWith('ERR_')) throw error;
    const words = message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*)?$/, '');
    return { denied: ['EACCES', 'EPERM', 'EROFS'].includes(code), reason: `${file}: ${words}` };
  }
}

/** flock(1) locks the open file that it shares with us, so the lock lives as long as our descriptor and dies with us. */
function takeTurn(file: string, patienceSeconds: number): Turn | Refusal {
  refuseForeignDirectory(path.dirname(file));
  const lock = `${hidden(file)}lock`;
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const reason = isOwn(fstatSync(fd)) ? waitForLock(fd, patienceSeconds) : 'is not a file of this user alone';
  if (reason === undefined) return { end: () => closeSync(fd) };
  closeSync(fd);
  return { denied: false, reason: `${lock}: ${reason}` };
}

/** Whoever else can write in the directory could put a file of their own in the place of ours; /tmp's sticky bit forbids that. */
function refuseForeignDirectory(directory: string): void {
  const { uid, mode } = statSync(directory);
  const shared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (shared || (uid !== 0 && uid !== process.geteuid?.())) {
    throw Object.assign(new Error('other users can write in the directory'), { code: 'EPERM' });
  }
}

function isOwn(facts: Stats): boolean {
  return facts.isFile() && facts.uid === process.geteuid?.() && facts.nlink === 1 && (facts.mode & 0o077) === 0;
}

/** Why the lock could not be had. */
function waitForLock(fd: number, patienceSeconds: number): string | undefined {
  const args = ['-w', String(patienceSeconds), '-E', '75', '3'];
  const { status, error } = spawnSync('flock', args, {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: { PATH: '/usr/bin:/bin' },
  });
  if (error !== undefined) return `flock(1) could not be started: ${error.message}`;
  if (status === 75) return `another cron-generate has worked for more than ${patienceSeconds} s`;
  return status === 0 ? undefined : `flock(1) failed with ${status}`;
}

function publish({ path: file, writes, removals }: CrontabChange): undefined {
  const directory = path.dirname(file);
  removeLeftovers(file);
  try {
    const staged = writes.map(({ name, text }) => stage(file, { target: path.join(directory, name), text }));
    for (const { temporary, target } of staged) renameSync(temporary, target);
    flushDirectory(directory);
    for (const name of removals) unlinkSync(path.join(directory, name));
    if (removals.length > 0) flushDirectory(directory);
  } catch (error) {
    removeLeftovers(file);
    throw error;
  }
  return undefined;
}

/** It is our turn, so a temporary file of this crontab is nobody's any more. */
function removeLeftovers(file: string): void {
  const start = path.basename(`${hidden(file)}tmp-`);
  for (const name of readdirSync(path.dirname(file))) {
    const leftover = path.join(path.dirname(file), name);
    if (name.startsWith(start) && /^[0-9a-f]{16}$/.test(name.slice(start.length)) && lstatSync(leftover).isFile()) {
      unlinkSync(leftover);
    }
  }
}

function stage(file: string, { target, text }: { readonly target: string; readonly text: string }) {
  const temporary = `${hidden(file)}tmp-${uniqueSuffix()}`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, text);
    if (process.geteuid?.() === 0) fchownSync(fd, 0, 0);
    fchmodSync(fd, 0o644);
    const mtimeSeconds = noticeableTime(target);
    futimesSync(fd, mtimeSeconds, mtimeSeconds);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { temporary, target };
}

/** Both daemons take a file of the same whole second for the one they know. */
function noticeableTime(target: string): number {
  const present = lstatSync(target, { throwIfNoEntry: false });
  const nowSeconds = Date.now() / 1000;
  return present === undefined ? nowSeconds : Math.max(nowSeconds, present.mtimeMs / 1000 + 1);
}

function flushDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** 16 digits that no other file of our turn has; node:crypto would cost more time than the file. */
function uniqueSuffix(): string {
  return process.hrtime.bigint().toString(16).padStart(16, '0').slice(-16);
}
