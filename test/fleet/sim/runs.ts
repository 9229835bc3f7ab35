/** One run in the model: run-job, which claims, renews and finishes, and the job's parent, which holds the deadline. */
import { type AgainPolicy, keepAccount } from '../../../src/fleet/claim/catch-up.ts';
import { claim } from '../../../src/fleet/claim/claim.ts';
import type { ClaimRequest, FleetJob } from '../../../src/fleet/claim/request.ts';
import { deadlineOf } from '../../../src/fleet/run/deadline.ts';
import { finish } from '../../../src/fleet/run/finish.ts';
import { freeHost } from '../../../src/fleet/run/free-host.ts';
import type { HeldRun } from '../../../src/fleet/run/held.ts';
import { Renewal } from '../../../src/fleet/run/renew.ts';
import { Keys } from '../../../src/fleet/store/keys.ts';
import type { Deadline } from '../../../src/run/permission/run-deadline.ts';
import { type FreezeKind, type ModelHost, ModelProcess } from './model-host.ts';

export const keys = new Keys('/fleet/');

/** A time in which a process of the job was active. */
export interface Span {
  readonly fromMs: number;
  toMs: number;
  /** Its host woke up in it, and the job's parent had not looked at the clock yet. */
  readonly woke?: FreezeKind;
}

export interface ModelRun {
  readonly job: FleetJob;
  readonly host: ModelHost;
  readonly held: HeldRun;
  readonly fromMs: number;
  readonly spans: Span[];
  /** Ends the open span where the host dies. */
  openFromMs: number | undefined;
  /** Its host has woken, and its parent has not found out yet what time it is. */
  woke: FreezeKind | undefined;
  readonly process: ModelProcess;
}

export interface RunFaults {
  /** The job's parent does not look at the deadline. */
  readonly goesOn?: boolean;
  /** The lock of the host is not asked. */
  readonly sharesLock?: boolean;
  /** The fate of the tick is forgotten before each claim: the claim is a lock that is given back. */
  readonly forgetsTick?: boolean;
}

export interface Scene {
  readonly faults: RunFaults;
  readonly runs: ModelRun[];
  readonly policy: AgainPolicy;
  /** How runs ended, as each host has it in its history. */
  readonly histories: Map<string, string>;
  nextRun: number;
}

/** The parent looks at the clock so often. */
const lookMs = 1000;

/** Time that a kill takes. */
const killMs = 20;

export async function runJob(
  job: FleetJob,
  host: ModelHost,
  order: Pick<ClaimRequest, 'tickMs' | 'rank' | 'again'>,
  scene: Scene,
): Promise<void> {
  const process = new ModelProcess(host);
  const run = `${host.name}-${scene.nextRun++}`;
  const ports = { engine: process.fleetEngine, keys, clock: process.clock };
  const request = { ...order, host: host.name, boot: `${host.name}-${host.boot}`, run, contactPatienceMs: 15_000 };
  const lock = lockOf(job.slug, host, process, scene);
  if (scene.faults.forgetsTick) host.engine.txn([], [{ is: 'delete', key: keys.tick(job.slug, order.tickMs) }]);
  const answer = await claim(job, request, {
    ...ports,
    tryLock: lock.take,
    outcomeOf: (one) => scene.histories.get(one),
  });
  if (answer.is !== 'mine') return lock.free();
  const { held } = answer;
  const modelRun: ModelRun = {
    ...{ job, host, held, process, fromMs: host.time.nowMs },
    ...{ spans: [], openFromMs: undefined, woke: undefined },
  };
  scene.runs.push(modelRun);
  const parent = new Parent(modelRun, scene.faults);
  const renewal = new Renewal(held, job.killGraceSeconds, {
    ...ports,
    onDeadline: (deadline) => parent.extend(deadline),
    onStop: () => parent.stop(),
  });
  const outcome = await parent.work();
  // The lock is free when the last process of the run is gone, whatever has become of run-job.
  if (!process.isAlive) return lock.free();
  renewal.close();
  scene.histories.set(run, outcome);
  await finish(held, outcome, ports, 10_000);
  lock.free();
}

function lockOf(slug: string, host: ModelHost, process: ModelProcess, { faults }: Scene) {
  const take = async () => {
    if (faults.sharesLock) return true;
    // A process that was killed before its job began has left nothing.
    const holder = host.locks.get(slug);
    if (holder === undefined || (holder instanceof ModelProcess && !holder.isAlive && !holder.hasJob))
      host.locks.set(slug, process);
    return host.locks.get(slug) === process;
  };
  const free = () => {
    if (host.locks.get(slug) === process) host.locks.delete(slug);
  };
  return { take, free };
}

class Parent {
  readonly #run: ModelRun;
  readonly #faults: RunFaults;
  readonly #process: ModelProcess;
  #deadline: Deadline | undefined;
  #isStopped = false;
  #orphanedBootMs: number | undefined;

