/**
 * The supervisor of one service: keeps what is wanted (the job file, and what people have said) beside what is (a machine for each instance),
 * passes events in and carries effects out. One timer is armed at most, for the next moment at which an instance has something to do.
 */
import type { PortRange } from '../config/config.ts';
import { newRunId } from '../run/identity.ts';
import type { Changes, HistoryStore, JobLock, JobLocks, Ports, StateFiles, StopRequests } from '../system/system.ts';
import { formatProblem, type Result } from '../yaml/problem.ts';
import { type AllDesired, desiredFolder, isAbout, readDesired } from './desired.ts';
import { type Incident, judgeIncident, noIncident } from './incident.ts';
import { formatEntry } from './journal.ts';
import { type EventOf, type InstanceMachine, LiveInstance, rulesOf, type ServiceJob } from './live-instance.ts';
import { type Event, type Instance, isAlive, newInstance, nextWakeMs, step } from './machine.ts';
import { PortDesk } from './port-desk.ts';
import {
  describeInstance,
  type InstanceRecord,
  readRecord,
  restoreInstance,
  type ServiceRecord,
  writeRecord,
} from './record.ts';
import { type ServiceState, serviceStateOf } from './service-state.ts';

export interface SupervisorMachine extends InstanceMachine {
  readonly locks: JobLocks;
  readonly ports: Ports;
  readonly changes: Changes;
  readonly state: StateFiles;
  readonly history: HistoryStore;
  readonly stops: StopRequests;
  readonly host: string;
  readonly boot: string;
  readonly random: () => string;
  /** The job file as it is now; `undefined` when it is gone. */
  readonly loadJob: () => Result<ServiceJob | 'no service'> | undefined;
  readonly places: { readonly jobDirectory: string; readonly stateDirectory: string; readonly portRange: PortRange };
  /** Somebody should hear of it; never waited for. */
  readonly tell: (notice: ServiceNotice) => void;
  /** For the programs' own log. */
  readonly say: (level: 'info' | 'warn' | 'error', words: string) => void;
}

export interface ServiceNotice {
  readonly what: 'worse' | 'recovered';
  readonly job: ServiceJob;
  readonly state: ServiceState;
  /** Milliseconds since 1970, of the state. */
  readonly sinceMs: number;
  /** A line for each instance that is not up. */
  readonly lines: readonly string[];
  readonly logPath?: string;
}

export interface SupervisorOrder {
  readonly job: ServiceJob;
  readonly run: string;
  readonly lock: JobLock;
}

/** A person asked it to end: the signal. `down`: the service is not wanted any more. */
export type SupervisorEnd = { readonly is: 'signal'; readonly signal: number } | { readonly is: 'down' };

interface Slot {
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

export async function supervise(order: SupervisorOrder, machine: SupervisorMachine): Promise<SupervisorEnd> {
  return new Supervisor(order, machine).run();
}

class Supervisor {
  readonly #order: SupervisorOrder;
  readonly #machine: SupervisorMachine;
  readonly #slots = new Map<number, Slot>();
  readonly #desk: PortDesk;
  readonly #earlier: ServiceRecord | undefined;
  readonly #startedMs: number;
  #job: ServiceJob;
  /** `undefined`: the file is as it should be. */
  #problems: readonly string[] | undefined;
  /** Why the file does not want it up: gone, disabled, no service any more. */
  #fileSaysDown = false;
  #desired: AllDesired;
  #doneRestartMs: number;
  #rolling: readonly number[] = [];
  #rollingNow: number | undefined;
  #incident: Incident;
  #state: ServiceState = 'STARTING';
  #sinceMs: number;
  #anyDied = false;
  #isFirstLook = true;
  #signal: number | undefined;
  #timers: { wake?: Timer; look?: Timer; write?: Timer; slow?: Timer } = {};
  readonly #queue: (() => void)[] = [];
  #isBusy = false;
  #written = '';
  #finish: (end: SupervisorEnd) => void = () => {};

