/** Reads what decides about a job, and by each answer learns what time it is. */

import type { Clock } from '../../system/types/clock.ts';
import type { Engine, Unreachable } from '../../system/types/engine.ts';
import type { Keys } from '../store/keys.ts';
import { type JobView, rangesOf, type Sight, viewOf } from '../store/view.ts';
import { type ClockState, EngineClock } from './engine-clock.ts';

export interface FleetPorts {
  readonly engine: Engine;
  readonly keys: Keys;
  readonly clock: Clock;
}

/** Time for one request, so that an answer that is lost is asked for again. */
const requestPatienceMs = 5000;

/** Time from a request that failed to the next one: a refusal comes at once, and a login costs etcd much. */
const betweenFailuresMs = 1000;

/** A claim that waits sees after so long that it is over. */
const sliceMs = 500;

export class Lookout {
  readonly #ports: FleetPorts;
  readonly #contactPatienceMs: number;
  readonly #isOver: () => boolean;
  #engineClock: EngineClock;
  #heardBootMs: number;

  /** The engine may be out of reach for `contactPatienceMs`. No request waits for it once `isOver` is true. */
  constructor(ports: FleetPorts, contactPatienceMs: number, isOver: () => boolean = () => false) {
    this.#ports = ports;
    this.#isOver = isOver;
    this.#contactPatienceMs = contactPatienceMs;
    this.#engineClock = new EngineClock(ports.clock);
    this.#heardBootMs = ports.clock.sinceBootMs();
  }

  get clock(): ClockState {
    return this.#engineClock.state();
  }

  get engineClock(): EngineClock {
    return this.#engineClock;
  }

  /** Time for the next request. */
  patience(): { readonly patienceMs: number } {
    const leftMs = this.#contactPatienceMs - (this.#ports.clock.sinceBootMs() - this.#heardBootMs);
    return { patienceMs: Math.max(0, Math.min(requestPatienceMs, leftMs)) };
  }

  heard(): void {
    this.#heardBootMs = this.#ports.clock.sinceBootMs();
  }

  /** Forgets the clocks, after a wait: one may have been set since. */
  forgetTime(): void {
    this.#engineClock = new EngineClock(this.#ports.clock);
  }

  /** Waits, at most until it is over. */
  async wait(forMs: number): Promise<void> {
    const { clock } = this.#ports;
    const untilMs = clock.monotonicMs() + forMs;
    for (let leftMs = forMs; leftMs > 0 && !this.#isOver(); leftMs = untilMs - clock.monotonicMs())
      await new Promise<void>((resolve) => clock.after(Math.min(leftMs, sliceMs), resolve));
  }

  /** Waits after a request that was sent at `sentMs` of the monotonic clock, and has failed. */
  async rest(sentMs: number): Promise<void> {
    const restMs = sentMs + betweenFailuresMs - this.#ports.clock.monotonicMs();
    await this.wait(Math.min(restMs, this.patience().patienceMs));
  }

  /** Asks again until the patience is over. `seeksOther`: for the clock of another member. */
  async look(
    sight: Sight,
    seeksOther: boolean,
  ): Promise<{ readonly is: 'seen'; readonly view: JobView } | Unreachable> {
    const { engine, keys, clock } = this.#ports;
    for (;;) {
      const sentMs = clock.monotonicMs();
      const unlike = seeksOther ? this.#engineClock.members() : [];
      const answer = await engine.read(rangesOf(keys, sight), { ...this.patience(), unlike });
      if (answer.is === 'read') {
        this.heard();
        this.#engineClock.saw(answer.time, seeksOther);
        return { is: 'seen', view: viewOf(keys, sight, answer.entries) };
      }
      await this.rest(sentMs);
      if (this.patience().patienceMs === 0 || this.#isOver()) return answer;
    }
  }
}
