/** A lock that this process has: what it writes down of its run, and how it gives the lock back. */
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
  readonly say: (remark: string) => void;
}

export function heldLock({ kernel, entry, owner, say }: Holding, first: OwnerFacts): JobLock {
  let facts = first;
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      say(`the record of the lock can't be written: ${String(error)}`);
    }
  };
  let isReleased = false;
  attempt(() => writeNote(kernel, formatNote(owner, facts)));
  return {
    fd: kernel.fd,
    record(more) {
      if (isReleased) return;
      facts = { ...facts, ...more };
      attempt(() => writeNote(kernel, formatNote(owner, facts)));
      attempt(() => entry.record(facts));
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      if (facts.left?.some(mayLive)) {
        closeSync(kernel.fd);
        return;
      }
      attempt(() => writeNote(kernel, ''));
      // In this order whoever comes in between still sees whose lock it was.
      closeSync(kernel.fd);
      await entry.withdraw();
    },
  };
}

function mayLive(left: ProcessIdentity): boolean {
  return isAlive(left) || isHidden(left.pid);
}
