/**
 * Follows a log that another process writes, as `tail -F` does. It notices when the log is
 * truncated, moved, removed or replaced, and always begins at the start of a line.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openCarefully, pinned, quietly } from '../file/careful-file.ts';

/**
 * A change of the file since the last look. After `moved` and `removed` its last bytes have been
 * read, and the reader waits for a new file.
 */
export type LogChange = 'truncated' | 'moved' | 'removed' | 'replaced';

export interface LogReaderParts {
  /** The trusted directory; `relative` is the path below it. */
  readonly base: string;
  readonly relative: string;
  /** Gets bytes as they are in the log. Returns false when the reader shall stop. */
  readonly onBytes: (bytes: Buffer) => boolean;
  readonly onChange: (change: LogChange) => void;
}

const chunkBytes = 64 * 1024;
/**
 * The number of bytes before the current place that each look compares, because a log may have been
 * truncated and grown again.
 */
const knownBytes = 64;
const newline = 0x0a;

export class LogReader {
  readonly #parts: LogReaderParts;
  #fd: number;
  #at = 0;
  #known: Buffer = Buffer.alloc(0);
  #isLost = false;

  /** Opens the log. Throws what open(2) throws. */
  constructor(parts: LogReaderParts) {
    this.#parts = parts;
    this.#fd = openCarefully(parts.base, parts.relative);
  }

  /** Continues from the given place, which must be the beginning of a line. */
  start(at: number): void {
    this.#at = at;
    this.#known = readBytes(this.#fd, Math.max(0, at - knownBytes), Math.min(at, knownBytes));
  }

  get fd(): number {
    return this.#fd;
  }

  /** Reads what is new. False when `onBytes` wants no more. */
  read(): boolean {
    if (this.#isTruncated()) {
      this.#parts.onChange('truncated');
      this.start(0);
    }
    if (!this.#readRest()) return false;
    return this.#isSame() || this.#switch();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #isTruncated(): boolean {
    return fstatSync(this.#fd).size < this.#at || !this.#isAt(this.#fd);
  }

  /** True when the bytes before the current place are those that were read there. */
  #isAt(fd: number): boolean {
    return this.#known.equals(readBytes(fd, this.#at - this.#known.length, this.#known.length));
  }

  #readRest(): boolean {
    for (;;) {
      const bytes = readBytes(this.#fd, this.#at, chunkBytes);
      if (bytes.length === 0) return true;
      this.#at += bytes.length;
      this.#known = Buffer.from(Buffer.concat([this.#known, bytes]).subarray(-knownBytes));
      if (!this.#parts.onBytes(bytes)) return false;
    }
  }

  /** True when the path still names the open file. */
  #isSame(): boolean {
    const { base, relative } = this.#parts;
    const now = quietly(() => pinned(base, relative, ({ facts }) => facts));
    const ours = fstatSync(this.#fd);
    return now !== undefined && now.ino === ours.ino && now.dev === ours.dev;
  }

  #switch(): boolean {
    let next: number;
    try {
      next = openCarefully(this.#parts.base, this.#parts.relative);
    } catch {
      if (!this.#isLost) this.#parts.onChange(fstatSync(this.#fd).nlink === 0 ? 'removed' : 'moved');
      this.#isLost = true;
      return true;
    }
    // The writer may have written to the old file before it noticed the change.
    const goesOn = this.#readRest();
    closeSync(this.#fd);
    this.#fd = next;
    this.#isLost = false;
    // A log that a run has created again contains everything that was read already.
    const isContinued = this.#known.length > 0 && fstatSync(next).size >= this.#at && this.#isAt(next);
    if (!isContinued) {
      this.#parts.onChange('replaced');
      this.start(0);
    }
    return goesOn && this.#readRest();
  }
}

/** The place where the last `lines` lines before `before` begin; before the end of the file unless it is given. */
export function lastLinesAt(fd: number, lines: number, before: number = fstatSync(fd).size): number {
  let end = before;
  const isWhole = end > 0 && readBytes(fd, end - 1, 1)[0] === newline;
  // The newline at the very end belongs to the last line.
  let left = isWhole ? lines + 1 : lines;
  if (lines === 0) return before;
  while (end > 0) {
    const from = Math.max(0, end - chunkBytes);
    const bytes = readBytes(fd, from, end - from);
    for (let at = bytes.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)) {
      left -= 1;
      if (left === 0) return from + at + 1;
    }
    end = from;
  }
  return 0;
}

/**
 * The number of lines from this place on, at most `most`. A last line without a newline counts too.
 */
export function countLines(fd: number, at: number, most: number): number {
  let count = 0;
  let last: number = newline;
  for (let from = at; count < most; ) {
    const bytes = readBytes(fd, from, chunkBytes);
    if (bytes.length === 0) return last === newline ? count : count + 1;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) count += 1;
    last = bytes.at(-1) ?? newline;
    from += bytes.length;
  }
  return Math.min(count, most);
}

/**
 * The beginning of the first line whose stamp is not before `stamp` (`2026-11-22 10:30:00,123`);
 * the end of the file when there is none.
 */
export function linesSinceAt(fd: number, stamp: string): number {
  let lineAt = 0;
  let rest = Buffer.alloc(0);
  for (let at = 0; ; ) {
    const bytes = readBytes(fd, at, chunkBytes);
    at += bytes.length;
    const text = Buffer.concat([rest, bytes]);
    let from = 0;
    for (let end = text.indexOf(newline); end >= 0; end = text.indexOf(newline, from)) {
      if (isSince(text.toString('latin1', from, from + stamp.length), stamp)) return lineAt;
      lineAt += end + 1 - from;
      from = end + 1;
    }
    rest = text.subarray(from);
    if (bytes.length > 0) continue;
    return isSince(rest.toString('latin1', 0, stamp.length), stamp) ? lineAt : at;
  }
}

function isSince(text: string, stamp: string): boolean {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}$/.test(text) && text >= stamp;
}

function readBytes(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, at));
}
