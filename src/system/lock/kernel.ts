/**
 * The kernel's lock of a job: flock(2) on NAME.flock, which lasts as long as any process has the
 * open file, whatever happens to run-job.
 *
 * The file holds a note of who has it, under a line with its own device and inode: a file without
 * that line is new, or a copy.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { pinned, quietly, withDescriptor } from '../file/careful-file.ts';
import { flock } from '../file/flock.ts';
import { openForWriting } from '../file/new-file.ts';
import { during, StageError } from '../file/stage.ts';
import { ownPid, pids } from '../process/proc.ts';

export interface KernelLock {
  readonly fd: number;
  /** Device and inode, which distinguish this NAME.flock from a later one. */
  readonly file: string;
  /**
   * The note of this file's last holder: '' when it released the lock, `undefined` when there was
   * no holder.
   */
  readonly note: string | undefined;
}

/** The number of attempts when the file vanishes between opening and locking. */
const attempts = 100;

/** Takes the lock, or returns 'busy' at once. Throws a StageError when neither can be known. */
export function takeKernelLock(file: string): KernelLock | 'busy' {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const fd = during(`opening ${file}`, () => openForWriting(file, constants.O_RDWR | constants.O_CREAT, 0o600));
    try {
      if (!during(`locking ${file}`, () => flock(fd))) {
        closeSync(fd);
        return 'busy';
      }
      if (isStillAt(file, fd)) return { fd, file: identify(fd), note: readNote(fd) };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  throw new StageError(`locking ${file}`, 'another process keeps removing it');
}

/**
 * False when the file was replaced meanwhile: its lock is useless, because the next run-job locks
 * the new file.
 */
function isStillAt(file: string, fd: number): boolean {
  const there = statSync(file, { bigint: true, throwIfNoEntry: false });
  const ours = fstatSync(fd, { bigint: true });
  return there?.ino === ours.ino && there.dev === ours.dev;
}

function identify(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** The line of a file without a note: two 64-bit numbers, a colon, a newline. */
const mostMarkBytes = 42;

/** One buffer for all notes, because a listing reads thousands. */
const noteBytes = Buffer.alloc(16_384);

function readNote(fd: number): string | undefined {
  const length = readSync(fd, noteBytes, 0, noteBytes.length, 0);
  if (length === 0) return undefined;
  const [mark, ...note] = noteBytes.toString('utf8', 0, length).split('\n');
  return mark === identify(fd) ? note.join('\n') : undefined;
}

/**
 * The note of the run that holds the lock, or held it and was killed; `undefined` when there is
 * none or it can't be read.
 */
export function readNoteAt(file: string): string | undefined {
  return quietly(() =>
    pinned(path.dirname(file), path.basename(file), ({ facts, open }) =>
      facts.size <= mostMarkBytes ? undefined : withDescriptor(open(), readNote),
    ),
  );
}

/** Rewrites the note in place. */
export function writeNote({ fd, file }: KernelLock, note: string): void {
  const bytes = Buffer.from(`${file}\n${note}`);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
}

/**
 * The other processes that have a locked file open that is, or was until it was deleted, at this
 * path: the holders of the lock, and for a moment those that are about to take it. Sees this user's
 * processes; as root, all.
 */
export function kernelLockHolders(file: string): readonly number[] {
  // /proc shows open files by their real paths, and /var/run is a link.
  const real = path.join(
    during(`finding ${path.dirname(file)}`, () => realpathSync(path.dirname(file))),
    path.basename(file),
  );
  const self = ownPid();
  return pids().filter((pid) => pid !== self && filesOf(pid).some((fd) => isLockOf(real, pid, fd)));
}

function filesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    // The process has ended, or is another user's.
    return [];
  }
}

function isLockOf(file: string, pid: number, fd: string): boolean {
  try {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    if (target !== file && target !== `${file} (deleted)`) return false;
    return /^lock:.*\bFLOCK\b/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
  } catch {
    // It was closed meanwhile.
    return false;
  }
}
