/**
 * One run of one job, from the lock to the line in the history: read `runJob` from top to bottom, it is the story.
 * Every way out of it writes how it ended; nothing here prints or exits.
 */
import type { Job } from '../job/job.ts';
import type {
  Clock,
  HistoryStore,
  JobLock,
  JobLocks,
  Launcher,
  Programs,
  RunLog,
  RunLogs,
  StopRequests,
  Sweeper,
  User,
} from '../system/system.ts';
import { runCommands } from './commands.ts';
import type { Ended, Tick, Trigger } from './event.ts';
import { extendStreak, type History, unfinishedRuns } from './history.ts';
import { durationWords, exitCodeOf, type Outcome, outcomeWords } from './outcome.ts';
import {
  type InterruptedRuns,
  type RunName,
  type RunResult,
  readHistory,
  recordNotStarted,
  recordSkip,
  writeEvent,
} from './record.ts';
import { holderWords, takeLock } from './take-lock.ts';
import type { World } from './world.ts';

/** Everything a run asks of the machine. */
export interface RunMachine {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly logs: RunLogs;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly history: HistoryStore;
  readonly stops: StopRequests;
  readonly host: string;
  readonly user: User;
}

export interface RunOrder {
  readonly job: Job;
  readonly run: string;
  readonly trigger: Trigger;
  /** Of a run that the clock has started. */
  readonly tick?: Tick;
  readonly slowStart: boolean;
  readonly world: World;
}

export async function runJob(order: RunOrder, machine: RunMachine): Promise<RunResult> {
  const startedMs = machine.clock.nowMs();
  const answer = await takeLock(order, machine);
  switch (answer.is) {
    case 'busy':
      return recordSkip(nameOf(order), machine, {
        reason: 'running',
        words: holderWords(answer.holder, machine.clock.nowMs()),
        allowed: order.job.allowOvertime,
      });
    case 'unavailable':
      return recordNotStarted(nameOf(order), machine, answer);
    case 'held':
      try {
        return await runLocked(order, machine, answer, startedMs);
      } finally {
        await answer.lock.release();
      }
    default:
      return answer satisfies never;
  }
}

function nameOf({ job, run, trigger, tick }: RunOrder): RunName {
  return { slug: job.slug, run, trigger, ...(tick !== undefined && { tick }) };
}

async function runLocked(
  order: RunOrder,
  machine: RunMachine,
  { lock, swept }: { readonly lock: JobLock; readonly swept?: string },
  startedMs: number,
): Promise<RunResult> {
  const { job, run, trigger } = order;
  const interrupted = closeInterrupted(job.slug, machine);
  const opened = machine.logs.open(job.slug, startedMs);
  if (opened.is === 'failed') return recordNotStarted(nameOf(order), machine, opened);
  const { log } = opened;
  if (swept !== undefined) log.note(swept);
  const deadline = job.timeoutSeconds > 0 ? machine.clock.sinceBootMs() + job.timeoutSeconds * 1000 : undefined;
  lock.record({ logPath: log.path, ...(deadline === undefined ? {} : { deadlineSinceBootMs: deadline }) });
  const troubles = writeEvent(job.slug, machine, {
    event: 'started',
    run,
    atMs: startedMs,
    trigger,
    jobSha256: job.sha256,
    logPath: log.path,
    host: machine.host,
    ...(order.slowStart ? { slowStart: true } : {}),
    ...(order.tick === undefined ? {} : { tick: order.tick }),
  });
  const commands = order.slowStart ? (job.slowStartCommands ?? []) : job.commands;
  const ended = await runCommands({ ...order, commands }, { ...machine, lock, log });
  return finish(order, machine, { log, startedMs, ended, troubles, interrupted });
}

interface Ending {
  readonly log: RunLog;
  readonly startedMs: number;
  readonly ended: Awaited<ReturnType<typeof runCommands>>;
  readonly troubles: readonly string[];
  readonly interrupted: InterruptedRuns;
}

async function finish(order: RunOrder, machine: RunMachine, ending: Ending): Promise<RunResult> {
  const { job, run } = order;
  const { log, startedMs, ended } = ending;
  const before = readHistory(job.slug, machine);
  const outcome = withPerson(ended.outcome, before, run);
  const endedMs = machine.clock.nowMs();
  // Time steps must not make a run negative or a day long, so the duration comes from the clock that nobody sets.
  const durationMs = Math.round(ended.durationMs);
  log.note(
    `${job.slug} ${outcomeWords(outcome)} after ${durationWords(durationMs / 1000)}, exit code ${exitCodeOf(outcome)}`,
  );
  const totals = await log.close();
  const streak = extendStreak(before.streak, outcome, endedMs);
  const event: Ended = {
    event: 'ended',
    run,
    atMs: endedMs,
    outcome,
    durationMs,
    streak,
    attempt: 1,
    ...(totals.lostBytes > 0 ? { lostBytes: totals.lostBytes } : {}),
    ...(ended.swept > 0 ? { swept: ended.swept } : {}),
    ...(ended.survivors.length > 0 ? { survivors: ended.survivors.map((s) => `${s.pid} ${s.command}`) } : {}),
  };
  const troubles = [...ending.troubles, ...writeEvent(job.slug, machine, event)];
  if (totals.lostBytes > 0) {
    troubles.push(
      `log incomplete: ${totals.lostBytes} bytes of output lost (${totals.lostReason ?? 'unknown reason'})`,
    );
  }
  if (event.survivors !== undefined) troubles.push(`could not be killed: ${event.survivors.join(', ')}`);
  machine.history.rotate(job.slug);
  const history = readHistory(job.slug, machine);
  return {
    outcome,
    exitCode: exitCodeOf(outcome),
    startedMs,
    endedMs,
    history,
    logPath: log.path,
    tail: totals.tail,
    troubles,
    interrupted: ending.interrupted,
  };
}

/** Runs that started and never ended, while the lock is ours, died with their wrapper or the machine. */
function closeInterrupted(slug: string, machine: RunMachine): InterruptedRuns {
  const runs = unfinishedRuns(readHistory(slug, machine));
  for (const { run } of runs) writeEvent(slug, machine, { event: 'interrupted', run, atMs: machine.clock.nowMs() });
  return { runs, streak: readHistory(slug, machine).streak };
}

/** `--kill-job` and `jobctl stop` leave their name in the history before they send TERM. */
function withPerson(outcome: Outcome, history: History, run: string): Outcome {
  if (outcome.kind !== 'stopped') return outcome;
  const by = history.runs.find((record) => record.run === run)?.stopRequestedBy;
  return by === undefined ? outcome : { ...outcome, by };
}
