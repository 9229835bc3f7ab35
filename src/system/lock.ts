/**
 * At most one run of a job at a time: who has the lock, how it is taken, and when a dead holder's may be.
 *
 * Two locks are taken, one after the other, because each fails where the other holds:
 *
 *   1. NAME.flock, the kernel's (lock-kernel.ts). It belongs to an open file that the job inherits, and so lasts until the last process is gone
 *      that has it, however run-job ended; and it frees itself. It knows nothing: not who has it, nor of processes that closed the file,
 *      and whoever deletes the file has unlocked it for the next one.
 *   2. NAME.run/, the directory with the owner's file (lock-entry.ts, lock-directory.ts, through proper-lockfile). It says who and since when, costs one look
 *      when the job runs already, and holds when the file of the first is deleted. It can be left over; then it must be decided whether
 *      anything of that run lives.
 *
 * Only who has the first lock may decide about the second: so no two can be about to break the same one. An owner is past when its process
 * is (by pid, start time and boot, never by age: no clock decides anything) and two looks through /proc find nothing that carries the
 * marks of its run. One of another pid namespace is past when the very file that it had locked is free.
 *
 * NAME.flock is never deleted by us. Whoever finds a new one looks once through the open files of all processes for an older, deleted one
 * that is locked still, and then notes in the file that this was done. So even deleting everything lets no second run in while /proc shows the
 * first. What is left open: both deleted, while the first run lives where /proc does not show it (another pid namespace or user), or lives
 * only in processes that closed the file.
 *
 * NAME.lock is the predecessor's PID file: while its process lives the job is locked (lock-predecessor.ts).
 */
