/** What must hold for the slots of a service, whatever goes wrong. */
import { slotRecord } from '../../../../src/fleet/slots/records.ts';
import { decodeJson } from '../../../../src/text/decode.ts';
import { type ModelEngine, minuteMs, type Written } from '../model-engine.ts';
import type { ModelHost } from '../model-host.ts';
import { close, keys, type Span } from '../runs.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { type ModelInstance, type SlotScene, slug } from './supervisor.ts';

export const slotInvariants = {
  twice: 'with `stop` no instance runs twice, but for what a frozen host does when it wakes',
  surplus: 'with `go_on` an instance runs twice only while one of its hosts is out of touch',
  held: 'an instance runs again in a bounded time if one host is up',
  stays: 'an instance moves only when something has happened to its host',
  drained: 'a cordoned host takes no instance, and gives up those that it has',
} as const;

type Invariant = keyof typeof slotInvariants;

/** A minute of `--ensure`, the lease, the time of the home, and the turns of all others. */
const heldBoundMs = 5 * minuteMs;

/** A look, its request, the end of an instance. */
const actBoundMs = 30_000;

/** The end of what a frozen host does when it wakes, as in the audit of runs. */
const wokeLimitMs = { stopped: 100, suspended: 1200, standing: 61_000 } as const;

const sampleMs = 2000;

export class SlotAudit {
  readonly #time: VirtualTime;
  readonly #scene: SlotScene;
  readonly #engine: ModelEngine;
  readonly #hosts: readonly ModelHost[];
  readonly #problems = new Set<string>();
  /** Since when each host is up and in touch, with everything else right too. */
  readonly #ableMs = new Map<ModelHost, number>();
  readonly #inTouchMs = new Map<ModelHost, number>();
  readonly #troubleMs = new Map<string, number>();
  readonly #cordonedMs = new Map<ModelHost, number>();
  readonly #idleMs = new Map<number, number>();
  readonly #takers = new Map<number, string>();
  /** Spans in which a host was out of touch. */
  readonly #outages: { readonly host: ModelHost; readonly fromMs: number; toMs: number }[] = [];
  takes = 0;
  moves = 0;

