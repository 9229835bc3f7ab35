/**
 * One run of one job, from the lock to the line in the history: read `runJob` from top to bottom, it is the story.
 * Every way out of it writes how it ended; nothing here prints or exits.
 */
import type { Job } from '../job/job.ts';
import type { Clock } from '../system/types/clock.ts';
import type { JobLocks } from '../system/types/lock.ts';
import type { Launcher, Programs, StopRequests, Sweeper, Wrappers } from '../system/types/process.ts';
import type { LineSearch, RunLog, RunLogs } from '../system/types/run-log.ts';
import type { HistoryStore, StateFiles } from '../system/types/state.ts';
import type { User } from '../system/types/user.ts';
import { type AttemptsResult, runAttempts } from './attempts.ts';
import type { Ended, Tick, Trigger } from './history/event.ts';
import { extendStreak, type History, unfinishedRuns } from './history/history.ts';
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
import { nextLockName, type Taken, takeLock } from './lock/take-lock.ts';
import { exitCodeOf, exitCodeWords, lastedWords, leftOutWords, type Outcome, outcomeWords } from './outcome/outcome.ts';
import { SuccessRules } from './outcome/success-rules.ts';
import { breakCircuit } from './pause/circuit.ts';
import { pausedWords, readPauses } from './pause/pause.ts';
import { processWords } from './process-words.ts';
import { StopWatch } from './stop-watch.ts';
import { runIdVariable, type World } from './world/world.ts';

/** Everything a run asks of the machine. */
export interface RunHost {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly wrappers: Wrappers;
  readonly logs: RunLogs;
  readonly launcher: Launcher;
  readonly programs: Programs;
  readonly history: HistoryStore;
  /** For pauses. */
  readonly state: StateFiles;
  readonly lineSearch: LineSearch;
  readonly stops: StopRequests;
  readonly hostName: string;
  readonly user: User;
  /** An instant as people on this host read it. */
  readonly formatTime: (ms: number) => string;
}

export interface RunOrder {
  readonly job: Job;
  readonly run: string;
  readonly trigger: Trigger;
  /** Of a run that the clock has started. */
  readonly tick?: Tick;
  readonly slowStart: boolean;
  readonly world: World;
  /** Hears when the run has its lock and log. */
  readonly onStarted?: (begun: { readonly startedMs: number; readonly logPath: string }) => void;
}

export async function runJob(order: RunOrder, host: RunHost): Promise<RunResult> {
  const name = nameOf(order);
  const watch = new StopWatch(host.stops);
  const paused = () => pausedWords(order.job, readPauses(host.state), host.clock.nowMs(), host.formatTime);
  const taken = await takeLock({ ...order, ...name, ancestors: ancestorsOf(order.world), watch, paused }, host);
  switch (taken.is) {
    case 'skipped':
      return recordSkip(name, host, taken);
    case 'not-started':
      return recordNotStarted(name, host, taken);
    case 'stopped':
      return recordStopped(name, host, withPerson(taken.outcome, readHistory(order.job.slug, host), order));
    case 'held':
      try {
        return await runLocked(order, host, { ...taken, watch, paused });
      } finally {
        await taken.lock.release();
      }
    default:
      return taken satisfies never;
  }
}

function nameOf({ job, run, trigger, tick }: RunOrder): RunName {
  return { slug: job.slug, run, trigger, ...(tick !== undefined && { tick }) };
}

/** The runs whose commands led to this one. */
function ancestorsOf({ environment }: World): readonly string[] {
  return (environment[runIdVariable] ?? '').split('/').slice(0, -1);
}

type Locked = Extract<Taken, { is: 'held' }> & {
  readonly watch: StopWatch;
  readonly paused: () => string | undefined;
};

