/** Makes the log file of a run: its name, its directory, and the link `latest.log` to it. */
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
  /** The folder, and the beginning of the name unless `stem` is given. */
  readonly slug: string;
  readonly stem?: string;
  readonly startedMs: number;
  /** The number to begin with among the logs of one second; 1 unless given. */
  readonly from?: number;
}

export type LogFileAnswer =
  | { readonly is: 'open'; readonly fd: number; readonly path: string; readonly linkTrouble?: string }
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string };

const appendFlags = constants.O_WRONLY | constants.O_APPEND;
const flags = appendFlags | constants.O_CREAT | constants.O_EXCL;
const fileMode = 0o640;
/** Setgid, so that logs belong to the group that may read them (adm), which the service user can't set itself. */
const directoryMode = 0o2750;

/** The directories are made when they are missing, which is seldom: so the file is tried first. */
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

/** Goes on with a log that is there and shorter than this; `undefined` when it can't be opened, or is no plain file. */
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

/** A log at the path of one that was moved or removed, or the file that has taken its place; `undefined` when there can't be one. */
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

/** `undefined` when the directory is missing. */
function createFirstFree(
  directory: string,
  { slug, stem = slug, startedMs, from = 1 }: LogPlace,
): { fd: number; path: string } | undefined {
  const [day = '', time = ''] = new Date(startedMs).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  for (let count = from; ; count += 1) {
    const file = path.join(directory, `${stem}-${day}-${time}${count === 1 ? '' : `-${count}`}.log`);
    try {
      const fd = openForWriting(file, flags, fileMode);
      // Whatever the umask is.
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
 * Ours get their mode; those that exist keep theirs. In a setgid directory mkdir(2) hands on group and bit, and that is the only way to them: chmod(2)
 * takes the bit away when the caller, like the service user with adm, is not in that group. Elsewhere the group is the caller's own.
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

/** Not mkdir's own `recursive`: below /proc that never comes back (Node 20). */
function makeParents(directory: string): void {
  if (existsSync(directory)) return;
  makeParents(path.dirname(directory));
  makeDirectory(directory);
}

/** False when it is there already. */
function makeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** A link is renamed over what is there: whatever `latest.log` pointed to is left alone. A run does not fail for want of a link. */
function pointLatestAt(file: string, { slug, stem = slug }: LogPlace): { linkTrouble?: string } {
  const link = path.join(path.dirname(file), stem === slug ? 'latest.log' : `${stem}-latest.log`);
  // No other run has this name.
  const draft = `${file}.latest`;
  try {
    symlinkSync(path.basename(file), draft);
    renameSync(draft, link);
    return {};
  } catch (error) {
    rmSync(draft, { force: true });
    return { linkTrouble: (error as Error).message };
  }
}
