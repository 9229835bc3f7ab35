/**
 * Carries out what the machine decides for one instance, and says what came of it. Each start is a life of its own: what an earlier one still
 * has to say is not heard.
 */
import type { Job } from '../../job/job.ts';
import type { Probe, Service } from '../../job/service.ts';
import { processesWords } from '../../run/process-words.ts';
import { argvOf, type FixedWorld } from '../../run/world/world.ts';
import type { ServiceLogs } from '../../system/types/log-file.ts';
import type {
  Launch,
  LaunchAnswer,
  ProcessIdentity,
  Programs,
  RunningCommand,
  WaitStatus,
} from '../../system/types/process.ts';
import type { RunLog } from '../../system/types/run-log.ts';
import type { PidFiles, ProbeAnswer, Probes } from '../../system/types/service.ts';
import type { InstanceFolders } from '../../system/types/state.ts';
import type { User } from '../../system/types/user.ts';
import type { Answer } from './health.ts';
import type { Event, Rules } from './machine.ts';
import { type Exit, exitWords } from './respawn.ts';
import { snoozedUntilMs } from './snooze.ts';
import { type InstanceWorld, instanceWorld } from './world.ts';

/** What an instance asks of the machine. */
export interface InstanceHost {
  readonly clock: {
    nowMs(): number;
    sinceBootMs(): number;
    after(delayMs: number, then: () => void): { cancel(): void };
  };
  readonly launcher: { launch(launch: Launch): Promise<LaunchAnswer> };
  readonly programs: Programs;
  readonly probes: Probes;
  readonly pidFiles: PidFiles;
  readonly folders: InstanceFolders;
  readonly serviceLogs: ServiceLogs;
  readonly user: User;
  readonly fixed: FixedWorld;
}

/** What the supervisor does for its instances. */
export interface Home {
  readonly instance: number;
  /** Run id of the supervisor, then the instance's own. */
  readonly supervisorRun: string;
  readonly newRun: () => string;
  readonly lockFd: number;
  /** The ports of this instance, reserved by now; or why there are none. */
  readonly ports: (
    job: Job,
  ) => Promise<{ readonly ports: Readonly<Record<string, number>> } | { readonly reason: string }>;
  /** A port that the file names and that somebody else has, in words. Asked when nothing of the instance lives. */
  readonly takenPort: (job: Job) => Promise<string | undefined>;
  readonly tell: (event: EventOf<Event>) => void;
  /** Something is to be seen in the record that is no event: what can't be killed. */
  readonly recordSoon: () => void;
}

/** An event without its time, which the supervisor knows. */
export type EventOf<E> = E extends unknown ? Omit<E, 'atMs'> : never;

export type ServiceJob = Job & { readonly service: Service };

/** One start and all that belongs to it. */
interface Life {
  readonly job: ServiceJob;
  readonly run: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly world: InstanceWorld;
  readonly command: RunningCommand;
  /** Set when the command has ended by itself. */
  status?: WaitStatus;
}

/** How long output may still arrive when a background process keeps the pipe open after the command has ended. */
const drainPatienceMs = 1000;
/** What ends within this time after the command was only finishing. */
const leftoverPatienceMs = 200;
/** Characters of what is named as left in the background. */
const leftLimit = 200;
/** Between two attempts to end what could not be killed: a process that waits for a dead disk. */
const stuckPauseMs = 5000;

export class LiveInstance {
  readonly #home: Home;
  readonly #host: InstanceHost;
  #log: RunLog | undefined;
  #generation = 0;
  #starting: Promise<void> = Promise.resolve();
  #probeSaid: string | undefined;
  #life: Life | undefined;
  #graceMs = 0;
  #definition: ServiceJob | undefined;
  /** Processes that survive KILL, for people. */
  stuck: string | undefined;

  constructor(home: Home, host: InstanceHost) {
    this.#home = home;
    this.#host = host;
  }

  /** What it was started by; absent before the first start. */
  get definition(): ServiceJob | undefined {
    return this.#definition;
  }
  get run(): string | undefined {
    return this.#life?.run;
  }
  get leader(): ProcessIdentity | undefined {
    return this.#life?.command.leader;
  }
  get ports(): Readonly<Record<string, number>> | undefined {
    return this.#life?.ports;
  }
  get logPath(): string | undefined {
    return this.#log?.path;
  }

