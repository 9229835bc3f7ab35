/**
 * The parts of the host in memory that a supervisor needs beside those of a run. The test changes
 * the service's file and desired state.
 */

import type { ServiceJob } from '../../src/job/job.ts';
import { validateJobText } from '../../src/job/load.ts';
import { readRecord } from '../../src/service/record/record.ts';
import { type SupervisorOutcome, supervise } from '../../src/service/supervise.ts';
import type { ServiceNotice, SupervisorHost } from '../../src/service/supervisor-host.ts';
import type { ProcessIdentity } from '../../src/system/types/process.ts';
import type { Endpoints, ProbeAnswer } from '../../src/system/types/service.ts';
import type { Result } from '../../src/text/problem.ts';
import { type FakeCommand, FakeState, fakeHost, settle, user } from './host.ts';

export function serviceJob(more: string, slug = 'web'): Result<ServiceJob> {
  const text = `name: Web\nservice: true\n${more}\n`;
  const result = validateJobText({ file: `/jobs/${slug}.yaml`, bytes: new TextEncoder().encode(text) }, {});
  if (!result.ok) return result;
  const { service } = result.value;
  if (service === undefined) throw new Error('no service');
  return { ...result, value: { ...result.value, service, slug, path: `/jobs/${slug}.yaml`, sha256: text } };
}

/** One service and its supervisor, which begins with `begin`. */
export class ServiceScene {
  readonly fakes = fakeHost();
  readonly state = new FakeState();
  readonly notices: ServiceNotice[] = [];
  readonly said: string[] = [];
  /** The answers by instance and probe; success by default. */
  probe: () => Promise<ProbeAnswer> = () => Promise.resolve({ is: 'success' });
  probes = 0;
  process: ProcessIdentity | { readonly missing: string } = { pid: 99, startTicks: '99' };
  snooze: { writtenMs: number; text: string } | undefined;
  endpoints: Endpoints | undefined;
  boot = 'boot-1';
  ended: SupervisorOutcome | undefined;
  readonly #watchers: ((name: string | undefined) => void)[] = [];
  #file: Result<ServiceJob | 'no service'> | undefined;
  #runs = 0;

  constructor(more: string) {
    this.#file = serviceJob(more);
    this.state.onWrite = (folder, name) => {
      if (folder === 'desired') this.#changed(name);
    };
  }

  get clock() {
    return this.fakes.clock;
  }
  get commands(): readonly FakeCommand[] {
    return this.fakes.launcher.commands;
  }
  /** The commands that have not ended, by the number of their instance. */
  get running(): readonly number[] {
    return this.commands.filter((command) => !this.#over.has(command)).map(instanceOf);
  }
  readonly #over = new Set<FakeCommand>();

  /** The running command of an instance. */
  command(instance: number): FakeCommand {
    const found = this.commands.filter((command) => !this.#over.has(command) && instanceOf(command) === instance);
    if (found.length !== 1) throw new Error(`${found.length} commands run for instance ${instance}`);
    return found[0] as FakeCommand;
  }

  /** Replaces the file; `undefined` removes it. */
  async write(more: string | undefined): Promise<void> {
    this.#file = more === undefined ? undefined : serviceJob(more);
    this.#changed('web.yaml');
    await this.clock.advance(100);
  }

  async begin(): Promise<void> {
    this.fakes.launcher.onLaunch = (command) => {
      void command.ended.then(() => this.#over.add(command));
    };
    const job = this.#file;
    if (job?.ok !== true || job.value === 'no service') throw new Error('the first file must be good');
    this.#runs += 1;
    const run = `run-${this.#runs}`;
    const answer = await this.fakes.locks.acquire('web', run);
    if (answer.is !== 'held') throw new Error('busy');
    this.ended = undefined;
    void supervise({ job: job.value, run, lock: answer.lock }, this.#machine()).then((end) => {
      this.ended = end;
      void answer.lock.release();
    });
    await this.clock.advance(100);
  }

  /** Ends the supervisor with all its state, as a KILL or a power failure does. */
  forget(): void {
    for (const command of this.commands) this.#over.add(command);
    this.fakes.locks.holders.clear();
    this.clock.drop();
    this.#watchers.length = 0;
  }

  get record() {
    const record = readRecord(this.state, 'web');
    if (record === undefined) throw new Error('nothing is on record');
    return record;
  }
  get shown(): string {
    return `${this.record.state}: ${this.record.instances.map(({ at }) => at).join(' ')}`;
  }

  #changed(name: string): void {
    for (const watcher of this.#watchers) watcher(name);
  }

  #machine(): SupervisorHost {
    const { fakes } = this;
    const ask = () => {
      this.probes += 1;
      return this.probe();
    };
    return {
      ...fakes,
      state: this.state,
      probes: { tcp: ask, command: ask, http: ask },
      pidFiles: { look: () => this.process },
      folders: {
        path: (slug, instance) => `/state/services/${slug}/${instance}`,
        make: () => ({ ok: true }),
        snooze: () => this.snooze,
        writeSnooze: () => ({ ok: true }),
        removeSnooze: () => {
          this.snooze = undefined;
        },
      },
      serviceLogs: { open: ({ slug, instance }) => fakes.logs.open(`${slug}.${instance}`, 0) },
      fixed: { user, searchPath: '/usr/bin:/bin', locale: { variables: {} }, passEnvironment: [], callers: {} },
      changes: {
        watch: (_directory, onChange) => {
          this.#watchers.push(onChange);
          return { close: () => this.#watchers.splice(this.#watchers.indexOf(onChange), 1) };
        },
      },
      ports: {
        isFree: () => Promise.resolve(true),
        holder: () => undefined,
        reserved: () => [],
        publish: (_slug, endpoints) => {
          this.endpoints = endpoints;
          return { ok: true };
        },
        withdraw: () => {
          this.endpoints = undefined;
        },
      },
      boot: this.boot,
      random: () => String(this.commands.length).padStart(8, '0'),
      loadJob: () => this.#file,
      places: { jobDirectory: '/jobs', stateDirectory: '/state', portRange: { first: 31_000, last: 32_000 } },
      send: (notice) => this.notices.push(notice),
      say: (level, words) => this.said.push(`${level} ${words}`),
    };
  }
}

export async function settled(scene: ServiceScene, ms = 100): Promise<void> {
  await scene.clock.advance(ms);
  await settle();
}

function instanceOf(command: FakeCommand): number {
  return Number(command.launch.environment.JOB_INSTANCE);
}
