/**
 * The one lease of a supervisor, on which all its slots are. With `when_cut_off: stop` the instances
 * have a deadline before its end, which each renewal puts off.
 */

import type { Timer } from '../../system/types/clock.ts';
import type { EndBy } from '../../system/types/process.ts';
import { deadlineOf } from '../run/deadline.ts';
import type { Lease } from '../run/held.ts';
import type { KeeperOrder, KeeperPorts } from './ports.ts';

/** Time for one request. */
const requestPatienceMs = 5000;

/** A lease is renewed three times in its life, at least each minute. */
const renewAtLeastMs = 60_000;

interface LeaseHooks {
  /** With `stop`: the deadline of all that runs on the lease. */
  readonly onDeadline: (deadline: EndBy) => void;
  /** With `stop`: the instances must end now. */
  readonly onLapse: () => void;
}

export class SlotLease {
  readonly #order: KeeperOrder;
  readonly #ports: KeeperPorts;
  readonly #hooks: LeaseHooks;
  #lease: Lease | undefined;
  #deadline: EndBy | undefined;
  #timer: Timer | undefined;

  constructor(order: KeeperOrder, ports: KeeperPorts, hooks: LeaseHooks) {
    this.#order = order;
    this.#ports = ports;
    this.#hooks = hooks;
  }

  /** With `stop`: the moment at which what runs on the lease must be over. */
  get deadline(): EndBy | undefined {
    return this.#deadline;
  }

  get id(): string | undefined {
    return this.#lease?.id;
  }

  /** True if instances must not run any more, although the lease may still be there. */
  isOver(): boolean {
    return this.#deadline !== undefined && this.#ports.clock.sinceBootMs() >= this.#deadline.termBootMs;
  }

  forget(): void {
    this.#lease = undefined;
  }

  /** Returns the id of the lease, a new one if there is none. */
  async have(): Promise<string | undefined> {
    if (this.#lease !== undefined) return this.#lease.id;
    const { engine, clock } = this.#ports;
    const askedBootMs = clock.sinceBootMs();
    const answer = await engine.grant(this.#order.rules().takeoverSeconds, { patienceMs: requestPatienceMs });
    if (answer.is === 'unreachable') return undefined;
    this.#renewed({ id: answer.lease, seconds: answer.seconds, askedBootMs });
    return answer.lease;
  }

  async renew(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined) return;
    const { engine, clock } = this.#ports;
    const askedBootMs = clock.sinceBootMs();
    const everyMs = Math.min(renewAtLeastMs, (lease.seconds * 1000) / 3);
    if (askedBootMs - lease.askedBootMs < everyMs * renewalMargin) return;
    const answer = await engine.keepAlive(lease.id, { patienceMs: Math.min(requestPatienceMs, everyMs) });
    if (answer.is === 'renewed') this.#renewed({ ...lease, seconds: answer.seconds, askedBootMs });
    if (answer.is === 'gone') this.#gone();
  }

  /** Takes all slots that are still on it along. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    if (this.#lease !== undefined) await this.#ports.engine.revoke(this.#lease.id, { patienceMs: requestPatienceMs });
  }

  #renewed(lease: Lease): void {
    this.#lease = lease;
    const { whenCutOff, stopSeconds } = this.#order;
    if (whenCutOff === 'stop') this.#until(deadlineOf(lease, stopSeconds));
  }

  #gone(): void {
    this.#lease = undefined;
    const nowMs = this.#ports.clock.sinceBootMs();
    if (this.#order.whenCutOff === 'stop') this.#until({ termBootMs: nowMs, killBootMs: nowMs });
  }

  #until(deadline: EndBy): void {
    const { clock } = this.#ports;
    this.#deadline = deadline;
    this.#hooks.onDeadline(deadline);
    this.#timer?.cancel();
    if (this.isOver()) {
      this.#hooks.onLapse();
      return;
    }
    this.#timer = clock.after(deadline.termBootMs - clock.sinceBootMs(), () => {
      if (this.isOver()) this.#hooks.onLapse();
    });
  }
}

/** A look that comes a little early renews too. */
const renewalMargin = 0.8;
