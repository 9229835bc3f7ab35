/**
 * Takes the lock of a job, so that at most one run of it exists at a time, and tells who holds it.
 *
 * A run takes two locks, one after the other, because each covers a weakness of the other:
 *
 *   1. NAME.flock, the kernel's lock (kernel.ts). It belongs to an open file that the job inherits,
 *      so it lasts until the last process that has the file open is gone, however run-job ended, and
 *      then it is free. Its weaknesses: a process can close the file, and deleting the file lets the
 *      next run lock a new one.
 *   2. NAME.run/, a directory with the owner's file (entry.ts, directory.ts, through
 *      proper-lockfile). It names the run and its start, costs one look when the job runs already,
 *      and holds when NAME.flock is deleted. Its weakness: a killed run-job leaves it behind, and
 *      then the next run must find out whether a process of that run lives.
 *
 * Only the holder of the first lock may break the second, so two run-jobs never break the same one.
 * An owner is dead when its process is dead (by pid, start time and boot, never by age, so no clock
 * decides) and two looks through /proc find no process with the marks of its run. An owner in
 * another pid namespace is dead when the same NAME.flock that it had locked is free. NAME.flock
 * also contains the owner's record until the lock is released, so that the marks of a run are known
 * even when NAME.run was deleted.
 *
 * run-job never deletes NAME.flock. A run-job that finds a new one searches the open files of all
 * processes once for an older, deleted one that is still locked. So even with both files deleted no
 * second run begins while /proc shows a process that has NAME.flock open.
 *
 * Two gaps remain when both files are deleted: the first run lives only in processes that closed
 * NAME.flock, or where /proc does not show them (another pid namespace or user); and a process
 * closed NAME.flock, cleared its marks and left the session of its run. The run directory must
 * belong to the service user alone and lie on a local file system from which no program removes old
 * files (/run, not /tmp).
 *
 * NAME.lock is the PID file of the Python process-control: while its process lives the job is
 * locked (predecessor.ts).
 */
import { closeSync } from 'node:fs';
import { defined } from '../../text/defined.ts';
import { refusalOf } from '../file/stage.ts';
import type { JobLocks, LockAnswer, LockHolder } from '../types/lock.ts';
import { RunEntry } from './entry.ts';
import { heldLock, note } from './held.ts';
import {
  allLockFiles,
  entryNames,
  firstOf,
  foreignHolder,
  holderAt,
  holderOfKernelLock,
  livingHolder,
  orphansOf,
  type Places,
  placesOf,
  runningHolder,
  sightingsIn,
} from './holder.ts';
import { type KernelLock, kernelLockHolders, takeKernelLock } from './kernel.ts';
import { lifeOf, newOwnerName, parseNote, type Sighting } from './owner.ts';
import { predecessorAt } from './predecessor.ts';
import { clearLeftovers, prepareRunDirectory } from './run-directory.ts';

export interface LockSettings {
  readonly runDirectory: string;
  /** The directory of the predecessor's PID files, if it is another one than the run directory. */
  readonly predecessorDirectory?: string | undefined;
  /** PROCESS_CONTROL_WRAPPER of this process. */
  readonly wrapperCookie?: string | undefined;
  /** Gets a line for each problem while a lock is held. */
  readonly say: (problem: string) => void;
}

export function jobLocks(settings: LockSettings): JobLocks {
  const { runDirectory, predecessorDirectory } = settings;
  const places = (slug: string) => placesOf(runDirectory, slug, predecessorDirectory);
  return {
    async acquire(name, runId, job) {
      try {
        return await acquire(places(name), { runId, job }, settings);
      } catch (error) {
        const refusal = refusalOf(error, 'taking the lock');
        if (refusal === undefined) throw error;
        return { is: 'unavailable', stage: refusal.stage, reason: refusal.message };
      }
    },
    holder: (name) => holderAt(places(name)),
    names: () => entryNames(runDirectory),
    look() {
      const there = allLockFiles(runDirectory, predecessorDirectory);
      return (name) => holderAt(places(name), (suffix) => there?.has(`${name}.${suffix}`) ?? true);
    },
  };
}

