/**
 * Finds the holder of a job's lock by looking only: no function takes, breaks or writes anything.
 */
import { lstatSync } from 'node:fs';
import path from 'node:path';
import { namesIn, namesOrNone, readText } from '../file/careful-file.ts';
import { codeOf, during, refusalOf, StageError } from '../file/stage.ts';
import { familyOf, named } from '../process/family.ts';
import {
  commandLineOf,
  isAlive,
  isHidden,
  isSuspended,
  listProcesses,
  ownPid,
  processesOfRun,
  realUidOf,
} from '../process/proc.ts';
import type { LockHolder } from '../types/lock.ts';
import type { Survivor } from '../types/process.ts';
import { kernelLockHolders, readNoteAt } from './kernel.ts';
import { lifeOf, type OwnerFacts, parseFacts, parseNote, parseOwnerName, type Sighting } from './owner.ts';
import { predecessorAt } from './predecessor.ts';

/** The limit of a read; an owner file has 2 KiB. */
const limitBytes = 16_384;

/** The files of one job's lock. */
export interface Places {
  readonly directory: string;
  readonly name: string;
  readonly kernel: string;
  readonly entry: string;
  readonly predecessorDirectory: string;
}

/** Tells whether NAME.run, NAME.flock, or a predecessor's NAME.lock may be there. */
type MayBeThere = (suffix: 'run' | 'flock' | 'lock') => boolean;

export function placesOf(directory: string, name: string, predecessorDirectory = directory): Places {
  if (!/^[A-Za-z0-9_@][A-Za-z0-9_.@-]{0,127}$/.test(name)) throw new Error(`not the name of a lock: ${name}`);
  const file = path.join(directory, name);
  return {
    directory,
    name,
    kernel: `${file}.flock`,
    entry: `${file}.run`,
    predecessorDirectory,
  };
}

/**
 * The holder; `undefined` when the lock is free. If a file can't be read the lock counts as held.
 * `mayBeThere` tells which files of the lock are worth a look.
 */
export function holderAt(places: Places, mayBeThere: MayBeThere = () => true): LockHolder | undefined {
  try {
    const predecessor = mayBeThere('lock') ? predecessorAt(places) : undefined;
    if (predecessor) return predecessor;
    const sightings = sightingsAt(places, mayBeThere);
    return livingOwner(sightings) ?? firstOf(sightings, pastHolder);
  } catch (error) {
    const refusal = refusalOf(error, 'looking at the lock');
    if (refusal === undefined) throw error;
    return { state: 'unknown', pids: [], reason: `${refusal.stage}: ${refusal.message}` };
  }
}

/**
 * The holder whose process lives, found without a search of /proc. Throws a StageError for files
 * that are not a lock's.
 */
export function livingHolder(places: Places): LockHolder | undefined {
  return predecessorAt(places) ?? livingOwner(sightingsAt(places));
}

function livingOwner(sightings: readonly Sighting[]): LockHolder | undefined {
  const alive = sightings.find(({ owner }) => lifeOf(owner) === 'alive');
  return alive && runningHolder(alive);
}

export function runningHolder(sighting: Sighting): LockHolder {
  const isStopped = isSuspended(sighting.owner.process);
  return { ...describe(sighting, { state: 'running', pids: [] }), ...(isStopped && { isStopped }) };
}

function pastHolder(sighting: Sighting): LockHolder | undefined {
  return lifeOf(sighting.owner) === 'elsewhere' ? foreignHolder(sighting) : orphansOf(sighting);
}

export function foreignHolder(sighting: Sighting): LockHolder {
  const reason = `its run-job can't be seen from here (pid ${sighting.owner.process.pid} of another pid namespace)`;
  return describe(sighting, { state: 'unknown', pids: [], reason });
}

/** The holder whose run-job is dead while processes of its run live; `undefined` when none live. */
export function orphansOf(sighting: Sighting): LockHolder | undefined {
  const { owner, facts, uid } = sighting;
  if (facts.runId === undefined) return undefined;
  const processes = livingOf({ ...facts, runId: facts.runId }, uid);
  if (processes.length === 0) return undefined;
  const pids = processes.map(({ pid }) => pid);
  if (lifeOf(owner) === 'dead') return describe(sighting, { state: 'orphaned', pids, processes });
  const reason = "it belongs to a run-job that can't be judged from here, and processes of its run live";
  return describe(sighting, { state: 'unknown', pids, reason });
}

/**
 * The processes of a run: those with its marks, their descendants, and those that it has recorded
 * as left.
 */
