/** Who has a job's lock, as far as looking tells: nothing here takes, breaks or writes anything. */
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

/** An owner file has 2 KiB. */
const limitBytes = 16_384;

/** The files of one job's lock. */
export interface Places {
  readonly directory: string;
  readonly name: string;
  readonly kernel: string;
  readonly entry: string;
  readonly predecessorDirectory: string;
}

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

/** The holder, or `undefined` when nobody has the lock. What can't be read counts as somebody. */
export function holderAt(places: Places): LockHolder | undefined {
  try {
    const predecessor = predecessorAt(places);
    if (predecessor) return predecessor;
    const sightings = sightingsAt(places);
    return livingOwner(sightings) ?? firstOf(sightings, pastHolder);
  } catch (error) {
    const refusal = refusalOf(error, 'looking at the lock');
    if (refusal === undefined) throw error;
    return { state: 'unknown', pids: [], reason: `${refusal.stage}: ${refusal.message}` };
  }
}

/** A holder that is seen at one glance: enough to refuse in most cases. Throws a StageError for what is not ours. */
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

/** What lives of a run whose run-job is gone; `undefined` when nothing does. */
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

/** The processes of a run: those that carry its marks, what descends from them, and what it has recorded as left. */
function livingOf(
  facts: Partial<OwnerFacts> & { readonly runId: string },
  uid: number | undefined,
): readonly Survivor[] {
  // The marks can be read by everybody, and a stranger's process that carries them is none of the run's.
  const marked = processesOfRun(facts)
    .map(({ pid }) => pid)
    .filter((pid) => uid === undefined || isOfUser(pid, uid));
  const left = (facts.left ?? []).filter(isAlive).map(({ pid }) => pid);
  const roots = [...marked, ...left];
  const self = ownPid();
  const family = roots.length === 0 ? undefined : familyOf(roots, listProcesses());
  const seen = listProcesses().filter(({ pid }) => pid !== self && family?.has(pid));
  // The reaper of the run is no news to people, and lives for as long as what it watches does.
  const others = seen.filter(({ pid }) => !isReaper(pid));
  const hidden = (facts.left ?? []).filter(({ pid }) => isHidden(pid));
  return [
    ...named(others.length + hidden.length > 0 ? others : seen, uid),
    ...hidden.map(({ pid, startTicks }) => ({ pid, startTicks, command: '[hidden]', why: 'belongs to another user' })),
  ];
}

/** A process of that user, or one of root's, whom the user has become through sudo. */
function isOfUser(pid: number, uid: number): boolean {
  const real = realUidOf(pid);
  return real === uid || real === 0;
}

function isReaper(pid: number): boolean {
  return /^run-job: reaper of /.test(commandLineOf(pid));
}

/** For when the kernel says that somebody has the lock. The slow look comes first: meanwhile a new owner may have shown itself. */
export function whoeverHasIt(places: Places, reason: string): LockHolder {
  const pids = kernelLockHolders(places.kernel);
  const holder = holderAt(places);
  if (holder !== undefined) return holder;
  // What has inherited the lock from a run that was killed carries no mark of it, but the run's note is still there.
  const noted = parseNote(readNoteAt(places.kernel));
  return noted === undefined
    ? { state: 'unknown', pids, reason }
    : describe(noted, { state: 'unknown', pids, reason: `${reason}, by what run ${noted.facts.runId} has started` });
}

/** Who stands in NAME.run; if that was taken away, who stands in NAME.flock. */
function sightingsAt(places: Places): readonly Sighting[] {
  const shown = sightingsIn(places.entry);
  const noted = shown.length > 0 ? undefined : parseNote(readNoteAt(places.kernel));
  return noted ? [{ ...noted, ...ownerUid(places.kernel) }] : shown;
}

/** The owners that NAME.run shows: one at most, unless somebody else has been there. */
export function sightingsIn(entry: string): readonly Sighting[] {
  const [directory, folder] = [path.dirname(entry), path.basename(entry)];
  return lockFilesIn(directory, folder).map((name) => {
    const owner = parseOwnerName(name);
    if (owner === undefined) throw new StageError(`reading ${entry}`, `"${name}" is none of our files: remove it`);
    const relative = `${folder}/${name}`;
    return { owner, facts: readFacts(directory, relative), ...ownerUid(path.join(entry, name)) };
  });
}

/** Of the file itself, be it a link. */
function ownerUid(file: string): { readonly uid?: number } {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  return facts === undefined ? {} : { uid: facts.uid };
}

/** `NAME` of each NAME.run; none where there is no such directory or it can't be read. */
export function entryNames(runDirectory: string): readonly string[] {
  return namesOrNone(runDirectory, '').flatMap((file) =>
    file.endsWith('.run') ? [file.slice(0, -'.run'.length)] : [],
  );
}

/** Nothing where there is no such folder; `folder` is empty for the directory itself. */
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

/** Nothing for a file that was taken away meanwhile, is no file, or not for us to read: the name says the rest. */
function readFacts(directory: string, relative: string): Partial<OwnerFacts> {
  const text = readText(directory, relative, limitBytes);
  return text === undefined ? {} : parseFacts(text);
}

function describe(
  { owner, facts }: Sighting,
  found: Pick<LockHolder, 'state' | 'pids' | 'processes' | 'reason'>,
): LockHolder {
  const { kernelLock: _file, wrapperCookie: wrapperMark, left: _left, ...shown } = facts;
  // A pid that can't be looked into must not be taken for one of ours, and signalled.
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
