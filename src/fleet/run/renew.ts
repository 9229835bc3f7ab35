/**
 * Keeps a run's lease while it runs, and looks whether it still holds the job and may go on. Silence
 * of the engine ends nothing here: the deadline does, which the last renewal has set.
 */

import type { Deadline } from '../../run/permission/run-deadline.ts';
import type { Clock, Timer } from '../../system/types/clock.ts';
import type { Engine } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import type { Keys } from '../store/keys.ts';
import { type Stop, stop } from '../store/records.ts';
import { deadlineNow, deadlineOf } from './deadline.ts';
import type { HeldRun, Lease } from './held.ts';

/** An order to stop, and the loss of the job, are seen after so long. */
const lookEveryMs = 5000;

/** A lease is renewed three times before its run would have to be ended, and at least each minute. */
const renewAtLeastMs = 60_000;

function everyMs(lease: Lease, killGraceSeconds: number): number {
  const { termBootMs } = deadlineOf(lease, killGraceSeconds);
  return Math.min(renewAtLeastMs, (termBootMs - lease.askedBootMs) / 3);
}

export interface RenewPorts {
  readonly engine: Engine;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly onDeadline: (deadline: Deadline) => void;
  readonly onStop: (order: Stop) => void;
}

export class Renewal {
  readonly #held: HeldRun;
  readonly #killGraceSeconds: number;
  readonly #ports: RenewPorts;
  readonly #everyMs: number;
  #renewedBootMs: number;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(held: HeldRun, killGraceSeconds: number, ports: RenewPorts) {
    this.#held = held;
    this.#killGraceSeconds = killGraceSeconds;
    this.#ports = ports;
    const { lease } = held;
    this.#everyMs = lease === undefined ? Number.POSITIVE_INFINITY : everyMs(lease, killGraceSeconds);
    this.#renewedBootMs = lease?.askedBootMs ?? 0;
    this.#next();
  }

  close(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #next(): void {
    if (this.#isOver) return;
    this.#timer = this.#ports.clock.after(Math.min(lookEveryMs, this.#everyMs), () => {
      void this.#turn().then(() => this.#next());
    });
  }

  async #turn(): Promise<void> {
    await this.#renew();
    await this.#look();
  }

  async #renew(): Promise<void> {
    const { lease } = this.#held;
    const { engine, clock, onDeadline } = this.#ports;
    const sentBootMs = clock.sinceBootMs();
    if (lease === undefined || sentBootMs - this.#renewedBootMs < this.#everyMs - lookEveryMs / 2) return;
    const answer = await engine.keepAlive(lease.id, { patienceMs: Math.min(lookEveryMs, this.#everyMs) });
    if (this.#isOver || answer.is === 'unreachable') return;
    if (answer.is === 'gone') return onDeadline(deadlineNow(clock.sinceBootMs(), 'its lease in the fleet has ended'));
    this.#renewedBootMs = sentBootMs;
    onDeadline(deadlineOf({ ...lease, seconds: answer.seconds, askedBootMs: sentBootMs }, this.#killGraceSeconds));
  }

  /** Looks whether the run has lost the job on a lease that lives: a person may have declared the host lost. */
  async #look(): Promise<void> {
    if (this.#isOver) return;
    const { engine, keys, clock, onDeadline, onStop } = this.#ports;
    const { slug, record, fence } = this.#held;
    const [stopKey, runKey] = [keys.stop(slug), keys.run(slug)];
    const answer = await engine.read([{ key: stopKey }, { key: runKey }], { patienceMs: lookEveryMs });
    if (this.#isOver || answer.is === 'unreachable') return;
    const seen = new Map(answer.entries.map((entry) => [entry.key, entry]));
    if (seen.get(runKey)?.modified !== fence)
      onDeadline(deadlineNow(clock.sinceBootMs(), 'the fleet has given the job up to other hosts'));
    const order = decodeJson(seen.get(stopKey)?.value, stop);
    if (order?.run === record.run) onStop(order);
  }
}
