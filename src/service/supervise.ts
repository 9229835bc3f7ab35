/**
 * The supervisor of one service. It compares the desired state (the job file and the decisions of
 * operators) with the state machines of the instances, passes events to them and carries out their
 * effects. At most one timer is armed, for the next moment at which an instance has something to
 * do.
 */

import type { ServiceJob } from '../job/job.ts';
import { newRunId } from '../run/identity.ts';
import type { JobLock } from '../system/types/lock.ts';
import { defined } from '../text/defined.ts';
import { desiredFolder, isAbout } from './desired.ts';
import { DesiredState } from './desired-state.ts';
import { type Instance, type InstanceEvent, isAlive, newInstance } from './instance/instance.ts';
import { LiveInstance, rulesOf, type WithoutTime } from './instance/live-instance.ts';
import { nextWakeMs, step } from './instance/machine.ts';
import { PortDesk } from './ports/port-desk.ts';
import { readRecord, type ServiceRecord } from './record/record.ts';
import { Recorder } from './record/recorder.ts';
import { restoreInstance } from './record/restore.ts';
import { StateTracker } from './record/state-tracker.ts';
import type { Seating } from './seating.ts';
import type { SupervisorHost } from './supervisor-host.ts';

export interface SupervisorOrder {
  readonly job: ServiceJob;
  readonly run: string;
  readonly lock: JobLock;
}

/** The reason why a supervisor ended: a signal, or the service is to be down. */
export type SupervisorOutcome = { readonly is: 'signal'; readonly signal: number } | { readonly is: 'down' };

interface Slot {
  readonly number: number;
  state: Instance;
  readonly live: LiveInstance;
  /** Times of the latest restart and reset that have been done. */
  doneRestartMs: number;
  doneResetMs: number;
}

/** Wait before a look and before a write, so that several changes at once cause only one. */
const settleMs = 50;
/** Interval of looks for file systems that report no changes, and for clocks that were set. */
const slowLookMs = 60_000;

export async function supervise(order: SupervisorOrder, host: SupervisorHost): Promise<SupervisorOutcome> {
  return new Supervisor(order, host).run();
}

class Supervisor {
  readonly #order: SupervisorOrder;
  readonly #host: SupervisorHost;
  readonly #slots = new Map<number, Slot>();
  readonly #desk: PortDesk;
  readonly #earlier: ServiceRecord | undefined;
  readonly #desired: DesiredState;
  readonly #tracker: StateTracker;
  readonly #recorder: Recorder;
  readonly #seating: Seating | undefined;
  #doneRestartMs: number;
  #rolling: readonly number[] = [];
  #rollingNow: number | undefined;
  #rollingEnd: string | undefined;
  #isFirstLook = true;
  #signal: number | undefined;
  #timers: { wake?: Timer; look?: Timer; write?: Timer; slow?: Timer } = {};
  readonly #queue: (() => void)[] = [];
  #isBusy = false;
  #finish: (end: SupervisorOutcome) => void = () => {};

  constructor(order: SupervisorOrder, host: SupervisorHost) {
    const { job, run } = order;
    this.#order = order;
    this.#host = host;
    this.#earlier = readRecord(host.state, job.slug);
    this.#desired = new DesiredState(job, host);
    // The start itself fulfils restarts that were asked for earlier.
    this.#doneRestartMs = this.#desired.restartMs;
    this.#tracker = new StateTracker(this.#desired, host, { isAlarmOpen: this.#earlier?.isTold === true });
    this.#desk = new PortDesk({ slug: job.slug, run, range: host.places.portRange }, host);
    const parts = { run, desired: this.#desired, tracker: this.#tracker, desk: this.#desk };
    this.#recorder = new Recorder(parts, host);
    this.#seating = host.openSeating?.({
      isActive: (number) => isLiving(this.#slots.get(number)),
      publicationOf: (number) => ({
        ports: this.#desk.of(number),
        state: this.#slots.get(number)?.state.at ?? 'down',
      }),
      instances: () => this.#desired.job.service.instances,
      onChange: () => this.#do(() => this.#reconcile()),
      onEndBy: (number, endBy) => this.#slots.get(number)?.live.setEndBy(endBy),
    });
    this.#desired.seating = this.#seating;
  }

