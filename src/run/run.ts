/**
 * One run of one job, from the lock to the line in the history: read `runJob` from top to bottom, it is the story.
 * Every way out of it writes how it ended; nothing here prints or exits.
 */
import type {
  Clock,
  HistoryStore,
  JobLock,
  JobLocks,
  Launcher,
  LockHolder,
  Programs,
  RunLog,
  RunLogs,
  StopRequests,
  User,
} from '../system/system.ts';
import { runCommands } from './commands.ts';
import { type Ended, formatEvent, type HistoryEvent, parseEvents, type Trigger } from './event.ts';
import { extendStreak, foldHistory, type History, unfinishedRuns } from './history.ts';
import { durationWords, exitCodeOf, exitCodes, type Outcome, outcomeWords } from './outcome.ts';
import { earlierHistory } from './predecessor.ts';
import type { RunnableJob, World } from './world.ts';

/** Everything a run asks of the machine. */
export interface RunMachine {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly logs: RunLogs;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly history: HistoryStore;
  readonly stops: StopRequests;
  readonly host: string;
  readonly user: User;
}

export interface RunOrder {
  readonly job: RunnableJob;
  readonly run: string;
  readonly trigger: Trigger;
  readonly slowStart: boolean;
  readonly world: World;
}

/** What whoever asked for the run, and whoever must be told, needs to know. */
export interface RunResult {
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly startedMs: number;
  readonly endedMs: number;
  /** The history with this run in it. */
  readonly history: History;
  readonly logPath?: string;
  /** Last lines of output. */
  readonly tail: string;
  /** What went wrong beside the job itself: lost output, a history that could not be written. */
  readonly troubles: readonly string[];
}

export async function runJob(order: RunOrder, machine: RunMachine): Promise<RunResult> {
  const startedMs = machine.clock.nowMs();
  const answer = await takeLock(order, machine);
  switch (answer.is) {
    case 'busy':
      return recordSkip(order, machine, runningWords(answer.holder, machine.clock.nowMs()));
    case 'unavailable':
      return recordNotStarted(order, machine, answer.stage, answer.reason);
    case 'held':
      try {
        return await runLocked(order, machine, answer.lock, startedMs);
      } finally {
        await answer.lock.release();
      }
    default:
      return answer satisfies never;
  }
}

/** A dead holder's reaper needs up to 2 s to end what the run left; a tick that comes just then shall not be lost. */
const orphanPatienceMs = 3000;
const orphanPollMs = 100;

async function takeLock(order: RunOrder, { clock, locks }: RunMachine) {
  const endMs = clock.monotonicMs() + orphanPatienceMs;
  for (;;) {
    const answer = await locks.acquire(order.job.slug, order.run);
    const dying = answer.is === 'busy' && answer.holder.state === 'orphaned';
    if (!dying || clock.monotonicMs() > endMs) return answer;
    await new Promise<void>((resolve) => clock.after(orphanPollMs, resolve));
  }
}

async function runLocked(order: RunOrder, machine: RunMachine, lock: JobLock, startedMs: number): Promise<RunResult> {
  const { job, run, trigger } = order;
  closeInterrupted(job.slug, machine);
  const opened = machine.logs.open(job.slug, startedMs);
  if (opened.is === 'failed') return recordNotStarted(order, machine, opened.stage, opened.reason);
  const { log } = opened;
  const deadline = job.timeoutSeconds > 0 ? machine.clock.sinceBootMs() + job.timeoutSeconds * 1000 : undefined;
  lock.record({ logPath: log.path, ...(deadline === undefined ? {} : { deadlineSinceBootMs: deadline }) });
  const troubles = note(machine, job.slug, {
    event: 'started',
    run,
    atMs: startedMs,
    trigger,
    jobSha256: job.sha256,
    logPath: log.path,
    host: machine.host,
    ...(order.slowStart ? { slowStart: true } : {}),
  });
  const commands = order.slowStart ? (job.slowStartCommands ?? []) : job.commands;
  const ended = await runCommands({ ...order, commands }, { ...machine, lock, log });
  return finish(order, machine, { log, startedMs, ended, troubles });
}