  constructor(run: ModelRun, faults: RunFaults) {
    const { held, job, host } = run;
    this.#run = run;
    this.#faults = faults;
    this.#process = new ModelProcess(host);
    run.process.hasJob = true;
    this.#deadline = held.lease && deadlineOf(held.lease, job.killGraceSeconds);
  }

  extend(deadline: Deadline): void {
    this.#deadline = deadline;
    if (deadline.killBootMs > this.#run.host.sinceBootMs()) this.#run.woke = undefined;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async work(): Promise<string> {
    const { host, job } = this.#run;
    const { chance } = host;
    const graceMs = job.killGraceSeconds * 1000;
    let leftMs = chance.isHit(0.3) ? chance.between(30_000, 200_000) : chance.between(500, 20_000);
    while (leftMs > 0) {
      const termMs = this.#faults.goesOn ? undefined : this.#deadline?.termBootMs;
      const untilTermMs = termMs === undefined ? lookMs : termMs - host.sinceBootMs();
      const stepMs = Math.max(0, Math.min(leftMs, lookMs, untilTermMs));
      await this.#active(stepMs);
      leftMs -= stepMs;
      if (!this.#run.process.isAlive) this.#orphanedBootMs ??= host.sinceBootMs();
      const isOrphan = this.#orphanedBootMs !== undefined && host.sinceBootMs() - this.#orphanedBootMs >= 1000;
      const isPast =
        !this.#faults.goesOn && this.#deadline !== undefined && host.sinceBootMs() >= this.#deadline.termBootMs;
      if (leftMs > 0 && !isPast && !isOrphan && !this.#isStopped) {
        // Only a renewal can tell what time it is when all clocks of the host stood still.
        if (this.#run.woke !== 'standing') this.#run.woke = undefined;
        continue;
      }
      if (leftMs <= 0) return 'succeeded';
      const killInMs = isPast && this.#deadline ? this.#deadline.killBootMs - host.sinceBootMs() : graceMs;
      await this.#active(killInMs <= 0 ? killMs : chance.between(10, Math.min(graceMs, killInMs)));
      return isPast ? 'cut-off' : 'stopped';
    }
    return 'succeeded';
  }

  async #active(forMs: number): Promise<void> {
    const { host } = this.#run;
    this.#run.openFromMs = host.time.nowMs;
    await this.#process.sleep(forMs);
    close(this.#run);
  }
}

/** Processes of a job or of an instance, as they were active. */
export type Activity = Pick<ModelRun, 'host' | 'spans' | 'openFromMs' | 'woke'>;

/** Writes down what was active since the last look, but not while the host was frozen. */
export function close(run: Activity): void {
  const { host, openFromMs } = run;
  if (openFromMs === undefined) return;
  run.openFromMs = undefined;
  const nowMs = host.time.nowMs;
  const freeze = host.freezes.find(({ fromMs, untilMs }) => untilMs > openFromMs && fromMs < nowMs);
  const endMs = freeze === undefined ? nowMs : freeze.fromMs;
  if (endMs > openFromMs) active(run, openFromMs, endMs);
  if (freeze === undefined) return;
  if (run.woke !== 'standing') run.woke = freeze.kind;
  if (nowMs > freeze.untilMs) active(run, freeze.untilMs, nowMs);
}

function active({ spans, woke }: Activity, fromMs: number, toMs: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last.toMs === fromMs && last.woke === woke) last.toMs = toMs;
  else spans.push({ fromMs, toMs, ...(woke !== undefined && { woke }) });
}

/** `run-job --ensure`: frees what runs of this host hold that are over. */
export async function ensure(host: ModelHost, scene: Scene): Promise<void> {
  const process = new ModelProcess(host);
  const request = {
    host: host.name,
    outcomeOf: (run: string) => scene.histories.get(run),
    whileOver: async (slug: string, act: () => Promise<void>) => {
      const lock = lockOf(slug, host, process, scene);
      if (!(await lock.take())) return;
      await act();
      lock.free();
    },
  };
  await freeHost(request, { engine: process.fleetEngine, keys }, { patienceMs: 5000 });
}

/** `run-job --catch-up` for one job. */
export async function catchUp(job: FleetJob, host: ModelHost, scene: Scene): Promise<void> {
  const process = new ModelProcess(host);
  const { name, boot } = host;
  const request = {
    ...{ host: name, boot: `${name}-${boot}`, run: `${name}-${scene.nextRun++}` },
    ...{ policy: scene.policy, contactPatienceMs: 15_000 },
  };
  const ports = { engine: process.fleetEngine, keys, clock: process.clock };
  const answer = await keepAccount(job, request, ports);
  if (answer.is === 'kept' && answer.again !== undefined) await runJob(job, host, { ...answer.again, rank: 0 }, scene);
}
