/**
 * Hosts, an engine and some jobs for hours of virtual time, with everything that goes wrong. The same seed
 * is the same story; the claims, deadlines and accounts are those of src/fleet.
 */
import { createHash } from 'node:crypto';
import type { FleetJob, WhenBusy } from '../../../src/fleet/claim/request.ts';
import { holdBack, letGo, orderStop } from '../../../src/fleet/orders.ts';
import { candidates, turns } from '../../../src/fleet/placement.ts';
import { freeHost } from '../../../src/fleet/run/free-host.ts';
import { tickText } from '../../../src/fleet/store/keys.ts';
import { Audit, type AuditReport } from './audit.ts';
import { type EngineFaults, epochMs, ModelEngine, minuteMs } from './model-engine.ts';
import { type FreezeKind, type HostFaults, ModelHost, ModelProcess } from './model-host.ts';
import { catchUp, close, ensure, keys, type RunFaults, runJob, type Scene } from './runs.ts';
import { Chance, VirtualTime } from './virtual-time.ts';

export interface Faults extends EngineFaults, HostFaults, RunFaults {
  /** Nobody but the first candidate asks. */
  readonly onlyFirst?: boolean;
  readonly noCatchUp?: boolean;
  /** Nothing else goes wrong. */
  readonly only?: 'standing' | 'holds' | 'crashes';
  /** Overrides what the seed says. */
  readonly whenBusy?: WhenBusy;
}

const hostCount = 4;
const quietMinutes = 25;

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function untilMinute(nowMs: number): number {
  return minuteMs - (nowMs % minuteMs);
}

export class Story {
  readonly #seed: number;
  readonly #ticks: number;
  readonly #faults: Faults;
  readonly #time = new VirtualTime();
  readonly #chance: Chance;
  readonly #engine: ModelEngine;
  readonly #audit: Audit;
  readonly #hosts: readonly ModelHost[];
  readonly #operator: ModelProcess;
  readonly #scene: Scene;
  readonly #slugs: readonly string[] = ['backup', 'report'];
  readonly #whenBusy: WhenBusy;
  readonly #takeoverSeconds: number | undefined;
  readonly #placement: 'spread' | 'sticky' | 'ordered';
  readonly #locks: readonly string[];
  /** Hosts have different pool lists and job files for a while. */
  readonly #isMixed: boolean;
  readonly #pools: string[][];
  readonly #rules: string[];
  /** An order of a person is under way. */
  #isHolding = false;