interface Ending {
  readonly log: RunLog;
  readonly startedMs: number;
  readonly ended: Awaited<ReturnType<typeof runCommands>>;
  readonly troubles: readonly string[];
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
  const troubles = [...ending.troubles, ...note(machine, job.slug, event)];
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
  };
}

/** Runs that started and never ended, while the lock is ours, died with their wrapper or the machine. */
function closeInterrupted(slug: string, machine: RunMachine): void {
  for (const { run } of unfinishedRuns(readHistory(slug, machine))) {
    note(machine, slug, { event: 'interrupted', run, atMs: machine.clock.nowMs() });
  }
}

/** `--kill-job` and `jobctl stop` leave their name in the history before they send TERM. */
function withPerson(outcome: Outcome, history: History, run: string): Outcome {
  if (outcome.kind !== 'stopped') return outcome;
  const by = history.runs.find((record) => record.run === run)?.stopRequestedBy;
  return by === undefined ? outcome : { ...outcome, by };
}

/** Without the lock: the run that has it goes on, this one is recorded as skipped. */
export function recordSkip(
  order: Pick<RunOrder, 'run' | 'trigger'> & { readonly job: Pick<RunnableJob, 'slug' | 'allowOvertime'> },
  machine: Pick<RunMachine, 'clock' | 'history' | 'host'>,
  words: string,
): RunResult {
  const outcome = { kind: 'skipped', reason: 'running', words, allowed: order.job.allowOvertime } as const;
  return recordUnrun(order, machine, { event: 'skipped', outcome });
}

/** Nothing could be started; the stage names what failed. */
export function recordNotStarted(
  order: Pick<RunOrder, 'run' | 'trigger'> & { readonly job: Pick<RunnableJob, 'slug'> },
  machine: Pick<RunMachine, 'clock' | 'history' | 'host'>,
  stage: string,
  reason: string,
  code: 78 | 125 = exitCodes.internal,
): RunResult {
  return recordUnrun(order, machine, { event: 'not-started', outcome: { kind: 'not-started', stage, reason, code } });
}

type Unrun =
  | { readonly event: 'skipped'; readonly outcome: Extract<Outcome, { kind: 'skipped' }> }
  | { readonly event: 'not-started'; readonly outcome: Extract<Outcome, { kind: 'not-started' }> };

export function recordUnrun(
  order: Pick<RunOrder, 'run' | 'trigger'> & { readonly job: Pick<RunnableJob, 'slug'> },
  machine: Pick<RunMachine, 'clock' | 'history' | 'host'>,
  unrun: Unrun,
): RunResult {
  const atMs = machine.clock.nowMs();
  const { run, trigger, job } = order;
  const troubles = note(machine, job.slug, { ...unrun, run, atMs, trigger, host: machine.host });
  const history = readHistory(job.slug, machine);
  const { outcome } = unrun;
  return { outcome, exitCode: exitCodeOf(outcome), startedMs: atMs, endedMs: atMs, history, tail: '', troubles };
}

function runningWords(holder: LockHolder, nowMs: number): string {
  const since =
    holder.startedMs === undefined ? '' : ` for ${durationWords(Math.max(0, nowMs - holder.startedMs) / 1000)}`;
  switch (holder.state) {
    case 'running':
      return `still running${since} (pid ${holder.wrapper?.pid ?? 'unknown'}${holder.runId === undefined ? '' : `, run ${holder.runId}`})`;
    case 'orphaned':
      return `its last run-job is gone but processes of that run are alive: ${holder.pids.join(', ')}`;
    case 'predecessor':
      return `still running under the Python process-control (pid ${holder.wrapper?.pid ?? 'unknown'})`;
    case 'unknown':
      return 'its lock is held by a process that cannot be looked into';
    default:
      return holder.state satisfies never;
  }
}

function readHistory(slug: string, { history }: Pick<RunMachine, 'history'>): History {
  return foldHistory(parseEvents(history.read(slug)), earlierHistory(history.predecessor(slug)));
}

function note({ history }: Pick<RunMachine, 'history'>, slug: string, event: HistoryEvent): string[] {
  const written = history.append(slug, formatEvent(event));
  return written.ok ? [] : [`the history could not be written: ${written.reason}`];
}
