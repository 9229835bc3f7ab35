/**
 * Puts a time stamp and a level before each line of one stream. It works on bytes and decodes
 * nothing, so no byte is lost.
 *
 * All of it happens in one buffer, the bench: new bytes are read behind the unfinished part of a
 * line, and finished lines are copied with their stamps to the front.
 *
 *     | stamped lines …        | unfinished line | bytes just read      |
 *     0                        heldAt            inputAt
 */
import { Buffer } from 'node:buffer';
import type { Level, Stamps } from '../log-files/stamps.ts';

/**
 * The longest line. A longer one is continued on the next line, so that a line without end needs no
 * memory.
 */
export const longestLineBytes = 65_536;

const newline = 0x0a;
/** The default capacity of a pipe. */
const inputBytes = 65_536;
const outputBytes = 2 * longestLineBytes;
const inputAt = outputBytes + longestLineBytes;

export interface StamperParts {
  readonly level: 'INFO' | 'ERROR';
  readonly stamps: Stamps;
  /** Gets whole stamped lines, which are valid only during the call. */
  readonly onLines: (lines: Buffer) => void;
}

export class Stamper {
  /** The buffer to read into before each call of `take`. */
  readonly input: Buffer;
  readonly #parts: StamperParts;
  readonly #bench = Buffer.allocUnsafeSlow(inputAt + inputBytes + 1);
  readonly #view = new DataView(this.#bench.buffer);
  #outputLength = 0;
  #heldLength = 0;
  #heldNumber = 0;
  /** True when the unfinished line continues one that was cut or written unfinished. */
  #isContinued = false;
  #prefix = eightByteWords('2026-11-22 10:30:00,123\tINFO\t');

  constructor(parts: StamperParts) {
    this.#parts = parts;
    this.input = this.#bench.subarray(inputAt, inputAt + inputBytes);
  }

  /** A number that identifies the unfinished piece of a line; `undefined` when there is none. */
  get held(): number | undefined {
    return this.#heldLength === 0 ? undefined : this.#heldNumber;
  }

  /**
   * Stamps the whole lines of the held bytes and the first `length` bytes of `input`. Holds the
   * rest.
   */
  take(length: number): void {
    const bench = this.#bench;
    const end = inputAt + length;
    // This newline ends every search at the end of the bytes.
    bench[end] = newline;
    const begin = inputAt - this.#heldLength;
    let at = begin;
    this.#setPrefix();
    for (let stop = bench.indexOf(newline, inputAt); stop < end; stop = bench.indexOf(newline, at)) {
      if (stop - at > longestLineBytes) at = this.#cut(at, stop);
      // Of a line that was written unfinished only the newline may be left.
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

  /** Writes the unfinished piece. The next bytes continue it. */
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

  /** Ends the stream. True when the last line had no newline, which is then added. */
  end(): boolean {
    this.writeHeld();
    const isUnfinished = this.#isContinued;
    this.#continue(false);
    return isUnfinished;
  }

  /** Writes the full pieces of a line that is too long, and returns where the rest begins. */
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
    // Four stores, of which the last overlaps the third: a loop over 30 bytes takes longer than the
    // rest of this function.
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

/**
 * The bytes of an ASCII text of 24 to 32 characters as numbers. ASCII never forms a bit pattern of
 * NaN.
 */
function eightByteWords(text: string) {
  const bytes = Buffer.from(text, 'latin1');
  const word = (at: number) => bytes.readDoubleBE(at);
  return { text, length: bytes.length, words: [word(0), word(8), word(16), word(bytes.length - 8)] as const };
}
