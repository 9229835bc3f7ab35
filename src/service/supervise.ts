/**
 * The supervisor of one service: keeps what is wanted (the job file, and what people have said) beside what is (a machine for each instance),
 * passes events in and carries effects out. One timer is armed at most, for the next moment at which an instance has something to do.
 */
import { newRunId } from '../run/identity.ts';
import type { JobLock } from '../system/types/lock.ts';
import { desiredFolder, isAbout } from './desired.ts';
import { type EventOf, LiveInstance, rulesOf, type ServiceJob } from './instance/live-instance.ts';
import { type Event, type Instance, isAlive, newInstance, nextWakeMs, step } from './instance/machine.ts';
import { PortDesk } from './ports/port-desk.ts';
import { readRecord, restoreInstance, type ServiceRecord } from './record/record.ts';
import { Recorder } from './record/recorder.ts';
import { Standing } from './record/standing.ts';
import type { SupervisorHost } from './supervisor-host.ts';
import { Wanted } from './wanted.ts';

export interface SupervisorOrder {
  readonly job: ServiceJob;
  readonly run: string;
  readonly lock: JobLock;
}

/** A person asked it to end: the signal. `down`: the service is not wanted any more. */
export type SupervisorOutcome = { readonly is: 'signal'; readonly signal: number } | { readonly is: 'down' };

interface Slot {
  readonly number: number;
  state: Instance;
  readonly live: LiveInstance;
  /** Asks that have been done, by their time. */
  doneRestartMs: number;
  doneResetMs: number;
}

