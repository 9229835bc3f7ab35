/** A job's history on disk: `STATE/history/NAME.jsonl`, appended by whoever has something to say, rotated by whoever holds the lock. */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { HistoryStore, WriteAnswer } from './system.ts';

/** Two files of this size at most: some thousand runs each. */
const rotateBytes = 512 * 1024;

/** Of a file that somebody else has blown up only the end is read. */
const readLimitBytes = 2 * rotateBytes;

const newline = 10;

export interface HistoryDirectories {
  readonly stateDirectory: string;
  /** Where the Python process-control kept NAME.yaml; tried in this order. */
  readonly predecessorDirectories: readonly string[];
}

export function historyStore({ stateDirectory, predecessorDirectories }: HistoryDirectories): HistoryStore {
  const directory = path.join(stateDirectory, 'history');
  const current = (slug: string) => path.join(directory, `${slug}.jsonl`);
  const previous = (slug: string) => path.join(directory, `${slug}.jsonl.1`);
  return {
    read(slug) {
      // The older file first: when it is rotated between the two reads, events are seen twice or not yet, never torn.
      return readTail(previous(slug)) + readTail(current(slug));
    },
    append(slug, line) {
      const wrong = appendWhole(current(slug), line);
      if (wrong?.code !== 'ENOENT') return answer(wrong);
      try {
        mkdirSync(directory, { recursive: true, mode: 0o755 });
      } catch (error) {
        return answer(error as NodeJS.ErrnoException);
      }
      return answer(appendWhole(current(slug), line));
    },
    rotate(slug) {
      // An appender that has the file open while it is renamed still writes into a file that is read.
      if (sizeOf(current(slug)) > rotateBytes) renameSync(current(slug), previous(slug));
    },
    predecessor(slug) {
      for (const candidate of predecessorDirectories) {
        const text = readTail(path.join(candidate, `${slug}.yaml`));
        if (text !== '') return new TextEncoder().encode(text);
      }
      return undefined;
    },
  };
}

function answer(wrong: NodeJS.ErrnoException | undefined): WriteAnswer {
  return wrong === undefined ? { ok: true } : { ok: false, reason: wrong.message };
}

/** One write(2) with O_APPEND, which the kernel does not mix with others'. A line that a full disk cut off is closed with a newline first. */
function appendWhole(file: string, line: string): NodeJS.ErrnoException | undefined {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number | undefined;
  try {
    fd = openSync(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    const bytes = Buffer.from(endsTorn(fd) ? `\n${line}` : line);
    const written = writeSync(fd, bytes);
    if (written < bytes.length) writeSync(fd, bytes, written);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function endsTorn(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] !== newline;
}

function sizeOf(file: string): number {
  let fd: number | undefined;
  try {
    fd = openRegular(file);
    return fstatSync(fd).size;
  } catch {
    return 0;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Empty for what is absent, unreadable or no regular file: a history that can't be read is no reason not to run. */
function readTail(file: string): string {
  let fd: number | undefined;
  try {
    fd = openRegular(file);
    const { size } = fstatSync(fd);
    if (size <= readLimitBytes) return readFileSync(fd, 'utf8');
    const end = Buffer.alloc(readLimitBytes);
    const length = readSync(fd, end, 0, readLimitBytes, size - readLimitBytes);
    return end.toString('utf8', end.indexOf(newline) + 1, length);
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function openRegular(file: string): number {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`${file} is not a regular file`);
}
