/**
 * Keeps the log of one run below a size: its beginning and its end stay, and a note between them
 * counts what was left out.
 *
 *     | head …                    | note | end …                 |
 *     0                           headBytes                      maxBytes
 *
 * The end grows like any log. When it has no room left it is cut: the note and the last lines are
 * written over its beginning, and the file is shortened after them. So at every moment, also when
 * run-job is killed, the file has its head and, once it was cut, the last whole lines of up to the
 * kept size.
 */
import { Buffer } from 'node:buffer';

/** The output that has been left out so far. */
export interface LeftOut {
  readonly bytes: number;
  readonly lines: number;
}

export interface LogBoundParts {
  readonly maxBytes: number;
  /** Marks the place in the file where the next bytes go: there the end begins. */
  readonly mark: () => void;
  /** Replaces everything after the mark by `bytes`. */
  readonly cut: (bytes: Buffer) => void;
  /** The line for the place where output is missing. */
  readonly note: (leftOut: LeftOut) => Buffer;
}

const newline = 0x0a;
/** The room of the end and the part of it that a cut keeps, as shares and as limits. */
const endShare = 1 / 4;
const mostEndBytes = 32 << 20;
const keptShare = 1 / 4;
const leastKeptBytes = 160 << 10;
const mostKeptBytes = 4 << 20;

export class LogBound {
  readonly #parts: LogBoundParts;
  readonly #endBytes: number;
  readonly #kept: LastLines;
  #sizeBytes = 0;
  /** The place where the end begins; undefined until the head is full. */
  #headBytes: number | undefined;
  /** The size of the end, which a cut counts. */
  #end: LeftOut = { bytes: 0, lines: 0 };
  #leftOut: LeftOut = { bytes: 0, lines: 0 };

  constructor(parts: LogBoundParts) {
    this.#parts = parts;
    this.#endBytes = Math.min(parts.maxBytes * endShare, mostEndBytes);
    this.#kept = new LastLines(Math.min(Math.max(this.#endBytes * keptShare, leastKeptBytes), mostKeptBytes));
  }

  /** The output that is missing; `undefined` when the log is complete. */
  get leftOut(): LeftOut | undefined {
    return this.#leftOut.lines === 0 ? undefined : this.#leftOut;
  }

  /** Must be called before whole lines are written. True when a cut has written them already. */
  takes(lines: Buffer): boolean {
    const { maxBytes } = this.#parts;
    if (this.#headBytes === undefined && this.#sizeBytes + lines.length > maxBytes - this.#endBytes) {
      this.#headBytes = this.#sizeBytes;
      this.#parts.mark();
    }
    if (this.#headBytes === undefined) {
      this.#sizeBytes += lines.length;
      return false;
    }
    this.#kept.add(lines);
    this.#end = { bytes: this.#end.bytes + lines.length, lines: this.#end.lines + linesIn(lines) };
    if (this.#sizeBytes + lines.length <= maxBytes) {
      this.#sizeBytes += lines.length;
      return false;
    }
    this.#cut(this.#headBytes);
    return true;
  }

  #cut(atBytes: number): void {
    const kept = this.#kept.bytes();
    const keptLines = linesIn(kept);
    this.#leftOut = {
      bytes: this.#leftOut.bytes + this.#end.bytes - kept.length,
      lines: this.#leftOut.lines + this.#end.lines - keptLines,
    };
    this.#end = { bytes: kept.length, lines: keptLines };
    const bytes = Buffer.concat([this.#parts.note(this.#leftOut), kept]);
    this.#sizeBytes = atBytes + bytes.length;
    this.#parts.cut(bytes);
  }
}

/** The last lines of the output. Memory is allocated with the first line. */
class LastLines {
  readonly #limitBytes: number;
  #bytes: Buffer | undefined;
  #length = 0;
  #isCut = false;

  constructor(limitBytes: number) {
    this.#limitBytes = Math.floor(limitBytes);
  }

  add(lines: Buffer): void {
    // Twice the limit, so that bytes are moved once per limit and not with each call.
    this.#bytes ??= Buffer.allocUnsafeSlow(2 * this.#limitBytes);
    const some = lines.subarray(Math.max(0, lines.length - this.#limitBytes));
    if (this.#length + some.length > this.#bytes.length) {
      const from = Math.max(0, this.#length - this.#limitBytes);
      this.#bytes.copyWithin(0, from, this.#length);
      this.#length -= from;
      this.#isCut = true;
      if (this.#length + some.length > this.#bytes.length) this.#length = 0;
    }
    this.#isCut ||= some.length < lines.length;
    this.#length += some.copy(this.#bytes, this.#length);
  }

  /** Whole lines, at most as many bytes as the limit says. */
  bytes(): Buffer {
    if (this.#bytes === undefined) return Buffer.alloc(0);
    const from = Math.max(0, this.#length - this.#limitBytes);
    const last = this.#bytes.subarray(from, this.#length);
    return this.#isCut || from > 0 ? last.subarray(last.indexOf(newline) + 1) : last;
  }
}

/** The number of newlines. A plain loop is faster than a search for each newline. */
function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === newline) lines += 1;
  return lines;
}
