/**
 * A story of five hosts and three etcds with the real programs: at each minute each host starts each
 * job, as its cron would, while machines are cut off, lose power, are stopped, and have wrong clocks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { clock } from '../../../src/system/time/clock.ts';
import { House } from '../../cli/house.ts';
import { until } from '../../waiting.ts';
import { Fates, type Freeze, type Judgement, judge, runsOf } from './audit.ts';
import { LabHost } from './host.ts';
import { Members, memberNames } from './members.ts';
import { Network } from './network.ts';
import { Troubles } from './troubles.ts';

const hostNames = ['web1', 'web2', 'web3', 'web4', 'web5'] as const;
const minuteMs = 60_000;

export interface StorySettings {
  /** So many minutes with trouble. */
  readonly minutes: number;
  /** So many minutes without trouble follow, in which what was lost is found. */
  readonly calmMinutes: number;
  /** The names of the jobs, of which each kind of work gets some. */
  readonly jobs: readonly string[];
  /** The most seconds that a job works. */
  readonly longest: number;
  readonly say?: (words: string) => void;
}

export interface StoryResult extends Judgement {
  readonly troubles: Readonly<Record<string, number>>;
}

export class LabStory {
  readonly #settings: StorySettings;
  readonly #directory = mkdtempSync('/var/lib/.pc-lab-');
  readonly #network = new Network([...memberNames, ...hostNames]);
  readonly #members = new Members(this.#network, this.#directory);
  readonly #fates = new Fates();
  readonly #freezes: Freeze[] = [];
  readonly #hosts: readonly LabHost[];
  #reader: ChildProcess | undefined;

  constructor(settings: StorySettings) {
    this.#settings = settings;
    const audit = path.join(this.#directory, 'audit');
    writeFileSync(audit, '', { mode: 0o666 });
    spawn('chmod', ['755', this.#directory]);
    spawn('chmod', ['666', audit]);
    const jobs = jobFiles(audit, settings);
    const fleet = (host: string) =>
      `fleet: {host: ${host}, pools: {web: [${hostNames}]}, etcd: {endpoints: ${JSON.stringify(this.#members.endpoints)}}}`;
    this.#hosts = hostNames.map(
      (name) => new LabHost(name, new House(jobs, { config: fleet(name) }), this.#network.on(name)),
    );
  }

  async tell(): Promise<StoryResult> {
    const { minutes, calmMinutes, jobs } = this.#settings;
    for (const name of memberNames) this.#members.start(name);
    for (const host of this.#hosts) await host.boot();
    this.#read();
    await until('an answer of etcd', () => this.#fates.looks > 0);
    const parts = { network: this.#network, members: this.#members, hosts: this.#hosts, freezes: this.#freezes };
    const troubles = new Troubles({ ...parts, say: this.#settings.say ?? (() => {}) });
    // A minute that is not yet old is the first tick: cron may be late.
    const fromMs = Math.ceil((Date.now() - 35_000) / minuteMs) * minuteMs;
    for (let minute = 0; minute < minutes + calmMinutes; minute++) {
      const tickMs = fromMs + minute * minuteMs;
      await sleepUntil(tickMs - 10_000);
      for (const host of this.#hosts) host.startAt(tickMs, jobs);
      if (minute < minutes) await troubles.until(tickMs + minuteMs - 10_000);
      else await troubles.end();
    }
    await troubles.end();
    const untilMs = fromMs + (minutes + calmMinutes - 1) * minuteMs;
    await sleepUntil(untilMs + 8000);
    await until('the end of all runs', () => this.#hosts.every((host) => !host.isBusy()), 120_000);
    const { looks } = this.#fates;
    await until('the last fates', () => this.#fates.looks > looks + 1);
    const runs = runsOf(readFileSync(path.join(this.#directory, 'audit'), 'utf8'));
    const judgement = judge({ fates: this.#fates, runs, freezes: this.#freezes, jobs, fromMs, untilMs });
    return { ...judgement, troubles: troubles.counts };
  }

  async remove(): Promise<void> {
    this.#reader?.kill('SIGKILL');
    for (const host of this.#hosts) await host.remove();
    await this.#members.remove();
    this.#network.remove();
    if (existsSync(this.#directory)) rmSync(this.#directory, { recursive: true, force: true });
  }

  #read(): void {
    const program = fileURLToPath(new URL('reader.js', import.meta.url));
    const prefix = '/process-control/job/';
    const [file = '', ...words] = [
      ...this.#network.on(undefined),
      'setpriv',
      '--pdeathsig=KILL',
      process.execPath,
      program,
      prefix,
    ];
    const reader = spawn(file, [...words, ...this.#members.endpoints], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#reader = reader;
    if (reader.stdout === null) return;
    createInterface({ input: reader.stdout }).on('line', (line) =>
      this.#fates.take(JSON.parse(line), this.#settings.jobs),
    );
  }
}

/** The kinds of work: seconds at least and at most, as a part of the longest. */
const kinds = [
  { least: 0.02, most: 0.1 },
  { least: 0.3, most: 1 },
  { least: 0.2, most: 1, stubborn: true },
  { least: 0.1, most: 0.5, rest: 'on_lost_run: rerun\nmax_task_failures: 3\n' },
] as const;

function jobFiles(audit: string, { jobs, longest }: StorySettings): Readonly<Record<string, string>> {
  const program = path.resolve(import.meta.dirname, '../../../../test/fixtures/programs/beats.pl');
  const every = 'schedule: "* * * * *"\npool: web\nplacement: spread\ntakeover: 12s\nkill_grace: 1s\n';
  const text = (name: string, place: number) => {
    const kind: (typeof kinds)[number] = kinds[place % kinds.length] ?? kinds[0];
    const seconds = `${longest * kind.least} ${longest * kind.most}`;
    const work = `${audit} ${name} ${seconds}${'stubborn' in kind ? ' stubborn' : ''}`;
    return `name: ${name}\ncommand: /usr/bin/perl ${program} ${work}\n${every}${'rest' in kind ? kind.rest : ''}`;
  };
  return Object.fromEntries(jobs.map((name, place) => [name, text(name, place)]));
}

function sleepUntil(ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(Math.max(0, ms - Date.now()), resolve));
}