async function runLocked(order: RunOrder, host: RunHost, locked: Locked): Promise<RunResult> {
  const { job, run, trigger } = order;
  const { lock, remarks } = locked;
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
  for (const remark of remarks) log.note(remark);
  lock.record({ logPath: log.path, tags: job.tags, killGraceSeconds: job.killGraceSeconds });
  const troubles = writeEvent(job.slug, host, {
    event: 'started',
    run,
    atMs: startedMs,
    trigger,
    jobSha256: job.sha256,
    logPath: log.path,
    host: host.hostName,
    ...(order.slowStart ? { slowStart: true } : {}),
    ...(order.tick === undefined ? {} : { tick: order.tick }),
  });
  order.onStarted?.({ startedMs, logPath: log.path });
  const commands = order.slowStart ? (job.slowStartCommands ?? []) : job.commands;
  const ended = await runAttempts({ ...order, commands, startedMs }, { ...host, ...locked, log, rules });
  return finish(order, host, { log, startedMs, ended, troubles, interrupted });
}

interface Ending {
  readonly log: RunLog;
  readonly startedMs: number;
  readonly ended: AttemptsResult;
  readonly troubles: readonly string[];
  readonly interrupted: InterruptedRuns;
}

async function finish(order: RunOrder, host: RunHost, ending: Ending): Promise<RunResult> {
  const { job, run } = order;
  const { log, startedMs, ended } = ending;
  const before = readHistory(job.slug, host);
  const outcome = withPerson(ended.outcome, before, order);
  const endedMs = host.clock.nowMs();
  // Time steps must not make a run negative or a day long, so the duration comes from the clock that nobody sets.
  const durationMs = Math.round(ended.durationMs);
  const attempts = ended.attempt > 1 ? ` and ${ended.attempt} attempts` : '';
  const lasted = `${lastedWords(outcome, durationMs)}${attempts}`;
  log.note(`${job.slug} ${outcomeWords(outcome)}${lasted}${exitCodeWords(outcome)}`);
  const totals = await log.close();
  const streak = extendStreak(before.streak, outcome, endedMs);
  const circuit = breakCircuit(job, host.state, { outcome, streak, endedMs });
  const event: Ended = {
    event: 'ended',
    run,
    atMs: endedMs,
    outcome,
    durationMs,
    streak,
    attempt: ended.attempt,
    ...(totals.lostBytes > 0 ? { lostBytes: totals.lostBytes } : {}),
    ...(totals.leftOut === undefined ? {} : { leftOut: totals.leftOut }),
    ...(ended.swept > 0 ? { swept: ended.swept } : {}),
    ...(ended.survivors.length > 0 ? { survivors: ended.survivors.map(processWords) } : {}),
    ...(ended.warning === undefined ? {} : { warning: ended.warning }),
    ...(circuit.paused === undefined ? {} : { paused: circuit.paused }),
  };
  const troubles = [...ending.troubles, ...writeEvent(job.slug, host, event), ...circuit.troubles];
  if (totals.lostBytes > 0) {
    troubles.push(
      `log incomplete: ${totals.lostBytes} bytes of output lost (${totals.lostReason ?? 'unknown reason'})`,
    );
  }
  if (totals.leftOut !== undefined) troubles.push(leftOutWords(totals.leftOut));
  if (event.survivors !== undefined) troubles.push(`could not be killed: ${event.survivors.join(', ')}`);
  if (ended.warning !== undefined) troubles.push(ended.warning);
  host.history.rotate(job.slug);
  const history = readHistory(job.slug, host);
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
    ...(circuit.paused === undefined ? {} : { paused: circuit.paused }),
  };
}

/**
 * Runs that started and never ended, while the lock is ours, died with their wrapper or the machine; so did those that waited for it, but for the one
 * that does so now.
 */
function closeInterrupted({ job: { slug }, run: own }: RunOrder, host: RunHost): InterruptedRuns {
  const open = unfinishedRuns(readHistory(slug, host)).filter(({ run }) => run !== own);
  const next = open.length === 0 ? undefined : host.locks.holder(nextLockName(slug))?.runId;
  const runs = open.filter(({ run }) => run !== next);
  for (const { run } of runs) writeEvent(slug, host, { event: 'interrupted', run, atMs: host.clock.nowMs() });
  return { runs, streak: readHistory(slug, host).streak };
}

/**
 * `--kill-job`, `jobctl stop` and a run that takes the place of this one leave their names in the history before they send TERM. Ctrl-C comes from the person
 * who started the run; any other signal may be the system's own, which ends runs when it shuts down, so that one stays a failure.
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
