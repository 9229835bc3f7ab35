/**
 * The slots of one supervisor: all on one lease, which it renews. Each few seconds it looks, decides
 * and carries out. It says which instances are to run here; the supervisor starts and ends them, and
 * a slot is free for others only when nothing of its instance lives here any more.
 */

import type { Timer } from '../../system/types/clock.ts';
import type { TxnAnswer } from '../../system/types/engine.ts';
import type { EndBy } from '../../system/types/process.ts';
import { defined } from '../../text/defined.ts';
import { put } from '../store/view.ts';
import { type CarryOut, carryOut, lookAtSlots, type SlotsSeen } from './carry-out.ts';
import { homeOf } from './cycle.ts';
import { decideSlots, type SlotMove } from './decide.ts';
import { SlotLease } from './lease.ts';
import type { KeeperOrder, KeeperPorts } from './ports.ts';
import type { SlotRecord } from './records.ts';

/** Another host, and an order of people, are seen after so long. */
const lookEveryMs = 5000;

/** A home that is up hears of an offer by its `run-job --ensure`, which comes each minute. */
const offerMs = 150_000;

/** Time for one request. */
const requestPatienceMs = 5000;

export class SlotKeeper {
  readonly #order: KeeperOrder;
  readonly #ports: KeeperPorts;
  readonly #lease: SlotLease;
  /** The instances that are to run here, and the fences of their slots. */
  readonly #held = new Map<number, string>();
  /** Until when instances are offered to their homes, by the time since boot. */
  readonly #offered = new Map<number, number>();
  #next: { readonly atBootMs: number; readonly timer: Timer } | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isEnding = false;
  /** The reason why the engine does not answer. */
  unreachable: string | undefined;
  /** Time since boot when a slot was last held or taken. */
  busyBootMs: number;

