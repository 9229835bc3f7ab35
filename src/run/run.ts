/**
 * Runs a job once, from the lock to the event in the history; `runJob` tells the story from top to
 * bottom. Every way out of it records the outcome. Nothing here prints or exits.
 */
import type { RunJob } from '../job/job.ts';
import type { Clock } from '../system/types/clock.ts';
import type { JobLocks, Sweeper, Wrappers } from '../system/types/lock.ts';
import type { Launcher, Programs, StopRequests } from '../system/types/process.ts';
import type { LineSearch, RunLog, RunLogs } from '../system/types/run-log.ts';
import type { HistoryStore, StateFiles } from '../system/types/state.ts';
import type { User } from '../system/types/user.ts';
import { defined } from '../text/defined.ts';
import { type AttemptsResult, runAttempts } from './attempts.ts';
import { carriedAfter } from './history/carried.ts';
import { dayLinesOf } from './history/days.ts';
import type { Ended, Started, Tick, Trigger } from './history/event.ts';
import { type History, unfinishedRuns } from './history/history.ts';
import {
  type InterruptedRuns,
  type RunName,
  type RunResult,
  readHistory,
  recordNotStarted,
  recordSkip,
  recordStopped,
  writeEvent,
} from './history/record.ts';
import { extendStreak } from './history/streak.ts';
import { takePermitted } from './lock/permitted-lock.ts';
import { nextLockName, type Taken, takeLock } from './lock/take-lock.ts';
import { exitCodeOf, exitCodeWords, lastedWords, leftOutWords, type Outcome, outcomeWords } from './outcome/outcome.ts';
import { SuccessRules } from './outcome/success-rules.ts';
import { breakCircuit } from './pause/circuit.ts';
import { pausedWords, readPauses } from './pause/pause.ts';
import { holdGrant, withFence } from './permission/grant.ts';
import type { Grant, Permission } from './permission/permission.ts';
import type { RunDeadline } from './permission/run-deadline.ts';
import { processWords } from './process-words.ts';
import { StopWatch } from './stop-watch.ts';
import { runIdVariable, type World } from './world/world.ts';

/** Every part of the host that a run needs. */
export interface RunHost {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly wrappers: Wrappers;
  readonly logs: RunLogs;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly history: HistoryStore;
  /** Holds the pauses. */
  readonly state: StateFiles;
  readonly lineSearch: LineSearch;
  readonly stops: StopRequests;
  readonly hostName: string;
  readonly user: User;
  /** Formats an instant for people on this host. */
  readonly formatTime: (ms: number) => string;
}

export interface RunOrder {
  readonly job: RunJob;
  readonly run: string;
  readonly trigger: Trigger;
  /** Set if the clock started the run. */
  readonly tick?: Tick;
  readonly slowStart: boolean;
  readonly world: World;
  /** The number by which others can tell a later run of the fleet from an earlier one. */
  readonly fence?: string;
  /** Called when the run has its lock and its log. */
  readonly onStarted?: (begun: { readonly startedMs: number; readonly logPath: string }) => void;
}

/**
 * Runs a job once if the other hosts of its pool permit it; undefined if another one has the tick, so
 * that nothing is recorded here.
 */
export async function runPermitted(
  order: RunOrder,
  permission: Permission,
  host: RunHost,
): Promise<RunResult | undefined> {
  const turn = turnOf(order, host);
  const taken = await takePermitted(turn.lockOrder, permission, host);
  if (taken.is === 'elsewhere') return undefined;
  if (taken.is === 'held') return whileLocked(taken, () => runGranted(order, host, { ...taken, ...turn }));
  const result = recordRefusal(order, host, taken);
  const earlier = taken.is === 'skipped' ? (taken.warnings ?? []) : [];
  return { ...result, warnings: [...earlier, ...result.warnings] };
}

async function runGranted(
  order: RunOrder,
  host: RunHost,
  locked: Locked & { readonly grant: Grant },
): Promise<RunResult> {
  const { grant } = locked;
  const { deadline, close } = holdGrant(order, host, locked);
  const ran = runLocked(withFence(order, grant), host, { ...locked, ...(deadline && { deadline }) });
  const result = await ran.finally(close);
  const untold = await grant.end(result.outcome);
  return { ...result, warnings: [...grant.warnings, ...result.warnings, ...untold] };
}

