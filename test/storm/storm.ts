/**
 * storm [SECONDS [CONTENDERS [TAKEN-AWAY]]]: contenders for one lock, killed, stopped and stalled at random, while their jobs watch whether they
 * are alone. TAKEN-AWAY is `nothing`, `run`, `flock` or `both`: what of the lock is deleted again and again meanwhile. storm fleet [SEEDS [TICKS]]: see fleet.ts.
 * storm hosts [MINUTES]: see hosts.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { jobLocks } from '../../src/system/lock/lock.ts';
import { environmentOf, listProcesses, runIdsIn } from '../../src/system/process/proc.ts';
import { fleetStorm } from './fleet.ts';
import { hostsStorm } from './hosts.ts';

export interface StormSettings {
  readonly seconds: number;
  readonly contenders: number;
  readonly takenAway?: 'nothing' | 'run' | 'flock' | 'both';
  /** Proves that the jobs notice when they are not alone. */
  readonly withoutLock?: boolean;
}

export interface StormResult {
  readonly runs: number;
  readonly overlaps: number;
  /** Run-jobs killed from outside, and by themselves between two of their system calls. */
  readonly kills: number;
  readonly deaths: number;
  readonly stops: number;
  /** Processes of runs that live when all is over. */
  readonly survivors: number;
  /** How long after the last process of a run the lock could be had; -1 for never. */
  readonly freeAfterMs: number;
  /** What contenders wrote before they crashed: nothing, or there is a bug. */
  readonly crashes: string;
  /** What the contenders were told, by number. */
  readonly events: Readonly<Record<string, number>>;
}

const program = fileURLToPath(new URL('contender.js', import.meta.url));

class Storm {
  readonly #settings: StormSettings;
  readonly #scratch = mkdtempSync(path.join(tmpdir(), 'storm-'));
  readonly #directory = path.join(this.#scratch, 'run');
  readonly #living = new Map<number, ChildProcess>();
  readonly #failures: string[] = [];
  #kills = 0;
  #stops = 0;
  #isOver = false;

  constructor(settings: StormSettings) {
    this.#settings = settings;
  }

