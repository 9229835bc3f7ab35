/**
 * The kernel's lock of a job: flock(2) on NAME.flock, which lasts as long as any process has the open file, whatever happens to run-job.
 *
 * The file holds a note of who has it, under a line with its own device and inode: a file without that line is new, or a copy.
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
import { openCarefully, quietly, withDescriptor } from '../file/careful-file.ts';
import { flock } from '../file/flock.ts';
import { openForWriting } from '../file/new-file.ts';
import { during, StageError } from '../file/stage.ts';
import { ownPid, pids } from '../process/proc.ts';

export interface KernelLock {
  readonly fd: number;
  /** Device and inode: tells this NAME.flock from one that somebody made anew. */
  readonly file: string;
  /** What the last holder of this very file has left in it: '' when it gave the lock back, `undefined` when there was none. */
  readonly note: string | undefined;
}

/** How often a file that vanishes between opening and locking is made anew before giving up. */
const attempts = 100;

/** Takes the lock or says at once that it is taken. Throws a StageError when it can't be told. */
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

/** A lock on a file that was replaced meanwhile is worth nothing: the next one would lock the new file. */
function isStillAt(file: string, fd: number): boolean {
  const there = statSync(file, { bigint: true, throwIfNoEntry: false });
  const ours = fstatSync(fd, { bigint: true });
  return there?.ino === ours.ino && there.dev === ours.dev;
}

function identify(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** One for all notes: a listing reads thousands. */
const noteBytes = Buffer.alloc(16_384);

function readNote(fd: number): string | undefined {
  const length = readSync(fd, noteBytes, 0, noteBytes.length, 0);
  if (length === 0) return undefined;
  const [mark, ...note] = noteBytes.toString('utf8', 0, length).split('\n');
  return mark === identify(fd) ? note.join('\n') : undefined;
}

/** The note of whoever has the lock, or had it and was killed; `undefined` when there is none, or none for us to read. */
export function readNoteAt(file: string): string | undefined {
  return quietly(() => withDescriptor(openCarefully(path.dirname(file), path.basename(file)), readNote));
}

/** Rewrites the note in place. */
export function writeNote({ fd, file }: KernelLock, note: string): void {
  const bytes = Buffer.from(`${file}\n${note}`);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
}

/**
 * Other processes that have a locked file open which is, or was until somebody deleted it, at this path: those who hold the lock, and for a
 * moment those who are about to. Sees what /proc shows of the own user's processes, of all as root.
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
    // It has ended, or is another user's.
    return [];
  }
}

function isLockOf(file: string, pid: number, fd: string): boolean {
  try {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    if (target !== file && target !== `${file} (deleted)`) return false;
    return /^lock:.*\bFLOCK\b/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
  } catch {
    // Closed meanwhile.
    return false;
  }
}
