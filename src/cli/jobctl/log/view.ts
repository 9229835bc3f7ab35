/** Shows one log: all of it, its last lines, or the lines since a time. */

import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { momentForms, parseMoment } from '../../../report/typed/moment.ts';
import { OddFileError, streamOf } from '../../../system/file/careful-file.ts';
import {
  countLines,
  type LogChange,
  LogReader,
  lastLinesAt,
  linesSinceAt,
} from '../../../system/log-files/log-reader.ts';
import { localOffset, Stamps } from '../../../system/log-files/stamps.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { defined } from '../../../text/defined.ts';
import { PrintableStream } from '../../../text/printable.ts';
import { printBytes, say } from '../../frame/output.ts';
import { elsewhereWords, unreadableLogWords } from '../../report/log-access.ts';
import { notDone } from '../frame/answers.ts';
import type { Options } from '../frame/options.ts';

export interface LogView {
  readonly lines?: number;
  /** `2026-11-22 10:30:00,123`, as log lines are stamped. */
  readonly since?: string;
  readonly sinceMs?: number;
  readonly raw: boolean;
}

/** Returns the view, or what is wrong with the options. */
export function logView({ lines, since, raw }: Options): LogView | string {
  const count = lines === undefined ? undefined : Number(lines);
  if (count !== undefined && (!Number.isInteger(count) || count < 0 || lines === ''))
    return `--lines must be a whole number, found "${lines}"`;
  const shown = { raw: raw === true || !process.stdout.isTTY, ...defined({ lines: count }) };
  if (since === undefined) return shown;
  const nowMs = clock.nowMs();
  // "10 min ago" as people write it, "10m ago" as durations are written.
  const text = since.replace(/^(\d+)\s*([smhdw])[a-z]*\s+ago$/i, '$1$2 ago');
  const now = { nowMs, zone: hostZone(), leaning: 'past' } as const;
  const sinceMs = parseMoment(text, now);
  if (sinceMs === undefined) return `--since must be ${momentForms(now)}, found "${since}"`;
  return { ...shown, sinceMs, since: new Stamps(() => sinceMs, localOffset()).prefix('INFO').slice(0, 23) };
}

/** Prints logs, one behind the other; what is said about them begins a line of its own. */
export class LogPrinter {
  /** Absent: bytes are printed as they are. */
  readonly #printable: PrintableStream | undefined;
  #isInLine = false;

  constructor({ raw }: Pick<LogView, 'raw'>) {
    this.#printable = raw ? undefined : new PrintableStream('log');
  }

