/**
 * Takes the locks of a run that needs the permission of other hosts. The locks of this host come
 * first: a host on which an old process holds them must not use up the tick.
 */
import type { Grant, Permission } from '../permission/permission.ts';
import { processesWords } from '../process-words.ts';
import { type Collision, collisionAction, collisionWords } from './collision.ts';
import { type RunLock, takeAll } from './run-locks.ts';
import type { LockHost, LockOrder, Taken } from './take-lock.ts';

export type Permitted =
  | { readonly is: 'held'; readonly lock: RunLock; readonly grant: Grant; readonly warnings: readonly string[] }
  | { readonly is: 'elsewhere' }
  | (Extract<Taken, { is: 'skipped' }> & { readonly warnings?: readonly string[] })
  | Extract<Taken, { is: 'not-started' | 'stopped' }>;

export async function takePermitted(order: LockOrder, permission: Permission, host: LockHost): Promise<Permitted> {
  const attempts = new LockAttempts(order, host);
  const { watch, job } = order;
  const answer = await permission.ask({
    tryLock: () => attempts.try(),
    isOver: () => watch.stopped !== undefined || attempts.failure !== undefined,
  });
  const { lock } = attempts;
  if (answer.is === 'granted' && lock !== undefined)
    return { is: 'held', lock, grant: answer.grant, warnings: [...attempts.warnings, ...answer.grant.warnings] };
  await lock?.release();
  switch (answer.is) {
    case 'granted':
    case 'busy-here':
      return { is: 'skipped', reason: 'running', words: attempts.busyWords(), allowed: job.allowOvertime };
    case 'elsewhere':
      return answer;
    case 'skipped':
      return answer;
    case 'over':
      if (watch.stopped !== undefined) return { is: 'stopped', outcome: watch.stopped };
      return attempts.failure ?? { is: 'elsewhere' };
    default:
      return answer satisfies never;
  }
}

class LockAttempts {
  readonly warnings: string[] = [];
  lock: RunLock | undefined;
  failure: Extract<Taken, { is: 'not-started' }> | undefined;
  readonly #order: LockOrder;
  readonly #host: LockHost;
  readonly #beganMs: number;
  #collision: Collision | undefined;
  #hasSwept = false;

  constructor(order: LockOrder, host: LockHost) {
    this.#order = order;
    this.#host = host;
    this.#beganMs = host.clock.monotonicMs();
  }

  async try(): Promise<boolean> {
    if (this.lock !== undefined) return true;
    const answer = await takeAll(this.#order.job, this.#order.run, this.#host.locks);
    if (answer.is === 'held') this.lock = answer.lock;
    if (answer.is === 'unavailable') this.failure = { ...answer, is: 'not-started', code: 125 };
    if (answer.is !== 'busy') return answer.is === 'held';
    this.#collision = answer;
    if (this.#isToBeEnded(answer)) await this.#sweep(answer);
    return false;
  }

  busyWords(): string {
    return this.#collision === undefined
      ? 'its lock is held on this host'
      : collisionWords(this.#collision, this.#host.clock.nowMs());
  }

  #isToBeEnded(collision: Collision): boolean {
    const { job, ancestors } = this.#order;
    const advice = collisionAction(collision, {
      ...{ policy: job.policy.collisionPolicy, ancestors, hasReplaced: false },
      ...{
        waitedMs: this.#host.clock.monotonicMs() - this.#beganMs,
        sinceBootMs: this.#host.clock.sinceBootMs(),
      },
    });
    return advice === 'end' && !this.#hasSwept;
  }

  /** Ends the remaining processes of a run without a run-job that is past its timeout, once. */
  async #sweep({ holder }: Collision): Promise<void> {
    this.#hasSwept = true;
    const left = this.#host.sweeper.left(holder);
    await this.#host.sweeper.end(holder, this.#order.job.killGraceSeconds * 1000);
    this.warnings.push(
      `run ${holder.runId ?? 'unknown'} had lost its run-job; what it had left was ended: ${processesWords(left)}`,
    );
  }
}
