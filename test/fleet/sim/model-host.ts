/**
 * A host of the fleet as a model: clocks that can be wrong, a network that can be cut, processes that can
 * be stopped or killed, and the lock of each job.
 */
import type { Clock } from '../../../src/system/types/clock.ts';
import type { Engine, EngineTime, Patience, Unreachable } from '../../../src/system/types/engine.ts';
import { epochMs, type ModelEngine } from './model-engine.ts';
import type { Chance, VirtualTime } from './virtual-time.ts';

/**
 * `stopped`: no process runs, all clocks go on. `suspended`: timers stand still too. `standing`: a virtual
 * machine was held by its host, and none of its clocks knows.
 */
export type FreezeKind = 'stopped' | 'suspended' | 'standing';

const tryMs = 1500;

export interface HostFaults {
  /** The engine's time is not asked: the host believes its own clock. */
  readonly noClock?: boolean;
  /** Only one member is ever asked for the time. */
  readonly oneWitness?: boolean;
}

export class ModelHost {
  readonly name: string;
  readonly number: number;
  /** Wall clock less true time. */
  #skewMs = 0;
  /** cron sleeps until a minute by the clock that it has seen, so a clock that is set costs it that minute. */
  clockSetMs = Number.NEGATIVE_INFINITY;
  isCut = false;
  isUp = true;
  boot = 0;
  frozen: { readonly kind: FreezeKind; readonly fromMs: number; readonly untilMs: number } | undefined;
  /** All freezes of this host, the present one too. */
  readonly freezes: { readonly kind: FreezeKind; readonly fromMs: number; readonly untilMs: number }[] = [];
  /** The run-job or job that has the lock of a job. */
  readonly locks = new Map<string, object>();
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly engine: ModelEngine;
  readonly faults: HostFaults;
  /** How much less than true time has passed for timers, and on the clock since boot. */
  #timerLagMs = 0;
  #bootLagMs = 0;

  constructor(number: number, world: { time: VirtualTime; chance: Chance; engine: ModelEngine; faults: HostFaults }) {
    this.number = number;
    this.name = `host${number}`;
    this.time = world.time;
    this.chance = world.chance;
    this.engine = world.engine;
    this.faults = world.faults;
  }

  get skewMs(): number {
    return this.#skewMs;
  }

  set skewMs(skewMs: number) {
    this.clockSetMs = this.time.nowMs;
    this.#skewMs = skewMs;
  }

  freeze(kind: FreezeKind, forMs: number): void {
    if (this.frozen !== undefined || !this.isUp) return;
    const fromMs = this.time.nowMs;
    const frozen = { kind, fromMs, untilMs: fromMs + forMs };
    const { boot } = this;
    this.frozen = frozen;
    this.freezes.push(frozen);
    this.time.at(frozen.untilMs, () => {
      if (this.boot !== boot) return;
      this.frozen = undefined;
      if (kind !== 'stopped') this.#timerLagMs += forMs;
      if (kind === 'standing') {
        this.#bootLagMs += forMs;
        this.skewMs -= forMs;
      }
    });
  }

  crash(): void {
    this.isUp = false;
    this.frozen = undefined;
    this.locks.clear();
  }

  start(): void {
    this.boot += 1;
    this.isUp = true;
  }

  wallMs(): number {
    return epochMs + this.time.nowMs + this.#skewMs;
  }

  sinceBootMs(): number {
    return this.time.nowMs - this.#bootLagMs;
  }

  timerMs(): number {
    return this.time.nowMs - this.#timerLagMs;
  }
}

/** A process: what it waits for never comes when it is dead, and comes late while its host is frozen. */
export class ModelProcess {
  readonly host: ModelHost;
  readonly #boot: number;
  isKilled = false;
  /** Its job has begun, and has the lock as long as it lives. */
  hasJob = false;

  constructor(host: ModelHost) {
    this.host = host;
    this.#boot = host.boot;
  }

  get isAlive(): boolean {
    return !this.isKilled && this.host.isUp && this.host.boot === this.#boot;
  }

  readonly clock: Clock = {
    nowMs: () => this.host.wallMs(),
    monotonicMs: () => this.host.timerMs(),
    sinceBootMs: () => this.host.sinceBootMs(),
    after: (delayMs, then) => {
      let isCancelled = false;
      void this.sleep(delayMs).then(() => {
        if (!isCancelled) then();
      });
      return {
        cancel: () => {
          isCancelled = true;
        },
      };
    },
  };

