/** A lock that this process holds: records the run in it, and releases it. */
import { closeSync } from 'node:fs';
import { isAlive, isHidden } from '../process/proc.ts';
import type { JobLock } from '../types/lock.ts';
import type { ProcessIdentity } from '../types/process.ts';
import type { RunEntry } from './entry.ts';
import { type KernelLock, writeNote } from './kernel.ts';
import { formatNote, type OwnerFacts } from './owner.ts';

export interface Holding {
  readonly kernel: KernelLock;
  readonly entry: RunEntry;
  readonly owner: string;
  readonly say: (problem: string) => void;
}

/** A lock whose note and entry are in place. */
export function heldLock(holding: Holding, first: OwnerFacts): JobLock {
  const { kernel, entry, say } = holding;
  let facts = first;
  let isReleased = false;
  return {
    fd: kernel.fd,
    record(more) {
      if (isReleased) return;
      facts = { ...facts, ...more };
      note(holding, facts);
      report(say, () => entry.record(facts));
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      if (facts.left?.some(mayLive)) {
        closeSync(kernel.fd);
        return;
      }
      note(holding, undefined);
      // In this order another run-job that looks in between still sees whose lock it was.
      closeSync(kernel.fd);
      await entry.withdraw();
    },
  };
}

/** Writes the owner and the facts of the run into NAME.flock; without facts, an empty note: the lock is free. */
export function note({ kernel, owner, say }: Holding, facts: OwnerFacts | undefined): void {
  report(say, () => writeNote(kernel, facts === undefined ? '' : formatNote(owner, facts)));
}

function report(say: (problem: string) => void, act: () => void): void {
  try {
    act();
  } catch (error) {
    say(`the record of the lock can't be written: ${String(error)}`);
  }
}

function mayLive(left: ProcessIdentity): boolean {
  return isAlive(left) || isHidden(left.pid);
}
