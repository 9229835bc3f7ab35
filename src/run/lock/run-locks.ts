/**
 * All locks of a run at once: the job's own, then those that it shares with other jobs, sorted by name. A run that can't have one of them
 * gives all back before it waits: so none waits for another while it is in the way of a third, and there is no circle of waiting.
 */
import type { Job } from '../../job/job.ts';
import type { JobLock, JobLocks } from '../../system/types/lock.ts';
import type { Collision } from './collision.ts';

export interface RunLock extends JobLock {
  /** Of the shared locks; a job inherits them as it does its own. */
  readonly sharedFds: readonly number[];
}

export type RunLockAnswer =
  | { readonly is: 'held'; readonly lock: RunLock }
  | ({ readonly is: 'busy' } & Collision)
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

export interface LockOrder {
  readonly job: Pick<Job, 'slug' | 'policy'>;
  readonly run: string;
}

export async function takeAll({ job, run }: LockOrder, locks: JobLocks): Promise<RunLockAnswer> {
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

/** What the lock `name` of a job file is called among the locks of jobs, whose names have no "@". */
export function sharedLockName(name: string): string {
  return `@${name}`;
}

/**
 * Another job that has one of the shared locks. Looked for first: taking the job's own lock and giving it back, again and again, would be in the
 * way of others, and a run of this job is not to be ended for one that then can't begin.
 */
function firstSharedHolder({ slug, policy }: LockOrder['job'], locks: JobLocks): Collision | undefined {
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

/** The job's own lock last: who comes next finds the others free. */
async function releaseAll(held: readonly JobLock[]): Promise<void> {
  for (const lock of [...held].reverse()) await lock.release();
}