  constructor(order: SupervisorOrder, machine: SupervisorMachine) {
    const { job, run } = order;
    this.#order = order;
    this.#machine = machine;
    this.#job = job;
    this.#startedMs = machine.clock.nowMs();
    this.#sinceMs = this.#startedMs;
    this.#earlier = readRecord(machine.state, job.slug);
    this.#desired = readDesired(machine.state, job.slug);
    // What was asked for before now is done by starting.
    this.#doneRestartMs = this.#desired.service.restart?.atMs ?? 0;
    this.#incident = { ...noIncident(machine.clock.sinceBootMs()), isOpen: this.#earlier?.isTold === true };
    this.#desk = new PortDesk({ slug: job.slug, run, range: machine.places.portRange }, machine);
  }

  async run(): Promise<SupervisorEnd> {
    const { changes, places, stops } = this.#machine;
    const { slug } = this.#job;
    const ended = new Promise<SupervisorEnd>((resolve) => {
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
    this.#write();
    this.#machine.ports.withdraw(slug);
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
    if (isAgain) for (const { live } of this.#slots.values()) live.hurry();
    else this.#do(() => this.#reconcile());
  }

  #lookSoon(): void {
    if (this.#timers.look !== undefined) return;
    this.#timers.look = this.#machine.clock.after(settleMs, () => {
      delete this.#timers.look;
      this.#do(() => this.#look());
    });
  }

  #lookSlowly(): void {
    this.#timers.slow = this.#machine.clock.after(slowLookMs, () => {
      this.#do(() => this.#look());
      this.#lookSlowly();
    });
  }

  /** Reads what is wanted. */
  #look(): void {
    const loaded = this.#machine.loadJob();
    this.#problems = undefined;
    this.#fileSaysDown = loaded === undefined;
    if (loaded?.ok === false) this.#problems = loaded.problems.map(formatProblem);
    else if (loaded?.value === 'no service') this.#fileSaysDown = true;
    else if (loaded !== undefined) {
      this.#job = loaded.value as ServiceJob;
      this.#fileSaysDown = !this.#job.enabled;
    }
    this.#desired = readDesired(this.#machine.state, this.#job.slug);
    this.#reconcile();
    this.#takeRestarts();
    this.#isFirstLook = false;
  }

  get #isWantedUp(): boolean {
    return this.#signal === undefined && !this.#fileSaysDown && this.#desired.service.wanted === 'up';
  }

  #wantsInstance(number: number): boolean {
    const { instances } = this.#job.service;
    return this.#isWantedUp && number < instances && this.#desired.instance(number).wanted === 'up';
  }

  #reconcile(): void {
    for (let number = 0; number < this.#job.service.instances; number += 1) this.#slot(number);
    for (const [number, slot] of this.#slots) {
      const resetMs = this.#resetMs(number);
      if (resetMs > slot.doneResetMs) {
        slot.doneResetMs = resetMs;
        this.#anyDied = false;
        if (this.#wantsInstance(number)) this.#event(number, { is: 'reset' });
      }
      this.#event(number, { is: this.#wantsInstance(number) ? 'wanted' : 'unwanted' });
    }
  }

  #resetMs(number: number): number {
    return Math.max(this.#desired.service.reset?.atMs ?? 0, this.#desired.instance(number).reset?.atMs ?? 0);
  }

  #slot(number: number): Slot {
    const known = this.#slots.get(number);
    if (known !== undefined) return known;
    const { clock, boot, random } = this.#machine;
    const record = this.#earlier?.instances.find((one) => one.number === number);
    const resetMs = this.#resetMs(number);
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
        tell: (event) => this.#do(() => this.#event(number, event)),
      },
      this.#machine,
    );
    const slot: Slot = {
      // One that comes back after a smaller number of instances begins anew.
      state: this.#isFirstLook ? restoreInstance(record, restoring) : newInstance,
      live,
      doneRestartMs: this.#desired.instance(number).restart?.atMs ?? 0,
      doneResetMs: resetMs,
    };
    this.#slots.set(number, slot);
    return slot;
  }

  #event(number: number, event: EventOf<Event>): void {
    const slot = this.#slots.get(number);
    if (slot === undefined) return;
    const atMs = this.#machine.clock.sinceBootMs();
    const rules = rulesOf(slot.live.definition ?? this.#job);
    const before = slot.state;
    const { instance, effects } = step(before, { ...event, atMs } as Event, rules);
    slot.state = instance;
    if (instance.memory.lastExit !== before.memory.lastExit) this.#noteDeath(number, instance);
    for (const effect of effects) {
      switch (effect.do) {
        case 'start':
          slot.live.start(this.#job);
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

  #noteDeath(number: number, { at, memory }: Instance): void {
    this.#anyDied ||= at !== 'finished';
    this.#journal(
      `${this.#job.slug}.${number} ${memory.lastExit?.words ?? ''}${at === 'finished' ? ' and has finished' : ''}`,
    );
  }

  /** A restart of the whole service is rolling; one of an instance is done at once. */
  #takeRestarts(): void {
    const asked = this.#desired.service.restart?.atMs ?? 0;
    if (asked > this.#doneRestartMs) {
      this.#doneRestartMs = asked;
      this.#rolling = [...this.#slots.keys()].filter((number) => this.#wantsInstance(number)).sort((a, b) => a - b);
      this.#rollingNow = undefined;
    }
    for (const [number, slot] of this.#slots) {
      const one = this.#desired.instance(number).restart?.atMs ?? 0;
      if (one <= slot.doneRestartMs) continue;
      slot.doneRestartMs = one;
      this.#event(number, { is: 'restart' });
    }
  }

  /** The next instance is stopped only when the one before it is up again. */
  #roll(): void {
    if (!this.#isWantedUp) this.#rolling = [];
    const now = this.#rollingNow;
    if (now !== undefined && this.#wantsInstance(now) && this.#slots.get(now)?.state.at !== 'up') return;
    const [next, ...rest] = this.#rolling;
    this.#rolling = rest;
    this.#rollingNow = next;
    if (next !== undefined) this.#do(() => this.#event(next, { is: 'restart' }));
  }

  /** After everything that has happened: who is gone, what comes next, what is to be written and told. */
  #settle(): void {
    for (const [number, slot] of this.#slots) {
      if (number >= this.#job.service.instances && !isAlive(slot.state)) this.#dismiss(number, slot);
    }
    if (this.#rollingNow !== undefined || this.#rolling.length > 0) this.#roll();
    this.#judge();
    this.#arm();
    this.#writeSoon();
    const isOver = !this.#isWantedUp && [...this.#slots.values()].every(({ state }) => !isAlive(state));
    if (isOver) this.#finish(this.#signal === undefined ? { is: 'down' } : { is: 'signal', signal: this.#signal });
  }

  #dismiss(number: number, { live }: Slot): void {
    this.#slots.delete(number);
    this.#desk.release(number);
    void live.close();
  }

  #judge(): void {
    const { clock } = this.#machine;
    const { instances, respawn } = this.#job.service;
    const counted = [...this.#slots].filter(([number]) => number < instances);
    const isAnyWanted = counted.some(([number]) => this.#wantsInstance(number));
    const state = serviceStateOf({
      wanted: this.#isWantedUp && isAnyWanted ? 'up' : 'down',
      instances,
      states: counted.map(([, slot]) => slot.state.at),
      anyAlive: [...this.#slots.values()].some((slot) => isAlive(slot.state)),
      anyDied: this.#anyDied,
      supervisor: { is: 'there' },
    });
    if (state !== this.#state) {
      this.#sinceMs = clock.nowMs();
      this.#journal(`${this.#job.slug} is ${state}, was ${this.#state}`, state);
      this.#state = state;
    }
    this.#judgeIncident(respawn.minUptimeSeconds * 1000);
  }

  #incidentDueMs: number | undefined;

  #judgeIncident(minUptimeMs: number): void {
    const atMs = this.#machine.clock.sinceBootMs();
    const { incident, tell, againMs } = judgeIncident(this.#incident, this.#state, { atMs, minUptimeMs });
    this.#incident = incident;
    this.#incidentDueMs = againMs;
    if (tell === undefined) return;
    const [worst] = [...this.#slots].filter(([, { state }]) => state.at !== 'up');
    const logPath = worst?.[1].live.logPath;
    this.#machine.tell({
      what: tell,
      job: this.#job,
      state: this.#state,
      sinceMs: this.#sinceMs,
      lines: [...this.#slots].flatMap(([number, { state }]) =>
        state.at === 'up' ? [] : [`${this.#job.slug}.${number}: ${instanceWords(state)}`],
      ),
      ...(logPath !== undefined && { logPath }),
    });
  }

  #journal(words: string, state?: ServiceState): void {
    const { history, clock, say } = this.#machine;
    const { slug } = this.#job;
    const written = history.append(
      slug,
      formatEntry({ atMs: clock.nowMs(), words, ...(state !== undefined && { state }) }),
    );
    if (!written.ok) say('warn', `${slug}: the history could not be written: ${written.reason}`);
    history.rotate(slug);
    say(state === 'FAILED' || state === 'DEGRADED' ? 'warn' : 'info', words);
  }

  #arm(): void {
    this.#timers.wake?.cancel();
    delete this.#timers.wake;
    const { clock } = this.#machine;
    const wakes = [...this.#slots.values()].map(({ state, live }) =>
      nextWakeMs(state, rulesOf(live.definition ?? this.#job)),
    );
    const nextMs = Math.min(...[...wakes, this.#incidentDueMs].map((ms) => ms ?? Number.POSITIVE_INFINITY));
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
    this.#timers.write = this.#machine.clock.after(settleMs, () => {
      delete this.#timers.write;
      this.#write();
    });
  }

  #write(): void {
    const record = this.#record();
    const text = JSON.stringify(record);
    if (text === this.#written) return;
    const written = writeRecord(this.#machine.state, this.#job.slug, record);
    if (written.ok) this.#written = text;
    else this.#machine.say('warn', `${this.#job.slug}: its state could not be written: ${written.reason}`);
    this.#desk.publish(new Map([...this.#slots].map(([number, { state }]) => [number, state.at])));
  }

  #record(): ServiceRecord {
    const { boot } = this.#machine;
    const moment = this.#moment();
    return {
      boot,
      run: this.#order.run,
      state: this.#state,
      sinceMs: this.#sinceMs,
      startedMs: this.#startedMs,
      ...(this.#incident.isOpen && { isTold: true }),
      ...(this.#rolling.length > 0 && { rolling: this.#rolling }),
      ...(this.#problems !== undefined && { problems: this.#problems }),
      instances: [...this.#slots]
        .sort(([a], [b]) => a - b)
        .map(([number, slot]) => this.#describe(number, slot, moment)),
    };
  }

  #moments: { nowMs: number; sinceBootMs: number } | undefined;

  /** The same pair for all records, or times would seem to change by the time between two looks at two clocks; anew when somebody steps one. */
  #moment() {
    const { clock } = this.#machine;
    const now = { nowMs: clock.nowMs(), sinceBootMs: clock.sinceBootMs() };
    const known = this.#moments;
    const stepMs = known === undefined ? 0 : Math.abs(now.nowMs - known.nowMs - (now.sinceBootMs - known.sinceBootMs));
    this.#moments = known === undefined || stepMs > clockStepMs ? now : known;
    return this.#moments;
  }

  #describe(number: number, { state, live }: Slot, moment: { nowMs: number; sinceBootMs: number }): InstanceRecord {
    const { run, leader, logPath, stuck } = live;
    const isChanged =
      isAlive(state) && live.definition !== undefined && shapeOf(live.definition) !== shapeOf(this.#job);
    return {
      ...describeInstance(state, moment),
      number,
      ports: this.#desk.of(number),
      ...(stuck !== undefined && { reason: `could not be killed: ${stuck}` }),
      ...(run !== undefined && { run }),
      ...(leader !== undefined && { leader }),
      ...(logPath !== undefined && { logPath }),
      ...(isChanged && { changed: true }),
      ...(this.#desired.instance(number).wanted === 'down' && { stopped: true }),
    };
  }
}

const hangup = 1;
const clockStepMs = 1000;

type Timer = { cancel(): void };

function instanceWords(state: Instance): string {
  const last = state.memory.lastExit === undefined ? '' : `; it ${state.memory.lastExit.words}`;
  return state.at === 'failed' || state.at === 'unhealthy' ? `${state.at}: ${state.reason}` : `${state.at}${last}`;
}

/** What a start depends on; how many there are, how it is called and who is told change nothing for one that runs. */
function shapeOf({ sha256: _s, name: _n, description: _d, tags: _t, failmail: _f, ...job }: ServiceJob): string {
  return JSON.stringify({ ...job, service: { ...job.service, instances: 0 } });
}
