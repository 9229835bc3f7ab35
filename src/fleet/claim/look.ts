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

export class Lookout {
  readonly #ports: FleetPorts;
  readonly #contactPatienceMs: number;
  #engineClock: EngineClock;
  #heardBootMs: number;

  /** The engine may be out of reach for `contactPatienceMs`. */
  constructor(ports: FleetPorts, contactPatienceMs: number) {
    this.#ports = ports;
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

  /** Asks again until the patience is over. `seeksOther`: for the clock of another member. */
  async look(
    sight: Sight,
    seeksOther: boolean,
  ): Promise<{ readonly is: 'seen'; readonly view: JobView } | Unreachable> {
    const { engine, keys } = this.#ports;
    for (;;) {
      const unlike = seeksOther ? this.#engineClock.members() : [];
      const answer = await engine.read(rangesOf(keys, sight), { ...this.patience(), unlike });
      if (answer.is === 'read') {
        this.heard();
        this.#engineClock.saw(answer.time, seeksOther);
        return { is: 'seen', view: viewOf(keys, sight, answer.entries) };
      }
      if (this.patience().patienceMs === 0) return answer;
    }
  }
}
