/**
 * Puts a time stamp and a level before each line of one stream, on bytes as they are: nothing is decoded, nothing is lost.
 *
 * All happens in one buffer, the bench: new bytes are read behind the part of a line that is still unfinished, and finished lines are
 * copied, stamped, to the front.
 *
 *     | stamped lines …        | unfinished line | bytes just read      |
 *     0                        heldAt            inputAt
 */
import { Buffer } from 'node:buffer';
import type { Level, Stamps } from '../log-files/stamps.ts';

/** A longer line is continued on the next, so that one without end needs no memory. */
export const longestLineBytes = 65_536;

const newline = 0x0a;
/** What a pipe holds, unless somebody made it larger. */
const inputBytes = 65_536;
const outputBytes = 2 * longestLineBytes;
const inputAt = outputBytes + longestLineBytes;

export interface StamperParts {
  readonly level: 'INFO' | 'ERROR';
  readonly stamps: Stamps;
  /** Gets whole stamped lines; they are only there during the call. */
  readonly onLines: (lines: Buffer) => void;
}

export class Stamper {
  /** Read into this, then call `take`. */
  readonly input: Buffer;
  readonly #parts: StamperParts;
  readonly #bench = Buffer.allocUnsafeSlow(inputAt + inputBytes + 1);
  readonly #view = new DataView(this.#bench.buffer);
  #outputLength = 0;
  #heldLength = 0;
  #heldNumber = 0;
  /** The unfinished line continues one that was cut, or written before it was finished. */
  #isContinued = false;
  #prefix = eightByteWords('2026-11-22 10:30:00,123\tINFO\t');

  constructor(parts: StamperParts) {
    this.#parts = parts;
    this.input = this.#bench.subarray(inputAt, inputAt + inputBytes);
  }

  /** The unfinished piece of a line that is kept back: a number that another one does not have; `undefined` when there is none. */
  get held(): number | undefined {
    return this.#heldLength === 0 ? undefined : this.#heldNumber;
  }

  /** Stamps what is whole of the first `length` bytes of `input` and of what was held; keeps the rest. */
  take(length: number): void {
    const bench = this.#bench;
    const end = inputAt + length;
    // Ends every search for a line's end at the end of what was read.
    bench[end] = newline;
    const begin = inputAt - this.#heldLength;
    let at = begin;
    this.#setPrefix();
    for (let stop = bench.indexOf(newline, inputAt); stop < end; stop = bench.indexOf(newline, at)) {
      if (stop - at > longestLineBytes) at = this.#cut(at, stop);
      // A line that was written before it was finished may have nothing more than its newline.
      if (stop > at || !this.#isContinued) this.#put(at, stop + 1);
      if (this.#isContinued) this.#continue(false);
      at = stop + 1;
    }
    if (end - at > longestLineBytes) at = this.#cut(at, end);
    this.#flush();
    if (at !== begin) this.#heldNumber += 1;
    this.#heldLength = end - at;
    bench.copyWithin(inputAt - this.#heldLength, at, end);
  }

  /** Writes the unfinished piece as it is; what comes next continues it. */
  writeHeld(): void {
    if (this.#heldLength === 0) return;
    this.#setPrefix();
    this.#bench[inputAt] = newline;
    this.#put(inputAt - this.#heldLength, inputAt + 1);
    this.#flush();
    this.#heldLength = 0;
    this.#heldNumber += 1;
    this.#continue(true);
  }

  /** No more bytes will come. True when the last line had no newline; it gets one. */
  end(): boolean {
    this.writeHeld();
    const isUnfinished = this.#isContinued;
    this.#continue(false);
    return isUnfinished;
  }

  /** Puts as many full-length pieces of a too long line as there are, and returns where the rest begins. */
  #cut(from: number, end: number): number {
    let at = from;
    for (; end - at > longestLineBytes; at += longestLineBytes) {
      this.#put(at, at + longestLineBytes);
      this.#bench[this.#outputLength++] = newline;
      if (!this.#isContinued) this.#continue(true);
    }
    return at;
  }

  #put(from: number, to: number): void {
    const { length, words } = this.#prefix;
    if (this.#outputLength + length + (to - from) + 1 > outputBytes) this.#flush();
    const at = this.#outputLength;
    // Four stores, the last of which overlaps the third: a loop over 30 bytes takes longer than all the rest of this function.
    this.#view.setFloat64(at, words[0]);
    this.#view.setFloat64(at + 8, words[1]);
    this.#view.setFloat64(at + 16, words[2]);
    this.#view.setFloat64(at + length - 8, words[3]);
    this.#bench.copyWithin(at + length, from, to);
    this.#outputLength = at + length + (to - from);
  }

  #flush(): void {
    if (this.#outputLength > 0) this.#parts.onLines(this.#bench.subarray(0, this.#outputLength));
    this.#outputLength = 0;
  }

  #continue(isContinued: boolean): void {
    this.#isContinued = isContinued;
    this.#setPrefix();
  }

  #setPrefix(): void {
    const level: Level = this.#isContinued ? `${this.#parts.level}+` : this.#parts.level;
    const text = this.#parts.stamps.prefix(level);
    if (text !== this.#prefix.text) this.#prefix = eightByteWords(text);
  }
}

/** Numbers that hold the bytes of an ASCII text of 24 to 32 characters; ASCII is never one of the bit patterns that are not a number. */
function eightByteWords(text: string) {
  const bytes = Buffer.from(text, 'latin1');
  const word = (at: number) => bytes.readDoubleBE(at);
  return { text, length: bytes.length, words: [word(0), word(8), word(16), word(bytes.length - 8)] as const };
}