  start(job: ServiceJob): void {
    this.#definition = job;
    const generation = ++this.#generation;
    this.#starting = this.#start(job).then((failure) => {
      if (generation !== this.#generation) return;
      if (failure !== undefined) this.#home.tell({ is: 'ended', exit: { is: 'not-started', reason: failure } });
      else if (this.#life !== undefined) this.#home.tell({ is: 'started', process: this.#life.command.leader });
    });
  }

  /** Tells `gone`, and not before nothing is left. */
  end(): void {
    void this.#end();
  }

  /** Asked again, a stop is more impatient. */
  hurry(): void {
    this.#graceMs = 0;
    void this.#life?.command.stop(0);
  }

  probe(): void {
    const generation = this.#generation;
    void this.#ask().then((answer) => {
      if (generation === this.#generation) this.#home.tell({ is: 'answered', answer });
    });
  }

  look(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { pidFile = '' } = life.world;
    const rule = { uid: this.#host.user.uid, notBefore: life.command.leader };
    this.#home.tell({ is: 'looked', found: this.#host.pidFiles.look(pidFile, rule) });
  }

  note(text: string): void {
    this.#log?.note(text);
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = undefined;
  }

  /** Why it could not be started. */
  async #start(job: ServiceJob): Promise<string | undefined> {
    const { folders, launcher } = this.#host;
    const { instance } = this.#home;
    const made = folders.make(job.slug, instance);
    if (!made.ok) return `making its directory: ${made.reason}`;
    folders.removeSnooze(job.slug, instance);
    const given = await this.#home.ports(job);
    if ('reason' in given) return given.reason;
    const log = this.#openLog(job);
    if (typeof log === 'string') return log;
    const run = this.#home.newRun();
    const world = this.#worldOf(job, run, given.ports);
    const [command] = job.commands;
    if (command === undefined) return 'its file has no command';
    const expanded = world.expand(command);
    const argv = argvOf(expanded, job, world.world, this.#host.programs);
    if (argv.is === 'missing') return this.#refuse(argv.reason);
    const answer = await launcher.launch({
      ...log.streams(),
      ...world.world,
      argv: argv.argv,
      ...(argv.trial && { trial: argv.trial }),
      runId: `${this.#home.supervisorRun}/${run}`,
      lockFd: this.#home.lockFd,
      keepsLock: true,
      umask: job.umask,
      stopSignal: job.service.stopSignal,
      orphanGraceMs: job.service.stopSeconds * 1000,
    });
    if (answer.is === 'failed') {
      await log.commandEnded(0);
      return this.#refuse(`${answer.stage}: ${answer.reason}`);
    }
    const life: Life = { job, run, ports: given.ports, world, command: answer.command };
    this.#life = life;
    log.commandStarted(expanded.text, answer.command.leader.pid);
    const generation = this.#generation;
    void answer.command.ended.then((status) => {
      life.status = status;
      if (generation === this.#generation) this.#home.tell({ is: 'ended', exit: status });
    });
    return undefined;
  }

  #refuse(reason: string): string {
    this.note(`could not be started: ${reason}`);
    return reason;
  }

  #openLog({ slug, service }: ServiceJob): RunLog | string {
    if (this.#log !== undefined) return this.#log;
    const place = { slug, instance: this.#home.instance, maxBytes: service.logMaxBytes, keep: service.logKeep };
    const opened = this.#host.serviceLogs.open(place);
    if (opened.is === 'failed') return `${opened.stage}: ${opened.reason}`;
    this.#log = opened.log;
    return opened.log;
  }

  #worldOf(job: ServiceJob, run: string, ports: Life['ports']): InstanceWorld {
    return instanceWorld({
      job,
      instance: this.#home.instance,
      ports,
      folder: this.#host.folders.path(job.slug, this.#home.instance),
      fixed: this.#host.fixed,
      runPath: `${this.#home.supervisorRun}/${run}`,
    });
  }

  async #end(): Promise<void> {
    // Whoever is told to end while it is being started is ended as soon as there is something to end.
    await this.#starting;
    const life = this.#life;
    const found = life === undefined ? {} : await this.#endLife(life);
    this.#life = undefined;
    this.stuck = undefined;
    this.#home.tell({ is: 'gone', ...found });
  }

  /** What its command had left in the background, and which port another process has. */
  async #endLife(life: Life): Promise<{ readonly left?: string; readonly taken?: string }> {
    const { command, job } = life;
    this.#graceMs = job.service.stopSeconds * 1000;
    const bySelf = life.status !== undefined && job.service.pidFile === undefined;
    const leftovers = bySelf ? await command.leftovers(leftoverPatienceMs) : [];
    if (bySelf && leftovers.length === 0) command.abandon();
    else await this.#endAll(command);
    const status = await command.ended;
    await this.#log?.commandEnded(drainPatienceMs);
    if (this.#probeSaid !== undefined) this.note(this.#probeSaid);
    this.#probeSaid = undefined;
    this.note(exitWords(status satisfies Exit));
    const left = leftovers
      .map(({ pid, command: line }) => `${pid} ${line}`)
      .join(', ')
      .slice(0, leftLimit);
    if (left !== '') this.note(`left in the background, and ended: ${left}`);
    const taken = await this.#home.takenPort(job);
    return { ...(left !== '' && { left }), ...(taken !== undefined && { taken }) };
  }

  async #endAll(command: RunningCommand): Promise<void> {
    for (;;) {
      const { survivors } = await command.stop(this.#graceMs);
      if (survivors.length === 0) return;
      this.stuck = processesWords(survivors);
      this.#home.recordSoon();
      this.note(`could not be killed: ${this.stuck}; nothing is started before they are gone`);
      await new Promise<void>((resolve) => this.#host.clock.after(stuckPauseMs, resolve));
    }
  }

  async #ask(): Promise<Answer> {
    const life = this.#life;
    const health = life?.job.service.health;
    if (life === undefined || health === undefined) return { is: 'unknown', reason: 'it is not there' };
    const nowMs = this.#host.clock.nowMs();
    const file = this.#host.folders.snooze(life.job.slug, this.#home.instance);
    const untilMs = snoozedUntilMs(file, { nowMs, maxSeconds: health.snoozeMaxSeconds });
    if (untilMs !== undefined) return { is: 'snoozed', untilMs };
    return this.#hear(await this.#askProbe(health.probe, life, health.timeoutSeconds * 1000));
  }

  /** Everybody reads records, histories and listings; what a command prints goes where all output goes, to the log, when the instance ends. */
  #hear(answer: ProbeAnswer): ProbeAnswer {
    if (answer.is !== 'failure' || answer.said === undefined) return answer;
    this.#probeSaid = `the last probe that failed: ${answer.reason}: ${answer.said}`;
    return { is: 'failure', reason: answer.reason };
  }

  async #askProbe(probe: Probe, { world, ports, job }: Life, timeoutMs: number): Promise<ProbeAnswer> {
    const { probes, programs } = this.#host;
    switch (probe.by) {
      case 'tcp':
        return probes.tcp(ports[probe.port] ?? 0, timeoutMs);
      case 'http': {
        const answer = await probes.http(ports[probe.port] ?? 0, probe.path, timeoutMs);
        return answer.is === 'response' ? judgeResponse(answer, probe) : answer;
      }
      case 'command': {
        const argv = argvOf(world.expand(probe.command), { ...job, limits: {} }, world.world, programs);
        if (argv.is === 'missing') return { is: 'unknown', reason: argv.reason };
        return probes.command({ argv: argv.argv, ...world.world }, timeoutMs);
      }
      default:
        return probe satisfies never;
    }
  }
}

