/**
 * Runs the commands of a job one after the other until one fails: starts each, watches it, stops it
 * if asked to, and ends what it leaves behind.
 */
import type { Command } from '../job/command.ts';
import type { Job } from '../job/job.ts';
import type { Clock } from '../system/types/clock.ts';
import type { Launcher, Programs, RunningCommand, Survivor, WaitStatus } from '../system/types/process.ts';
import type { RemainingOutput, RunLog } from '../system/types/run-log.ts';
import type { RunLock } from './lock/run-locks.ts';
import { type Outcome, statusOf } from './outcome/outcome.ts';
import { exitOutcome } from './outcome/success-rules.ts';
import type { RunDeadline } from './permission/run-deadline.ts';
import { processesWords } from './process-words.ts';
import type { StopWatch } from './stop-watch.ts';
import { argvOf } from './world/argv.ts';
import type { World } from './world/world.ts';

export interface CommandsOrder {
  readonly job: Job;
  readonly run: string;
  readonly world: World;
  readonly commands: readonly Command[];
}

export interface CommandsHost {
  readonly clock: Clock;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly watch: StopWatch;
  readonly lock: RunLock;
  readonly log: RunLog;
  /** Set if another host of the fleet may start the job when this one has lost contact. */
  readonly deadline?: RunDeadline;
}

export interface CommandsResult {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly swept: number;
  readonly survivors: readonly Survivor[];
}

/** Wait for more output after a command has ended, if a background process keeps the pipe open. */
const drainPatienceMs = 2000;

/**
 * Time in which child processes may end by themselves after the command: the tee of a process
 * substitution, a shell's last child.
 */
const leftoverPatienceMs = 200;

/** Runs one attempt: the whole list of commands, within the job's timeout. */
export async function runCommands(order: CommandsOrder, host: CommandsHost): Promise<CommandsResult> {
  const { job, commands } = order;
  const startedMs = host.clock.monotonicMs();
  const disarm = host.watch.limit(job.timeoutSeconds, host.clock);
  let swept = 0;
  const survivors: Survivor[] = [];
  let outcome: Outcome = { kind: 'exited', code: 0 };
  for (const command of commands) {
    const end = await runCommand(order, command, host);
    swept += end.swept;
    for (const survivor of end.survivors) survivors.push(survivor);
    outcome = end.outcome;
    if (statusOf(outcome) !== 'success') break;
  }
  disarm();
  return { outcome, durationMs: host.clock.monotonicMs() - startedMs, swept, survivors };
}

type CommandResult = Omit<CommandsResult, 'durationMs'>;

async function runCommand(order: CommandsOrder, command: Command, host: CommandsHost): Promise<CommandResult> {
  const { watch } = host;
  const nothing = { swept: 0, survivors: [] };
  if (watch.reason !== undefined) return { outcome: watch.reason, ...nothing };
  const { job, world } = order;
  const argv = argvOf(command, job, world, host.programs);
  if (argv.is === 'missing') {
    return { outcome: notStarted('finding the program', argv.reason, argv.exitCode), ...nothing };
  }
  const endBy = host.deadline?.endBy;
  const answer = await host.launcher.launch({
    ...host.log.streams(),
    ...world,
    argv: argv.argv,
    ...(argv.trial && { trial: argv.trial }),
    runId: order.run,
    lockFd: host.lock.fd,
    ...(host.lock.sharedFds.length > 0 && { sharedLockFds: host.lock.sharedFds }),
    keepsLock: job.leftovers !== 'allow',
    umask: job.umask,
    ...(endBy && { endBy }),
  });
  if (answer.is === 'failed') {
    await host.log.commandEnded(0);
    host.deadline?.check();
    if (watch.stopped?.because !== undefined) return { outcome: watch.stopped, ...nothing };
    return { outcome: notStarted(answer.stage, answer.reason, answer.exitCode), ...nothing };
  }
  host.log.commandStarted(command.text, answer.command.leader.pid);
  host.lock.record({ leader: answer.command.leader });
  host.deadline?.hold(answer.command, endBy);
  try {
    return await watchCommand(answer.command, job, host);
  } finally {
    host.deadline?.hold(undefined);
  }
}