import { chmodSync, closeSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { RunEntry } from './lock-entry.ts';
import {
  factsIn,
  firstOf,
  foreignHolder,
  holderAt,
  livingHolder,
  namesIn,
  orphansOf,
  ownersIn,
  type Places,
  placesOf,
  runningHolder,
  whoeverHasIt,
} from './lock-holder.ts';
import { confirmKernelLock, type KernelLock, kernelLockHolders, takeKernelLock } from './lock-kernel.ts';
import { lifeOf, type Owner, parseOwnerName } from './lock-owner.ts';
import { predecessorAt } from './lock-predecessor.ts';
import { during, StageError } from './stage.ts';
import type { JobLock, JobLocks, LockAnswer, LockHolder } from './system.ts';

export interface LockSettings {
  readonly runDirectory: string;
  /** PROCESS_CONTROL_WRAPPER of this process. */
  readonly wrapperCookie?: string | undefined;
  /** Takes remarks about what goes wrong while a lock is held, one line each. */
  readonly say: (remark: string) => void;
}

export function jobLocks(settings: LockSettings): JobLocks {
  return {
    async acquire(slug, runId) {
      try {
        return await acquire(placesOf(settings.runDirectory, slug), runId, settings);
      } catch (error) {
        if (error instanceof StageError) return { is: 'unavailable', stage: error.stage, reason: error.message };
        throw error;
      }
    },
    holder: (slug) => holderAt(placesOf(settings.runDirectory, slug)),
  };
}

async function acquire(places: Places, runId: string, settings: LockSettings): Promise<LockAnswer> {
  prepareDirectory(places.directory);
  const running = livingHolder(places);
  if (running) return { is: 'busy', holder: running };
  const kernel = takeKernelLock(places.kernel);
  if (kernel === 'busy') return { is: 'busy', holder: whoeverHasIt(places, `${places.kernel} is locked`) };
  let answer: LockAnswer | undefined;
  try {
    // The predecessor once more, because it writes its pid a moment after it has made the file.
    const holder = deletedLockHolder(kernel, places) ?? predecessorAt(places.predecessor);
    answer = holder ? { is: 'busy', holder } : await publish(kernel, places, { runId, settings });
    return answer;
  } finally {
    if (answer?.is !== 'held') closeSync(kernel.fd);
  }
}

/** Somebody who has a NAME.flock that was deleted. Only a new file can have had one before it. */
function deletedLockHolder(kernel: KernelLock, places: Places): LockHolder | undefined {
  if (kernel.isConfirmed || kernelLockHolders(places.kernel).length === 0) return undefined;
  return whoeverHasIt(places, `an earlier ${places.kernel}, which was deleted, is still locked`);
}

/** With the kernel's lock in hand: nobody else can be doing this now. */
async function publish(
  kernel: KernelLock,
  places: Places,
  { runId, settings }: { readonly runId: string; readonly settings: LockSettings },
): Promise<LockAnswer> {
  let holder: LockHolder | undefined;
  let hasBroken = false;
  const abandoned = () => {
    const owners = ownersIn(places);
    holder = firstOf(owners, (owner) => holderUnder(kernel, places, owner));
    hasBroken = holder === undefined && owners.length > 0;
    return holder ? undefined : owners.map((owner) => owner.fileName);
  };
  const entry = new RunEntry(
    { place: places.entry, abandoned, restore: () => prepareDirectory(places.directory), say: settings.say },
    {
      runId,
      startedMs: Date.now(),
      kernelLock: kernel.file,
      ...(settings.wrapperCookie ? { wrapperCookie: settings.wrapperCookie } : {}),
    },
  );
  if (!(await entry.publish())) return { is: 'busy', holder: holder ?? whoeverHasIt(places, 'it was taken just now') };
  if (hasBroken || !kernel.isConfirmed) clearLeftovers(places, settings.say);
  confirmKernelLock(kernel);
  return { is: 'held', lock: heldLock(kernel, entry) };
}

/** What is to be thought of an owner when the kernel's lock is ours: `undefined` when it and its run are past. */
function holderUnder(kernel: KernelLock, places: Places, owner: Owner): LockHolder | undefined {
  const life = lifeOf(owner);
  if (life === 'alive') return runningHolder(places, owner);
  // Its run-job, and everything that inherited the lock from it, are gone only if we have locked the very same file.
  if (life === 'elsewhere' && factsIn(places, owner).kernelLock !== kernel.file) return foreignHolder(places, owner);
  // A process that forks and ends while /proc is read can slip through one look.
  return orphansOf(places, owner) ?? orphansOf(places, owner);
}

function heldLock(kernel: KernelLock, entry: RunEntry): JobLock {
  let isReleased = false;
  return {
    fd: kernel.fd,
    record: (facts) => entry.record(facts),
    async release() {
      if (isReleased) return;
      isReleased = true;
      // In this order whoever comes in between still sees whose lock it was.
      closeSync(kernel.fd);
      await entry.withdraw();
    },
  };
}

/** Nobody but the service user may be able to take files out of the directory, or to put some in. */
function prepareDirectory(directory: string): void {
  const stage = `checking the run directory ${directory}`;
  during(stage, () => {
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o755);
    }
    const facts = lstatSync(directory);
    const uid = process.geteuid?.();
    if (!facts.isDirectory()) throw new Error('it is not a directory');
    if (facts.uid !== uid) throw new Error(`it belongs to uid ${facts.uid}, not to the service user (uid ${uid})`);
    const mode = facts.mode & 0o7777;
    if (mode & 0o022) throw new Error(`others can write to it (mode 0${mode.toString(8)}): chmod go-w it`);
  });
}

/** Removes what owners that were killed in the middle of publishing left beside NAME.run. */
function clearLeftovers({ directory, name }: Places, say: (remark: string) => void): void {
  const prefix = `.${name}.`;
  try {
    for (const found of namesIn(directory)) {
      const owner = found.startsWith(prefix) ? parseOwnerName(found.slice(prefix.length)) : undefined;
      if (owner && lifeOf(owner) === 'dead') rmSync(path.join(directory, found), { recursive: true, force: true });
    }
  } catch (error) {
    say(`what a killed run-job left in ${directory} can't be removed: ${String(error)}`);
  }
}
