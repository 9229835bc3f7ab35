/** A host of the lab: a machine with an installation, and a cron that starts its jobs by its clock. */
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { commandLineOf } from '../../../src/system/process/proc.ts';
import { clock } from '../../../src/system/time/clock.ts';
import type { Timer } from '../../../src/system/types/clock.ts';
import type { House } from '../../cli/house.ts';
import { Machine } from './machine.ts';

const library = '/usr/$LIB/faketime/libfaketime.so.1';

export class LabHost {
  readonly house: House;
  readonly machine: Machine;
  /** Its clock is ahead by so many seconds. */
  aheadSeconds = 0;
  isFrozen = false;
  isCut = false;
  readonly #timers: Timer[] = [];

  constructor(name: string, house: House, on: readonly string[]) {
    this.house = house;
    this.machine = new Machine(name, { on, bootFile: house.path('boot-id') });
  }

  get name(): string {
    return this.machine.name;
  }

  /** A boot finds an empty /run. */
  async boot(): Promise<void> {
    const run = this.house.path('run');
    rmSync(run, { recursive: true, force: true });
    mkdirSync(run, { mode: 0o755 });
    chownSync(run, this.house.service.uid, this.house.service.gid);
    await this.machine.boot();
  }

  /** cron starts the jobs when this host's clock says that it is this minute. */
  startAt(tickMs: number, jobs: readonly string[]): void {
    const inMs = tickMs - (this.aheadSeconds % 60) * 1000 - Date.now();
    this.#timers.push(clock.after(Math.max(0, inMs), () => this.#start(jobs)));
  }

  isBusy(): boolean {
    return this.runJobs().length > 0;
  }

  /** The run-jobs that run now. */
  runJobs(): readonly number[] {
    return this.machine.pids().filter((pid) => commandLineOf(pid).includes('boot.cjs run-job --job'));
  }

  async remove(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.machine.signalAll('SIGCONT');
    await this.machine.cutPower();
    this.house.remove();
  }

  #start(jobs: readonly string[]): void {
    if (!this.machine.isUp || this.isFrozen) return;
    for (const job of jobs) this.#run(['--job', job]);
    this.#run(['--ensure']);
  }

  #run(words: readonly string[]): void {
    const faked = {
      LD_PRELOAD: library,
      FAKETIME: `${this.aheadSeconds >= 0 ? '+' : ''}${this.aheadSeconds}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
    const child = this.house.spawn('run-job', words, {
      outer: this.machine.apart(),
      environment: { PROCESS_CONTROL_TRIGGER: 'cron', ...(this.aheadSeconds === 0 ? {} : faked) },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
  }
}
