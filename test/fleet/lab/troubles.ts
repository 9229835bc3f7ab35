/** What goes wrong in a lab, at random, and is mended again. */
import { clock } from '../../../src/system/time/clock.ts';
import type { Freeze } from './audit.ts';
import type { LabHost } from './host.ts';
import { signalOne } from './machine.ts';
import { type Members, memberNames } from './members.ts';
import type { Network } from './network.ts';

interface TroublesParts {
  readonly network: Network;
  readonly members: Members;
  readonly hosts: readonly LabHost[];
  readonly freezes: Freeze[];
  readonly say: (words: string) => void;
}

type Mend = () => void | Promise<void>;

export class Troubles {
  readonly counts: Record<string, number> = {};
  readonly #parts: TroublesParts;
  /** At most one trouble for each machine at a time. */
  readonly #open = new Map<string, { readonly endMs: number; readonly mend: Mend }>();

  constructor(parts: TroublesParts) {
    this.#parts = parts;
  }

  /** Makes trouble until this moment; what is broken then stays so for its time. */
  async until(endMs: number): Promise<void> {
    while (Date.now() < endMs) {
      await this.#mend(Date.now());
      await this.#begin();
      await rest(Math.min(2000 + Math.random() * 4000, Math.max(0, endMs - Date.now())));
    }
  }

  /** Mends all. */
  async end(): Promise<void> {
    await this.#mend(Number.POSITIVE_INFINITY);
    for (const host of this.#parts.hosts) host.aheadSeconds = 0;
  }

  async #mend(nowMs: number): Promise<void> {
    for (const [name, { endMs, mend }] of this.#open) {
      if (endMs > nowMs) continue;
      this.#open.delete(name);
      await mend();
    }
  }

  async #begin(): Promise<void> {
    const { hosts } = this.#parts;
    const host = hosts[Math.floor(Math.random() * hosts.length)];
    const member = memberNames[Math.floor(Math.random() * memberNames.length)];
    if (host === undefined || member === undefined) return;
    const chance = Math.random();
    if (chance < 0.2) await this.#of(member, () => this.#memberTrouble(member));
    else await this.#of(host.name, () => this.#hostTrouble(host));
  }

  async #of(name: string, begin: () => Promise<readonly [string, Mend] | undefined>): Promise<void> {
    if (this.#open.has(name)) return;
    const trouble = await begin();
    if (trouble === undefined) return;
    const [what, mend] = trouble;
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.#parts.say(`${name}: ${what}`);
    this.#open.set(name, { endMs: Date.now() + 3000 + Math.random() * 25_000, mend });
  }

  async #memberTrouble(name: string): Promise<readonly [string, Mend]> {
    const { members, network } = this.#parts;
    const chance = Math.random();
    if (chance < 0.4) {
      await members.kill(name);
      return ['etcd killed', () => members.start(name)];
    }
    if (chance < 0.7) {
      network.cut(name);
      return ['etcd cut off', () => network.heal(name)];
    }
    members.signal(name, 'SIGSTOP');
    return ['etcd stopped', () => members.signal(name, 'SIGCONT')];
  }

  async #hostTrouble(host: LabHost): Promise<readonly [string, Mend] | undefined> {
    const { network } = this.#parts;
    const chance = Math.random();
    if (chance < 0.25) {
      network.cut(host.name);
      return ['host cut off', () => network.heal(host.name)];
    }
    if (chance < 0.4) {
      await host.machine.cutPower();
      return ['host without power', () => host.boot()];
    }
    if (chance < 0.75) {
      const signal = chance < 0.55 ? 'SIGKILL' : 'SIGSTOP';
      const pids = host.runJobs();
      if (pids.length === 0) return undefined;
      for (const pid of pids) signalOne(pid, signal);
      return [`run-jobs got ${signal}`, () => pids.forEach((pid) => void signalOne(pid, 'SIGCONT'))];
    }
    if (chance < 0.85) return this.#freeze(host);
    const clocks = [3, -4, 40, 7200, -7200];
    host.aheadSeconds = clocks[Math.floor(Math.random() * clocks.length)] ?? 0;
    return ['clock wrong', () => this.#setRight(host)];
  }

  #setRight(host: LabHost): void {
    host.aheadSeconds = 0;
  }

  /** All processes of the host stand still, its reapers too. */
  #freeze(host: LabHost): readonly [string, Mend] {
    const from = clock.sinceBootMs() / 1000;
    host.machine.signalAll('SIGSTOP');
    host.isFrozen = true;
    const freeze: Freeze = { host: host.name, from, until: Number.POSITIVE_INFINITY };
    this.#parts.freezes.push(freeze);
    return [
      'host frozen',
      () => {
        freeze.until = clock.sinceBootMs() / 1000;
        host.isFrozen = false;
        host.machine.signalAll('SIGCONT');
      },
    ];
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
