/**
 * The engine's clock, as its members have told it. It decides what time it is, so that neither a
 * host with a wrong clock, nor a clock that is set right in between, can start tomorrow's tick or
 * call it missed. A member may run on the very host that has the wrong clock: before anything is
 * written, two members have to agree where there are two.
 */

import type { Clock } from '../../system/types/clock.ts';
import type { EngineTime } from '../../system/types/engine.ts';
import { clockToleranceMs } from './request.ts';

interface Sighting {
  /** The engine's time less the time since boot. */
  readonly offsetMs: number;
  readonly errorMs: number;
}

export type ClockState =
  /** `isSure`: another member has the same time, or there is no other one. */
  | {
      readonly is: 'known';
      readonly nowMs: number;
      readonly errorMs: number;
      /** This host's clock less the engine's. */
      readonly aheadMs: number;
      readonly isSure: boolean;
    }
  | { readonly is: 'disagree'; readonly isSure: boolean };

export class EngineClock {
  readonly #clock: Clock;
  readonly #byMember = new Map<string, Sighting>();
  #isThereNoOther = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The members whose time is known. */
  members(): readonly string[] {
    return [...this.#byMember.keys()];
  }

  /** `soughtOther`: a member that is not known yet was asked for. */
  saw({ nowMs, errorMs, member }: EngineTime, soughtOther: boolean): void {
    if (soughtOther && this.#byMember.has(member)) this.#isThereNoOther = true;
    this.#byMember.set(member, { offsetMs: nowMs - this.#clock.sinceBootMs(), errorMs });
  }

  state(): ClockState {
    const agreeing = this.#largestGroup();
    const isAlone = agreeing.length === 1;
    const isSure = !isAlone || this.#isThereNoOther;
    if (isAlone && this.#byMember.size > 1) return { is: 'disagree', isSure };
    // The one that is behind the others: it starts nothing early, and calls nothing missed too soon.
    const [last = { offsetMs: 0, errorMs: 0 }] = [...agreeing].sort((a, b) => a.offsetMs - b.offsetMs);
    const nowMs = last.offsetMs + this.#clock.sinceBootMs();
    const aheadMs = this.#clock.nowMs() - nowMs;
    return { is: 'known', nowMs, errorMs: last.errorMs, aheadMs, isSure };
  }

  #largestGroup(): readonly Sighting[] {
    const all = [...this.#byMember.values()];
    const groups = all.map((one) => all.filter((other) => agree(one, other)));
    return groups.reduce((largest, group) => (group.length > largest.length ? group : largest), []);
  }
}

function agree(a: Sighting, b: Sighting): boolean {
  return Math.abs(a.offsetMs - b.offsetMs) <= clockToleranceMs + a.errorMs + b.errorMs;
}
