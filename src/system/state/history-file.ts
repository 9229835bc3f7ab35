/**
 * A job's history on disk: `STATE/history/NAME.jsonl`. Any program appends to it; only the holder
 * of the job's lock rotates it.
 */
import { closeSync, constants, fstatSync, mkdirSync, readSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { inDirectory, namesIn, OddFileError, pinned, quietly, readEnd } from '../file/careful-file.ts';
import { openForWriting } from '../file/new-file.ts';
import type { WriteAnswer } from '../types/file.ts';
import type { HistoryStore } from '../types/state.ts';

/** Not beside the histories: the name of a job may end in anything that a suffix could be. */
const daysFolder = 'history-days';

const newline = 10;
const denied = 'permission denied';

export interface HistorySettings {
  readonly stateDirectory: string;
  /** The size at which a file is rotated. There are at most two. */
  readonly rotateBytes: number;
  /** The directories of NAME.yaml of the Python process-control, tried in this order. */
  readonly predecessorDirectories: readonly string[];
  /** The directory with a folder of logs for each job; its logs are evidence that the job has run. */
  readonly outputDirectory?: string;
  /** The user whose rights count, where that may not be the caller. */
  readonly reader?: string;
}

export function historyStore({
  stateDirectory,
  rotateBytes,
  predecessorDirectories,
  outputDirectory,
  reader,
}: HistorySettings): HistoryStore {
  // Only the end of a larger file is read.
  const readLimitBytes = 2 * rotateBytes;
  const directory = path.join(stateDirectory, 'history');
  const daysDirectory = path.join(stateDirectory, daysFolder);
  const current = (slug: string) => path.join(directory, `${slug}.jsonl`);
  const previous = (slug: string) => `${current(slug)}.1`;
  const hidden = new Map<string, string>();
  const readUpTo = (slug: string, named: string, limitBytes: number): End => {
    const end = readEndOf(stateDirectory, named, limitBytes);
    if (!('hidden' in end)) return end;
    const reason = end.hidden === denied && reader !== undefined ? `${reader} may not read it` : end.hidden;
    hidden.set(slug, `${path.join(stateDirectory, named)}: ${reason}`);
    return noLines;
  };
  const isFull = (slug: string) => {
    const size = quietly(() => pinned(stateDirectory, `history/${slug}.jsonl`, ({ facts }) => facts.size)) ?? 0;
    return size > rotateBytes;
  };
  /** Makes place for the newer lines without dropping older ones that may be read once more. */
  const setAside = (slug: string, reason: string) => {
    const old = previous(slug);
    const aside = `${old}.unread-${Date.now()}`;
    try {
      renameSync(old, aside);
      renameSync(current(slug), old);
      return `${old} can't be read (${reason}), and was kept as ${aside}`;
    } catch (error) {
      return `${old} can't be read (${reason}), and can't be set aside: ${(error as Error).message}`;
    }
  };
  const read = (slug: string, named: string) => readUpTo(slug, named, readLimitBytes).text;
  return {
    read(slug) {
      hidden.delete(slug);
      // The older file is read first: after a rotation between the two reads, events appear twice
      // or not yet, never torn.
      const named = `history/${slug}.jsonl`;
      return read(slug, `${named}.1`) + read(slug, named);
    },
    tail(slug, limitBytes) {
      hidden.delete(slug);
      const named = `history/${slug}.jsonl`;
      const last = readUpTo(slug, named, limitBytes);
      if (!last.isAll || last.bytes >= limitBytes) return { text: last.text, isAll: false };
      // When the file is rotated between the two reads, what it held is seen again as the older one.
      const older = readUpTo(slug, `${named}.1`, limitBytes - last.bytes);
      return { text: older.text + last.text, isAll: older.isAll };
    },
    hidden: (slug) => hidden.get(slug),
    lost(slug) {
      const named = `history/${slug}.jsonl`;
      const size = quietly(() => pinned(stateDirectory, named, ({ facts }) => facts.size));
      if (size !== undefined) return size === 0 ? 'it is empty' : undefined;
      if (outputDirectory === undefined || !hasLogs(outputDirectory, slug)) return undefined;
      return `it is missing, though ${path.join(outputDirectory, slug)} has logs of runs`;
    },
    path: current,
    append: (slug, line) => appendTo(directory, slug, line),
    isFull,
    rotate(slug, summary) {
      if (!isFull(slug)) return undefined;
      const dropped = readEndOf(stateDirectory, `history/${slug}.jsonl.1`, readLimitBytes);
      if ('hidden' in dropped) return setAside(slug, dropped.hidden);
      const lines = summary?.(dropped.text) ?? '';
      // What can't be kept is not dropped.
      if (lines !== '' && !appendTo(daysDirectory, slug, lines).ok) return undefined;
      // A program that has the file open during the rename still writes to a file that is read.
      renameSync(current(slug), previous(slug));
      return undefined;
    },
    kept: (slug) => readUpTo(slug, `${daysFolder}/${slug}.jsonl`, readLimitBytes).text,
    predecessor(slug) {
      for (const candidate of predecessorDirectories) {
        const end = readEndOf(candidate, `${slug}.yaml`, readLimitBytes);
        if (!('hidden' in end) && end.text !== '') return new TextEncoder().encode(end.text);
      }
      return undefined;
    },
  };
}

/**
 * True also for a folder that this reader may not list: a run has made it. A closed output directory says nothing about
 * any job.
 */
function hasLogs(outputDirectory: string, slug: string): boolean {
  return quietly(() => inDirectory(outputDirectory, slug, holdsLogs)) ?? false;
}

function holdsLogs(directory: string): boolean {
  try {
    return namesIn(directory, '').some((name) => /\.log(?:\.gz)?$/.test(name));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function appendTo(directory: string, slug: string, lines: string): WriteAnswer {
  const file = path.join(directory, `${slug}.jsonl`);
  const wrong = appendWhole(file, lines);
  if (wrong?.code !== 'ENOENT') return answer(wrong);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
  } catch (error) {
    return answer(error as NodeJS.ErrnoException);
  }
  return answer(appendWhole(file, lines));
}

function answer(wrong: NodeJS.ErrnoException | undefined): WriteAnswer {
  return wrong === undefined ? { ok: true } : { ok: false, reason: wrong.message };
}

/**
 * Appends with one write(2) and O_APPEND, which the kernel does not mix with other writes. After a
 * torn line it writes a newline first.
 */
function appendWhole(file: string, line: string): NodeJS.ErrnoException | undefined {
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  let fd: number | undefined;
  try {
    fd = openForWriting(file, O_RDWR | O_APPEND | O_CREAT);
    const bytes = Buffer.from(endsTorn(fd) ? `\n${line}` : line);
    const written = writeSync(fd, bytes);
    if (written < bytes.length) writeSync(fd, bytes, written);
    return undefined;
  } catch (error) {
    if (error instanceof OddFileError) error.message = `${file}: ${error.message}`;
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

/** The last whole lines of a file. */
interface End {
  readonly text: string;
  /** The length of the file, at most `limitBytes`. */
  readonly bytes: number;
  readonly isAll: boolean;
}

const noLines: End = { text: '', bytes: 0, isAll: true };

/**
 * The end of the file; no lines when it is missing. If it can't be read, the reason: the job runs
 * anyway.
 */
function readEndOf(base: string, relative: string, limitBytes: number): End | { readonly hidden: string } {
  try {
    const { bytes, from } = readEnd(base, relative, limitBytes);
    const text = bytes.toString('utf8', from === 0 ? 0 : bytes.indexOf(newline) + 1);
    return { text, bytes: bytes.length, isAll: from === 0 };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT') return noLines;
    return { hidden: code === 'EACCES' ? denied : message };
  }
}
