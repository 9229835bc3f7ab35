/** One page of the log of a run: from its end, from a place in it, or the lines that a search finds. */
import { closeSync, fstatSync } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Config } from '../../../config/config.ts';
import { readLogName } from '../../../run/retention/retention.ts';
import { OddFileError, openCarefully, readFrom, streamOf } from '../../../system/file/careful-file.ts';
import { countLines, lastLinesAt } from '../../../system/log-files/log-reader.ts';
import { instanceLogs } from '../../../system/run-log/service-logs.ts';
import { defined } from '../../../text/defined.ts';
import { elsewhereWords, unreadableLogWords } from '../../report/log-access.ts';
import { type Found, LineSearch, type LineWish, splitLines } from './line-search.ts';

/** A log below the output directory; its name was checked, and is never that of a request. */
export interface LogPlace {
  readonly outputDirectory: string;
  readonly slug: string;
  readonly name: string;
  /** The path that the history has. */
  readonly recorded?: string;
}

export interface LogQuery extends LineWish {
  /** Begin at the first line from this byte on; absent: the last lines. */
  readonly from?: number;
}

export type LogPart =
  | ({ readonly is: 'lines'; readonly sizeBytes: number; readonly isCompressed: boolean } & Found)
  | { readonly is: 'none'; readonly words: string };

/** Lines of one page. */
export const pageLines = 500;
/** Lines of a longer log have no numbers, as counting them takes too long. */
export const numberedBytes = 32 * 1024 * 1024;
/** More than this is not put on one page. */
const pageBytes = 4 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const newline = 0x0a;

/** The service user can write the history, so a path in it counts only if it names a log of this job. */
export function runLogPlace(slug: string, logPath: string | undefined, config: Config): LogPlace | undefined {
  if (logPath === undefined) return undefined;
  const name = path.basename(logPath);
  if (readLogName(slug, name) === undefined) return undefined;
  return { outputDirectory: config.outputDirectory, slug, name, recorded: logPath };
}

export function instanceLogPlace(slug: string, instance: number, { outputDirectory }: Config): LogPlace | undefined {
  const name = instanceLogs(path.join(outputDirectory, slug), `${slug}.${instance}`).at(-1);
  return name === undefined ? undefined : { outputDirectory, slug, name };
}

export async function readLog(place: LogPlace, query: LogQuery): Promise<LogPart> {
  const opened = openLog(place);
  if ('words' in opened) return { is: 'none', words: opened.words };
  const { fd, isCompressed } = opened;
  const sizeBytes = fstatSync(fd).size;
  const about = { is: 'lines', sizeBytes, isCompressed } as const;
  if (isCompressed || query.find !== '' || query.stream !== 'both')
    return { ...about, ...(await search(opened, query)) };
  try {
    return { ...about, ...window(fd, sizeBytes, query.from) };
  } finally {
    closeSync(fd);
  }
}

interface OpenedLog {
  readonly fd: number;
  readonly isCompressed: boolean;
}

/** A log that log_retention has compressed meanwhile has another name. */
export function openLog(place: LogPlace): OpenedLog | { readonly words: string } {
  const { outputDirectory, slug, name, recorded } = place;
  const plain = name.replace(/\.gz$/, '');
  for (const isCompressed of [false, true]) {
    const file = `${slug}/${plain}${isCompressed ? '.gz' : ''}`;
    try {
      return { fd: openCarefully(outputDirectory, file), isCompressed };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      const whole = path.join(outputDirectory, file);
      if (code === 'EACCES') return { words: unreadableLogWords(whole, `jobctl logs ${slug}`) };
      if (error instanceof OddFileError) return { words: `${whole}: ${message}` };
      throw error;
    }
  }
  const gone = `${path.join(outputDirectory, slug, plain)} is not there: old logs are removed as log_retention says, or an operator has moved or removed it`;
  return { words: elsewhereWords(recorded ?? path.join(outputDirectory, slug, plain), outputDirectory) ?? gone };
}

/** Some lines of a plain log, without reading the rest of it. */
function window(fd: number, sizeBytes: number, asked: number | undefined): Found {
  const from = asked === undefined ? lastLinesAt(fd, pageLines) : lineAt(fd, Math.min(asked, sizeBytes));
  const bytes = readFrom(fd, from, Math.min(pageBytes, sizeBytes - from));
  const isRest = from + bytes.length >= sizeBytes;
  const all = [...splitLines(bytes, from, isRest)].slice(0, pageLines);
  const last = all.at(-1);
  const end = last === undefined ? from : last.at + last.bytes.length + 1;
  const numbers = sizeBytes > numberedBytes ? undefined : numbersAt(fd, from);
  return {
    lines: all.map((line, index) => ({ ...line, ...(numbers && { number: numbers.first + index }) })),
    ...(from > 0 && { older: lastLinesAt(fd, pageLines, from) }),
    ...(end < sizeBytes && { newer: end }),
    ...defined({ total: numbers?.total }),
    isWhole: true,
  };
}

function numbersAt(fd: number, from: number): { readonly first: number; readonly total: number } {
  const total = countLines(fd, 0, Number.POSITIVE_INFINITY);
  return { total, first: total - countLines(fd, from, Number.POSITIVE_INFINITY) + 1 };
}

/** The beginning of the first line that does not begin before this place. */
export function lineAt(fd: number, asked: number): number {
  if (asked === 0) return 0;
  for (let at = asked - 1; ; at += chunkBytes) {
    const bytes = readFrom(fd, at, chunkBytes);
    const found = bytes.indexOf(newline);
    if (found >= 0) return at + found + 1;
    if (bytes.length < chunkBytes) return at + bytes.length;
  }
}

/** Looks at every line, as far as time allows. Closes the descriptor. */
async function search({ fd, isCompressed }: OpenedLog, query: LogQuery): Promise<Found> {
  const found = new LineSearch(query, { from: query.from, count: pageLines });
  const file = streamOf(fd);
  const gunzip = isCompressed ? createGunzip() : undefined;
  if (gunzip !== undefined) file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const chunk of gunzip ?? file) if (!found.take(chunk as Buffer)) break;
  } catch (error) {
    if (!isCompressed) throw error;
    // A damaged file: what was readable is shown, and that it is not all.
    found.isCut = true;
  } finally {
    file.destroy();
  }
  return found.end();
}
