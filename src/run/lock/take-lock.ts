/**
 * Takes the locks of a job for a run: at once, after waiting, or by replacing the run that holds
 * them, as `cron_collision_policy` says (collision.ts decides). A run that waits or replaces first
 * takes the place of the next run, which is a lock too. So at most one run waits, `status` shows
 * it, and the place is free again if its run-job is killed.
 */
import type { Job } from '../../job/job.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { JobLock, JobLocks, LockHolder, Sweeper, Wrappers } from '../../system/types/lock.ts';
import type { Survivor } from '../../system/types/process.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { durationWords } from '../../text/duration.ts';
import type { Tick } from '../history/event.ts';
import { type HistoryHost, type RunName, writeEvent } from '../history/record.ts';
import type { SkipReason, Stopped } from '../outcome/outcome.ts';
import { processesWords } from '../process-words.ts';
import type { StopWatch } from '../stop-watch.ts';
import { type Collision, type CollisionFacts, collisionAction, collisionWords } from './collision.ts';
import { endHolder } from './replace.ts';
import { type RunLock, takeAll } from './run-locks.ts';

export interface LockHost extends HistoryHost {
  readonly clock: Clock;
  readonly history: HistoryStore;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly wrappers: Wrappers;
}

export interface LockOrder extends RunName {
  readonly job: Pick<Job, 'slug' | 'killGraceSeconds' | 'policy' | 'timing' | 'allowOvertime'>;
  readonly tick?: Tick;
  /** Ids of the runs whose commands led to this one. */
  readonly ancestors: readonly string[];
  readonly watch: StopWatch;
  /** Returns the reason, in words, if the job has been paused; else `undefined`. */
  readonly paused: () => string | undefined;
}

export type Taken =
  /** `warnings` say what run-job had to do first; they go to the log. */
  | { readonly is: 'held'; readonly lock: RunLock; readonly warnings: readonly string[] }
  | { readonly is: 'skipped'; readonly reason: SkipReason; readonly words: string; readonly allowed: boolean }
  | { readonly is: 'not-started'; readonly stage: string; readonly reason: string; readonly code: 78 | 125 }
  | { readonly is: 'stopped'; readonly outcome: Stopped };

/** Returns the name of the lock that is the place of the next run; no job's name has an "@". */
export function nextLockName(slug: string): string {
  return `${slug}@next`;
}

/** Longest wait for another run if the job has no `start_deadline`. */
const usualPatienceSeconds = 3600;

const pollMs = 100;
/** Interval for a run that has waited long. */
const longestPollMs = 1000;

export async function takeLock(order: LockOrder, host: LockHost): Promise<Taken> {
  const turn = new LockTaker(order, host);
  try {
    return await turn.take();
  } finally {
    await turn.giveUpPlace();
  }
}

/** Takes the locks for one run. */
class LockTaker {
  readonly #order: LockOrder;
  readonly #host: LockHost;
  readonly #startMs: number;
  readonly #cameMs: number;
  readonly #warnings: string[] = [];
  #place: JobLock | undefined;
  #hasSwept = false;
  #hasReplaced = false;

  constructor(order: LockOrder, host: LockHost) {
    this.#order = order;
    this.#host = host;
    this.#startMs = host.clock.monotonicMs();
    this.#cameMs = host.clock.nowMs();
  }

