/**
 * Claims a tick for one host of a pool. One read tells most hosts that another one has it;
 * the winner needs a lease and one transaction more. The loop reads, decides, and carries out one
 * move; a transaction that was refused, or of which nothing is known, is followed by the next read.
 */

import { absent, type Change, type Guard, type TxnAnswer } from '../../system/types/engine.ts';
import { deadlineOf } from '../run/deadline.ts';
import { finish } from '../run/finish.ts';
import { freeChanges } from '../run/free.ts';
import { type HeldRun, holdingChanges } from '../run/held.ts';
import type { Fate, Holder, Started, Stop, Waiter, Writer } from '../store/records.ts';
import { type JobView, put, remove } from '../store/view.ts';
import { decide, type Move } from './decide.ts';
import { ClaimLeases } from './leases.ts';
import { type FleetPorts, Lookout } from './look.ts';
import { lookBack } from './look-back.ts';
import type { ClaimAnswer, ClaimRequest, FleetJob, LookedBack } from './request.ts';

export interface ClaimPorts extends FleetPorts {
  /** Tries to take the job's lock of this host; true also if this claim has it already. */
  readonly tryLock: () => Promise<boolean>;
  /** True as soon as nothing is to be started any more, as when run-job was asked to stop. */
  readonly isOver?: () => boolean;
  /** Tells from this host's records how a run ended; undefined if they do not say. */
  readonly outcomeOf: (run: string) => string | undefined;
}

/** Time to give a run back that does not begin; it ends by itself otherwise. */
const farewellMs = 1000;

export function claim(job: FleetJob, request: ClaimRequest, ports: ClaimPorts): Promise<ClaimAnswer> {
  return new Claim(job, request, ports).ask();
}

/** A move whose transaction has to be tried again is no answer. */
type Turn = ClaimAnswer | undefined;

class Claim {
  readonly #job: FleetJob;
  readonly #request: ClaimRequest;
  readonly #ports: ClaimPorts;
  readonly #lookout: Lookout;
  readonly #beganBootMs: number;
  readonly #leases: ClaimLeases;
  #failedBootMs: number | undefined;
  #looked: LookedBack = { missed: [], lost: [] };
  #seeksOther = false;

  constructor(job: FleetJob, request: ClaimRequest, ports: ClaimPorts) {
    this.#job = job;
    this.#request = request;
    this.#ports = ports;
    this.#lookout = new Lookout(ports, request.contactPatienceMs, () => this.#isOver());
    this.#leases = new ClaimLeases(ports, this.#lookout);
    this.#beganBootMs = ports.clock.sinceBootMs();
  }

  async ask(): Promise<ClaimAnswer> {
    for (;;) {
      // The lock of this host comes first: else a host on which an old process holds it would use up the tick.
      const hasLock = await this.#ports.tryLock();
      const seen = await this.#lookout.look({ ...this.#job, host: this.#request.host }, this.#seeksOther);
      this.#seeksOther = false;
      const answer =
        seen.is === 'unreachable' ? seen : await this.#carryOut(this.#decide(seen.view, hasLock), seen.view, hasLock);
      const isOver = this.#isOver();
      if (answer === undefined && !isOver) continue;
      if (answer?.is !== 'mine') await this.#leases.giveBack();
      return answer === undefined || (answer.is === 'unreachable' && isOver) ? { is: 'over' } : answer;
    }
  }