export function judgeResponse(
  { code, body, location }: { readonly code: number; readonly body: string; readonly location?: string },
  { expectedCode, expectedResponse }: Extract<Probe, { by: 'http' }>,
): ProbeAnswer {
  const led = location === undefined ? '' : ` to ${location}`;
  const isCodeRight = expectedCode === 0 ? code < 400 : code === expectedCode;
  if (!isCodeRight) {
    const expected = expectedCode === 0 ? '' : `, expected ${expectedCode}`;
    return { is: 'failure', reason: `HTTP code ${code}${led}${expected}` };
  }
  const said = body.trim().toLowerCase();
  if (expectedResponse === '' || said === expectedResponse) return { is: 'success' };
  const words = said === '' ? '' : ` with ${JSON.stringify(said.slice(0, 40))}`;
  return {
    is: 'failure',
    reason: `answered ${code}${led}${words}, expected ${JSON.stringify(expectedResponse)}`,
  };
}

export function rulesOf({ service }: ServiceJob): Rules {
  const { respawn, health, pidFile, monitorSeconds } = service;
  return {
    respawn,
    ...(health !== undefined && { health }),
    ...(pidFile !== undefined && { monitorSeconds }),
    pidFileGraceSeconds: health?.graceSeconds ?? usualPidFileGraceSeconds,
  };
}

/** The default of `initial_interval`. */
const usualPidFileGraceSeconds = 15;
