/** Finds lines in a log that is read once, from its beginning, and counts them. */
import { clock } from '../../../system/time/clock.ts';
import { defined } from '../../../text/defined.ts';

/** A line of a log as it is in the file, without its newline. */
export interface Place {
  /** The byte at which it begins. */
  readonly at: number;
  readonly bytes: Buffer;
  /** From 1. */
  readonly number?: number;
}

/** Which lines are asked for. */
export interface LineWish {
  readonly stream: 'both' | 'out' | 'err';
  /** A part of the text, in any case; empty: every line. */
  readonly find: string;
}

export interface Found {
  readonly lines: readonly Place[];
  /** The lines before these begin here; absent when these are the first. */
  readonly older?: number;
  readonly newer?: number;
  /** Lines of the log. */
  readonly total?: number;
  /** Lines that were asked for, and the number of the first one that is shown; absent when all lines were. */
  readonly matches?: { readonly count: number; readonly first: number };
  /** False when reading took too long, so that there may be more. */
  readonly isWhole: boolean;
}

const limits = { bytes: 256 * 1024 * 1024, ms: 2000 };
/** A line without end must not fill the memory. */
export const longestLine = 1024 * 1024;
const newline = 0x0a;
/** `2026-11-22 10:30:00,123<tab>` */
const stampLength = 24;

export class LineSearch {
  readonly #wish: LineWish;
  readonly #isWanted: (line: Buffer) => boolean;
  readonly #from: number | undefined;
  readonly #page: number;
  readonly #untilMs = clock.monotonicMs() + limits.ms;
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;
  #number = 0;
  #count = 0;
  #first = 0;
  #kept: Place[] = [];
  /** The places of the lines before those that are kept, at most a page of them. */
  #before: number[] = [];
  #newer: number | undefined;
  isCut = false;

  constructor(wish: LineWish, page: { readonly from: number | undefined; readonly count: number }) {
    this.#wish = wish;
    this.#from = page.from;
    this.#page = page.count;
    this.#isWanted = wantedBy(wish);
  }

  /** Returns false when it has read as much as it may. */
  take(chunk: Buffer): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let read = 0;
    for (const line of splitLines(bytes, this.#at, bytes.length > longestLine)) {
      this.#add(line);
      read = line.at + line.bytes.length + 1 - this.#at;
    }
    read = Math.min(read, bytes.length);
    this.#at += read;
    this.#rest = bytes.subarray(read);
    this.isCut = this.#at > limits.bytes || clock.monotonicMs() > this.#untilMs;
    return !this.isCut;
  }

  end(): Found {
    if (this.#rest.length > 0 && !this.isCut) this.#add({ at: this.#at, bytes: this.#rest });
    const isAll = this.#wish.find === '' && this.#wish.stream === 'both';
    return {
      lines: this.#kept,
      ...defined({ older: this.#before[0], newer: this.#newer, total: this.isCut ? undefined : this.#number }),
      ...(!isAll && { matches: { count: this.#count, first: this.#first } }),
      isWhole: !this.isCut,
    };
  }

  #add(line: Place): void {
    this.#number += 1;
    if (!this.#isWanted(line.bytes)) return;
    this.#count += 1;
    if (this.#from !== undefined && line.at < this.#from) {
      this.#putBefore(line.at);
      return;
    }
    if (this.#from !== undefined && this.#kept.length >= this.#page) {
      this.#newer ??= line.at;
      return;
    }
    if (this.#kept.length === 0) this.#first = this.#count;
    // The memory of a chunk is freed with its last line.
    this.#kept.push({ at: line.at, bytes: Buffer.from(line.bytes), number: this.#number });
    if (this.#kept.length <= this.#page) return;
    this.#putBefore(this.#kept.shift()?.at ?? 0);
    this.#first += 1;
  }

  #putBefore(at: number): void {
    this.#before.push(at);
    if (this.#before.length > this.#page) this.#before.shift();
  }
}

export function wantedBy({ stream, find }: LineWish): (line: Buffer) => boolean {
  const isText = matcher(find);
  return stream === 'both' ? isText : (line) => streamOf(line) === stream && isText(line);
}

function streamOf(line: Buffer): LineWish['stream'] {
  const level = line.toString('latin1', stampLength, stampLength + 4);
  return level === 'ERRO' ? 'err' : level === 'INFO' ? 'out' : 'both';
}

/** Nearly all lines are sorted out by their bytes, without being decoded. */
function matcher(find: string): (line: Buffer) => boolean {
  if (find === '') return () => true;
  const wanted = find.toLowerCase();
  const decoded = (line: Buffer) => textOf(line.toString('utf8')).toLowerCase().includes(wanted);
  if (!/^[ -~]+$/.test(wanted)) return decoded;
  return (line) => line.toString('latin1').toLowerCase().includes(wanted) && decoded(line);
}

/** The text behind stamp and level; all of it when there are none. */
export function textOf(line: string): string {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\t[A-Z]{4,5}\+?\t/.test(line)
    ? line.slice(line.indexOf('\t', stampLength) + 1)
    : line;
}

/** Yields whole lines; what is behind the last newline only with `rest`. */
export function* splitLines(bytes: Buffer, at: number, rest: boolean): Generator<Place> {
  let from = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
    yield { at: at + from, bytes: bytes.subarray(from, end) };
    from = end + 1;
  }
  if (rest && from < bytes.length) yield { at: at + from, bytes: bytes.subarray(from) };
}