  async run(): Promise<SupervisorOutcome> {
    const { changes, places, stops } = this.#host;
    const { slug } = this.#order.job;
    const ended = new Promise<SupervisorOutcome>((resolve) => {
      this.#finish = resolve;
    });
    const watches = [
      changes.watch(places.jobDirectory, (name) => {
        if (name === undefined || name === `${slug}.yaml`) this.#lookSoon();
      }),
      changes.watch(`${places.stateDirectory}/${desiredFolder}`, (name) => {
        if (name === undefined || isAbout(slug, name)) this.#lookSoon();
      }),
    ];
    stops.onStop(({ signal }) => this.#stopAsked(signal));
    this.#do(() => this.#look());
    this.#lookSlowly();
    const end = await ended;
    for (const watch of watches) watch.close();
    for (const timer of Object.values(this.#timers)) timer?.cancel();
    await Promise.all([...this.#slots.values()].map(({ live }) => live.close()));
    this.#recorder.write([...this.#slots.values()], { waiting: [] });
    this.#host.ports.withdraw(slug);
    await this.#seating?.close();
    return end;
  }

  /**
   * Runs actions one after the other: an action that follows from an event runs when the event has
   * been handled.
   */
  #do(act: () => void): void {
    this.#queue.push(act);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    this.#isBusy = false;
    this.#settle();
  }

  #stopAsked(signal: number): void {
    // SIGHUP means that a terminal was closed, or that the supervisor is to read its files again.
    if (signal === hangup) {
      this.#lookSoon();
      return;
    }
    const isAgain = this.#signal !== undefined;
    this.#signal ??= signal;
    this.#desired.isEnding = true;
    if (isAgain) for (const { live } of this.#slots.values()) live.hurry();
    else this.#do(() => this.#reconcile());
  }

  #lookSoon(): void {
    if (this.#timers.look !== undefined) return;
    this.#timers.look = this.#host.clock.after(settleMs, () => {
      delete this.#timers.look;
      this.#do(() => this.#look());
    });
  }

  #lookSlowly(): void {
    this.#timers.slow = this.#host.clock.after(slowLookMs, () => {
      this.#do(() => this.#look());
      this.#lookSlowly();
    });
  }

  #look(): void {
    this.#desired.read();
    this.#reconcile();
    this.#takeRestarts();
    this.#isFirstLook = false;
  }

  #reconcile(): void {
    for (const number of this.#desired.here) this.#slot(number);
    for (const [number, slot] of this.#slots) {
      const isUp = this.#desired.isInstanceUp(number);
      const resetMs = this.#desired.resetMs(number);
      if (resetMs > slot.doneResetMs) {
        slot.doneResetMs = resetMs;
        this.#tracker.anyDied = false;
        if (isUp) this.#event(number, { is: 'reset' });
      }
      this.#event(number, { is: isUp ? 'desired-up' : 'desired-down' });
    }
  }

  #slot(number: number): Slot {
    const known = this.#slots.get(number);
    if (known !== undefined) return known;
    const { clock, boot, random } = this.#host;
    const record = this.#earlier?.instances.find((one) => one.number === number);
    const resetMs = this.#desired.resetMs(number);
    const restoring = {
      nowMs: clock.nowMs(),
      sinceBootMs: clock.sinceBootMs(),
      sameBoot: this.#earlier?.boot === boot,
      resetMs,
    };
    if (record !== undefined) this.#desk.remember(number, record.ports);
    const live = new LiveInstance(
      {
        instance: number,
        supervisorRun: this.#order.run,
        newRun: () => newRunId(clock.nowMs(), random()),
        lockFd: this.#order.lock.fd,
        ports: (job) => this.#desk.reserve(number, job.service?.ports ?? []),
        takenPort: (job) => this.#desk.takenPort(job.service?.ports ?? []),
        report: (event) => this.#do(() => this.#event(number, event)),
        recordSoon: () => this.#writeSoon(),
        endBy: () => this.#seating?.endBy(number),
      },
      this.#host,
    );
    const slot: Slot = {
      number,
      // An instance that comes back after `instances` was lowered and raised begins anew.
      state: this.#isFirstLook ? restoreInstance(record, restoring) : newInstance,
      live,
      doneRestartMs: this.#desired.instanceRestartMs(number),
      doneResetMs: resetMs,
    };
    this.#slots.set(number, slot);
    return slot;
  }

  #event(number: number, event: WithoutTime<InstanceEvent>): void {
    const slot = this.#slots.get(number);
    if (slot === undefined) return;
    const atMs = this.#host.clock.sinceBootMs();
    const rules = rulesOf(slot.live.definition ?? this.#desired.job);
    const before = slot.state;
    const { instance, effects } = step(before, { ...event, atMs } as InstanceEvent, rules);
    slot.state = instance;
    if (instance.memory.lastExit !== before.memory.lastExit)
      this.#tracker.noteDeath(number, instance, { asked: before.at === 'stopping' });
    for (const effect of effects) {
      switch (effect.do) {
        case 'start':
          slot.live.start(this.#desired.job);
          break;
        case 'end':
          slot.live.end();
          break;
        case 'probe':
          slot.live.probe();
          break;
        case 'look':
          slot.live.look();
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /**
   * Begins the restarts that operators asked for. A restart of the whole service is rolling; one of
   * an instance happens at once.
   */
  #takeRestarts(): void {
    const asked = this.#desired.restartMs;
    if (asked > this.#doneRestartMs) {
      this.#doneRestartMs = asked;
      this.#rollingEnd = undefined;
      this.#seating?.restart();
      this.#rolling = [...this.#slots.keys()]
        .filter((number) => this.#desired.isInstanceUp(number))
        .sort((a, b) => a - b);
      this.#rollingNow = undefined;
    }
    for (const [number, slot] of this.#slots) {
      const one = this.#desired.instanceRestartMs(number);
      if (one <= slot.doneRestartMs) continue;
      slot.doneRestartMs = one;
      const [problem] = this.#desired.problems ?? [];
      if (problem === undefined) this.#event(number, { is: 'restart' });
      else this.#tracker.note(`${this.#desired.job.slug}.${number} is not restarted: ${problem}`, 'warn');
    }
  }

  /**
   * Continues a rolling restart. The next instance is stopped only when the one before it is up
   * again.
   */
  #roll(): void {
    if (!this.#desired.isUp) this.#rolling = [];
    this.#stopRollingIfBroken();
    const now = this.#rollingNow;
    if (now !== undefined && this.#desired.isInstanceUp(now) && this.#slots.get(now)?.state.at !== 'up') return;
    const [next, ...rest] = this.#rolling;
    this.#rolling = rest;
    this.#rollingNow = next;
    if (next !== undefined) this.#do(() => this.#event(next, { is: 'restart' }));
  }

  /** Ends a rolling restart if the file has problems: the remaining instances go on as they are. */
  #stopRollingIfBroken(): void {
    const [problem] = this.#desired.problems ?? [];
    if (problem === undefined || this.#rolling.length === 0) return;
    const { slug } = this.#desired.job;
    const left = this.#rolling.map((number) => `${slug}.${number}`).join(', ');
    this.#rolling = [];
    this.#rollingEnd = `stopped because its file has problems (${problem}); not restarted: ${left}`;
    this.#tracker.note(`restart of ${slug} ${this.#rollingEnd}`, 'warn');
  }

  /**
   * Follows up after events: removes surplus instances, continues a rolling restart, tracks the
   * state, arms the timer and ends the supervisor when all is down.
   */
  #settle(): void {
    for (const [number, slot] of this.#slots) {
      if (!this.#desired.isHere(number) && !isAlive(slot.state)) this.#dismiss(number, slot);
    }
    if (this.#rollingNow !== undefined || this.#rolling.length > 0) this.#roll();
    this.#tracker.judge(
      [...this.#slots.values()].map(({ number, state, live }) => ({ number, state, logPath: live.logPath })),
    );
    this.#arm();
    this.#writeSoon();
    this.#seating?.changed();
    const isNeeded = this.#desired.isUp && this.#seating?.isIdle() !== true;
    const isOver = !isNeeded && [...this.#slots.values()].every((slot) => !isLiving(slot));
    if (isOver) this.#finish(this.#signal === undefined ? { is: 'down' } : { is: 'signal', signal: this.#signal });
  }

  #dismiss(number: number, { live }: Slot): void {
    this.#slots.delete(number);
    this.#desk.release(number);
    void live.close();
  }

  #arm(): void {
    this.#timers.wake?.cancel();
    delete this.#timers.wake;
    const { clock } = this.#host;
    const wakes = [...this.#slots.values()].map(({ state, live }) =>
      nextWakeMs(state, rulesOf(live.definition ?? this.#desired.job)),
    );
    const nextMs = [...wakes, this.#tracker.dueMs].reduce<number>(
      (first, ms) => Math.min(first, ms ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(nextMs)) return;
    this.#timers.wake = clock.after(Math.max(0, nextMs - clock.sinceBootMs()), () => {
      delete this.#timers.wake;
      this.#do(() => {
        for (const number of this.#slots.keys()) this.#event(number, { is: 'time' });
      });
    });
  }

  #writeSoon(): void {
    if (this.#timers.write !== undefined) return;
    this.#timers.write = this.#host.clock.after(settleMs, () => {
      delete this.#timers.write;
      const endWords = this.#rollingEnd;
      const rolling = { waiting: this.#rolling, ...defined({ endWords }) };
      this.#recorder.write([...this.#slots.values()], rolling);
    });
  }
}

/** True if processes of an instance live, or are about to. */
function isLiving(slot: Slot | undefined): boolean {
  return slot !== undefined && isAlive(slot.state);
}

const hangup = 1;

type Timer = { cancel(): void };
