/**
 * Replaces the files that cron reads: a hidden temporary file in the same directory, flushed,
 * renamed over the old one.
 *
 * Both daemons skip names that start with a dot, run a hard link twice or ignore it, hang or fail
 * on what is not a regular file, and notice a change only by its mtime in whole seconds.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { flock } from '../file/flock.ts';
import { syncDirectory } from '../file/new-file.ts';
import type { CrontabChange, Publisher, Refusal, Turn } from '../types/cron.ts';

export const publisher: Publisher = {
  turn: (file, patienceSeconds) => attempt(path.dirname(file), () => takeTurn(file, patienceSeconds)),
  publish: (change) => attempt(change.path, () => publish(change)),
};

/**
 * Root's own, 0700: nobody else can hold the lock, and configuration management sees nothing but
 * crontabs in /etc/cron.d.
 */
const rootLocks = '/run/process-control-generate';

/**
 * The lock's path. A user's own generator locks beside the crontab; either file is removed when the
 * turn ends.
 */
function lockOf(file: string): string {
  if (process.geteuid?.() !== 0) return `${hidden(file)}lock`;
  // Two crontabs of one name here would only take turns as well.
  return path.join(rootLocks, `${file.replace(/[^\w-]/g, '_').slice(-200)}.lock`);
}

/**
 * The start of the name of every temporary file beside a crontab: cron reads no name with a dot in
 * front.
 */
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

/**
 * Removes what a killed generator left, too: it is our turn, so nobody writes those files any more.
 */
function takeTurn(file: string, patienceSeconds: number): Turn | Refusal {
  refuseForeignDirectory(path.dirname(file));
  const lock = lockOf(file);
  accessSync(path.dirname(file), constants.W_OK);
  const fd = attempt(lock, () => lockedFile(lock, patienceSeconds));
  if (typeof fd !== 'number') return fd;
  const end = () => {
    // While it is still locked: whoever waits for it finds that its name is gone, and makes a new
    // one.
    rmSync(lock, { force: true });
    closeSync(fd);
  };
  try {
    removeLeftovers(file);
  } catch (error) {
    end();
    throw error;
  }
  return { end };
}

function makeRootLocks(): void {
  if (lstatSync(rootLocks, { throwIfNoEntry: false }) === undefined) makeOnce(rootLocks);
  const { uid, mode } = lstatSync(rootLocks);
  if (uid === 0 && (mode & 0o170_777) === 0o040_700) return;
  throw Object.assign(new Error('its directory is not a directory of root alone'), { code: 'EPERM' });
}

/** Another generator may make it at the same moment. */
function makeOnce(directory: string): void {
  try {
    mkdirSync(directory, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The descriptor of the locked file: the lock lasts until this process closes it or ends. */
function lockedFile(lock: string, patienceSeconds: number): number | Refusal {
  if (process.geteuid?.() === 0) makeRootLocks();
  const deadlineMs = performance.now() + patienceSeconds * 1000;
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  for (;;) {
    const fd = openSync(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const remainingSeconds = Math.max(0, Math.ceil((deadlineMs - performance.now()) / 1000));
    const opened = fstatSync(fd);
    const reason = isOwn(opened)
      ? waitForLock(fd, remainingSeconds, patienceSeconds)
      : 'is not a file of this user alone';
    if (reason === undefined && isNamed(lock, opened)) return fd;
    closeSync(fd);
    if (reason !== undefined) return { denied: false, reason: `${lock}: ${reason}` };
  }
}

/** Whether the file still has this name: the generator before us removed it when its turn ended. */
function isNamed(lock: string, { ino, dev }: Stats): boolean {
  const named = lstatSync(lock, { throwIfNoEntry: false });
  return named?.ino === ino && named.dev === dev;
}

/**
 * Whoever else can write in the directory could put a file of their own in the place of ours;
 * /tmp's sticky bit forbids that.
 */
function refuseForeignDirectory(directory: string): void {
  const { uid, mode } = statSync(directory);
  const shared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (shared || (uid !== 0 && uid !== process.geteuid?.())) {
    throw Object.assign(new Error('other users can write in the directory'), { code: 'EPERM' });
  }
}

/** A file without a name (`nlink` 0) was removed since it was opened; `isNamed` notices it. */
function isOwn(facts: Stats): boolean {
  return facts.isFile() && facts.uid === process.geteuid?.() && facts.nlink <= 1 && (facts.mode & 0o077) === 0;
}

/** Why the lock could not be had; `undefined` when it is held. */
function waitForLock(fd: number, remainingSeconds: number, patienceSeconds: number): string | undefined {
  try {
    if (flock(fd, remainingSeconds)) return undefined;
    return `another cron-generate has worked for more than ${patienceSeconds} s`;
  } catch (error) {
    return (error as Error).message;
  }
}

function publish({ path: file, writes, removals }: CrontabChange): undefined {
  const directory = path.dirname(file);
  try {
    const staged = writes.map(({ name, text }) => stage(file, { target: path.join(directory, name), text }));
    for (const { temporary, target } of staged) renameSync(temporary, target);
    syncDirectory(directory);
    for (const name of removals) unlinkSync(path.join(directory, name));
    if (removals.length > 0) syncDirectory(directory);
  } catch (error) {
    removeLeftovers(file);
    throw error;
  }
  return undefined;
}

/** Temporary files of this crontab, and the lock file that version 1.0 kept beside root's. */
function removeLeftovers(file: string): void {
  const start = path.basename(`${hidden(file)}tmp-`);
  const oldLock = process.geteuid?.() === 0 ? path.basename(`${hidden(file)}lock`) : undefined;
  for (const name of readdirSync(path.dirname(file))) {
    const isTemporary = name.startsWith(start) && /^[0-9a-f]{16}$/.test(name.slice(start.length));
    if (!isTemporary && name !== oldLock) continue;
    const leftover = path.join(path.dirname(file), name);
    const facts = lstatSync(leftover);
    if (facts.isFile() && (isTemporary || (facts.size === 0 && isOwn(facts)))) unlinkSync(leftover);
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

/** 16 digits that no other file of our turn has; node:crypto would cost more time than the file. */
function uniqueSuffix(): string {
  return process.hrtime.bigint().toString(16).padStart(16, '0').slice(-16);
}
