/** Creates the log file of a run: its name, its directory, and the link `latest.log` to it. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { openForWriting } from '../file/new-file.ts';

export interface LogPlace {
  /** `output_directory` of the configuration. */
  readonly directory: string;
  /** The folder, and the beginning of the file's name unless `stem` is given. */
  readonly slug: string;
  readonly stem?: string;
  readonly startedMs: number;
  /** The first number to try among the logs of one second; 1 by default. */
  readonly from?: number;
}

export type LogFileAnswer =
  | { readonly is: 'open'; readonly fd: number; readonly path: string; readonly linkProblem?: string }
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string };

const appendFlags = constants.O_WRONLY | constants.O_APPEND;
const flags = appendFlags | constants.O_CREAT | constants.O_EXCL;
const fileMode = 0o640;
/**
 * Setgid, so that logs get the group that may read them (adm), which the service user can't set
 * itself.
 */
const directoryMode = 0o2750;

/**
 * Creates the file. The directories are seldom missing, so they are made only when the first
 * attempt fails.
 */
export function createLogFile(place: LogPlace): LogFileAnswer {
  const directory = path.join(place.directory, place.slug);
  let stage = 'creating the log file';
  try {
    let created = createFirstFree(directory, place);
    if (created === undefined) {
      stage = 'creating the log directory';
      makeDirectories(place.directory, directory);
      stage = 'creating the log file';
      created = createFirstFree(directory, place);
    }
    if (created === undefined) throw new Error(`${directory} is not there`);
    return { is: 'open', ...created, ...pointLatestAt(created.path, place) };
  } catch (error) {
    return { is: 'failed', stage, reason: (error as Error).message };
  }
}

/**
 * Opens an existing log that is shorter than `belowBytes`; `undefined` when it is longer, can't be
 * opened or is not a regular file.
 */
export function reopenLogFile(
  file: string,
  belowBytes: number,
): { readonly fd: number; readonly sizeBytes: number } | undefined {
  let fd: number | undefined;
  try {
    fd = openForWriting(file, appendFlags);
    const facts = fstatSync(fd);
    if (facts.size < belowBytes) return { fd, sizeBytes: facts.size };
  } catch {
    return undefined;
  }
  closeSync(fd);
  return undefined;
}

/**
 * Opens or creates the file at the path of a log that was moved or removed; `undefined` when that
 * fails.
 */
export function renewLogFile(
  file: string,
  place: Omit<LogPlace, 'startedMs' | 'from'>,
): { readonly fd: number; readonly sizeBytes: number } | undefined {
  try {
    makeDirectories(place.directory, path.dirname(file));
    const fd = openForWriting(file, appendFlags | constants.O_CREAT, fileMode);
    const facts = fstatSync(fd);
    if (facts.size === 0) fchmodSync(fd, fileMode);
    pointLatestAt(file, { ...place, startedMs: 0 });
    return { fd, sizeBytes: facts.size };
  } catch {
    return undefined;
  }
}

/** The first file of a free name; `undefined` when the directory is missing. */
function createFirstFree(
  directory: string,
  { slug, stem = slug, startedMs, from = 1 }: LogPlace,
): { fd: number; path: string } | undefined {
  const [day = '', time = ''] = new Date(startedMs).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  for (let count = from; ; count += 1) {
    const file = path.join(directory, `${stem}-${day}-${time}${count === 1 ? '' : `-${count}`}.log`);
    try {
      const fd = openForWriting(file, flags, fileMode);
      // The umask may have taken bits away.
      fchmodSync(fd, fileMode);
      return { fd, path: file };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Makes the missing directories with the right mode; existing ones keep theirs. In a setgid
 * directory mkdir(2) passes on the group and the bit. That is the only way: chmod(2) removes the
 * bit when the caller is not in the group, as the service user is not in adm. Elsewhere the group
 * is the caller's own.
 */
function makeDirectories(outer: string, inner: string): void {
  makeParents(path.dirname(outer));
  const umask = process.umask(0o777 & ~directoryMode);
  try {
    for (const directory of [outer, inner]) {
      if (makeDirectory(directory) && (statSync(directory).mode & 0o7777) !== directoryMode)
        chmodSync(directory, directoryMode);
    }
  } finally {
    process.umask(umask);
  }
}

/**
 * Makes the directories above. Does not use mkdir's `recursive`, which never returns below /proc
 * (Node 20).
 */
function makeParents(directory: string): void {
  if (existsSync(directory)) return;
  makeParents(path.dirname(directory));
  makeDirectory(directory);
}

/** True when it was made, false when it existed. */
function makeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Replaces the link by a rename, which leaves its old target alone. A run does not fail because of
 * the link.
 */
function pointLatestAt(file: string, { slug, stem = slug }: LogPlace): { linkProblem?: string } {
  const link = path.join(path.dirname(file), stem === slug ? 'latest.log' : `${stem}-latest.log`);
  // The name is unique, because it contains that of the log.
  const draft = `${file}.latest`;
  try {
    symlinkSync(path.basename(file), draft);
    renameSync(draft, link);
    return {};
  } catch (error) {
    rmSync(draft, { force: true });
    return { linkProblem: (error as Error).message };
  }
}
