/**
 * Carries out the effects of the state machine for one instance and reports the results as events.
 * Each start is a life of its own: late results of an earlier life are ignored.
 */

import type { ServiceJob } from '../../job/job.ts';
import type { Probe } from '../../job/service.ts';
import { processesWords } from '../../run/process-words.ts';
import { argvOf } from '../../run/world/argv.ts';
import type { FixedWorld } from '../../run/world/world.ts';
import type { ServiceLogs } from '../../system/types/log-file.ts';
import type {
  EndBy,
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
import { defined } from '../../text/defined.ts';
import type { HealthAnswer } from './health.ts';
import { judgeResponse } from './http-response.ts';
import type { InstanceEvent, InstanceRules } from './instance.ts';
import { type Exit, exitWords } from './respawn.ts';
import { snoozedUntilMs } from './snooze.ts';
import { type InstanceWorld, instanceWorld } from './world.ts';

/** The parts of the host that an instance needs. */
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

/** The services of the supervisor for one instance. */
export interface InstanceContext {
  readonly instance: number;
  /** Run id of the supervisor. The run path of the instance is this id and its own. */
  readonly supervisorRun: string;
  readonly newRun: () => string;
  readonly lockFd: number;
  /** Reserves the ports of this instance. Returns them, or the reason why there are none. */
  readonly ports: (
    job: ServiceJob,
  ) => Promise<{ readonly ports: Readonly<Record<string, number>> } | { readonly reason: string }>;
  /**
   * Names a port of the file that another process has. Called when no process of the instance
   * lives.
   */
  readonly takenPort: (job: ServiceJob) => Promise<string | undefined>;
  readonly report: (event: WithoutTime<InstanceEvent>) => void;
  /** Asks for the record to be written although there is no event: processes can't be killed. */
  readonly recordSoon: () => void;
  /** The moment by which the instance must have ended, because it may start on another host then. */
  readonly endBy: () => EndBy | undefined;
}

/** An event without its time, which the supervisor adds. */
export type WithoutTime<E> = E extends unknown ? Omit<E, 'atMs'> : never;

/** A start of an instance, up to the end of its last process. */
interface Life {
  readonly job: ServiceJob;
  readonly run: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly world: InstanceWorld;
  readonly command: RunningCommand;
  /** Set when the command has ended. */
  status?: WaitStatus;
}

/**
 * Wait for more output after the command has ended, if a background process keeps the pipe open.
 */
const drainPatienceMs = 1000;
/** Time in which child processes may end by themselves after the command. */
const leftoverPatienceMs = 200;
/** Longest list of processes left in the background, in characters. */
const leftLimit = 200;
/**
 * Wait between two attempts to kill a process that does not end, such as one that waits for a dead
 * disk.
 */
const stuckPauseMs = 5000;

export class LiveInstance {
  readonly #context: InstanceContext;
  readonly #host: InstanceHost;
  #log: RunLog | undefined;
  #generation = 0;
  #starting: Promise<void> = Promise.resolve();
  #probeSaid: string | undefined;
  #life: Life | undefined;
  #graceMs = 0;
  #definition: ServiceJob | undefined;
  /** Names processes that SIGKILL does not end. */
  stuck: string | undefined;

  constructor(context: InstanceContext, host: InstanceHost) {
    this.#context = context;
    this.#host = host;
  }

  /** The job file of the current start; absent before the first start. */
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
      if (failure !== undefined) this.#context.report({ is: 'ended', exit: { is: 'not-started', reason: failure } });
      else if (this.#life !== undefined) this.#context.report({ is: 'started', process: this.#life.command.leader });
    });
  }

  /** Ends every process of the instance. Reports `gone` when none is left. */
  end(): void {
    void this.#end();
  }

  /** Ends the instance without the rest of its grace. */
  hurry(): void {
    this.#graceMs = 0;
    void this.#life?.command.stop(0);
  }

  /** Puts off the moment by which it must have ended. */
  setEndBy(endBy: EndBy): void {
    this.#life?.command.setEndBy(endBy);
  }

  probe(): void {
    const generation = this.#generation;
    void this.#ask().then((answer) => {
      if (generation === this.#generation) this.#context.report({ is: 'answered', answer });
    });
  }

  look(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { pidFile = '' } = life.world;
    const rule = { uid: this.#host.user.uid, notBefore: life.command.leader };
    this.#context.report({ is: 'looked', found: this.#host.pidFiles.look(pidFile, rule) });
  }

  note(text: string): void {
    this.#log?.note(text);
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = undefined;
  }

  /** Starts the command. Returns the reason if it can't be started. */
  async #start(job: ServiceJob): Promise<string | undefined> {
    const { folders, launcher } = this.#host;
    const { instance } = this.#context;
    const made = folders.make(job.slug, instance);
    if (!made.ok) return `making its directory: ${made.reason}`;
    folders.removeSnooze(job.slug, instance);
    const given = await this.#context.ports(job);
    if ('reason' in given) return given.reason;
    const log = this.#openLog(job);
    if (typeof log === 'string') return log;
    const run = this.#context.newRun();
    const world = this.#worldOf(job, run, given.ports);
    const [command] = job.commands;
    if (command === undefined) return 'its file has no command';
    const expanded = world.expand(command);
    const argv = argvOf(expanded, job, world.world, this.#host.programs);
    if (argv.is === 'missing') return this.#refuse(argv.reason);
    const endBy = this.#context.endBy();
    const answer = await launcher.launch({
      ...log.streams(),
      ...world.world,
      argv: argv.argv,
      ...(argv.trial && { trial: argv.trial }),
      runId: `${this.#context.supervisorRun}/${run}`,
      lockFd: this.#context.lockFd,
      keepsLock: true,
      umask: job.umask,
      stopSignal: job.service.stopSignal,
      orphanGraceMs: job.service.stopSeconds * 1000,
      ...defined({ endBy }),
    });
    if (answer.is === 'failed') {
      await log.commandEnded(0);
      return this.#refuse(`${answer.stage}: ${answer.reason}`);
    }
    const life: Life = { job, run, ports: given.ports, world, command: answer.command };
    this.#life = life;
    const laterEndBy = this.#context.endBy();
    if (laterEndBy !== undefined && laterEndBy !== endBy) answer.command.setEndBy(laterEndBy);
    log.commandStarted(expanded.text, answer.command.leader.pid);
    const generation = this.#generation;
    void answer.command.ended.then((status) => {
      life.status = status;
      if (generation === this.#generation) this.#context.report({ is: 'ended', exit: status });
    });
    return undefined;
  }

  #refuse(reason: string): string {
    this.note(`could not be started: ${reason}`);
    return reason;
  }

  #openLog({ slug, service }: ServiceJob): RunLog | string {
    if (this.#log !== undefined) return this.#log;
    const place = { slug, instance: this.#context.instance, maxBytes: service.logMaxBytes, keep: service.logKeep };
    const opened = this.#host.serviceLogs.open(place);
    if (opened.is === 'failed') return `${opened.stage}: ${opened.reason}`;
    this.#log = opened.log;
    return opened.log;
  }

  #worldOf(job: ServiceJob, run: string, ports: Life['ports']): InstanceWorld {
    return instanceWorld({
      job,
      instance: this.#context.instance,
      ports,
      folder: this.#host.folders.path(job.slug, this.#context.instance),
      fixed: this.#host.fixed,
      runPath: `${this.#context.supervisorRun}/${run}`,
    });
  }

  async #end(): Promise<void> {
    // A start that is under way has to finish first: only then are there processes to end.
    await this.#starting;
    const life = this.#life;
    const found = life === undefined ? {} : await this.#endLife(life);
    this.#life = undefined;
    this.stuck = undefined;
    this.#context.report({ is: 'gone', ...found });
  }

  /**
   * Ends the processes of a life. Returns what its command had left in the background, and a port
   * that another process has.
   */
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
    const taken = await this.#context.takenPort(job);
    return { ...(left !== '' && { left }), ...defined({ taken }) };
  }

  async #endAll(command: RunningCommand): Promise<void> {
    for (;;) {
      const { survivors } = await command.stop(this.#graceMs);
      if (survivors.length === 0) return;
      this.stuck = processesWords(survivors);
      this.#context.recordSoon();
      this.note(`could not be killed: ${this.stuck}; the instance is not started again before they are gone`);
      await new Promise<void>((resolve) => this.#host.clock.after(stuckPauseMs, resolve));
    }
  }

  async #ask(): Promise<HealthAnswer> {
    const life = this.#life;
    const health = life?.job.service.health;
    if (life === undefined || health === undefined) return { is: 'unknown', reason: 'it is not there' };
    const nowMs = this.#host.clock.nowMs();
    const file = this.#host.folders.snooze(life.job.slug, this.#context.instance);
    const untilMs = snoozedUntilMs(file, { nowMs, maxSeconds: health.snoozeMaxSeconds });
    if (untilMs !== undefined) return { is: 'snoozed', untilMs };
    return this.#keepOutput(await this.#askProbe(health.probe, life, health.timeoutSeconds * 1000));
  }

  /**
   * Keeps what a probe command printed for the log of the instance: every user may read the record
   * and the history.
   */
  #keepOutput(answer: ProbeAnswer): ProbeAnswer {
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

export function rulesOf({ service }: ServiceJob): InstanceRules {
  const { respawn, health, pidFile, monitorSeconds } = service;
  return {
    respawn,
    ...defined({ health }),
    ...(pidFile !== undefined && { monitorSeconds }),
    pidFileGraceSeconds: health?.graceSeconds ?? usualPidFileGraceSeconds,
  };
}

/** Grace for a pid file without a health check: the default of `initial_interval`. */
const usualPidFileGraceSeconds = 15;
