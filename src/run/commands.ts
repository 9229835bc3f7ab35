/** The commands of a run, one after the other until one fails: each is started, watched, stopped when it must be, and swept up after. */
import type { Command } from '../job/command.ts';
import type { Job } from '../job/job.ts';
import type {
  Clock,
  JobLock,
  Launcher,
  Programs,
  RunLog,
  RunningCommand,
  StopRequests,
  Survivor,
  WaitStatus,
} from '../system/system.ts';
import type { Outcome } from './outcome.ts';
import { argvOf, type World } from './world.ts';

export interface CommandsOrder {
  readonly job: Job;
  readonly run: string;
  readonly world: World;
  readonly commands: readonly Command[];
}

export interface CommandsMachine {
  readonly clock: Clock;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly stops: StopRequests;
  readonly lock: JobLock;
  readonly log: RunLog;
}

export interface CommandsEnd {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly swept: number;
  readonly survivors: readonly Survivor[];
}

/** How long output may still arrive when a background process keeps the pipe open after the command has ended. */
const drainPatienceMs = 2000;

/** What ends within this time after the command was only finishing: the tee of a process substitution, a shell's last child. */
const leftoverPatienceMs = 200;

/** Why a command is being ended before its time. */
type StopReason = Extract<Outcome, { kind: 'timed-out' | 'stopped' }>;

export async function runCommands(order: CommandsOrder, machine: CommandsMachine): Promise<CommandsEnd> {
  const startedMs = machine.clock.monotonicMs();
  const watch = watchForStops(order.job, machine);
  let swept = 0;
  const survivors: Survivor[] = [];
  let outcome: Outcome = { kind: 'exited', code: 0 };
  for (const command of order.commands) {
    const end = await runCommand(order, command, machine, watch);
    swept += end.swept;
    survivors.push(...end.survivors);
    outcome = end.outcome;
    if (outcome.kind !== 'exited' || outcome.code !== 0) break;
  }
  watch.timer?.cancel();
  return { outcome, durationMs: machine.clock.monotonicMs() - startedMs, swept, survivors };
}

interface StopWatch {
  /** Set once: the first reason counts. */
  reason: StopReason | undefined;
  /** What to do when there is a reason, set while a command runs. A second request is more impatient. */
  stop: ((graceMs: number) => void) | undefined;
  timer: { cancel(): void } | undefined;
}

function watchForStops(job: Job, { clock, stops }: CommandsMachine): StopWatch {
  const watch: StopWatch = { reason: undefined, stop: undefined, timer: undefined };
  const graceMs = job.killGraceSeconds * 1000;
  const end = (reason: StopReason) => {
    const again = watch.reason !== undefined;
    watch.reason ??= reason;
    watch.stop?.(again ? 0 : graceMs);
  };
  if (job.timeoutSeconds > 0) {
    watch.timer = clock.after(job.timeoutSeconds * 1000, () => {
      if (watch.reason === undefined) end({ kind: 'timed-out', afterSeconds: job.timeoutSeconds });
    });
  }
  stops.onStop(({ signal }) => end({ kind: 'stopped', signal, by: 'a signal to run-job' }));
  return watch;
}

type CommandEnd = Omit<CommandsEnd, 'durationMs'>;

async function runCommand(
  order: CommandsOrder,
  command: Command,
  machine: CommandsMachine,
  watch: StopWatch,
): Promise<CommandEnd> {
  const nothing = { swept: 0, survivors: [] };
  if (watch.reason !== undefined) return { outcome: watch.reason, ...nothing };
  const { job, world } = order;
  const argv = argvOf(command, job, world, machine.programs);
  if (argv.is === 'missing') {
    return { outcome: notStarted('finding the program', argv.reason, argv.exitCode), ...nothing };
  }
  const answer = await machine.launcher.launch({
    ...machine.log.streams(),
    ...world,
    argv: argv.argv,
    runId: order.run,
    lockFd: machine.lock.fd,
    keepsLock: job.leftovers !== 'allow',
    umask: job.umask,
  });
  if (answer.is === 'failed') {
    await machine.log.commandEnded(0);
    return { outcome: notStarted(answer.stage, answer.reason, answer.exitCode), ...nothing };
  }
  machine.log.commandStarted(command.text, answer.command.leader.pid);
  machine.lock.record({ leader: answer.command.leader });
  return watchCommand(answer.command, job, machine, watch);
}

async function watchCommand(
  command: RunningCommand,
  job: Job,
  machine: CommandsMachine,
  watch: StopWatch,
): Promise<CommandEnd> {
  let stopping: ReturnType<RunningCommand['stop']> | undefined;
  watch.stop = (graceMs) => {
    stopping = command.stop(graceMs);
  };
  // A stop that was asked for while the command was being started finds it here.
  if (watch.reason !== undefined) watch.stop(job.killGraceSeconds * 1000);
  const status = await command.ended;
  const sweep = await sweepUp(command, job, stopping);
  watch.stop = undefined;
  const { heldOpen } = await machine.log.commandEnded(drainPatienceMs);
  if (sweep.words !== undefined) machine.log.note(sweep.words);
  if (heldOpen)
    machine.log.note(
      'a process that outlives the command keeps its output open; what it prints from now on is not logged',
    );
  const outcome =
    watch.reason ?? (sweep.failed ? { kind: 'left-processes' as const, count: sweep.left } : outcomeOf(status));
  return { outcome, swept: sweep.swept, survivors: sweep.survivors };
}

interface SweepEnd {
  readonly swept: number;
  readonly survivors: readonly Survivor[];
  readonly failed: boolean;
  readonly left: number;
  readonly words?: string;
}

/** What is left when the command itself has ended: by the job's `leftovers`, unless the run is being stopped anyway. */
async function sweepUp(
  command: RunningCommand,
  job: Job,
  stopping: ReturnType<RunningCommand['stop']> | undefined,
): Promise<SweepEnd> {
  if (stopping !== undefined) {
    const { survivors, swept } = await stopping;
    return { survivors, swept, failed: false, left: 0, ...survivorWords(survivors) };
  }
  const left = job.leftovers === 'allow' ? [] : await command.leftovers(leftoverPatienceMs);
  if (left.length === 0) {
    command.abandon();
    return { survivors: [], swept: 0, failed: false, left: 0 };
  }
  const named = left.map(({ pid, command: line }) => `${pid} ${line}`).join(', ');
  const { survivors, swept } = await command.stop(job.killGraceSeconds * 1000);
  const words = survivorWords(survivors).words ?? `left behind by the command and ended: ${named}`;
  return { survivors, swept, failed: job.leftovers === 'fail', left: left.length, words };
}

function survivorWords(survivors: readonly Survivor[]): { readonly words?: string } {
  if (survivors.length === 0) return {};
  return { words: `could not be killed: ${survivors.map(({ pid, command }) => `${pid} ${command}`).join(', ')}` };
}

function outcomeOf(status: WaitStatus): Outcome {
  switch (status.is) {
    case 'exited':
      return { kind: 'exited', code: status.code };
    case 'signalled':
      return { kind: 'signalled', signal: status.signal };
    case 'unknown':
      return { kind: 'lost', reason: status.reason };
    default:
      return status satisfies never;
  }
}

function notStarted(stage: string, reason: string, code: 125 | 126 | 127): Outcome {
  return { kind: 'not-started', stage, reason, code };
}