  constructor(
    time: VirtualTime,
    scene: SlotScene,
    { engine, hosts }: { readonly engine: ModelEngine; readonly hosts: readonly ModelHost[] },
  ) {
    this.#time = time;
    this.#scene = scene;
    this.#engine = engine;
    this.#hosts = hosts;
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  #wrong(invariant: Invariant, what: string): void {
    const minutes = (this.#time.nowMs / minuteMs).toFixed(2);
    if (this.#problems.size < 20)
      this.#problems.add(`${invariant}: ${what}, at ${minutes} min (${slotInvariants[invariant]})`);
  }

  saw({ key, value, old }: Written): void {
    if (!key.startsWith(keys.slots(slug))) return;
    const record = decodeJson(value, slotRecord);
    if (record === undefined) {
      this.#wrong('twice', `not a slot: ${value}`);
      return;
    }
    const { instance, host, run } = record;
    if (old !== undefined && decodeJson(old, slotRecord)?.run === run) return;
    this.takes += 1;
    const before = this.#takers.get(instance);
    this.#takers.set(instance, host);
    this.#idleMs.set(instance, this.#time.nowMs);
    const cordoned = this.#hosts.find(({ name }) => name === host);
    if (cordoned !== undefined && this.#cordonedMs.has(cordoned)) this.#wrong('drained', `${host} took ${instance}`);
    if (before === undefined || before === host) return;
    this.moves += 1;
    const quietMs = this.#time.nowMs - (this.#troubleMs.get(before) ?? 0);
    if (quietMs > heldBoundMs) this.#wrong('stays', `${instance} went from ${before} to ${host}`);
  }

  /** Something happens to a host, or to all, that may move its instances. */
  trouble(...hosts: readonly ModelHost[]): void {
    for (const { name } of hosts) this.#troubleMs.set(name, this.#time.nowMs);
  }

  cordoned(host: ModelHost): void {
    this.#cordonedMs.set(host, this.#time.nowMs);
  }

  uncordoned(host: ModelHost): void {
    this.#cordonedMs.delete(host);
    this.#ableMs.delete(host);
    this.trouble(host);
  }

  async watch(untilMs: number): Promise<void> {
    while (this.#time.nowMs < untilMs) {
      await this.#time.sleep(sampleMs);
      for (const host of this.#hosts) this.#sampleHost(host);
      for (let number = 0; number < this.#scene.rules.instances; number++) this.#sampleSlot(number);
    }
  }

  #sampleHost(host: ModelHost): void {
    const { nowMs } = this.#time;
    const isInTouch = this.#engine.isUp && host.isUp && !host.isCut && host.frozen === undefined;
    if (!isInTouch) {
      this.#inTouchMs.delete(host);
      this.trouble(host);
      const last = this.#outages.findLast((outage) => outage.host === host);
      if (last !== undefined && last.toMs >= nowMs - sampleMs) last.toMs = nowMs;
      else this.#outages.push({ host, fromMs: nowMs - sampleMs, toMs: nowMs });
    } else if (!this.#inTouchMs.has(host)) this.#inTouchMs.set(host, nowMs);
    if (!isInTouch || this.#cordonedMs.has(host)) this.#ableMs.delete(host);
    else if (!this.#ableMs.has(host)) this.#ableMs.set(host, nowMs);
    const sinceMs = Math.max(this.#cordonedMs.get(host) ?? nowMs, this.#inTouchMs.get(host) ?? nowMs);
    const isLate = this.#cordonedMs.has(host) && nowMs - sinceMs > actBoundMs;
    if (isLate && this.#scene.instances.some((one) => one.host === host && one.isAlive))
      this.#wrong('drained', `${host.name} has instances after its cordon`);
  }

  #sampleSlot(number: number): void {
    const { nowMs } = this.#time;
    const isRunning = this.#scene.instances.some((one) => one.number === number && one.isAlive && !one.host.isCut);
    if (isRunning) this.#idleMs.set(number, nowMs);
    const ableMs = Math.min(nowMs, ...this.#ableMs.values());
    const idleMs = nowMs - Math.max(this.#idleMs.get(number) ?? 0, ableMs);
    if (idleMs <= heldBoundMs) return;
    this.#wrong('held', `${number} does not run for ${Math.round(idleMs / 1000)} s`);
    this.#idleMs.set(number, nowMs);
  }

  report(): void {
    const { instances, whenCutOff } = this.#scene;
    for (const instance of instances) close(instance);
    for (const [place, a] of instances.entries())
      for (const b of instances.slice(place + 1))
        if (a.number === b.number)
          for (const x of a.spans) for (const y of b.spans) this.#auditPair([a, x], [b, y], whenCutOff);
  }

  #auditPair(
    [a, x]: readonly [ModelInstance, Span],
    [b, y]: readonly [ModelInstance, Span],
    whenCutOff: SlotScene['whenCutOff'],
  ): void {
    const fromMs = Math.max(x.fromMs, y.fromMs);
    const toMs = Math.min(x.toMs, y.toMs);
    if (toMs <= fromMs) return;
    const words = `${a.number} on ${a.host.name} and ${b.host.name} for ${Math.round(toMs - fromMs)} ms`;
    const kind = x.woke ?? y.woke;
    if (whenCutOff === 'go_on') {
      if (this.#longestInTouchMs([a.host, b.host], fromMs, toMs) > actBoundMs) this.#wrong('surplus', words);
    } else if (kind === undefined || toMs - fromMs > wokeLimitMs[kind]) this.#wrong('twice', words);
  }

  /** The longest time between two moments in which all these hosts were in touch. */
  #longestInTouchMs(hosts: readonly ModelHost[], fromMs: number, toMs: number): number {
    const outages = this.#outages
      .filter((one) => hosts.includes(one.host) && one.toMs > fromMs && one.fromMs < toMs)
      .sort((a, b) => a.fromMs - b.fromMs);
    let longestMs = 0;
    let reachedMs = fromMs;
    for (const outage of [...outages, { fromMs: toMs, toMs }]) {
      longestMs = Math.max(longestMs, outage.fromMs - reachedMs);
      reachedMs = Math.max(reachedMs, outage.toMs);
    }
    return longestMs;
  }
}