  async run(): Promise<StormResult> {
    mkdirSync(this.#directory);
    for (let number = 0; number < this.#settings.contenders; number++) this.#start();
    const striking = setInterval(() => this.#strike(), 120);
    const takingAway = setInterval(() => this.#takeAway(), 37);
    await new Promise((resolve) => setTimeout(resolve, this.#settings.seconds * 1000));
    clearInterval(takingAway);
    // A machine that is busy with other things needs longer until there is something to judge.
    const expected = this.#settings.withoutLock ? 'OVERLAP' : 'ENTER';
    await waitUntil(() => this.#kills > 0 && this.#count(expected) > 0, 120_000);
    clearInterval(striking);
    await this.#end();
    const result = await this.#result();
    rmSync(this.#scratch, { recursive: true, force: true });
    return result;
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    writeFileSync(path.join(this.#scratch, 'end'), '');
    await waitUntil(() => this.#living.size === 0, 60_000);
    for (const child of this.#living.values()) child.kill('SIGKILL');
    await waitUntil(() => processesOfTheStorm(this.#pidsSeen()).length === 0, 60_000);
  }

  /** A contender that dies is replaced: cron comes again, too. */
  #start(): void {
    const child = spawn(process.execPath, [program, this.#directory, this.#scratch], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: '/usr/bin:/bin',
        PROCESS_CONTROL_WRAPPER: randomUUID(),
        DEATH_CHANCE: '0.003',
        // So many that the machine is busy, not so many that it does nothing but refuse.
        RETRY_MS: String(12 * this.#settings.contenders),
        ...(this.#settings.withoutLock ? { WITHOUT_LOCK: '1' } : {}),
        // With both files gone only the open file is left to tell.
        ...(this.#settings.takenAway === 'both' ? { KEEPS_LOCK: '1' } : {}),
      },
    });
    const pid = child.pid ?? 0;
    this.#living.set(pid, child);
    child.stderr?.on('data', (text) => this.#failures.push(String(text)));
    child.on('exit', () => {
      this.#living.delete(pid);
      if (!this.#isOver && this.#failures.length === 0) this.#start();
    });
  }

  #strike(): void {
    const [holder = 0, leader = 0] = this.#lines('holders').at(-1)?.split(' ').map(Number) ?? [];
    const anybody = [...this.#living.keys()][Math.floor(Math.random() * this.#living.size)] ?? 0;
    const blow = Math.random();
    if (blow < 0.45) this.#kill(holder);
    else if (blow < 0.65) this.#kill(anybody);
    else if (blow < 0.8) {
      // The shell that keeps the kernel's lock for the job goes with its run-job.
      if (this.#kill(holder)) signal(leader, 'SIGKILL');
    } else if (this.#living.has(holder) && signal(holder, 'SIGSTOP')) {
      this.#stops++;
      setTimeout(() => signal(holder, 'SIGCONT'), 100 + Math.random() * 1500);
    }
  }

  #kill(pid: number): boolean {
    const isKilled = this.#living.has(pid) && signal(pid, 'SIGKILL');
    if (isKilled) this.#kills++;
    return isKilled;
  }

  #takeAway(): void {
    const { takenAway = 'nothing' } = this.#settings;
    const remove = (name: string) => rmSync(path.join(this.#directory, name), { recursive: true, force: true });
    try {
      if (takenAway === 'run' || takenAway === 'both') remove('job.run');
      if (takenAway === 'flock' || takenAway === 'both') remove('job.flock');
    } catch {
      // Put back while it was removed.
    }
  }

  async #result(): Promise<StormResult> {
    const survivors = processesOfTheStorm(this.#pidsSeen());
    for (const pid of survivors) signal(pid, 'SIGKILL');
    const events: Record<string, number> = {};
    for (const event of this.#lines('events')) events[event] = (events[event] ?? 0) + 1;
    return {
      runs: this.#count('ENTER'),
      overlaps: this.#count('OVERLAP'),
      kills: this.#kills,
      deaths: events.died ?? 0,
      stops: this.#stops,
      survivors: survivors.length,
      freeAfterMs: await this.#freeAfterMs(),
      crashes: this.#failures.join(''),
      events,
    };
  }

  async #freeAfterMs(): Promise<number> {
    const startMs = performance.now();
    const locks = jobLocks({ runDirectory: this.#directory, say: () => {} });
    while (performance.now() < startMs + 60_000) {
      const answer = await locks.acquire('job', 'last');
      if (answer.is !== 'held') continue;
      await answer.lock.release();
      return Math.round(performance.now() - startMs);
    }
    return -1;
  }

  #pidsSeen(): ReadonlySet<string> {
    return new Set(this.#lines('holders').map((line) => line.split(' ')[0] ?? ''));
  }

  /** What the jobs have noted. */
  #count(line: 'ENTER' | 'OVERLAP'): number {
    return this.#lines('log').filter((noted) => noted === line).length;
  }

  #lines(name: string): readonly string[] {
    try {
      return readFileSync(path.join(this.#scratch, name), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }
}

/** Processes with the mark of a run of one of these contenders. */
function processesOfTheStorm(contenders: ReadonlySet<string>): readonly number[] {
  return listProcesses()
    .map((one) => one.pid)
    .filter((pid) => {
      const environment = environmentOf(pid);
      return (environment ? runIdsIn(environment) : []).some((id) => {
        const [storm, contender = ''] = id.split('-');
        return storm === 'storm' && contenders.has(contender);
      });
    });
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return pid > 0 && process.kill(pid, name);
  } catch {
    return false;
  }
}

async function waitUntil(holds: () => boolean, atMostMs: number): Promise<void> {
  const giveUpMs = performance.now() + atMostMs;
  while (!holds() && performance.now() < giveUpMs) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function storm(settings: StormSettings): Promise<StormResult> {
  return new Storm(settings).run();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'fleet') process.exit(await fleetStorm(process.argv.slice(3)));
  if (process.argv[2] === 'hosts') process.exit(await hostsStorm(process.argv.slice(3)));
  const [seconds = '60', contenders = '100', takenAway = 'nothing'] = process.argv.slice(2);
  const result = await storm({
    seconds: Number(seconds),
    contenders: Number(contenders),
    takenAway: takenAway as NonNullable<StormSettings['takenAway']>,
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.overlaps + result.survivors > 0 || result.freeAfterMs < 0 ? 1 : 0;
}