  async take(): Promise<Taken> {
    const { job, watch } = this.#order;
    if (job.policy.collisionPolicy !== 'CANCEL_NEW' && this.#isAnotherNext()) return this.#isFull();
    for (;;) {
      if (watch.stopped !== undefined) return { is: 'stopped', outcome: watch.stopped };
      const answer = await takeAll(this.#order.job, this.#order.run, this.#host.locks);
      if (answer.is === 'held') return { ...answer, warnings: this.#warnings };
      if (answer.is === 'unavailable') return { ...answer, is: 'not-started', code: 125 };
      const end = await this.#meet(answer);
      if (end !== undefined) return end;
    }
  }

  async giveUpPlace(): Promise<void> {
    await this.#place?.release();
  }

  /** Deals with a collision. Returns `undefined` if the run is to try again. */
  async #meet(collision: Collision): Promise<Taken | undefined> {
    const advice = collisionAction(collision, this.#facts());
    switch (advice) {
      case 'poll':
        return this.#rest();
      case 'end':
        return this.#sweep(collision);
      case 'skip':
        return this.#skip(collision);
      case 'contradiction':
        return { is: 'not-started', stage: 'configuration', reason: this.#contradiction(collision), code: 78 };
      case 'wait':
        return (await this.#takePlace(collision)) ?? this.#wait(collision);
      case 'replace':
        return (await this.#takePlace(collision)) ?? this.#replace(collision.holder);
      default:
        return advice satisfies never;
    }
  }

  #facts(): CollisionFacts {
    const { job, ancestors } = this.#order;
    const sinceBootMs = this.#host.clock.sinceBootMs();
    return {
      policy: job.policy.collisionPolicy,
      ...{ ancestors, waitedMs: this.#waitedMs(), sinceBootMs, hasReplaced: this.#hasReplaced },
    };
  }

  #waitedMs(): number {
    return this.#host.clock.monotonicMs() - this.#startMs;
  }

  async #rest(): Promise<undefined> {
    const delayMs = Math.min(Math.max(pollMs, this.#waitedMs() / 20), longestPollMs);
    await this.#order.watch.rest(delayMs, this.#host.clock);
  }

  async #sweep(collision: Collision): Promise<Taken | undefined> {
    // Only once: processes that are still there afterwards can't be killed, and the skip names
    // them.
    if (this.#hasSwept) return this.#skip(collision);
    this.#hasSwept = true;
    const { holder } = collision;
    const left = this.#host.sweeper.left(holder);
    await this.#host.sweeper.end(holder, this.#order.job.killGraceSeconds * 1000);
    const isReplaced = this.#order.job.policy.collisionPolicy === 'KILL_EXISTING';
    this.#warnings.push(sweptWords(holder, left, isReplaced ? 'is replaced' : 'was past its timeout'));
    return undefined;
  }

  #skip(collision: Collision, reason: SkipReason = collision.sharedLock === undefined ? 'running' : 'locked'): Taken {
    const words = collisionWords(collision, this.#host.clock.nowMs());
    return { is: 'skipped', reason, words, allowed: this.#order.job.allowOvertime };
  }

  #contradiction({ sharedLock = '', holder }: Collision): string {
    const parent = holder.job ?? 'another job';
    return `the lock "${sharedLock}" belongs to run ${holder.runId} of ${parent}, which waits for this one: take it out of "locks" in one of the two job files`;
  }

  /**
   * Takes the place of the next run and records that it waits, so that the history knows of it if
   * its run-job is killed.
   */
  async #takePlace(collision: Collision): Promise<Taken | undefined> {
    if (this.#place !== undefined) return undefined;
    const { slug, run, trigger, tick } = this.#order;
    const { clock, hostName, locks } = this.#host;
    const answer = await locks.acquire(nextLockName(slug), run);
    if (answer.is === 'unavailable') return { ...answer, is: 'not-started', code: 125 };
    if (answer.is === 'busy') return this.#isFull(answer.holder);
    this.#place = answer.lock;
    const words = collisionWords(collision, clock.nowMs());
    const ofTick = tick === undefined ? {} : { tick };
    writeEvent(slug, this.#host, {
      event: 'waiting',
      run,
      atMs: clock.nowMs(),
      trigger,
      host: hostName,
      words,
      ...ofTick,
    });
    return undefined;
  }

  #next(): LockHolder | undefined {
    return this.#host.locks.holder(nextLockName(this.#order.slug));
  }

  /**
   * True if another run waits, which this one must not overtake. A run that already has its locks
   * is about to release the place.
   */
  #isAnotherNext(): boolean {
    const next = this.#next();
    return next !== undefined && next.runId !== this.#host.locks.holder(this.#order.slug)?.runId;
  }

  #isFull(next = this.#next()): Taken {
    const waiting = next?.runId === undefined ? 'another run' : `run ${next.runId}`;
    const words = `${waiting} is already queued; at most one run can wait`;
    return { is: 'skipped', reason: 'queue-full', words, allowed: this.#order.job.allowOvertime };
  }

  async #wait(collision: Collision): Promise<Taken | undefined> {
    const words = this.#order.paused();
    if (words !== undefined) {
      return { is: 'skipped', reason: 'paused', words, allowed: this.#order.trigger.by === 'clock' };
    }
    const patienceMs = this.#patienceMs();
    if (this.#waitedMs() < patienceMs) return this.#rest();
    const { words: why, allowed } = this.#skip(collision) as Extract<Taken, { is: 'skipped' }>;
    const waited = `after ${durationWords(this.#waitedMs() / 1000)} of waiting it is too late to start; ${why}`;
    return { is: 'skipped', reason: 'deadline', words: waited, allowed };
  }

  /**
   * Milliseconds that this run may wait since run-job was called. For a tick: the time up to its
   * `start_deadline`, or all of it if the run catches up after that.
   */
  #patienceMs(): number {
    const { job, tick } = this.#order;
    const { startDeadlineSeconds = usualPatienceSeconds } = job.timing;
    const lateMs = tick === undefined ? 0 : this.#cameMs - tick.tickMs;
    return startDeadlineSeconds * 1000 - (lateMs < startDeadlineSeconds * 1000 ? lateMs : 0);
  }

  async #replace(holder: LockHolder): Promise<Taken | undefined> {
    const ended = await endHolder(holder, this.#order, this.#host);
    if (ended.is === 'stopped') return { is: 'stopped', outcome: ended.outcome };
    if (ended.is === 'failed')
      return { is: 'not-started', stage: 'ending the run before', reason: ended.reason, code: 125 };
    this.#hasReplaced = true;
    this.#warnings.push(ended.warning);
    return undefined;
  }
}

function sweptWords({ runId = 'unknown' }: LockHolder, left: readonly Survivor[], why: string): string {
  const names = processesWords(left);
  return `run ${runId} had lost its run-job and ${why}; what it had left was ended: ${names}`;
}