  constructor(seed: number, ticks: number, faults: Faults = {}) {
    this.#seed = seed;
    this.#ticks = ticks;
    this.#faults = faults;
    this.#chance = new Chance(seed);
    this.#engine = new ModelEngine(this.#time, faults, (written) => this.#audit.saw(written));
    const world = { time: this.#time, chance: this.#chance, engine: this.#engine, faults };
    this.#hosts = Array.from({ length: hostCount }, (_, number) => new ModelHost(number, world));
    const chance = this.#chance;
    for (const host of this.#hosts) host.skewMs = chance.between(-900, 900);
    this.#operator = new ModelProcess(new ModelHost(99, world));
    this.#whenBusy = faults.whenBusy ?? chance.of(['skip', 'skip', 'replace', 'queue']);
    this.#takeoverSeconds = chance.isHit(0.75) ? 60 : undefined;
    this.#placement = chance.of(['spread', 'sticky', 'ordered']);
    this.#locks = chance.isHit(0.4) ? ['orders'] : [];
    this.#isMixed = chance.isHit(0.25);
    const names = this.#hosts.map(({ name }) => name);
    this.#pools = this.#hosts.map(() => names);
    this.#rules = this.#hosts.map(() => 'A');
    this.#scene = {
      faults,
      runs: [],
      policy: {
        catchUp: chance.of(['none', 'last']),
        onLostRun: chance.of(['record', 'rerun']),
        windowSeconds: 3600,
        attempts: 3,
      },
      histories: new Map(),
      nextRun: 1,
    };
    this.#audit = new Audit(this.#time, this.#scene, {
      ...{ engine: this.#engine, hosts: this.#hosts, ticks, slugs: this.#slugs },
      ...{ isStrict: !this.#isMixed, mustStart: this.#whenBusy === 'skip' && this.#locks.length === 0 },
    });
  }

  async tell(): Promise<AuditReport> {
    for (const host of this.#hosts) this.#boot(host);
    if (this.#isMixed) this.#rollOut();
    void this.#disturb();
    void this.#audit.watch((slug, minute) => this.#candidates(slug, 0).includes(minute));
    await this.#time.run((this.#ticks + quietMinutes) * minuteMs);
    const report = this.#audit.report();
    return { ...report, problems: report.problems.map((problem) => `seed ${this.#seed}: ${problem}`) };
  }

  #boot(host: ModelHost): void {
    host.start();
    void this.#eachMinute(host);
  }

  #job(slug: string, host: ModelHost): FleetJob {
    const { number } = host;
    const rule = this.#rules[number] ?? 'A';
    return {
      ...{ slug, tags: ['db'], locks: this.#locks, rule, definition: rule, whenBusy: this.#whenBusy },
      ...{ busyPatienceSeconds: this.#whenBusy === 'queue' ? 300 : 90, killGraceSeconds: 2 },
      ...(this.#takeoverSeconds !== undefined && { takeoverSeconds: this.#takeoverSeconds }),
      *ticksAfter(afterMs: number) {
        for (let tickMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs; ; tickMs += minuteMs) yield tickMs;
      },
    };
  }

  #candidates(slug: string, number: number): readonly string[] {
    return candidates({ slug, pool: this.#pools[number] ?? [], placement: this.#placement }, 3, digest);
  }

  /** cron of a host: its lines for jobs, `--ensure` each minute, `--catch-up` each fifth. */
  async #eachMinute(host: ModelHost): Promise<void> {
    const cron = new ModelProcess(host);
    void ensure(host, this.#scene);
    for (;;) {
      const wallMs = host.wallMs();
      const tickMs = (Math.floor(wallMs / minuteMs) + 1) * minuteMs;
      await cron.sleep(tickMs - wallMs);
      for (const slug of this.#slugs) this.#tick(slug, tickMs, host);
      void ensure(host, this.#scene);
      if ((tickMs / minuteMs) % 5 === host.number && !this.#faults.noCatchUp)
        for (const slug of this.#slugs)
          if (this.#candidates(slug, host.number).includes(host.name))
            void catchUp(this.#job(slug, host), host, this.#scene);
      await cron.sleep(1000);
    }
  }

  #tick(slug: string, tickMs: number, host: ModelHost): void {
    const hosts = this.#candidates(slug, host.number);
    const order = turns({ slug, placement: this.#placement, hosts }, tickText(tickMs), digest);
    const rank = order.indexOf(host.name);
    if (rank < 0 || (this.#faults.onlyFirst && rank > 0)) return;
    const process = new ModelProcess(host);
    process.clock.after(rank * 2000, () => void runJob(this.#job(slug, host), host, { tickMs, rank }, this.#scene));
  }

  /** New files come to one host after the other. */
  #rollOut(): void {
    for (const [number] of this.#hosts.entries())
      this.#time.at(this.#chance.between(0, this.#ticks) * minuteMs, () => {
        this.#pools[number] = this.#hosts.slice(0, 3).map(({ name }) => name);
        this.#rules[number] = 'B';
      });
  }

  async #disturb(): Promise<void> {
    const chance = this.#chance;
    const holds = [this.#pause, this.#cordon];
    const standing = [this.#freeze];
    const others = [this.#crash, this.#cut, this.#away, this.#nudge, this.#setClock, this.#killRunJob, this.#stop];
    const acts = {
      holds,
      standing,
      crashes: [this.#crash],
      all: [...holds, ...others, this.#cut, this.#freeze, this.#freeze],
    };
    for (;;) {
      await this.#time.sleep(chance.between(15_000, 5 * minuteMs));
      // Half of it happens while hosts ask for a tick.
      if (chance.isHit(0.5))
        await this.#time.sleep(untilMinute(this.#time.nowMs) + chance.of([0, 0, 2000]) + chance.between(0, 150));
      if (this.#time.nowMs > this.#ticks * minuteMs) return;
      chance.of(acts[this.#faults.only ?? 'all']).call(this, chance.of(this.#hosts));
    }
  }

  #later(low: number, high: number, then: () => void): void {
    this.#time.at(this.#time.nowMs + this.#chance.between(low, high), then);
  }

  #crash(host: ModelHost): void {
    if (!host.isUp) return;
    for (const run of this.#scene.runs) if (run.host === host) close(run);
    host.crash();
    this.#later(30_000, 8 * minuteMs, () => this.#boot(host));
    if (this.#chance.isHit(0.3)) this.#later(5000, 60_000, () => void this.#declareLost(host));
  }

  async #declareLost(host: ModelHost): Promise<void> {
    const ports = { engine: this.#operator.fleetEngine, keys };
    // A person who is sure that the host is off; it must not come back in between.
    const whileOver = async (_: string, act: () => Promise<void>) => {
      if (!host.isUp) await act();
    };
    await freeHost({ host: host.name, whileOver, outcomeOf: () => undefined }, ports, { patienceMs: 5000 });
  }

  #cut(host: ModelHost): void {
    host.isCut = true;
    this.#later(5000, 5 * minuteMs, () => {
      host.isCut = false;
    });
  }

  #freeze(host: ModelHost): void {
    const kinds: readonly FreezeKind[] =
      this.#faults.only === 'standing' ? ['standing'] : ['stopped', 'suspended', 'standing'];
    const kind = this.#chance.of(kinds);
    host.freeze(kind, this.#chance.between(5000, 4 * minuteMs));
    // Its time service finds a wrong clock.
    this.#later(4 * minuteMs, 6 * minuteMs, () => {
      host.skewMs = this.#chance.between(-900, 900);
    });
  }

  #away(): void {
    if (!this.#engine.isUp) return;
    this.#engine.away();
    const back = () => this.#engine.back();
    if (this.#chance.isHit(0.7)) this.#later(500, 3000, back);
    else this.#later(minuteMs, 10 * minuteMs, back);
  }

  #pause(): void {
    const slug = this.#chance.of(this.#slugs);
    const held = this.#chance.isHit(0.3) ? { tag: 'db' } : { job: slug };
    void this.#hold(held, 'tag' in held ? this.#slugs : [slug], this.#hosts);
  }

  #cordon(host: ModelHost): void {
    void this.#hold({ host: host.name }, this.#slugs, [host]);
  }

  async #hold(
    held: Parameters<typeof holdBack>[0],
    slugs: readonly string[],
    hosts: readonly ModelHost[],
  ): Promise<void> {
    const ports = { engine: this.#operator.fleetEngine, keys };
    if (this.#isHolding || this.#audit.isHeld(slugs, hosts)) return;
    this.#isHolding = true;
    const done = await holdBack(held, { by: 'ada', atMs: epochMs + this.#time.nowMs }, ports, {
      patienceMs: 60 * minuteMs,
    });
    this.#isHolding = false;
    if (done.is !== 'done') return;
    const end = this.#audit.held(slugs, hosts);
    await this.#time.sleep(this.#chance.between(minuteMs, 6 * minuteMs));
    end();
    this.#isHolding = true;
    while ((await letGo(held, ports, { patienceMs: 60 * minuteMs })).is !== 'done');
    this.#isHolding = false;
  }

  #nudge(host: ModelHost): void {
    host.skewMs = this.#chance.between(-900, 900);
  }

  /** A wrong clock, also of the engine's member on the same machine. */
  #setClock(host: ModelHost): void {
    const chance = this.#chance;
    const stepMs = chance.isHit(0.5) ? chance.between(-90_000, 90_000) : chance.between(-5, 5) * 60 * minuteMs;
    const { number, skewMs } = host;
    const isMember = number < 3 && this.#engine.memberOffsetsMs.every((offset) => Math.abs(offset) < 1000);
    host.skewMs += stepMs;
    if (isMember) this.#engine.memberOffsetsMs[number] = stepMs;
    this.#later(10_000, 3 * minuteMs, () => {
      host.skewMs = skewMs;
      if (isMember) this.#engine.memberOffsetsMs[number] = 30;
    });
  }

  #killRunJob(host: ModelHost): void {
    for (const run of this.#scene.runs) if (run.host === host) run.process.isKilled = true;
  }

  /** A person stops what runs there, from another host. */
  #stop(host: ModelHost): void {
    const ports = { engine: this.#operator.fleetEngine, keys };
    for (const { host: other, held } of this.#scene.runs.slice(-5))
      if (other === host)
        void orderStop(held.slug, { run: held.record.run, why: 'stopped', by: 'ada' }, ports, { patienceMs: 5000 });
  }
}
