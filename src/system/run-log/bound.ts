/**
 * Keeps the log of one run below a size: its beginning and its end stay, and a note between them counts what was left out.
 *
 *     | head …                    | note | end …                 |
 *     0                           headBytes                      maxBytes
 *
 * The end grows as any log does. When it has no room left it is cut: the note and the last lines are written over its beginning, and the file is
 * shortened after them. So at any moment, also when run-job is killed, the file has a head and an end of at least `keptBytes`.
 */
import { Buffer } from 'node:buffer';

/** What has been left out so far. */
export interface LeftOut {
  readonly bytes: number;
  readonly lines: number;
}

export interface LogBoundParts {
  readonly maxBytes: number;
  /** The end begins at the place of the file that whatever comes next will have. */
  readonly mark: () => void;
  /** Puts `bytes` in the place of all that stands behind the mark. */
  readonly cut: (bytes: Buffer) => void;
  /** The line that stands where something is missing. */
  readonly note: (leftOut: LeftOut) => Buffer;
}

const newline = 0x0a;
/** Of the whole, and at most: how much room the end has, and how much of it a cut keeps. */
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
  /** Where the end begins; undefined until the head is full. */
  #headBytes: number | undefined;
  /** Of the end, the lines that a cut would have to count. */
  #end: LeftOut = { bytes: 0, lines: 0 };
  #leftOut: LeftOut = { bytes: 0, lines: 0 };

  constructor(parts: LogBoundParts) {
    this.#parts = parts;
    this.#endBytes = Math.min(parts.maxBytes * endShare, mostEndBytes);
    this.#kept = new LastLines(Math.min(Math.max(this.#endBytes * keptShare, leastKeptBytes), mostKeptBytes));
  }

  /** `undefined` when nothing is missing. */
  get leftOut(): LeftOut | undefined {
    return this.#leftOut.lines === 0 ? undefined : this.#leftOut;
  }

  /** To be called before whole lines are written; true when a cut has written them already. */
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

/** The last lines of what went by, in memory that is taken when it is needed first. */
class LastLines {
  readonly #limitBytes: number;
  #bytes: Buffer | undefined;
  #length = 0;
  #isCut = false;

  constructor(limitBytes: number) {
    this.#limitBytes = Math.floor(limitBytes);
  }

  add(lines: Buffer): void {
    // Twice the limit, so that bytes are moved once per limit and not at each call.
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

/** A plain loop: a search for each newline costs more than a look at each byte. */
function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === newline) lines += 1;
  return lines;
}
