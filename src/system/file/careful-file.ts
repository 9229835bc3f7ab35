/**
 * Reads files below the run, state and output directories. Every job can write there, so a path may
 * lead to a FIFO that never answers, a device that acts when it is opened, or a link to a file that
 * only root may read.
 *
 * The base directory is named by root's configuration and trusted. Below it each directory is
 * opened relative to the one above (`/proc/self/fd/N/NAME`, Node's way to openat(2)), and none may
 * be a link. The last part is first opened with O_PATH, which neither waits nor acts, then judged
 * by fstat(2). Only a regular file is then opened for reading: the same one that was judged.
 */
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  type ReadStream,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import process from 'node:process';
import { kindOf, kindWords } from './kind.ts';

/**
 * The flag of open(2), for which Node has no name. It is the same on every architecture that Debian
 * builds Node for.
 */
const O_PATH = 0o10000000;
const pinFlags = O_PATH | constants.O_NOFOLLOW;
const directoryFlags = pinFlags | constants.O_DIRECTORY;

/**
 * A file that is not what it should be: a link, a FIFO, a device, too large, another user's. The
 * message completes "PATH: ".
 */
export class OddFileError extends Error {
  readonly code: string = 'EODD';
}

/** A part of the path before the last is not a directory. */
export class NoDirectoryError extends OddFileError {}

/**
 * The file at the end of a path, held open, so that it stays the same file whatever happens to the
 * path.
 */
export interface Pinned {
  readonly facts: Stats;
  /**
   * Opens the judged file. Throws an OddFileError unless it is a regular file that this reader may
   * see.
   */
  open(): number;
  /** Opens the file whatever it is, for a caller that has judged the facts by its own rules. */
  reopen(): number;
}

/**
 * The result of `act` for the file. `relative` is one or more names, separated by slashes. Throws
 * as open(2) does, or an OddFileError.
 */
export function pinned<T>(base: string, relative: string, act: (pin: Pinned) => T): T {
  return reached(base, relative, pinFlags, (fd) => {
    const facts = fstatSync(fd);
    const reopen = () =>
      openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const open = () => {
      refuseOdd(base, facts);
      return reopen();
    };
    return act({ facts, open, reopen });
  });
}

/** A descriptor for reading a regular file; the caller closes it. */
export function openCarefully(base: string, relative: string): number {
  return pinned(base, relative, (pin) => pin.open());
}

/** A stream of the rest of an open file. The stream closes it. */
export function streamOf(fd: number): ReadStream {
  return createReadStream('', { fd });
}

/**
 * The whole file, at most `limitBytes`. Of a file that grows meanwhile, the bytes that it had at
 * first.
 */
export function readCarefully(base: string, relative: string, limitBytes: number): Buffer {
  return pinned(base, relative, ({ facts: { size }, open }) =>
    withDescriptor(open(), (fd) => {
      if (size > limitBytes) throw new OddFileError(`it has ${size} bytes, more than the ${limitBytes} that are read`);
      return readFrom(fd, 0, size);
    }),
  );
}

/**
 * The text of a small file; `undefined` when it is missing, too large, or not one that this reader
 * should see.
 */
export function readText(base: string, relative: string, limitBytes: number): string | undefined {
  return quietly(() => readCarefully(base, relative, limitBytes).toString('utf8'));
}

/** The last `limitBytes` of a file, and where they begin in it. */
export function readEnd(
  base: string,
  relative: string,
  limitBytes: number,
): { readonly bytes: Buffer; readonly from: number } {
  return pinned(base, relative, ({ facts: { size }, open }) =>
    withDescriptor(open(), (fd) => {
      const from = Math.max(0, size - limitBytes);
      return { bytes: readFrom(fd, from, size - from), from };
    }),
  );
}

/**
 * The result of `read`; `undefined` when the file is missing, or not one that this reader should
 * see.
 */
export function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/**
 * Calls `act` with a path to the open directory, which stays valid whatever happens to the
 * directory's own path.
 */
export function inDirectory<T>(base: string, relative: string, act: (at: string) => T): T {
  return reached(base, relative, directoryFlags, (fd) => act(`/proc/self/fd/${fd}`));
}

/** Names in a directory, unsorted; `relative` is empty for the base itself. */
export function namesIn(base: string, relative: string): readonly string[] {
  return inDirectory(base, relative, (at) => readdirSync(at));
}

/** The same; none when the directory is missing or this reader should not see it. */
export function namesOrNone(base: string, relative: string): readonly string[] {
  return quietly(() => namesIn(base, relative)) ?? [];
}

/** The target of a link, which is not followed. */
export function readLinkIn(base: string, relative: string): string {
  const names = relative.split('/');
  const name = names.pop() ?? '';
  return inDirectory(base, names.join('/'), (at) => readlinkSync(`${at}/${checked(name)}`));
}

/**
 * Opens the directories on the way and, with `flags`, the last part; all are closed when `act` has
 * returned.
 */
function reached<T>(base: string, relative: string, flags: number, act: (fd: number) => T): T {
  const names = relative === '' ? [] : relative.split('/');
  let at = base;
  let fd: number | undefined;
  try {
    // Links in the path of the base are root's decision.
    if (names.length === 0) return withDescriptor(openSync(base, O_PATH | constants.O_DIRECTORY), act);
    for (const [index, name] of names.entries()) {
      const next = openStep(`${at}/${checked(name)}`, index === names.length - 1 ? flags : directoryFlags);
      if (fd !== undefined) closeSync(fd);
      fd = next;
      at = `/proc/self/fd/${fd}`;
    }
    return act(fd as number);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function openStep(path: string, flags: number): number {
  // A listing of ten thousand jobs looks mostly for missing files, and recording an unused stack
  // costs three times the look.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return openSync(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // O_DIRECTORY gives ENOTDIR for a link too.
    if (code === 'ENOTDIR' || code === 'ELOOP') throw new NoDirectoryError('it is not a directory: remove it');
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function checked(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new OddFileError(`${JSON.stringify(name)} is not the name of a file`);
  }
  return name;
}

/**
 * Throws an OddFileError for a file that this reader should not see. Root can open every file, so a
 * file that not everyone may read must have the base's owner: otherwise it may be a hard link to
 * another user's.
 */
function refuseOdd(base: string, facts: Stats): void {
  if (!facts.isFile()) throw new OddFileError(`it is ${kindWords[kindOf(facts)]}, not a file`);
  if (isHollow(facts)) throw new OddFileError(`it claims ${facts.size} bytes and holds hardly any`);
  if (process.geteuid?.() !== 0 || (facts.mode & 0o004) !== 0) return;
  const { uid } = statSync(base);
  if (facts.uid !== uid) throw new OddFileError(`it belongs to uid ${facts.uid}, not to uid ${uid} as ${base} does`);
}

/**
 * True for a file that is almost only a hole, whose end could not be reached in time. No program
 * writes such a log, and compression saves less.
 */
function isHollow({ size, blocks }: Stats): boolean {
  return size > 64 * 1024 * 1024 && blocks * 512 * 1024 < size;
}

/** `length` bytes of an open file, or fewer if it ends before. */
export function readFrom(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  for (let count = -1; count !== 0 && read < length; read += count) {
    count = readSync(fd, bytes, read, length - read, from + read);
  }
  return bytes.subarray(0, read);
}

export function withDescriptor<T>(fd: number, act: (fd: number) => T): T {
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}
