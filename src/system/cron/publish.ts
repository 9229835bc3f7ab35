/**
 * Replaces the files that cron reads: a hidden temporary file in the same directory, flushed,
 * renamed over the old one.
 *
 * Cron and cronie skip names that start with a dot, run a hard link twice or ignore it, hang or
 * fail on a file that is not regular, and notice a change only by its mtime in whole seconds.
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
  turn: (file, patienceSeconds) => orRefusal(path.dirname(file), () => takeTurn(file, patienceSeconds)),
  publish: (change) => orRefusal(change.path, () => publish(change)),
};

/**
 * The directory of root's locks, mode 0700: no other user can hold a lock, and /etc/cron.d contains
 * only crontabs.
 */
const rootLocks = '/run/process-control-generate';

/**
 * The path of the lock. A user's own cron-generate locks beside the crontab. The file is removed
 * when the turn ends.
 */
function lockOf(file: string): string {
  if (process.geteuid?.() !== 0) return `${hidden(file)}lock`;
  // Two crontabs with the same name here would only wait for each other.
  return path.join(rootLocks, `${file.replace(/[^\w-]/g, '_').slice(-200)}.lock`);
}

/**
 * The start of the path of every temporary file beside a crontab. Cron skips names that start with
 * a dot.
 */
function hidden(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.`);
}

/** The result of `work`, or a refusal when a system call fails. */
function orRefusal<T>(file: string, work: () => T): T | Refusal {
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
 * Takes the turn and removes what a killed cron-generate left: during the turn no other one writes
 * those files.
 */
function takeTurn(file: string, patienceSeconds: number): Turn | Refusal {
  refuseForeignDirectory(path.dirname(file));
  const lock = lockOf(file);
  accessSync(path.dirname(file), constants.W_OK);
  const fd = orRefusal(lock, () => lockedFile(lock, patienceSeconds));
  if (typeof fd !== 'number') return fd;
  const end = () => {
    // Removed while it is locked: the next cron-generate finds that its name is gone and creates a
    // new one.
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

/** Makes the directory, unless another cron-generate makes it at the same moment. */
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

/** False when the previous cron-generate has removed the file at the end of its turn. */
function isNamed(lock: string, { ino, dev }: Stats): boolean {
  const named = lstatSync(lock, { throwIfNoEntry: false });
  return named?.ino === ino && named.dev === dev;
}

/**
 * Throws when another user can replace files in the directory. The sticky bit, as of /tmp, prevents
 * that.
 */
function refuseForeignDirectory(directory: string): void {
  const { uid, mode } = statSync(directory);
  const shared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (shared || (uid !== 0 && uid !== process.geteuid?.())) {
    throw Object.assign(new Error('other users can write in the directory'), { code: 'EPERM' });
  }
}

/**
 * True for a private regular file of this user. `nlink` 0 means that it was removed since, which
 * `isNamed` notices.
 */
function isOwn(facts: Stats): boolean {
  return facts.isFile() && facts.uid === process.geteuid?.() && facts.nlink <= 1 && (facts.mode & 0o077) === 0;
}

/** The reason when the lock could not be taken; `undefined` when it is held. */
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

/**
 * Removes temporary files of this crontab, and the lock file that version 1.0 kept beside root's.
 */
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

/**
 * An mtime that cron notices: both daemons take a file of the same whole second for the one that
 * they know.
 */
function noticeableTime(target: string): number {
  const present = lstatSync(target, { throwIfNoEntry: false });
  const nowSeconds = Date.now() / 1000;
  return present === undefined ? nowSeconds : Math.max(nowSeconds, present.mtimeMs / 1000 + 1);
}

/**
 * 16 digits that are unique during the turn. Loading node:crypto would take longer than writing the
 * file.
 */
function uniqueSuffix(): string {
  return process.hrtime.bigint().toString(16).padStart(16, '0').slice(-16);
}