export async function runJob(order: RunOrder, host: RunHost): Promise<RunResult> {
  const turn = turnOf(order, host);
  const taken = await takeLock(turn.lockOrder, host);
  if (taken.is === 'held') return whileLocked(taken, () => runLocked(order, host, { ...taken, ...turn }));
  return recordRefusal(order, host, taken);
}

/** The order for the lock, and what goes on to be asked when the run has it. */
function turnOf(order: RunOrder, host: RunHost) {
  const watch = new StopWatch(host.stops);
  const paused = () => pausedWords(order.job, readPauses(host.state), host.clock.nowMs(), host.formatTime);
  const lockOrder = { ...order, ...nameOf(order), ancestors: ancestorsOf(order.world), watch, paused };
  return { lockOrder, watch, paused };
}

async function whileLocked(
  { lock }: Extract<Taken, { is: 'held' }>,
  act: () => Promise<RunResult>,
): Promise<RunResult> {
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/** Records why a run did not get its lock. */
function recordRefusal(order: RunOrder, host: RunHost, taken: Exclude<Taken, { is: 'held' }>): RunResult {
  const name = nameOf(order);
  switch (taken.is) {
    case 'skipped':
      return recordSkip(name, host, taken);
    case 'not-started':
      return recordNotStarted(name, host, taken);
    case 'stopped':
      return recordStopped(name, host, withPerson(taken.outcome, readHistory(order.job.slug, host), order));
    default:
      return taken satisfies never;
  }
}

function nameOf({ job, run, trigger, tick }: RunOrder): RunName {
  return { slug: job.slug, run, trigger, ...defined({ tick }) };
}

/** Ids of the runs whose commands led to this one. */
function ancestorsOf({ environment }: World): readonly string[] {
  return (environment[runIdVariable] ?? '').split('/').slice(0, -1);
}

type Locked = Extract<Taken, { is: 'held' }> & {
  readonly watch: StopWatch;
  readonly paused: () => string | undefined;
  /** The permission of the other hosts, where the run needs one. */
  readonly grant?: Grant;
  readonly deadline?: RunDeadline;
};

async function runLocked(order: RunOrder, host: RunHost, locked: Locked): Promise<RunResult> {
  const { job } = order;
  const startedMs = host.clock.nowMs();
  const interrupted = closeInterrupted(order, host);
  const rules = new SuccessRules(job.policy, host.lineSearch);
  const opened = host.logs.open(job.slug, startedMs, {
    watcher: rules.isNeeded ? rules : undefined,
    maxBytes: job.logMaxBytes,
    readsOn: job.leftovers === 'allow',
  });
  if (opened.is === 'failed') return recordNotStarted(nameOf(order), host, opened);
  const { log } = opened;
  if (locked.grant !== undefined) log.note(locked.grant.words);
  for (const warning of locked.warnings) log.note(warning);
  locked.lock.record({ logPath: log.path, tags: job.tags, killGraceSeconds: job.killGraceSeconds });
  const warnings = writeEvent(job.slug, host, startedEvent(order, host.hostName, startedMs, log.path));
  order.onStarted?.({ startedMs, logPath: log.path });
  const commands = order.slowStart ? (job.slowStartCommands ?? []) : job.commands;
  const attempts = await runAttempts({ ...order, commands, startedMs }, { ...host, ...locked, log, rules });
  return finish(order, host, { log, startedMs, warnings, interrupted }, attempts);
}

function startedEvent(order: RunOrder, hostName: string, startedMs: number, logPath: string): Started {
  const { job, run, trigger, slowStart, tick } = order;
  return {
    ...{ event: 'started', run, atMs: startedMs, trigger, jobSha256: job.sha256, logPath, host: hostName },
    ...(slowStart && { slowStart }),
    ...defined({ tick, fence: order.fence }),
  };
}

/** A run that has its lock and its log. */
interface OpenRun {
  readonly log: RunLog;
  readonly startedMs: number;
  readonly warnings: readonly string[];
  readonly interrupted: InterruptedRuns;
}

async function finish(order: RunOrder, host: RunHost, open: OpenRun, attempts: AttemptsResult): Promise<RunResult> {
  const { job, run } = order;
  const { log, startedMs, interrupted } = open;
  const before = readHistory(job.slug, host);
  const outcome = withPerson(attempts.outcome, before, order);
  const endedMs = host.clock.nowMs();
  // The monotonic clock: a change of the time must not make a run negative or a day long.
  const durationMs = Math.round(attempts.durationMs);
  log.note(`${job.slug} ${outcomeWords(outcome)}${lasted(outcome, durationMs, attempts)}${exitCodeWords(outcome)}`);
  const closed = await log.close();
  const streak = extendStreak(before.streak, outcome, endedMs);
  const carried = carriedAfter(before, outcome, durationMs);
  const { paused, warnings } = breakCircuit(job, host.state, { outcome, streak, endedMs });
  const event: Ended = {
    ...{ event: 'ended', run, atMs: endedMs, outcome, durationMs, streak, carried, attempt: attempts.attempt },
    ...defined({
      lostBytes: closed.lostBytes || undefined,
      leftOut: closed.leftOut,
      swept: attempts.swept || undefined,
      survivors: attempts.survivors.length > 0 ? attempts.survivors.map(processWords) : undefined,
      warning: attempts.warning,
      paused,
    }),
  };
  const unwritten = writeEvent(job.slug, host, event);
  const setAside = host.history.rotate(job.slug, dayLinesOf);
  return {
    ...{ outcome, exitCode: exitCodeOf(outcome), startedMs, endedMs, history: readHistory(job.slug, host) },
    ...{ logPath: log.path, tail: closed.tail, interrupted },
    warnings: [
      ...open.warnings,
      ...unwritten,
      ...(setAside === undefined ? [] : [setAside]),
      ...warnings,
      ...endedWarnings(event, closed.lostReason),
    ],
    ...defined({ paused }),
  };
}

/** Returns " after 13 s and 2 attempts". */
function lasted(outcome: Outcome, durationMs: number, { attempt }: AttemptsResult): string {
  return `${lastedWords(outcome, durationMs)}${attempt > 1 ? ` and ${attempt} attempts` : ''}`;
}

function endedWarnings({ lostBytes, leftOut, survivors, warning }: Ended, lostReason = 'unknown reason'): string[] {
  return [
    ...(lostBytes === undefined ? [] : [`log incomplete: ${lostBytes} bytes of output lost (${lostReason})`]),
    ...(leftOut === undefined ? [] : [leftOutWords(leftOut)]),
    ...(survivors === undefined ? [] : [`could not be killed: ${survivors.join(', ')}`]),
    ...(warning === undefined ? [] : [warning]),
  ];
}

/**
 * Records runs that started and never ended as interrupted: this run has the lock, so they died
 * with their run-job or the host. So did those that waited, except for the one that has the place
 * of the next run.
 */
function closeInterrupted({ job: { slug }, run: own }: RunOrder, host: RunHost): InterruptedRuns {
  const open = unfinishedRuns(readHistory(slug, host)).filter(({ run }) => run !== own);
  const next = open.length === 0 ? undefined : host.locks.holder(nextLockName(slug))?.runId;
  const runs = open.filter(({ run }) => run !== next);
  for (const { run } of runs) writeEvent(slug, host, { event: 'interrupted', run, atMs: host.clock.nowMs() });
  return { runs, streak: readHistory(slug, host).streak };
}

/**
 * Adds to a stop the name of the person or run that asked for it. `--kill-job`, `jobctl stop` and a
 * run that takes the place of this one write their names into the history before they send TERM.
 * Ctrl-C comes from the person who started the run. Any other signal may come from a shutdown of
 * the host, so it stays a failure.
 */
function withPerson<O extends Outcome>(outcome: O, history: History, { job, run, trigger }: RunOrder): O {
  if (outcome.kind !== 'stopped') return outcome;
  const { stopRequestedBy: by, replacedBy } = history.runs.find((record) => record.run === run) ?? {};
  if (by === undefined) {
    return outcome.person && trigger.by === 'person' ? { ...outcome, by: `${trigger.name} at the terminal` } : outcome;
  }
  if (replacedBy === undefined) return { ...outcome, by, person: true };
  return { ...outcome, by, replacedBy, ...(job.allowOvertime && { allowed: true }) };
}