  /** Returns false when the reader has gone away. */
  print(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    this.#isInLine = bytes.at(-1) !== 0x0a;
    return printBytes(this.#printable === undefined ? bytes : Buffer.from(this.#printable.take(bytes)));
  }

  say(words: string): void {
    this.endLine();
    say('jobctl', words);
  }

  /** Says why a log can't be shown. Returns the exit code. */
  refuse(words: string): number {
    this.say(words);
    return notDone;
  }

  endLine(): void {
    const rest = this.#printable?.end() ?? '';
    printBytes(Buffer.from(this.#isInLine ? `${rest}\n` : rest));
    this.#isInLine = false;
  }
}

const pollMs = 200;

/** Waits between two looks at a log that may grow, or at a folder where the next log may appear. */
export async function untilNextLook(): Promise<void> {
  await new Promise<void>((resolve) => clock.after(pollMs, resolve));
}

/** A log of a job or an instance. */
export interface LogPlace {
  readonly outputDirectory: string;
  readonly slug: string;
  readonly name: string;
  /** The path that the history has. */
  readonly recorded?: string;
}

function pathOf({ outputDirectory, slug, name }: LogPlace): string {
  return path.join(outputDirectory, slug, name);
}

/** A reader of the file that stands where the view begins. `undefined`: there is no such file. */
export function openReader(
  log: LogPlace,
  view: LogView,
  printer: LogPrinter,
): { readonly reader: LogReader } | { readonly words: string } | undefined {
  try {
    const onChange = (change: LogChange) => printer.say(changeWords(pathOf(log), change));
    const place = { base: log.outputDirectory, relative: `${log.slug}/${log.name}` };
    const reader = new LogReader({ ...place, onBytes: (bytes) => printer.print(bytes), onChange });
    reader.start(startOf(reader.fd, view));
    return { reader };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (error instanceof OddFileError) return { words: `${pathOf(log)}: ${message}` };
    return { words: code === 'EACCES' ? unreadableLogWords(pathOf(log), typed()) : message };
  }
}

/** The command that was typed, so that it can be repeated with sudo. */
function typed(): string {
  return ['jobctl', ...process.argv.slice(3)]
    .map((word) => (/^[\w.:@/=-]+$/.test(word) ? word : `'${word}'`))
    .join(' ');
}

/** The number of lines of this log that the view shows; 0 if it can't be read. */
export async function linesShown(log: LogPlace, view: LogView, printer: LogPrinter): Promise<number> {
  const opened = openReader(log, view, printer);
  if (opened === undefined) return compressedLinesShown(log, view, printer);
  if ('words' in opened) return 0;
  const count = countLines(opened.reader.fd, startOf(opened.reader.fd, view), view.lines ?? Number.POSITIVE_INFINITY);
  opened.reader.close();
  return count;
}

/** The place where the view begins: the later one, if it has a number of lines and a time. */
function startOf(fd: number, { lines, since }: LogView): number {
  const bySince = since === undefined ? 0 : linesSinceAt(fd, since);
  return lines === undefined ? bySince : Math.max(bySince, lastLinesAt(fd, lines));
}

function changeWords(file: string, change: LogChange): string {
  switch (change) {
    case 'truncated':
      return `${file} was truncated; reading from its start`;
    case 'replaced':
      return `${file} was replaced; reading the new one from its start`;
    case 'moved':
      return `${file} was renamed; waiting for the next one`;
    case 'removed':
      return `${file} was removed; waiting for the next one`;
    default:
      return change satisfies never;
  }
}

/** Shows all that the log has now. */
export async function showLog(log: LogPlace, view: LogView, printer: LogPrinter): Promise<number> {
  const opened = openReader(log, view, printer);
  if (opened === undefined) return showCompressed(log, view, printer);
  if ('words' in opened) return printer.refuse(opened.words);
  opened.reader.read();
  opened.reader.close();
  return 0;
}

/** A log that was compressed meanwhile, as log_retention says. */
async function showCompressed(log: LogPlace, view: LogView, printer: LogPrinter): Promise<number> {
  const compressed = compressedOf(log);
  const opened = openReader(compressed, { raw: true }, printer);
  if (opened === undefined) {
    const gone = `${pathOf(log)} is not there: old logs are removed as log_retention says, or an operator has moved or removed it`;
    return printer.refuse(elsewhereWords(log.recorded ?? pathOf(log), log.outputDirectory) ?? gone);
  }
  if ('words' in opened) return printer.refuse(opened.words);
  const { lines } = view;
  const last: Buffer[] = [];
  try {
    for await (const line of linesSince(opened.reader.fd, view)) {
      if (lines === undefined && !printer.print(line)) break;
      if (lines !== undefined && last.push(line) > lines) last.shift();
    }
    for (const line of last) if (!printer.print(line)) break;
    return 0;
  } catch (error) {
    return printer.refuse(`${pathOf(compressed)}: ${(error as Error).message}`);
  }
}

function compressedOf(log: LogPlace): LogPlace {
  return { ...log, name: `${log.name}.gz` };
}

async function compressedLinesShown(log: LogPlace, view: LogView, printer: LogPrinter): Promise<number> {
  const opened = openReader(compressedOf(log), { raw: true }, printer);
  if (opened === undefined || 'words' in opened) return 0;
  let count = 0;
  try {
    for await (const _line of linesSince(opened.reader.fd, view)) count += 1;
  } catch {
    // The function that shows this log says what is wrong with it.
  }
  return Math.min(count, view.lines ?? Number.POSITIVE_INFINITY);
}

/** The lines of a compressed log from the time on that the view begins with. */
async function* linesSince(fd: number, { since }: Pick<LogView, 'since'>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const stream = streamOf(fd);
  stream.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  let isShown = since === undefined;
  for await (const line of linesOf(gunzip)) {
    isShown ||= since !== undefined && line.toString('latin1', 0, since.length) >= since;
    if (isShown) yield line;
  }
}

/** Yields lines with their newlines. */
async function* linesOf(stream: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      yield bytes.subarray(from, end + 1);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield rest;
}