  /** By the host's timers. */
  async sleep(ms: number): Promise<void> {
    const { time } = this.host;
    const wakeMs = this.host.timerMs() + Math.max(0, ms);
    for (let leftMs = wakeMs - this.host.timerMs(); leftMs > 0; leftMs = wakeMs - this.host.timerMs()) {
      await this.lives(time.sleep(leftMs));
    }
    await this.lives(Promise.resolve());
  }

  /** The value, when this process can see it: never if it is dead. */
  async lives<T>(promise: Promise<T>): Promise<T> {
    const { time } = this.host;
    const value = await promise;
    for (let { frozen } = this.host; frozen !== undefined && this.isAlive; frozen = this.host.frozen)
      await time.sleep(frozen.untilMs - time.nowMs + 1);
    return this.isAlive ? value : new Promise<T>(() => {});
  }

  readonly fleetEngine: Engine = {
    read: async (ranges, { patienceMs, unlike = [] }) => {
      const member = this.#memberBesides(unlike);
      const answer = await this.#ask({ patienceMs }, () => this.host.engine.read(ranges));
      if ('is' in answer) return answer;
      return { is: 'read', entries: answer.value, time: this.#timeOf(member, answer.roundTripMs) };
    },
    grant: async (seconds, patience) => {
      const answer = await this.#ask(patience, () => this.host.engine.grant(seconds));
      if ('is' in answer) return answer;
      const member = this.#memberBesides([memberName(this.#near)]);
      return { is: 'granted', lease: answer.value, seconds, time: this.#timeOf(member, answer.roundTripMs) };
    },
    txn: async (guards, changes, patience) => {
      const answer = await this.#ask(patience, () => this.host.engine.txn(guards, changes));
      return 'is' in answer ? answer : answer.value;
    },
    keepAlive: async (lease, patience) => {
      const answer = await this.#ask(patience, () => this.host.engine.keepAlive(lease) ?? 0);
      if ('is' in answer) return answer;
      return answer.value === 0 ? { is: 'gone' } : { is: 'renewed', seconds: answer.value };
    },
    revoke: async (lease, patience) => {
      const answer = await this.#ask(patience, () => this.host.engine.revoke(lease));
      return 'is' in answer ? answer : { is: 'revoked' };
    },
  };

  /** The first three hosts have a member of the engine themselves. */
  get #near(): number {
    return this.host.number % 3;
  }

  #memberBesides(unlike: readonly string[]): number {
    const order = [0, 1, 2].map((step) => (this.#near + step) % 3);
    if (this.host.faults.oneWitness) return this.#near;
    return order.find((member) => !unlike.includes(memberName(member))) ?? this.#near;
  }

  #timeOf(member: number, roundTripMs: number): EngineTime {
    const nowMs = this.host.faults.noClock ? this.host.wallMs() : this.host.engine.dateMs(member);
    return { nowMs, errorMs: 500 + roundTripMs / 2, member: memberName(member) };
  }

  async #ask<T>(
    { patienceMs }: Patience,
    act: () => T,
  ): Promise<{ readonly value: T; readonly roundTripMs: number } | Unreachable> {
    const { time } = this.host;
    const endMs = this.host.timerMs() + patienceMs;
    do {
      const sentMs = time.nowMs;
      const late = time.sleep(tryMs).then(() => undefined);
      const answer = await this.lives(Promise.race([this.#send(act), late]));
      if (answer !== undefined) return { value: answer.value, roundTripMs: time.nowMs - sentMs };
    } while (this.host.timerMs() < endMs);
    return { is: 'unreachable', reason: 'no answer' };
  }

  /** One request. It may be carried out after its sender has given up. */
  async #send<T>(act: () => T): Promise<{ readonly value: T }> {
    const { host } = this;
    const { time, chance, engine } = host;
    const transitMs = () => (chance.isHit(0.02) ? chance.between(200, 3000) : chance.between(1, 15));
    await time.sleep(transitMs());
    if (host.isCut || !engine.isUp || chance.isHit(0.005)) return new Promise(() => {});
    const value = act();
    const isLost = chance.isHit(0.01);
    await time.sleep(transitMs());
    return host.isCut || isLost ? new Promise(() => {}) : { value };
  }
}

function memberName(member: number): string {
  return `member${member}`;
}
