/**
 * What a run that is about to begin does when it meets somebody who has one of its locks: the table of `cron_collision_policy`.
 *
 * | who has it                                    | CANCEL_NEW            | KILL_EXISTING                       | QUEUE                 |
 * | --------------------------------------------- | --------------------- | ----------------------------------- | --------------------- |
 * | a run of the job, or one that can't be judged | skip                  | replace it                          | wait                  |
 * | what is left of a run that lost its run-job   | end it past its       | end it                              | wait, and end it past |
 * |                                               | timeout, else skip    |                                     | its timeout           |
 * | another job, by a lock that both share        | skip                  | skip, for its runs are not ours to  | wait                  |
 * |                                               |                       | end; wait once a run was replaced   |                       |
 * | a run that has started this one               | skip; by a shared lock: a mistake in the job files, for neither could go on         |
 */
import type { CollisionPolicy } from '../../job/keys/policy.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import { durationWords } from '../outcome/outcome.ts';
import { isOutOfReach, leftWords } from '../process-words.ts';

export interface Collision {
  readonly holder: LockHolder;
  /** The name of a lock that jobs share; absent when it is the job's own. */
  readonly sharedLock?: string;
}

export interface CollisionFacts {
  readonly policy: CollisionPolicy;
  /** Ids of the runs that led to this one. */
  readonly ancestors: readonly string[];
  /** Since this run came. */
  readonly waitedMs: number;
  readonly sinceBootMs: number;
  /** A run of the job has been ended for this one, which should not have been for nothing. */
  readonly hasReplaced: boolean;
}

/** `poll`: wait a moment, whatever the policy is. `end`: sweep up what an orphaned run has left. `mistake`: the job files can't be meant so. */
export type CollisionAction = 'poll' | 'end' | 'skip' | 'wait' | 'replace' | 'mistake';

/** A dead holder's reaper needs up to 2 s to end what the run left; a tick that comes just then shall not be lost. */
const orphanPatienceMs = 3000;

export function collisionAction({ holder, sharedLock }: Collision, facts: CollisionFacts): CollisionAction {
  const { policy, ancestors, waitedMs, sinceBootMs, hasReplaced } = facts;
  if (holder.runId !== undefined && ancestors.includes(holder.runId))
    return sharedLock === undefined ? 'skip' : 'mistake';
  if (holder.state === 'orphaned') {
    if (waitedMs <= orphanPatienceMs) return 'poll';
    if (sharedLock === undefined && (policy === 'KILL_EXISTING' || isPastItsTime(holder, sinceBootMs))) return 'end';
  }
  if (policy === 'QUEUE') return 'wait';
  if (policy === 'CANCEL_NEW') return 'skip';
  if (sharedLock === undefined) return 'replace';
  return hasReplaced ? 'wait' : 'skip';
}

/**
 * Nobody else enforces the timeout of an orphaned run any more. One without a timeout, or within it, may be half of a migration; a person
 * decides (`jobctl stop`), or the job's own policy does.
 */
function isPastItsTime({ deadlineSinceBootMs }: LockHolder, sinceBootMs: number): boolean {
  return deadlineSinceBootMs !== undefined && sinceBootMs >= deadlineSinceBootMs;
}

/** Why a run can't begin, in words that name who is in its way and since when. */
export function collisionWords({ holder, sharedLock }: Collision, nowMs: number): string {
  if (sharedLock === undefined) return holderWords(holder, nowMs);
  const whose = holder.job === undefined ? 'another job' : `job ${holder.job}`;
  const words =
    holder.state === 'running' ? `${runWords(holder)} has it${sinceWords(holder, nowMs)}` : holderWords(holder, nowMs);
  return `the lock "${sharedLock}" is taken by ${whose}: ${words}`;
}

function holderWords(holder: LockHolder, nowMs: number): string {
  switch (holder.state) {
    case 'running':
      return `still running${sinceWords(holder, nowMs)} (${runWords(holder)})`;
    case 'orphaned':
      return orphanWords(holder);
    case 'predecessor':
      return `still running under the Python process-control (pid ${holder.wrapper?.pid ?? 'unknown'})`;
    case 'unknown':
      return `its lock is held by ${holder.runId === undefined ? 'a process' : `a process of run ${holder.runId}`} that cannot be looked into`;
    default:
      return holder.state satisfies never;
  }
}

/** What is said of processes that live on after their run-job. */
export function orphanWords(holder: Pick<LockHolder, 'runId' | 'pids' | 'processes'>): string {
  const run = holder.runId === undefined ? 'that run' : `run ${holder.runId}`;
  return isOutOfReach(holder.processes ?? [])
    ? `processes of ${run} live on and can't be ended from here: ${leftWords(holder)}`
    : `its last run-job is gone but processes of ${run} are alive: ${leftWords(holder)}`;
}

function runWords({ wrapper, runId }: LockHolder): string {
  return `pid ${wrapper?.pid ?? 'unknown'}${runId === undefined ? '' : `, run ${runId}`}`;
}

function sinceWords({ startedMs }: LockHolder, nowMs: number): string {
  return startedMs === undefined ? '' : ` for ${durationWords(Math.max(0, nowMs - startedMs) / 1000)}`;
}
