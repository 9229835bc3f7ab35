/**
 * Takes all locks of a run: the job's own, then those that it shares with other jobs, sorted by
 * name. A run that can't get one of them releases all before it waits. So no run holds a lock while
 * it waits for another, and no deadlock is possible.
 */
import type { Job } from '../../job/job.ts';
import type { JobLock, JobLocks } from '../../system/types/lock.ts';
import type { Collision } from './collision.ts';

export interface RunLock extends JobLock {
  /** File descriptors of the shared locks; a job inherits them as it does its own. */
  readonly sharedFds: readonly number[];
}

export type RunLockAnswer =
  | { readonly is: 'held'; readonly lock: RunLock }
  | ({ readonly is: 'busy' } & Collision)
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

type LockedJob = Pick<Job, 'slug' | 'policy'>;

export async function takeAll(job: LockedJob, run: string, locks: JobLocks): Promise<RunLockAnswer> {
  const { slug, policy } = job;
  const seen = firstSharedHolder(job, locks);
  if (seen !== undefined) return { is: 'busy', ...seen };
  const held: JobLock[] = [];
  for (const sharedLock of [undefined, ...policy.locks]) {
    const answer =
      sharedLock === undefined
        ? await locks.acquire(slug, run)
        : await locks.acquire(sharedLockName(sharedLock), run, slug);
    if (answer.is === 'held') held.push(answer.lock);
    else {
      await releaseAll(held);
      return answer.is === 'busy' && sharedLock !== undefined ? { ...answer, sharedLock } : answer;
    }
  }
  return { is: 'held', lock: joined(held) };
}

/** Returns the name of a shared lock among the locks of jobs, whose names have no "@". */
export function sharedLockName(name: string): string {
  return `@${name}`;
}

/**
 * Returns the holder of a shared lock, if another job holds one. It is looked for first: a run that
 * takes and releases its own lock again and again would disturb others, and no run may be ended for
 * one that then can't begin.
 */
function firstSharedHolder({ slug, policy }: LockedJob, locks: JobLocks): Collision | undefined {
  for (const sharedLock of policy.locks) {
    const holder = locks.holder(sharedLockName(sharedLock));
    if (holder !== undefined && holder.job !== slug) return { holder, sharedLock };
  }
  return undefined;
}

function joined(held: readonly JobLock[]): RunLock {
  const [own, ...shared] = held;
  if (own === undefined) throw new Error('a run has a lock at least');
  if (shared.length === 0) return { ...own, sharedFds: [] };
  return {
    fd: own.fd,
    sharedFds: shared.map(({ fd }) => fd),
    record(facts) {
      for (const lock of held) lock.record(facts);
    },
    release: () => releaseAll(held),
  };
}

/** Releases the job's own lock last, so that the next run finds the others free. */
async function releaseAll(held: readonly JobLock[]): Promise<void> {
  for (const lock of [...held].reverse()) await lock.release();
}