  #isOver(): boolean {
    return this.#ports.isOver?.() === true;
  }

  #decide(view: JobView, hasLock: boolean): Move {
    const waitedMs = this.#ports.clock.sinceBootMs() - this.#beganBootMs;
    return decide(this.#job, this.#request, { view, hasLock, waitedMs, clock: this.#lookout.clock });
  }

  #carryOut(move: Move, view: JobView, hasLock: boolean): Promise<Turn> {
    switch (move.is) {
      case 'answer':
        return Promise.resolve(move.answer);
      case 'won':
        return this.#won(move.fence, view);
      case 'confirm':
        this.#seeksOther = true;
        return Promise.resolve(undefined);
      case 'wait':
        return this.#wait(move.forMs);
      case 'start':
        return this.#start(move.attempt, view, hasLock);
      case 'skip':
        return this.#skip(move, view);
      case 'free':
        return this.#free(move.left, view);
      case 'stop':
        return this.#stop(move.victim, view);
      case 'queue':
        return this.#queue(view);
      default:
        return move satisfies never;
    }
  }

  async #start(attempt: number, view: JobView, hasLock: boolean): Promise<Turn> {
    const { takeoverSeconds } = this.#job;
    if (takeoverSeconds !== undefined && !(await this.#leases.haveRun(takeoverSeconds)))
      return this.#failed('no lease');
    // The lease came from another member: the clocks of two are known now.
    if (!this.#lookout.clock.isSure) {
      this.#seeksOther = true;
      return undefined;
    }
    const again = this.#decide(view, hasLock);
    return again.is === 'start' ? this.#begin(attempt, view) : this.#carryOut(again, view, hasLock);
  }

  async #begin(attempt: number, view: JobView): Promise<Turn> {
    const { slug, locks, definition } = this.#job;
    const { tickMs } = this.#request;
    const { keys } = this.#ports;
    const atMs = this.#engineNowMs();
    const started: Fate = { ...this.#writer(), fate: 'started', atMs, attempt, definition };
    const holder: Holder = { ...this.#writer(), tickMs, atMs, locks };
    const looked = this.#lookBack(view);
    const done = await this.#txn(
      [...this.#guards(view), ...looked.guards],
      [
        put(keys.tick(slug, tickMs), started),
        ...holdingChanges(keys, slug, holder, this.#leases.run?.id),
        ...(view.stop === undefined ? [] : [remove(view.stop.key)]),
        ...(view.next?.value?.run === this.#request.run ? [remove(view.next.key)] : []),
        ...looked.changes,
      ],
    );
    if (done.is !== 'done') return this.#retry(done);
    this.#looked = looked;
    return this.#hold(done.revision, started);
  }

  /** The answer to an earlier try was lost; what it has written about earlier ticks is not known any more. */
  #won(fence: string, view: JobView): Promise<Turn> {
    const record = view.ticks.get(this.#request.tickMs)?.value;
    if (record?.fate !== 'started') return Promise.resolve(undefined);
    return this.#hold(fence, record);
  }

  async #hold(fence: string, record: Started): Promise<Turn> {
    const { slug, locks, killGraceSeconds } = this.#job;
    const { tickMs } = this.#request;
    const lease = this.#leases.run;
    const held: HeldRun = { slug, tickMs, record, fence, locks, ...(lease !== undefined && { lease }) };
    const sinceBootMs = this.#ports.clock.sinceBootMs();
    if (lease !== undefined && sinceBootMs >= deadlineOf(lease, killGraceSeconds).termBootMs) {
      await finish(held, 'lapsed', this.#ports, farewellMs);
      return { is: 'lapsed' };
    }
    return { is: 'mine', held, lateMs: this.#engineNowMs() - tickMs, looked: this.#looked };
  }

  async #skip(move: Extract<Move, { is: 'skip' }>, view: JobView): Promise<Turn> {
    const { why, by } = move;
    const { tickMs } = this.#request;
    const fate: Fate = { ...this.#writer(), fate: 'skipped', atMs: this.#engineNowMs(), why };
    const looked = this.#lookBack(view);
    const done = await this.#txn(
      [...this.#guards(view), ...looked.guards],
      [put(this.#ports.keys.tick(this.#job.slug, tickMs), fate), ...looked.changes],
    );
    if (done.is !== 'done') return this.#retry(done);
    return { is: 'skipped', why, looked, ...(by !== undefined && { by }) };
  }

  async #free(left: Holder, view: JobView): Promise<Turn> {
    const outcome = this.#ports.outcomeOf(left.run);
    const { guards, changes } = freeChanges(this.#ports.keys, this.#job.slug, view, outcome);
    return this.#retry(await this.#txn(guards, changes));
  }

  async #stop(victim: string, view: JobView): Promise<Turn> {
    const key = this.#ports.keys.stop(this.#job.slug);
    const order: Stop = { run: victim, why: 'replaced', by: this.#request.host };
    const guards = [...this.#guards(view), { key, modified: view.stop?.modified ?? absent }];
    return this.#retry(await this.#txn(guards, [put(key, order)]));
  }

  async #queue(view: JobView): Promise<Turn> {
    const place = await this.#leases.havePlace();
    if (place === undefined) return this.#failed('no lease');
    const waiter: Waiter = { ...this.#writer(), tickMs: this.#request.tickMs };
    const next = put(this.#ports.keys.next(this.#job.slug), waiter, place.id);
    const done = await this.#txn(this.#guards(view), [next]);
    if (done.is === 'no-lease') this.#leases.losePlace();
    return this.#retry(done);
  }

  async #wait(forMs: number): Promise<Turn> {
    await this.#lookout.wait(forMs);
    if (this.#isOver()) return undefined;
    await this.#leases.keepPlace();
    this.#lookout.forgetTime();
    return undefined;
  }

  async #txn(guards: readonly Guard[], changes: readonly Change[]): Promise<TxnAnswer> {
    const done = await this.#ports.engine.txn(guards, changes, this.#lookout.patience());
    if (done.is !== 'unreachable') this.#lookout.heard();
    return done;
  }

  /** No answer if the claim goes on: a refusal is decided anew, silence is borne for a while. */
  async #retry(done: TxnAnswer): Promise<Turn> {
    if (done.is === 'unreachable') return this.#failed(done.reason);
    this.#failedBootMs = undefined;
    return undefined;
  }

  async #failed(reason: string): Promise<Turn> {
    const { clock } = this.#ports;
    this.#failedBootMs ??= clock.sinceBootMs();
    if (clock.sinceBootMs() - this.#failedBootMs >= this.#request.contactPatienceMs)
      return { is: 'unreachable', reason };
    await this.#lookout.rest(clock.monotonicMs());
    return undefined;
  }

  /** Everything that decides is as it was seen, and so is the tick. */
  #guards(view: JobView): readonly Guard[] {
    const { tickMs } = this.#request;
    const key = this.#ports.keys.tick(this.#job.slug, tickMs);
    return [{ key, modified: view.ticks.get(tickMs)?.modified ?? absent }, ...view.guards];
  }

  #lookBack(view: JobView) {
    const { tickMs } = this.#request;
    const nowMs = this.#engineNowMs();
    return lookBack(this.#ports.keys, this.#job, { view, nowMs, writer: this.#writer(), tickMs });
  }

  #writer(): Writer {
    const { host, boot, run } = this.#request;
    return { host, boot, run };
  }

  #engineNowMs(): number {
    const { clock } = this.#lookout;
    return clock.is === 'known' ? Math.round(clock.nowMs) : 0;
  }
}