function livingOf(
  facts: Partial<OwnerFacts> & { readonly runId: string },
  uid: number | undefined,
): readonly Survivor[] {
  // Every user can read the marks, so another user's process that carries them does not count.
  const marked = processesOfRun(facts)
    .map(({ pid }) => pid)
    .filter((pid) => uid === undefined || isOfUser(pid, uid));
  const left = (facts.left ?? []).filter(isAlive).map(({ pid }) => pid);
  const roots = [...marked, ...left];
  const self = ownPid();
  const family = roots.length === 0 ? undefined : familyOf(roots, listProcesses());
  const seen = listProcesses().filter(({ pid }) => pid !== self && family?.has(pid));
  // The reaper is not shown beside the processes that it watches.
  const others = seen.filter(({ pid }) => !isReaper(pid));
  const hidden = (facts.left ?? []).filter(({ pid }) => isHidden(pid));
  return [
    ...named(others.length + hidden.length > 0 ? others : seen, uid),
    ...hidden.map(({ pid, startTicks }) => ({ pid, startTicks, command: '[hidden]', why: 'belongs to another user' })),
  ];
}

/** True for a process of that user, or of root, which the user may have become through sudo. */
function isOfUser(pid: number, uid: number): boolean {
  const real = realUidOf(pid);
  return real === uid || real === 0;
}

function isReaper(pid: number): boolean {
  return /^run-job: reaper of /.test(commandLineOf(pid));
}

/**
 * The holder when the kernel's lock is taken. The slow look comes first: meanwhile a new owner may
 * have written its record.
 */
export function holderOfKernelLock(places: Places, reason: string): LockHolder {
  const pids = kernelLockHolders(places.kernel);
  const holder = holderAt(places);
  if (holder !== undefined) return holder;
  // A process that inherited the lock of a killed run may have no mark of it, but the run's note is
  // still there.
  const noted = parseNote(readNoteAt(places.kernel));
  return noted === undefined
    ? { state: 'unknown', pids, reason }
    : describe(noted, { state: 'unknown', pids, reason: `${reason}, by what run ${noted.facts.runId} has started` });
}

/** The owners in NAME.run, or the one in NAME.flock if NAME.run is missing. */
function sightingsAt(places: Places, mayBeThere: MayBeThere = () => true): readonly Sighting[] {
  const shown = mayBeThere('run') ? sightingsIn(places.entry) : [];
  const noted = shown.length > 0 || !mayBeThere('flock') ? undefined : parseNote(readNoteAt(places.kernel));
  return noted ? [{ ...noted, ...ownerUid(places.kernel) }] : shown;
}

/** The owners in NAME.run. There is at most one, unless a person has put files there. */
export function sightingsIn(entry: string): readonly Sighting[] {
  const [directory, folder] = [path.dirname(entry), path.basename(entry)];
  return lockFilesIn(directory, folder).map((name) => {
    const owner = parseOwnerName(name);
    if (owner === undefined) throw new StageError(`reading ${entry}`, `"${name}" is none of our files: remove it`);
    const relative = `${folder}/${name}`;
    return { owner, facts: readFacts(directory, relative), ...ownerUid(path.join(entry, name)) };
  });
}

/** The owner of the file itself, also when it is a link. */
function ownerUid(file: string): { readonly uid?: number } {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  return facts === undefined ? {} : { uid: facts.uid };
}

/** The NAME of each NAME.run; none when the directory is missing or can't be read. */
export function entryNames(runDirectory: string): readonly string[] {
  return namesOrNone(runDirectory, '').flatMap((file) =>
    file.endsWith('.run') ? [file.slice(0, -'.run'.length)] : [],
  );
}

/**
 * The names of the files of all locks; `undefined` when a directory can't be listed, so that
 * nothing is known.
 */
export function allLockFiles(directory: string, predecessorDirectory = directory): ReadonlySet<string> | undefined {
  try {
    return new Set([...new Set([directory, predecessorDirectory])].flatMap((one) => lockFilesIn(one, '')));
  } catch (error) {
    if (refusalOf(error, 'listing the locks') === undefined) throw error;
    return undefined;
  }
}

/**
 * The names in a folder of the run directory; none when it is missing. `folder` is empty for the
 * directory itself.
 */
export function lockFilesIn(directory: string, folder: string): readonly string[] {
  return during(`reading ${path.join(directory, folder)}`, () => {
    try {
      return namesIn(directory, folder);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/**
 * The facts in an owner file; none when it is gone, not a regular file or not readable. The file's
 * name tells the rest.
 */
function readFacts(directory: string, relative: string): Partial<OwnerFacts> {
  const text = readText(directory, relative, limitBytes);
  return text === undefined ? {} : parseFacts(text);
}

function describe(
  { owner, facts }: Sighting,
  found: Pick<LockHolder, 'state' | 'pids' | 'processes' | 'reason'>,
): LockHolder {
  const { kernelLock: _file, wrapperCookie: wrapperMark, left: _left, ...shown } = facts;
  // A holder in the state unknown has no `wrapper`, so that its pid is never signalled.
  const wrapper = found.state === 'unknown' ? {} : { wrapper: owner.process, ...(wrapperMark && { wrapperMark }) };
  return { ...found, ...wrapper, ...shown };
}

export function firstOf<T, R>(items: readonly T[], look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
