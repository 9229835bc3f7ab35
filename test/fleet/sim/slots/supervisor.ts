/** A supervisor in the model: the real keeper of slots, instances, and their parents, which hold the deadline. */
import type { SlotRules } from '../../../../src/fleet/slots/decide.ts';
import { ensureSlots } from '../../../../src/fleet/slots/ensure.ts';
import { SlotKeeper } from '../../../../src/fleet/slots/keeper.ts';
import type { WhenCutOff } from '../../../../src/fleet/slots/ports.ts';
import type { EndBy } from '../../../../src/system/types/process.ts';
import { type ModelHost, ModelProcess } from '../model-host.ts';
import { type Activity, close, keys } from '../runs.ts';

export const slug = 'web';

export interface SlotFaults {
  /** Instances that are to end go on. */
  readonly neverEnds?: boolean;
  /** What runs away from home is always offered to its home. */
  readonly eager?: boolean;
}

export interface SlotScene {
  readonly faults: SlotFaults;
  readonly rules: SlotRules;
  readonly whenCutOff: WhenCutOff;
  readonly stopSeconds: number;
  readonly instances: ModelInstance[];
  nextRun: number;
}

/** The parent of an instance looks at the clock so often. */
const lookMs = 1000;
const idleMs = 90_000;
/** Time from the request for a slot to the start of its instance. */
const lateMs = 15_000;

export class ModelInstance implements Activity {
  readonly number: number;
  readonly host: ModelHost;
  readonly spans: Activity['spans'] = [];
  openFromMs: number | undefined;
  woke: Activity['woke'];
  readonly fromMs: number;
  isOver = false;
  readonly #supervisor: ModelProcess;
  readonly #process: ModelProcess;
  readonly #stopMs: number;
  #deadline: EndBy | undefined;
  #isStopped = false;

  constructor(number: number, supervisor: ModelProcess, deadline: EndBy | undefined, stopSeconds: number) {
    this.number = number;
    this.host = supervisor.host;
    this.fromMs = supervisor.host.time.nowMs;
    this.#supervisor = supervisor;
    this.#process = new ModelProcess(supervisor.host);
    this.#deadline = deadline;
    this.#stopMs = stopSeconds * 1000;
    // Its supervisor can't know that all clocks stood still since it was told to start it.
    const { nowMs } = this.host.time;
    const isLate = ({ kind, untilMs }: ModelHost['freezes'][number]) => kind === 'standing' && untilMs > nowMs - lateMs;
    this.woke = this.host.freezes.some(isLate) ? 'standing' : undefined;
  }

  get isAlive(): boolean {
    return !this.isOver && this.#process.isAlive;
  }

  extend(deadline: EndBy): void {
    this.#deadline = deadline;
    if (deadline.killBootMs > this.host.sinceBootMs()) this.woke = undefined;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async work(): Promise<void> {
    for (;;) {
      const untilTermMs = (this.#deadline?.termBootMs ?? Number.POSITIVE_INFINITY) - this.host.sinceBootMs();
      await this.#active(Math.max(0, Math.min(lookMs, untilTermMs)));
      const isPast = this.#deadline !== undefined && this.host.sinceBootMs() >= this.#deadline.termBootMs;
      if (isPast || this.#isStopped || !this.#supervisor.isAlive) break;
      if (this.woke !== 'standing') this.woke = undefined;
    }
    const killInMs = (this.#deadline?.killBootMs ?? Number.POSITIVE_INFINITY) - this.host.sinceBootMs();
    await this.#active(killInMs <= 0 ? 20 : this.host.chance.between(10, Math.min(this.#stopMs, killInMs)));
    this.isOver = true;
  }

  async #active(forMs: number): Promise<void> {
    this.openFromMs = this.host.time.nowMs;
    await this.#process.sleep(forMs);
    close(this);
  }
}

export class ModelSupervisor {
  readonly process: ModelProcess;
  readonly #scene: SlotScene;
  readonly #keeper: SlotKeeper;
  readonly #running = new Map<number, ModelInstance>();
  readonly #deadlines = new Map<number, EndBy>();
  #isEnding = false;

  constructor(process: ModelProcess, scene: SlotScene) {
    const { host } = process;
    this.process = process;
    this.#scene = scene;
    this.#keeper = new SlotKeeper(
      {
        ...{ host: host.name, boot: `${host.name}-${host.boot}`, run: `${host.name}-${scene.nextRun++}` },
        ...{ address: host.name, rules: () => scene.rules },
        ...{ whenCutOff: scene.whenCutOff, stopSeconds: scene.stopSeconds },
      },
      {
        ...{ engine: process.fleetEngine, keys, clock: process.clock },
        isActive: (number) => this.#running.has(number),
        publicationOf: (number) => ({ ports: {}, state: this.#running.has(number) ? 'up' : 'down' }),
        onChange: () => this.#reconcile(),
        onDeadline: (number, deadline) => {
          this.#deadlines.set(number, deadline);
          this.#running.get(number)?.extend(deadline);
        },
        onDesired: () => {},
      },
    );
    this.#keeper.lookSoon(0);
    void this.#watch();
  }

  restart(): void {
    this.#keeper.offer();
  }

  terminate(): void {
    this.#isEnding = true;
    this.#reconcile();
  }

  #reconcile(): void {
    const { rules, faults } = this.#scene;
    for (const [number, instance] of this.#running) {
      if ((this.#isEnding || !this.#keeper.isHeld(number)) && !faults.neverEnds) instance.stop();
    }
    for (let number = 0; number < rules.instances; number++)
      if (!this.#isEnding && this.#keeper.isHeld(number) && !this.#running.has(number)) void this.#start(number);
  }

  async #start(number: number): Promise<void> {
    const instance = new ModelInstance(number, this.process, this.#deadlines.get(number), this.#scene.stopSeconds);
    this.#scene.instances.push(instance);
    this.#running.set(number, instance);
    await this.process.lives(instance.work());
    this.#running.delete(number);
    this.#keeper.lookSoon();
    this.#reconcile();
  }

  async #watch(): Promise<void> {
    const { host } = this.process;
    for (;;) {
      await this.process.sleep(5000);
      if (this.#scene.faults.eager) this.#keeper.offer();
      const isIdle = host.sinceBootMs() - this.#keeper.busyBootMs > idleMs;
      if (this.#running.size > 0 || !(this.#isEnding || isIdle)) continue;
      this.#isEnding = true;
      await this.#keeper.close();
      host.locks.delete(slug);
      return;
    }
  }
}

/** `run-job --ensure` of one host. */
export async function ensureSupervisor(host: ModelHost, scene: SlotScene): Promise<void> {
  const process = new ModelProcess(host);
  // The lock is that of the supervisor, or of instances that it has left.
  const holder = host.locks.get(slug);
  if (holder instanceof ModelSupervisor && holder.process.isAlive) return;
  if (scene.instances.some((instance) => instance.host === host && instance.isAlive)) return;
  const { rules } = scene;
  const answer = await ensureSlots(rules, host.name, { engine: process.fleetEngine, keys }, { patienceMs: 5000 });
  if (answer.is === 'looked' && answer.isNeeded && host.locks.get(slug) === holder)
    host.locks.set(slug, new ModelSupervisor(new ModelProcess(host), scene));
}

export function supervisorOf(host: ModelHost): ModelSupervisor | undefined {
  const holder = host.locks.get(slug);
  return holder instanceof ModelSupervisor && holder.process.isAlive ? holder : undefined;
}
