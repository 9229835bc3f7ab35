/** Four hosts that share a service, and everything that goes wrong. The same seed is the same story. */
import { holdBack, letGo } from '../../../../src/fleet/orders.ts';
import type { WhenCutOff } from '../../../../src/fleet/slots/ports.ts';
import { type EngineFaults, epochMs, ModelEngine, minuteMs } from '../model-engine.ts';
import { type FreezeKind, type HostFaults, ModelHost, ModelProcess } from '../model-host.ts';
import { close, keys } from '../runs.ts';
import { Chance, VirtualTime } from '../virtual-time.ts';
import { SlotAudit } from './audit.ts';
import { ensureSupervisor, type SlotFaults, type SlotScene, slug, supervisorOf } from './supervisor.ts';

export interface StoryFaults extends EngineFaults, HostFaults, SlotFaults {
  /** What is promised; the instances do as `does` says. */
  readonly whenCutOff?: WhenCutOff;
  readonly does?: WhenCutOff;
  readonly only?: 'cordons' | 'crashes';
}

const hostCount = 4;
const takeoverSeconds = 30;

export class SlotStory {
  readonly #seed: number;
  readonly #endMs: number;
  readonly #time = new VirtualTime();
  readonly #chance: Chance;
  readonly #engine: ModelEngine;
  readonly #hosts: readonly ModelHost[];
  readonly #operator: ModelProcess;
  readonly #faults: StoryFaults;
  readonly #scene: SlotScene;
  readonly #audit: SlotAudit;
  #isHolding = false;

  constructor(seed: number, minutes: number, faults: StoryFaults = {}) {
    this.#seed = seed;
    this.#endMs = minutes * minuteMs;
    this.#faults = faults;
    this.#chance = new Chance(seed);
    this.#engine = new ModelEngine(this.#time, faults, (written) => this.#audit.saw(written));
    const world = { time: this.#time, chance: this.#chance, engine: this.#engine, faults };
    this.#hosts = Array.from({ length: hostCount }, (_, number) => new ModelHost(number, world));
    for (const host of this.#hosts) host.skewMs = this.#chance.between(-900, 900);
    this.#operator = new ModelProcess(new ModelHost(99, world));
    const promised = faults.whenCutOff ?? this.#chance.of(['go_on', 'stop'] as const);
    const instances = this.#chance.of([1, 3, 5]);
    this.#scene = {
      faults,
      rules: { slug, instances, cycle: this.#hosts.map(({ name }) => name), takeoverSeconds },
      whenCutOff: promised,
      stopSeconds: 3,
      instances: [],
      nextRun: 1,
    };
    this.#audit = new SlotAudit(this.#time, this.#scene, { engine: this.#engine, hosts: this.#hosts });
  }

  async tell(): Promise<{ readonly problems: readonly string[]; readonly takes: number; readonly moves: number }> {
    // What is promised and what is done differ only where the story is broken on purpose.
    const scene = { ...this.#scene, whenCutOff: this.#faults.does ?? this.#scene.whenCutOff };
    for (const host of this.#hosts) this.#boot(host, scene);
    void this.#audit.watch(this.#endMs);
    void this.#disturb(scene);
    await this.#time.run(this.#endMs);
    this.#audit.report();
    const { takes, moves } = this.#audit;
    return { problems: this.#audit.problems.map((problem) => `seed ${this.#seed}: ${problem}`), takes, moves };
  }

  #boot(host: ModelHost, scene: SlotScene): void {
    host.start();
    this.#audit.trouble(host);
    void this.#eachMinute(host, scene);
  }

  async #eachMinute(host: ModelHost, scene: SlotScene): Promise<void> {
    const cron = new ModelProcess(host);
    await cron.sleep(this.#chance.between(0, 3000));
    for (;;) {
      void ensureSupervisor(host, scene);
      const wallMs = host.wallMs();
      await cron.sleep((Math.floor(wallMs / minuteMs) + 1) * minuteMs - wallMs);
    }
  }

  async #disturb(scene: SlotScene): Promise<void> {
    const chance = this.#chance;
    const crash = (host: ModelHost) => this.#crash(host, scene);
    const all = [crash, this.#cut, this.#freeze, this.#away, this.#kill, this.#cordon, this.#restart, this.#terminate];
    const acts = { all, cordons: [this.#cordon], crashes: [crash] };
    for (;;) {
      await this.#time.sleep(chance.between(20_000, 6 * minuteMs));
      // The end is quiet, so that all bounds are over.
      if (this.#time.nowMs > this.#endMs - 12 * minuteMs) return;
      const host = chance.of(this.#hosts);
      this.#audit.trouble(host);
      chance.of(acts[this.#faults.only ?? 'all']).call(this, host);
    }
  }

  #later(low: number, high: number, then: () => void): void {
    this.#time.at(this.#time.nowMs + this.#chance.between(low, high), then);
  }

  #crash(host: ModelHost, scene: SlotScene): void {
    if (!host.isUp) return;
    for (const instance of scene.instances) if (instance.host === host) close(instance);
    host.crash();
    this.#later(20_000, 8 * minuteMs, () => this.#boot(host, scene));
  }

  #cut(host: ModelHost): void {
    host.isCut = true;
    this.#later(5000, 5 * minuteMs, () => {
      host.isCut = false;
    });
  }

  #freeze(host: ModelHost): void {
    const kinds: readonly FreezeKind[] = ['stopped', 'suspended', 'standing'];
    host.freeze(this.#chance.of(kinds), this.#chance.between(5000, 4 * minuteMs));
  }

  #away(): void {
    if (!this.#engine.isUp) return;
    this.#engine.away();
    this.#later(500, this.#chance.isHit(0.7) ? 3000 : 5 * minuteMs, () => {
      this.#engine.back();
      this.#audit.trouble(...this.#hosts);
    });
  }

  #kill(host: ModelHost): void {
    const supervisor = supervisorOf(host);
    if (supervisor !== undefined) supervisor.process.isKilled = true;
  }

  #terminate(host: ModelHost): void {
    supervisorOf(host)?.terminate();
  }

  /** `jobctl restart`: what runs elsewhere may go home. */
  #restart(): void {
    this.#audit.trouble(...this.#hosts);
    for (const host of this.#hosts) supervisorOf(host)?.restart();
  }

  #cordon(host: ModelHost): void {
    void this.#hold(host);
  }

  async #hold(host: ModelHost): Promise<void> {
    const ports = { engine: this.#operator.fleetEngine, keys };
    const patience = { patienceMs: 60 * minuteMs };
    if (this.#isHolding) return;
    this.#isHolding = true;
    const done = await holdBack({ host: host.name }, { by: 'ada', atMs: epochMs + this.#time.nowMs }, ports, patience);
    if (done.is === 'done') {
      this.#audit.cordoned(host);
      await this.#time.sleep(this.#chance.between(minuteMs, 8 * minuteMs));
      this.#audit.uncordoned(host);
      while ((await letGo({ host: host.name }, ports, patience)).is !== 'done');
    }
    this.#isHolding = false;
  }
}