  constructor(order: KeeperOrder, ports: KeeperPorts) {
    this.#order = order;
    this.#ports = ports;
    const onDeadline = (endBy: EndBy) => {
      for (const instance of this.#held.keys()) ports.onDeadline(instance, endBy);
    };
    this.#lease = new SlotLease(order, ports, { onDeadline, onLapse: () => this.#lapsed() });
    this.busyBootMs = ports.clock.sinceBootMs();
  }

  /** True if an instance is to run here now. */
  isHeld(instance: number): boolean {
    return this.#held.has(instance) && !this.#lease.isOver();
  }

  /** A number that grows each time that a slot of the fleet is taken. */
  fence(instance: number): string | undefined {
    return this.#held.get(instance);
  }

  /** Looks again soon: an instance has ended, or its state is another one. */
  lookSoon(inMs = 200): void {
    if (this.#isEnding) return;
    const atBootMs = this.#ports.clock.sinceBootMs() + inMs;
    if (this.#next !== undefined && this.#next.atBootMs <= atBootMs) return;
    this.#next?.timer.cancel();
    const timer = this.#ports.clock.after(inMs, () => {
      this.#next = undefined;
      this.#looking = this.#looking.then(() => this.#turn());
      void this.#looking.then(() => this.lookSoon(this.#everyMs));
    });
    this.#next = { atBootMs, timer };
  }

  /** Offers the slots that are not at home here for a while; their instances go on until their home calls them. */
  offer(): void {
    const { cycle } = this.#order.rules();
    const untilMs = this.#ports.clock.sinceBootMs() + offerMs;
    for (const instance of this.#held.keys())
      if (homeOf(instance, cycle) !== this.#order.host) this.#offered.set(instance, untilMs);
    this.lookSoon(0);
  }

  /** Gives back all slots, now that their instances have ended. What is not given back ends with the lease. */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#next?.timer.cancel();
    await this.#looking;
    await this.#turn();
    await this.#lease.end();
  }

  get #everyMs(): number {
    return Math.min(lookEveryMs, (this.#order.rules().takeoverSeconds * 1000) / 3);
  }

  async #turn(): Promise<void> {
    const { rules, host, run } = this.#order;
    if (!this.#isEnding) await this.#lease.renew();
    const seen = await lookAtSlots(rules(), host, this.#ports, { patienceMs: requestPatienceMs });
    this.unreachable = seen.is === 'unreachable' ? seen.reason : undefined;
    if (seen.is === 'unreachable') return;
    const asker = { host, run, isActive: this.#ports.isActive, isEnding: this.#isEnding };
    const before = this.#heldText();
    this.#ports.onDesired(seen.view.desired);
    for (const [instance, move] of decideSlots(rules(), asker, seen.view, seen.nowMs))
      await this.#act(instance, move, seen);
    if (this.#held.size > 0) this.busyBootMs = this.#ports.clock.sinceBootMs();
    if (this.#heldText() !== before) this.#ports.onChange();
  }

  async #act(instance: number, move: SlotMove, seen: SlotsSeen): Promise<void> {
    switch (move.is) {
      case 'keep':
        return this.#keep(instance, seen);
      case 'take':
        return this.#take(instance, move, seen);
      case 'end':
      case 'leave':
        this.#drop(instance);
        return;
      case 'free':
        this.#drop(instance);
        await this.#carryOut(instance, move, seen);
        return;
      case 'mark':
      case 'call':
        this.#drop(instance);
        if (!this.#isEnding) await this.#carryOut(instance, move, seen);
        return;
      default:
        move satisfies never;
    }
  }

  #drop(instance: number): void {
    this.#held.delete(instance);
    this.#offered.delete(instance);
  }

  async #take(instance: number, move: SlotMove, seen: SlotsSeen): Promise<void> {
    const lease = await this.#lease.have();
    if (lease === undefined) return;
    const record = this.#recordOf(instance, seen.nowMs);
    const done = await this.#carryOut(instance, move, seen, { record, lease });
    if (done.is === 'no-lease') this.#lease.forget();
    if (done.is === 'done' && !this.#lease.isOver()) this.#hold(instance, done.revision);
    // Another one was faster; what is unanswered shows at the next look.
    if (done.is === 'refused') this.lookSoon();
  }

  async #keep(instance: number, { view }: SlotsSeen): Promise<void> {
    const slot = view.slots.get(instance);
    const lease = this.#lease.id;
    if (slot?.value === undefined || lease === undefined || this.#lease.isOver()) return;
    if (!this.#held.has(instance)) this.#hold(instance, slot.modified);
    const record = this.#recordOf(instance, slot.value.atMs);
    if (JSON.stringify(record) === JSON.stringify(slot.value)) return;
    const guards = [{ key: slot.key, modified: slot.modified }];
    await this.#ports.engine.txn(guards, [put(slot.key, record, lease)], { patienceMs: requestPatienceMs });
  }

  #hold(instance: number, fence: string): void {
    this.#held.set(instance, fence);
    const { deadline } = this.#lease;
    if (deadline !== undefined) this.#ports.onDeadline(instance, deadline);
  }

  #carryOut(instance: number, move: SlotMove, seen: SlotsSeen, taking?: CarryOut['taking']): Promise<TxnAnswer> {
    const { host, rules } = this.#order;
    const order = { slug: rules().slug, instance, host, move, seen, ...defined({ taking }) };
    return carryOut(order, this.#ports, { patienceMs: requestPatienceMs });
  }

  /** In the order in which `slotRecord` reads it, so that equal records have equal texts. */
  #recordOf(instance: number, atMs: number): SlotRecord {
    const { host, boot, run, address } = this.#order;
    const { ports, state } = this.#ports.publicationOf(instance);
    const isOffered = (this.#offered.get(instance) ?? 0) > this.#ports.clock.sinceBootMs();
    return { host, boot, run, instance, atMs, address, ports, state, ...(isOffered && { offered: true }) };
  }

  #heldText(): string {
    return [...this.#held.keys()].sort().join();
  }

  /** With `stop`: the instances must end now, because another host may start them soon. */
  #lapsed(): void {
    if (this.#held.size === 0) return;
    this.#held.clear();
    this.#ports.onChange();
  }
}
