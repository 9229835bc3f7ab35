/**
 * job-scheduler with a clock that the test sets: libfaketime reads how far ahead it is from a file, in the scheduler and in the run-jobs that
 * it starts. Jobs themselves live in real time.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, type HouseOptions, isRoot, repository, until } from './house.ts';

const hasFakeTime = spawnSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']).status === 0;

/** Why these tests are left out, or false. */
export const noSetClock = !isRoot ? 'needs root' : hasFakeTime ? false : 'needs libfaketime';

const runner = 'run-job-at-this-time';
const minuteMs = 60_000;

/** A line of job-scheduler's standard output. */
export interface Told {
  readonly event: string;
  readonly job?: string;
  readonly pid?: number;
  readonly exitCode?: number;
  readonly [key: string]: unknown;
}

export class Scheduler {
  readonly child: ChildProcess;
  readonly told: Told[] = [];
  stderr = '';
  /** Set where another process than the child gets the signals. */
  pid: number | undefined;
  readonly ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.child = child;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.told.push(JSON.parse(line) as Told);
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  /** Waits until it has told this of so many times. */
  async tells(event: string, job?: string, count = 1): Promise<Told> {
    const what = `${event} ${job ?? ''} (${count})`;
    try {
      return await until(what, () => this.of(event, job)[count - 1]);
    } catch (error) {
      throw new Error(`${what}: ${JSON.stringify(this.told)} ${this.stderr}`, { cause: error });
    }
  }

  of(event: string, job?: string): readonly Told[] {
    return this.told.filter((one) => one.event === event && (job === undefined || one.job === job));
  }

  signal(name: NodeJS.Signals): void {
    if (this.pid === undefined) this.child.kill(name);
    else process.kill(this.pid, name);
  }
}

function isAlive({ child }: Scheduler): boolean {
  return child.exitCode === null && child.signalCode === null;
}

export class SchedulerHouse extends House {
  readonly #living: Scheduler[] = [];
  #nowMs: number;
  #aheadSeconds = 0;

  /** `from`: what the clock shows at first, some seconds after a full minute. */
  constructor(jobs: Readonly<Record<string, string>>, from: string, options: HouseOptions = {}) {
    super(jobs, { ...options, runner });
    this.#nowMs = Date.parse(from);
    this.#setClock();
    const words = Object.entries(this.#fakeTime()).map(([name, value]) => `'${name}=${value}'`);
    const script = `#!/bin/sh\nexec env ${words.join(' ')} ${path.join(repository, 'bin/run-job')} "$@"\n`;
    writeFileSync(this.path(runner), script, { mode: 0o755 });
  }

  /** The path of what the crontab starts. */
  get runner(): string {
    return this.path(runner);
  }

  #fakeTime(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
      FAKETIME_TIMESTAMP_FILE: this.path('clock'),
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Words before a command. The library keeps a semaphore for each process, which must be the service user's. */
  get atThisTime(): readonly string[] {
    return ['env', ...Object.entries(this.#fakeTime()).map(([name, value]) => `${name}=${value}`)];
  }

  #setClock(): void {
    this.#aheadSeconds = Math.round((this.#nowMs - Date.now()) / 1000);
    // Whole at any moment, since others read it.
    writeFileSync(this.path('clock.new'), `+${this.#aheadSeconds}\n`, { mode: 0o644 });
    renameSync(this.path('clock.new'), this.path('clock'));
  }

  /** The time that the scheduler has now. */
  nowMs(): number {
    return Date.now() + this.#aheadSeconds * 1000;
  }

  scheduler(args: readonly string[] = [], outer: readonly string[] = []): Scheduler {
    const child = this.spawn('job-scheduler', ['--log-format', 'json', ...args], {
      under: this.atThisTime,
      outer,
    });
    const scheduler = new Scheduler(child);
    this.#living.push(scheduler);
    return scheduler;
  }

  /** Sets the clock two seconds into a minute from now on, and tells the schedulers. */
  goOn(minutes = 1): void {
    this.#nowMs = (Math.floor(this.nowMs() / minuteMs) + minutes) * minuteMs + 2000;
    this.#setClock();
    for (const one of this.#living) if (isAlive(one)) one.signal('SIGHUP');
  }

  history(slug: string) {
    const file = this.path(`state/history/${slug}.jsonl`);
    return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
  }

  /** The ticks that runs have begun for, such as 2027-03-28T01:00. */
  ticks(slug: string): readonly string[] {
    return this.history(slug).flatMap((event) =>
      event.event === 'started' ? [new Date(event.tick?.tickMs ?? 0).toISOString().slice(0, 16)] : [],
    );
  }

  async close(): Promise<void> {
    for (const one of this.#living) {
      if (isAlive(one)) one.child.kill('SIGKILL');
      await one.ended;
    }
    this.remove();
  }
}
