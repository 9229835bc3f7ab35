/**
 * Decides what a new run does if another process holds one of its locks: the table of
 * `cron_collision_policy`.
 *
 * | holder of the lock                 | CANCEL_NEW     | KILL_EXISTING            | QUEUE         |
 * | ---------------------------------- | -------------- | ------------------------ | ------------- |
 * | a run of the job, or a process     | skip           | replace it               | wait          |
 * | that can't be examined             |                |                          |               |
 * | remaining processes of a run of    | skip; end them | end them                 | wait; end     |
 * | the job without a run-job          | past their     |                          | them past     |
 * |                                    | timeout        |                          | their timeout |
 * | another job, by a shared lock      | skip           | skip; wait if this run   | wait          |
 * |                                    |                | has replaced one already |               |
 * | a run whose commands started this  | skip           | skip                     | skip          |
 * | one, by the job's own lock         |                |                          |               |
 * | the same, by a shared lock         | a contradiction in the job files: neither run could go on |
 */
import type { CollisionPolicy } from '../../job/keys/policy.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import { durationWords } from '../../text/duration.ts';
import { isOutOfReach, leftWords } from '../process-words.ts';

export interface Collision {
  readonly holder: LockHolder;
  /** Name of the shared lock; absent if it is the job's own lock. */
  readonly sharedLock?: string;
}

export interface CollisionFacts {
  readonly policy: CollisionPolicy;
  /** Ids of the runs whose commands led to this one. */
  readonly ancestors: readonly string[];
  /** Milliseconds since this run-job was called. */
  readonly waitedMs: number;
  readonly sinceBootMs: number;
  /**
   * Set if this run has ended another one to take its place: then it waits for shared locks, so
   * that this was not in vain.
   */
  readonly hasReplaced: boolean;
}

/**
 * `poll`: wait a moment, whatever the policy is. `end`: end the remaining processes of an orphaned
 * run. `contradiction`: the job files contradict each other.
 */
export type CollisionAction = 'poll' | 'end' | 'skip' | 'wait' | 'replace' | 'contradiction';

/**
 * The reaper of a dead run-job needs up to 2 s to end the remaining processes; a tick that comes
 * just then must not be lost.
 */
const orphanPatienceMs = 3000;

export function collisionAction({ holder, sharedLock }: Collision, facts: CollisionFacts): CollisionAction {
  const { policy, ancestors, waitedMs, sinceBootMs, hasReplaced } = facts;
  if (holder.runId !== undefined && ancestors.includes(holder.runId))
    return sharedLock === undefined ? 'skip' : 'contradiction';
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
 * True if an orphaned run is past its timeout, which no run-job enforces any more. A run without a
 * timeout, or within it, may be in the middle of a migration: an operator ends it (`jobctl stop`),
 * or the job's policy does.
 */
function isPastItsTime({ deadlineSinceBootMs }: LockHolder, sinceBootMs: number): boolean {
  return deadlineSinceBootMs !== undefined && sinceBootMs >= deadlineSinceBootMs;
}

/** Says which run holds the lock, and for how long. */
export function collisionWords({ holder, sharedLock }: Collision, nowMs: number): string {
  if (sharedLock === undefined) return holderWords(holder, nowMs);
  const whose = holder.job === undefined ? 'another job' : `job ${holder.job}`;
  const words =
    holder.state === 'running' ? `${runWords(holder)} has it${sinceWords(holder, nowMs)}` : holderWords(holder, nowMs);
  return `the lock "${sharedLock}" is held by ${whose}: ${words}`;
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
      return `its lock is held by ${holder.runId === undefined ? 'a process' : `a process of run ${holder.runId}`} that can't be examined`;
    default:
      return holder.state satisfies never;
  }
}

/** Describes the remaining processes of a run whose run-job is gone. */
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