async function acquire(places: Places, run: Claimant, settings: LockSettings): Promise<LockAnswer> {
  prepareRunDirectory(places.directory);
  const running = livingHolder(places);
  if (running) return { is: 'busy', holder: running };
  const kernel = takeKernelLock(places.kernel);
  if (kernel === 'busy') return { is: 'busy', holder: holderOfKernelLock(places, `${places.kernel} is locked`) };
  let answer: LockAnswer | undefined;
  try {
    const judge = judgeUnder(kernel);
    const holder = hiddenHolder(kernel, places, judge);
    answer = holder ? { is: 'busy', holder } : await publish(kernel, places, { ...run, settings, judge });
    return answer;
  } finally {
    if (answer?.is !== 'held') closeSync(kernel.fd);
  }
}

/** Returns the holder if this owner or a process of its run lives. */
type Judge = (sighting: Sighting) => LockHolder | undefined;

/**
 * A judge for the holder of the kernel's lock. It remembers dead owners, because each costs two
 * looks through /proc.
 */
function judgeUnder(kernel: KernelLock): Judge {
  const dead = new Set<string>();
  return (sighting) => {
    if (dead.has(sighting.owner.fileName)) return undefined;
    const holder = holderUnder(kernel, sighting);
    if (!holder) dead.add(sighting.owner.fileName);
    return holder;
  };
}

function holderUnder(kernel: KernelLock, sighting: Sighting): LockHolder | undefined {
  const life = lifeOf(sighting.owner);
  if (life === 'alive') return runningHolder(sighting);
  // Its run-job and all that inherited the lock are gone only if this process has locked the same
  // file.
  if (life === 'elsewhere' && sighting.facts.kernelLock !== kernel.file) return foreignHolder(sighting);
  // One look can miss a process that forks and ends while /proc is read.
  return orphansOf(sighting) ?? orphansOf(sighting);
}

/**
 * A holder that exists although this process got the kernel's lock: NAME.flock or NAME.run may have
 * been deleted.
 */
function hiddenHolder(kernel: KernelLock, places: Places, judge: Judge): LockHolder | undefined {
  if (kernel.note === undefined && kernelLockHolders(places.kernel).length > 0) {
    return holderOfKernelLock(places, `an earlier ${places.kernel}, which was deleted, is still locked`);
  }
  const noted = parseNote(kernel.note);
  // Look for the predecessor again: it writes its pid a moment after it has made the file.
  return (noted && judge(noted)) ?? predecessorAt(places);
}

interface Claimant {
  readonly runId: string;
  readonly job: string | undefined;
}

interface Claim extends Claimant {
  readonly settings: LockSettings;
  readonly judge: Judge;
}

async function publish(
  kernel: KernelLock,
  places: Places,
  { runId, job, settings, judge }: Claim,
): Promise<LockAnswer> {
  let shown: readonly Sighting[] = [];
  let holder: LockHolder | undefined;
  const { wrapperCookie, say } = settings;
  const owner = newOwnerName();
  const facts = {
    ...{ runId, startedMs: Date.now(), kernelLock: kernel.file },
    ...defined({ job, wrapperCookie: wrapperCookie || undefined }),
  };
  const entry = new RunEntry(
    {
      place: places.entry,
      owner,
      abandoned() {
        shown = sightingsIn(places.entry);
        holder = firstOf(shown, judge);
        return holder ? undefined : shown.map((sighting) => sighting.owner.fileName);
      },
      restore: () => prepareRunDirectory(places.directory),
      say,
    },
    facts,
  );
  const holding = { kernel, entry, owner, say };
  // Before the entry is staged: where a run-job died with its note in place, the next one clears up.
  note(holding, facts);
  let isOurs = false;
  try {
    isOurs = await entry.publish();
  } finally {
    if (!isOurs) note(holding, undefined);
  }
  if (!isOurs) return { is: 'busy', holder: holder ?? holderOfKernelLock(places, 'it was taken just now') };
  if (kernel.note !== '') clearLeftovers(places, say);
  return { is: 'held', lock: heldLock(holding, facts) };
}
