/** The leases of a claim: that of the run to come, and that of its place in the queue. */

import type { Lease } from '../run/held.ts';
import type { FleetPorts, Lookout } from './look.ts';

/** Time for a farewell that may be left out: what is not revoked ends by itself. */
const farewellMs = 1000;

/** A waiting run-job that dies leaves its place after so long. */
const placeSeconds = 30;

export class ClaimLeases {
  readonly #ports: FleetPorts;
  readonly #lookout: Lookout;
  #run: Lease | undefined;
  #place: Lease | undefined;

  constructor(ports: FleetPorts, lookout: Lookout) {
    this.#ports = ports;
    this.#lookout = lookout;
  }

  get run(): Lease | undefined {
    return this.#run;
  }

  /**
   * Makes sure that the run's lease has most of its time left. It is one lease for all tries of the
   * claim: whichever of them is carried out, the run hangs on this one.
   */
  async haveRun(seconds: number): Promise<boolean> {
    const askedBootMs = this.#ports.clock.sinceBootMs();
    const held = this.#run;
    if (held === undefined) this.#run = await this.#grant(seconds);
    else if (askedBootMs - held.askedBootMs > (held.seconds * 1000) / 4) this.#run = await this.#keep(held);
    return this.#run !== undefined && this.#run.askedBootMs >= askedBootMs - (this.#run.seconds * 1000) / 4;
  }

  /** Returns the lease of the place in the queue. */
  async havePlace(): Promise<Lease | undefined> {
    this.#place ??= await this.#grant(placeSeconds);
    return this.#place;
  }

  async keepPlace(): Promise<void> {
    if (this.#place !== undefined) this.#place = await this.#keep(this.#place);
  }

  losePlace(): void {
    this.#place = undefined;
  }

  /** Gives back what the claim does not need any more. */
  async giveBack(): Promise<void> {
    for (const lease of [this.#run, this.#place])
      if (lease !== undefined) await this.#ports.engine.revoke(lease.id, { patienceMs: farewellMs });
  }

  async #grant(seconds: number): Promise<Lease | undefined> {
    const askedBootMs = this.#ports.clock.sinceBootMs();
    const answer = await this.#ports.engine.grant(seconds, this.#lookout.patience());
    if (answer.is === 'unreachable') return undefined;
    this.#lookout.engineClock.saw(answer.time, true);
    return { id: answer.lease, seconds: answer.seconds, askedBootMs };
  }

  /** Undefined if the lease is gone: no try of this claim can be carried out on it any more. */
  async #keep(held: Lease): Promise<Lease | undefined> {
    const askedBootMs = this.#ports.clock.sinceBootMs();
    const answer = await this.#ports.engine.keepAlive(held.id, this.#lookout.patience());
    if (answer.is === 'gone') return undefined;
    return answer.is === 'renewed' ? { ...held, seconds: answer.seconds, askedBootMs } : held;
  }
}