async function watchCommand(command: RunningCommand, job: Job, host: CommandsHost): Promise<CommandResult> {
  const { watch } = host;
  let stopping: ReturnType<RunningCommand['stop']> | undefined;
  let giveUp: (status: WaitStatus) => void;
  const outlived = new Promise<WaitStatus>((resolve) => {
    giveUp = resolve;
  });
  const stop = (isAgain: boolean) => {
    const graceMs = isAgain ? 0 : job.killGraceSeconds * 1000;
    stopping = command.stop(Math.min(graceMs, host.deadline?.leftMs ?? graceMs));
    // run-job can't kill a setuid program of root's, so it does not wait for its end.
    void stopping.then(({ survivors }) => {
      if (survivors.length > 0) giveUp({ is: 'unknown', reason: 'it could not be killed' });
    });
  };
  watch.onReason = stop;
  // The request may have come while the launcher started the command.
  if (watch.reason !== undefined) stop(false);
  const status = await Promise.race([command.ended, outlived]);
  const sweep = await sweepUp(command, job, stopping);
  watch.onReason = undefined;
  const { heldOpen } = await host.log.commandEnded(drainPatienceMs);
  if (sweep.survivors.length > 0) {
    const left = sweep.survivors.flatMap(({ pid, startTicks }) =>
      startTicks === undefined ? [] : [{ pid, startTicks }],
    );
    host.lock.record({ left });
    command.detach();
  }
  if (sweep.words !== undefined) host.log.note(sweep.words);
  if (heldOpen !== false) host.log.note(remainingWords(heldOpen));
  const outcome =
    watch.reason ??
    (sweep.failed ? { kind: 'left-processes' as const, count: sweep.left } : outcomeOfStatus(status, job));
  return { outcome, swept: sweep.swept, survivors: sweep.survivors };
}

interface SweepResult {
  readonly swept: number;
  readonly survivors: readonly Survivor[];
  readonly failed: boolean;
  readonly left: number;
  readonly words?: string;
}

/**
 * Ends the processes that the command has left, as the job's `leftovers` says, or waits for a stop
 * that is under way to end them.
 */
async function sweepUp(
  command: RunningCommand,
  job: Job,
  stopping: ReturnType<RunningCommand['stop']> | undefined,
): Promise<SweepResult> {
  if (stopping !== undefined) {
    const { survivors, swept } = await stopping;
    return { survivors, swept, failed: false, left: 0, ...survivorWords(survivors) };
  }
  const left = job.leftovers === 'allow' ? [] : await command.leftovers(leftoverPatienceMs);
  if (left.length === 0) {
    command.abandon();
    return { survivors: [], swept: 0, failed: false, left: 0 };
  }
  const named = processesWords(left.map(({ why: _why, ...process }) => process));
  const { survivors, swept } = await command.stop(job.killGraceSeconds * 1000);
  const words = survivorWords(survivors).words ?? `left behind by the command and ended: ${named}`;
  return { survivors, swept, failed: job.leftovers === 'fail', left: left.length, words };
}

/** Says where the output of a process that outlives its command goes. */
function remainingWords(output: RemainingOutput): string {
  const who = 'a process that outlives the command keeps its output open';
  switch (output.is) {
    case 'logged':
      return `${who}; what it prints from now on is in ${output.path}`;
    case 'dropped':
      return `${who}; what it prints from now on is read and not kept`;
    case 'unread':
      return `${who}; what it prints from now on is not logged`;
    case 'failed':
      return `${who}; run-job no longer reads it, so its next print may end it: ${output.reason}`;
    default:
      return output satisfies never;
  }
}

function survivorWords(survivors: readonly Survivor[]): { readonly words?: string } {
  if (survivors.length === 0) return {};
  return { words: `could not be killed: ${processesWords(survivors)}` };
}

function outcomeOfStatus(status: WaitStatus, { policy }: Job): Outcome {
  switch (status.is) {
    case 'exited':
      return exitOutcome(status.code, policy);
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
