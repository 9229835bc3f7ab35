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

export function heldLock({ kernel, entry, owner, say }: Holding, first: OwnerFacts): JobLock {
  let facts = first;
  const report = (act: () => void) => {
    try {
      act();
    } catch (error) {
      say(`the record of the lock can't be written: ${String(error)}`);
    }
  };
  let isReleased = false;
  report(() => writeNote(kernel, formatNote(owner, facts)));
  return {
    fd: kernel.fd,
    record(more) {
      if (isReleased) return;
      facts = { ...facts, ...more };
      report(() => writeNote(kernel, formatNote(owner, facts)));
      report(() => entry.record(facts));
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      if (facts.left?.some(mayLive)) {
        closeSync(kernel.fd);
        return;
      }
      report(() => writeNote(kernel, ''));
      // In this order another run-job that looks in between still sees whose lock it was.
      closeSync(kernel.fd);
      await entry.withdraw();
    },
  };
}

function mayLive(left: ProcessIdentity): boolean {
  return isAlive(left) || isHidden(left.pid);
}