/** Changes in a row are one look; a record is written once for what happens at the same time. */
const settleMs = 50;
/** For file systems that tell of no change, and for a clock that was stepped. */
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
  readonly #wanted: Wanted;
  readonly #standing: Standing;
  readonly #recorder: Recorder;
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
    this.#wanted = new Wanted(job, host);
    // What was asked for before now is done by starting.
    this.#doneRestartMs = this.#wanted.restartMs;
    this.#standing = new Standing(this.#wanted, host, { isTold: this.#earlier?.isTold === true });
    this.#desk = new PortDesk({ slug: job.slug, run, range: host.places.portRange }, host);
    const parts = { run, wanted: this.#wanted, standing: this.#standing, desk: this.#desk };
    this.#recorder = new Recorder(parts, host);
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
    return end;
  }

  /** One thing after the other: what follows from an event is done when the event has been dealt with. */
  #do(act: () => void): void {
    this.#queue.push(act);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    this.#isBusy = false;
    this.#settle();
  }

  #stopAsked(signal: number): void {
    // A terminal that is closed, and an operator's "read your files again".
    if (signal === hangup) {
      this.#lookSoon();
      return;
    }
    const isAgain = this.#signal !== undefined;
    this.#signal ??= signal;
    this.#wanted.isEnding = true;
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
    this.#wanted.read();
    this.#reconcile();
    this.#takeRestarts();
    this.#isFirstLook = false;
  }

  #reconcile(): void {
    for (let number = 0; number < this.#wanted.job.service.instances; number += 1) this.#slot(number);
    for (const [number, slot] of this.#slots) {
      const isWanted = this.#wanted.wants(number);
      const resetMs = this.#wanted.resetMs(number);
      if (resetMs > slot.doneResetMs) {
        slot.doneResetMs = resetMs;
        this.#standing.anyDied = false;
        if (isWanted) this.#event(number, { is: 'reset' });
      }
      this.#event(number, { is: isWanted ? 'wanted' : 'unwanted' });
    }
  }

  #slot(number: number): Slot {
    const known = this.#slots.get(number);
    if (known !== undefined) return known;
    const { clock, boot, random } = this.#host;
    const record = this.#earlier?.instances.find((one) => one.number === number);
    const resetMs = this.#wanted.resetMs(number);
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
        tell: (event) => this.#do(() => this.#event(number, event)),
        recordSoon: () => this.#writeSoon(),
      },
      this.#host,
    );
    const slot: Slot = {
      number,
      // One that comes back after a smaller number of instances begins anew.
      state: this.#isFirstLook ? restoreInstance(record, restoring) : newInstance,
      live,
      doneRestartMs: this.#wanted.instanceRestartMs(number),
      doneResetMs: resetMs,
    };
    this.#slots.set(number, slot);
    return slot;
  }

  #event(number: number, event: EventOf<Event>): void {
    const slot = this.#slots.get(number);
    if (slot === undefined) return;
    const atMs = this.#host.clock.sinceBootMs();
    const rules = rulesOf(slot.live.definition ?? this.#wanted.job);
    const before = slot.state;
    const { instance, effects } = step(before, { ...event, atMs } as Event, rules);
    slot.state = instance;
    if (instance.memory.lastExit !== before.memory.lastExit)
      this.#standing.noteDeath(number, instance, { asked: before.at === 'stopping' });
    for (const effect of effects) {
      switch (effect.do) {
        case 'start':
          slot.live.start(this.#wanted.job);
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

  /** A restart of the whole service is rolling; one of an instance is done at once. */
  #takeRestarts(): void {
    const asked = this.#wanted.restartMs;
    if (asked > this.#doneRestartMs) {
      this.#doneRestartMs = asked;
      this.#rollingEnd = undefined;
      this.#rolling = [...this.#slots.keys()].filter((number) => this.#wanted.wants(number)).sort((a, b) => a - b);
      this.#rollingNow = undefined;
    }
    for (const [number, slot] of this.#slots) {
      const one = this.#wanted.instanceRestartMs(number);
      if (one <= slot.doneRestartMs) continue;
      slot.doneRestartMs = one;
      const [problem] = this.#wanted.problems ?? [];
      if (problem === undefined) this.#event(number, { is: 'restart' });
      else this.#standing.note(`${this.#wanted.job.slug}.${number} is not restarted: ${problem}`, 'warn');
    }
  }

  /** The next instance is stopped only when the one before it is up again. */
  #roll(): void {
    if (!this.#wanted.isUp) this.#rolling = [];
    this.#stopRollingIfBroken();
    const now = this.#rollingNow;
    if (now !== undefined && this.#wanted.wants(now) && this.#slots.get(now)?.state.at !== 'up') return;
    const [next, ...rest] = this.#rolling;
    this.#rolling = rest;
    this.#rollingNow = next;
    if (next !== undefined) this.#do(() => this.#event(next, { is: 'restart' }));
  }

  /** What the next instance would be started by is not known any more: it goes on as it is. */
  #stopRollingIfBroken(): void {
    const [problem] = this.#wanted.problems ?? [];
    if (problem === undefined || this.#rolling.length === 0) return;
    const { slug } = this.#wanted.job;
    const left = this.#rolling.map((number) => `${slug}.${number}`).join(', ');
    this.#rolling = [];
    this.#rollingEnd = `stopped because its file has problems (${problem}); not restarted: ${left}`;
    this.#standing.note(`restart of ${slug} ${this.#rollingEnd}`, 'warn');
  }

  /** After everything that has happened: who is gone, what comes next, what is to be written and told. */
  #settle(): void {
    for (const [number, slot] of this.#slots) {
      if (number >= this.#wanted.job.service.instances && !isAlive(slot.state)) this.#dismiss(number, slot);
    }
    if (this.#rollingNow !== undefined || this.#rolling.length > 0) this.#roll();
    this.#standing.judge(
      [...this.#slots.values()].map(({ number, state, live }) => ({ number, state, logPath: live.logPath })),
    );
    this.#arm();
    this.#writeSoon();
    const isOver = !this.#wanted.isUp && [...this.#slots.values()].every(({ state }) => !isAlive(state));
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
      nextWakeMs(state, rulesOf(live.definition ?? this.#wanted.job)),
    );
    const nextMs = [...wakes, this.#standing.dueMs].reduce<number>(
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
      const rolling = { waiting: this.#rolling, ...(endWords !== undefined && { endWords }) };
      this.#recorder.write([...this.#slots.values()], rolling);
    });
  }
}

const hangup = 1;

type Timer = { cancel(): void };
