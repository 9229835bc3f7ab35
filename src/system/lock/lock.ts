/**
 * At most one run of a job at a time: who has the lock, how it is taken, and when a dead holder's may be.
 *
 * Two locks are taken, one after the other, because each fails where the other holds:
 *
 *   1. NAME.flock, the kernel's (lock-kernel.ts). It belongs to an open file that the job inherits, and so lasts until the last process is
 *      gone that has it, however run-job ended; and it frees itself. But it does not see a process that has closed the file, and whoever
 *      deletes the file has unlocked it for the next one.
 *   2. NAME.run/, the directory with the owner's file (lock-entry.ts, lock-directory.ts, through proper-lockfile). It says who and since
 *      when, costs one look when the job runs already, and holds when the file of the first is deleted. But it can be left over; then it
 *      must be found out whether anything of that run lives.
 *
 * Only who has the first lock may decide about the second: so no two can be about to break the same one. An owner is past when its process
 * is (by pid, start time and boot, never by age: no clock decides anything) and two looks through /proc find nothing that carries the
 * marks of its run. One of another pid namespace is past when the very file that it had locked is free. Who the owner is stands in
 * NAME.flock too, until it gives the lock back: so the marks are known even when NAME.run was deleted.
 *
 * NAME.flock is never deleted by us. Whoever finds a new one looks once through the open files of all processes for an older, deleted one
 * that is locked still. So even deleting everything lets no second run in while /proc shows that somebody has the file of the first.
 *
 * What is left open: both deleted while the first run lives only in processes that closed the file, or where /proc does not show it
 * (another pid namespace or user); and a process that closed the file, cleared its marks and left the session of its run. The run
 * directory belongs to the service user alone, on a local file system that is not swept by age (/run, not /tmp).
 *
 * NAME.lock is the predecessor's PID file: while its process lives the job is locked (lock-predecessor.ts).
 */
import { closeSync } from 'node:fs';
import { defined } from '../../text/defined.ts';
import { refusalOf } from '../file/stage.ts';
import type { JobLocks, LockAnswer, LockHolder } from '../types/lock.ts';
import { RunEntry } from './entry.ts';
import { heldLock } from './held.ts';
import {
  entryNames,
  firstOf,
  foreignHolder,
  holderAt,
  livingHolder,
  orphansOf,
  type Places,
  placesOf,
  runningHolder,
  sightingsIn,
  whoeverHasIt,
} from './holder.ts';
import { type KernelLock, kernelLockHolders, takeKernelLock } from './kernel.ts';
import { lifeOf, newOwnerName, parseNote, type Sighting } from './owner.ts';
import { predecessorAt } from './predecessor.ts';
import { clearLeftovers, prepareRunDirectory } from './run-directory.ts';

export interface LockSettings {
  readonly runDirectory: string;
  /** Where the predecessor's PID files are when it was told another place than ours. */
  readonly predecessorDirectory?: string | undefined;
  /** PROCESS_CONTROL_WRAPPER of this process. */
  readonly wrapperCookie?: string | undefined;
  /** Takes remarks about what goes wrong while a lock is held, one line each. */
  readonly say: (remark: string) => void;
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
  };
}

async function acquire(places: Places, run: Claimant, settings: LockSettings): Promise<LockAnswer> {
  prepareRunDirectory(places.directory);
  const running = livingHolder(places);
  if (running) return { is: 'busy', holder: running };
  const kernel = takeKernelLock(places.kernel);
  if (kernel === 'busy') return { is: 'busy', holder: whoeverHasIt(places, `${places.kernel} is locked`) };
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

/** Says who has the lock if this owner or something of its run lives. */
type Judge = (sighting: Sighting) => LockHolder | undefined;

/** Judges owners as one may who has the kernel's lock, each past one only once: it takes two looks through /proc. */
function judgeUnder(kernel: KernelLock): Judge {
  const past = new Set<string>();
  return (sighting) => {
    if (past.has(sighting.owner.fileName)) return undefined;
    const holder = holderUnder(kernel, sighting);
    if (!holder) past.add(sighting.owner.fileName);
    return holder;
  };
}

function holderUnder(kernel: KernelLock, sighting: Sighting): LockHolder | undefined {
  const life = lifeOf(sighting.owner);
  if (life === 'alive') return runningHolder(sighting);
  // Its run-job, and everything that inherited the lock from it, are gone only if we have locked the very same file.
  if (life === 'elsewhere' && sighting.facts.kernelLock !== kernel.file) return foreignHolder(sighting);
  // A process that forks and ends while /proc is read can slip through one look.
  return orphansOf(sighting) ?? orphansOf(sighting);
}

/** Somebody who has the lock although the kernel gave it to us and NAME.run may be gone. */
function hiddenHolder(kernel: KernelLock, places: Places, judge: Judge): LockHolder | undefined {
  if (kernel.note === undefined && kernelLockHolders(places.kernel).length > 0) {
    return whoeverHasIt(places, `an earlier ${places.kernel}, which was deleted, is still locked`);
  }
  const noted = parseNote(kernel.note);
  // The predecessor once more, because it writes its pid a moment after it has made the file.
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
  if (!(await entry.publish())) return { is: 'busy', holder: holder ?? whoeverHasIt(places, 'it was taken just now') };
  if (kernel.note !== '') clearLeftovers(places, say);
  return { is: 'held', lock: heldLock({ kernel, entry, owner, say }, facts) };
}
