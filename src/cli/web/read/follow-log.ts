/**
 * Follows a log that grows, for readers who may lose their connection: each step names the place behind it, at which the next one goes on. It is
 * read only as fast as it is asked for.
 */
import { closeSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { readFrom, streamOf } from '../../../system/file/careful-file.ts';
import { sha256 } from '../../../system/file/hash.ts';
import { type LogChange, LogReader, lastLinesAt } from '../../../system/log-files/log-reader.ts';
import { type LineWish, longestLine, type Place, splitLines, wantedBy } from './line-search.ts';
import { lineAt, numberedBytes, openLog, pageLines } from './run-log.ts';

/** A log, and those that follow it. */
export interface FollowedLog {
  readonly outputDirectory: string;
  readonly slug: string;
  readonly name: string;
  /** True once nothing more is written to the last of the logs. */
  readonly isOver: () => boolean;
  /** The name of the log after this one, once there is one. */
  readonly after: (name: string) => string | undefined;
}

/** A place in a log, at the beginning of a line. */
export interface LogPoint {
  readonly at: number;
  /** A hash of the bytes before it: a log that was cut meanwhile has others there. */
  readonly check?: string;
}

export type LogStep =
  | { readonly is: 'lines'; readonly lines: readonly Place[]; readonly name: string; readonly point: LogPoint }
  /** The log was cut or replaced: it follows from its beginning. */
  | { readonly is: 'restarted'; readonly name: string }
  /** The log is full, and goes on in this one. */
  | { readonly is: 'next-log'; readonly name: string }
  /** Nothing new since the last look. */
  | { readonly is: 'nothing' }
  | { readonly is: 'gone'; readonly words: string }
  | { readonly is: 'end' };

export interface FollowOrder {
  readonly log: FollowedLog;
  /** Absent: begin with the last lines. */
  readonly from: LogPoint | undefined;
  readonly wish: LineWish;
  /** Resolves when the next look is due. */
  readonly pause: () => Promise<void>;
}

/** One step has about so many bytes. */
const stepBytes = 64 * 1024;
/** The bytes before a point that its check is of. */
const checkedBytes = 64;
const newline = 0x0a;

export async function* followLog(order: FollowOrder): AsyncGenerator<LogStep, void, void> {
  const { log } = order;
  let { name } = log;
  let from = order.from;
  for (;;) {
    yield* oneLog(name, from, order);
    const next = log.after(name);
    if (next === undefined) return;
    name = next;
    from = { at: 0 };
    yield { is: 'next-log', name };
  }
}

/** Ends when the log is whole and everything of it was read. */
async function* oneLog(
  name: string,
  from: LogPoint | undefined,
  { log, wish, pause }: FollowOrder,
): AsyncGenerator<LogStep, void, void> {
  const { outputDirectory, slug } = log;
  const opened = openLog({ outputDirectory, slug, name });
  if ('words' in opened) return yield { is: 'gone', words: opened.words };
  const lines = new GrowingLines(name, wish);
  if (opened.isCompressed) {
    yield* compressedRest(opened.fd, from?.at ?? 0, lines);
    return yield { is: 'end' };
  }
  closeSync(opened.fd);
  const steps: LogStep[] = [];
  const onChange = (change: LogChange): void => {
    if (change !== 'truncated' && change !== 'replaced') return;
    lines.begin({ at: 0 });
    steps.push({ is: 'restarted', name });
  };
  const onBytes = (bytes: Buffer): boolean => {
    steps.push(lines.take(bytes));
    return false;
  };
  const reader = new LogReader({ base: outputDirectory, relative: `${slug}/${name}`, onBytes, onChange });
  try {
    const start = startOf(reader.fd, from);
    if (start === undefined) steps.push({ is: 'restarted', name });
    reader.start(start?.at ?? 0);
    lines.begin(start ?? { at: 0, first: 1 });
    for (;;) {
      // Asked before the read, so that nothing can be written between the two.
      const isWhole = log.after(name) !== undefined || log.isOver();
      for (let hasMore = true; hasMore; ) {
        hasMore = !reader.read();
        yield* steps.splice(0);
      }
      if (isWhole) break;
      yield { is: 'nothing' };
      await pause();
    }
  } finally {
    reader.close();
  }
  const rest = lines.rest();
  if (rest !== undefined) yield rest;
  if (log.after(name) === undefined) yield { is: 'end' };
}

/** The whole log is read again, as a compressed file has no places. */
async function* compressedRest(fd: number, from: number, lines: GrowingLines): AsyncGenerator<LogStep, void, void> {
  const file = streamOf(fd);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  lines.begin({ at: 0, first: 1 }, from);
  try {
    for await (const chunk of gunzip) {
      const step = lines.take(chunk as Buffer);
      if (step.lines.length > 0) yield step;
    }
    const rest = lines.rest();
    if (rest !== undefined && rest.lines.length > 0) yield rest;
  } catch (error) {
    yield { is: 'gone', words: `the compressed log is damaged: ${(error as Error).message}` };
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

interface Start extends LogPoint {
  /** The number of its line; absent where counting would take too long. */
  readonly first?: number;
  /** The bytes before it. */
  readonly before?: Buffer;
}

/** `undefined` when the log no longer has this place. */
function startOf(fd: number, from: LogPoint | undefined): Start | undefined {
  const at = from === undefined ? lastLinesAt(fd, pageLines) : from.check === undefined ? lineAt(fd, from.at) : from.at;
  const length = Math.min(at, checkedBytes);
  const before = readFrom(fd, at - length, length);
  if (before.length < length) return undefined;
  if (from?.check !== undefined && checkOf(before) !== from.check) return undefined;
  return { at, before, ...(at <= numberedBytes && { first: linesBefore(fd, at) + 1 }) };
}

function linesBefore(fd: number, end: number): number {
  let count = 0;
  for (let from = 0; from < end; from += stepBytes) {
    const bytes = readFrom(fd, from, Math.min(stepBytes, end - from));
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count += 1;
  }
  return count;
}

function checkOf(bytes: Buffer): string {
  return sha256(bytes).slice(0, 8);
}

/** Cuts the bytes of a growing log into lines. A line that is not finished waits for its rest. */
class GrowingLines {
  readonly #name: string;
  readonly #isWanted: (line: Buffer) => boolean;
  #at = 0;
  #number: number | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #before: Buffer = Buffer.alloc(0);
  #shownFrom = 0;

  constructor(name: string, wish: LineWish) {
    this.#name = name;
    this.#isWanted = wantedBy(wish);
  }

  /** Lines before `shownFrom` are counted and left out. */
  begin({ at, first, before = Buffer.alloc(0) }: Start, shownFrom = 0): void {
    this.#at = at;
    this.#number = at === 0 ? 1 : first;
    this.#before = before;
    this.#rest = Buffer.alloc(0);
    this.#shownFrom = shownFrom;
  }

  take(bytes: Buffer): Extract<LogStep, { is: 'lines' }> {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    // A line without end must not fill the memory.
    return this.#cut(all, all.length > longestLine);
  }

  /** The last line, when it has no newline. */
  rest(): Extract<LogStep, { is: 'lines' }> | undefined {
    return this.#rest.length === 0 ? undefined : this.#cut(this.#rest, true);
  }

  #cut(bytes: Buffer, isAll: boolean): Extract<LogStep, { is: 'lines' }> {
    const lines: Place[] = [];
    let read = 0;
    for (const line of splitLines(bytes, this.#at, isAll)) {
      read = Math.min(bytes.length, line.at - this.#at + line.bytes.length + 1);
      const number = this.#number;
      if (number !== undefined) this.#number = number + 1;
      if (line.at < this.#shownFrom || !this.#isWanted(line.bytes)) continue;
      lines.push(number === undefined ? line : { ...line, number });
    }
    this.#before = Buffer.from(Buffer.concat([this.#before, bytes.subarray(0, read)]).subarray(-checkedBytes));
    this.#rest = Buffer.from(bytes.subarray(read));
    this.#at += read;
    return { is: 'lines', lines, name: this.#name, point: { at: this.#at, check: checkOf(this.#before) } };
  }
}
