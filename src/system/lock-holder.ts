/** Who has a job's lock, as far as looking tells: nothing here takes, breaks or writes anything. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { kernelLockHolders } from './lock-kernel.ts';
import { lifeOf, type Owner, type OwnerFacts, parseFacts, parseOwnerName } from './lock-owner.ts';
import { predecessorAt } from './lock-predecessor.ts';
import { processesOfRun } from './proc.ts';
import { codeOf, during, StageError } from './stage.ts';
import type { LockHolder } from './system.ts';

/** The files of one job's lock. */
export interface Places {
  readonly directory: string;
  readonly name: string;
  readonly kernel: string;
  readonly entry: string;
  readonly predecessor: string;
}

export function placesOf(directory: string, name: string): Places {
  if (!/^[A-Za-z0-9_@][A-Za-z0-9_.@-]{0,127}$/.test(name)) throw new Error(`not the name of a lock: ${name}`);
  const file = path.join(directory, name);
  return { directory, name, kernel: `${file}.flock`, entry: `${file}.run`, predecessor: `${file}.lock` };
}

/** The holder, or `undefined` when nobody has the lock. What can't be read counts as somebody. */
export function holderAt(places: Places): LockHolder | undefined {
  try {
    return livingHolder(places) ?? firstOf(ownersIn(places), (owner) => pastHolder(places, owner));
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return { state: 'unknown', pids: [], reason: `${error.stage}: ${error.message}` };
  }
}

/** A holder that is seen at one glance: enough to refuse in most cases. Throws a StageError for what is not ours. */
export function livingHolder(places: Places): LockHolder | undefined {
  const predecessor = predecessorAt(places.predecessor);
  if (predecessor) return predecessor;
  const alive = ownersIn(places).find((owner) => lifeOf(owner) === 'alive');
  return alive && runningHolder(places, alive);
}

export function runningHolder(places: Places, owner: Owner): LockHolder {
  return describe(owner, factsIn(places, owner), { state: 'running', pids: [] });
}

function pastHolder(places: Places, owner: Owner): LockHolder | undefined {
  return lifeOf(owner) === 'elsewhere' ? foreignHolder(places, owner) : orphansOf(places, owner);
}

export function foreignHolder(places: Places, owner: Owner): LockHolder {
  const reason = `its run-job can't be seen from here (pid ${owner.process.pid} of another pid namespace)`;
  return describe(owner, factsIn(places, owner), { state: 'unknown', pids: [], reason });
}

/** What lives of a run whose run-job is gone; `undefined` when nothing does. */
export function orphansOf(places: Places, owner: Owner): LockHolder | undefined {
  const facts = factsIn(places, owner);
  if (facts.runId === undefined) return undefined;
  const pids = processesOfRun({ ...facts, runId: facts.runId }).map((found) => found.pid);
  if (pids.length === 0) return undefined;
  if (lifeOf(owner) === 'dead') return describe(owner, facts, { state: 'orphaned', pids });
  const reason = "it belongs to a run-job that can't be judged from here, and processes of its run live";
  return describe(owner, facts, { state: 'unknown', pids, reason });
}

/** For when the kernel says that somebody has the lock. The slow look comes first: meanwhile a new owner may have shown itself. */
export function whoeverHasIt(places: Places, reason: string): LockHolder {
  const pids = kernelLockHolders(places.kernel);
  return holderAt(places) ?? { state: 'unknown', pids, reason };
}

/** The owners that NAME.run shows: one at most, unless somebody else has been there. */
export function ownersIn(places: Places): readonly Owner[] {
  return namesIn(places.entry).map((name) => {
    const owner = parseOwnerName(name);
    if (owner === undefined)
      throw new StageError(`reading ${places.entry}`, `"${name}" is none of our files: remove it`);
    return owner;
  });
}

export function namesIn(directory: string): readonly string[] {
  return during(`reading ${directory}`, () => {
    try {
      return readdirSync(directory);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

export function factsIn(places: Places, owner: Owner): Partial<OwnerFacts> {
  try {
    return parseFacts(readFileSync(path.join(places.entry, owner.fileName), 'utf8'));
  } catch {
    // Taken away meanwhile, or not for us to read: the name says the rest.
    return {};
  }
}

function describe(
  owner: Owner,
  facts: Partial<OwnerFacts>,
  found: Pick<LockHolder, 'state' | 'pids' | 'reason'>,
): LockHolder {
  const { kernelLock: _file, wrapperCookie: _cookie, ...shown } = facts;
  return { ...found, wrapper: owner.process, ...shown };
}

export function firstOf<T, R>(items: readonly T[], look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
