/**
 * Folds the events of a job's history into its runs, its streak of failures and the decisions of
 * operators.
 */

import { type LastStatus, type Outcome, statusOf } from '../outcome/outcome.ts';
import type {
  Ended,
  HistoryEvent,
  NoticeEvent,
  Started,
  Steered,
  Streak,
  Summary,
  Tick,
  Trigger,
  Untold,
  Waiting,
} from './event.ts';
import { extendStreak, resetStreak, withoutFailedRuns } from './streak.ts';
import { addOutcome, greaterTotals, noTotals, type Totals } from './totals.ts';

type StopEvent = Extract<HistoryEvent, { readonly event: 'stop-requested' }>;

type StopRequested = Pick<StopEvent, 'by' | 'atMs' | 'reason'>;

/**
 * A run as people see it. Without `outcome` it is running, or it was interrupted and no program has
 * noticed yet.
 */
export interface RunRecord {
  readonly run: string;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly trigger?: Trigger;
  readonly outcome?: Outcome;
  readonly logPath?: string;
  readonly jobSha256?: string;
  readonly host?: string;
  /** Number of attempts so far. */
  readonly attempt?: number;
  /** The latest attempt that was followed by another one, and the start of that one. */
  readonly failedAttempt?: { readonly outcome: Outcome; readonly nextMs: number };
  /** Names the run for which it waits or has waited; in words. */
  readonly waitsFor?: string;
  readonly tick?: Tick;
  readonly warning?: string;
  readonly durationMs?: number;
  readonly lostBytes?: number;
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  readonly swept?: number;
  readonly survivors?: readonly string[];
  readonly stopRequestedBy?: string;
  readonly stopReason?: string;
  /** Requests to stop it after the first one, oldest first; absent if there are none. */
  readonly laterStops?: readonly StopRequested[];
  readonly replacedBy?: string;
  readonly paused?: string;
  readonly noticeFailed?: string;
}

export interface History {
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  readonly streak: Streak;
  readonly lastStatus: LastStatus;
  readonly totals: Totals;
  /** From before the first of `runs`. */
  readonly untoldBefore?: Untold;
  /** Decisions of operators about the job, oldest first. */
  readonly steered?: readonly Steered[];
  /**
   * Deliveries of notices that belong to no run (those of services), oldest first; absent if there
   * are none.
   */
  readonly notices?: readonly NoticeEvent[];
  /** Number of lines that are no events; absent if there are none. */
  readonly unreadable?: number;
  /**
   * Set if the file or a part of it can't be read: the reason, in words. Then events may be
   * missing.
   */
  readonly hidden?: string;
}

export const emptyHistory: History = {
  runs: [],
  streak: { failures: 0 },
  lastStatus: 'unknown',
  totals: noTotals,
};

/**
 * Folds events in order, on top of what was known before them (the records of the Python
 * process-control). If the oldest events were rotated away, the streak of the first `ended` event
 * is the base.
 *
 * Events before the index `firstCounted` are only read for their runs and decisions: the event there
 * knows the streak and the totals of all before it.
 */
export function foldHistory(
  events: readonly HistoryEvent[],
  earlier: History = emptyHistory,
  firstCounted = 0,
): History {
  const runs = new Map<string, RunRecord>(earlier.runs.map((run) => [run.run, run]));
  const steered: Steered[] = [...(earlier.steered ?? [])];
  const notices: NoticeEvent[] = [];
  let { streak, lastStatus, totals, untoldBefore } = earlier;
  let based = false;
  for (const [index, event] of events.entries()) {
    const isCounted = index >= firstCounted;
    if (event.event === 'steered') {
      steered.push(event);
      if (event.action !== 'reset' || !isCounted) continue;
      [streak, lastStatus] = [resetStreak(streak), 'unknown'];
      based = true;
      continue;
    }
    if (event.event === 'summary') {
      if (!isCounted) continue;
      totals = greaterTotals(totals, event.carried.totals);
      if (!based) ({ lastStatus, untold: untoldBefore } = event.carried);
      if (!based) ({ streak } = event);
      based = true;
      continue;
    }
    if (event.event === 'ended-unknown') {
      runs.delete(event.run);
      continue;
    }
    if (isNotice(event) && !runs.has(event.run)) {
      notices.push(event);
      continue;
    }
    addToRun(runs, event);
    const outcome = outcomeOf(event);
    if (outcome === undefined || !isCounted) continue;
    streak = !based && event.event === 'ended' ? event.streak : extendStreak(streak, outcome, event.atMs);
    if (event.event === 'ended' && event.paused !== undefined) streak = withoutFailedRuns(streak);
    totals = addOutcome(totals, outcome, event.event === 'ended' ? event.durationMs : 0);
    lastStatus = statusOf(outcome) ?? lastStatus;
    if (event.event === 'ended' && event.carried !== undefined) {
      totals = greaterTotals(totals, event.carried.totals);
      if (!based) ({ lastStatus, untold: untoldBefore } = event.carried);
    }
    based ||= event.event === 'ended';
  }
  return {
    ...{ runs: [...runs.values()], streak, lastStatus, totals },
    ...(untoldBefore !== undefined && { untoldBefore }),
    ...(steered.length > 0 && { steered }),
    ...(notices.length > 0 && { notices }),
  };
}

/**
 * Runs that started and have no recorded end. A program that holds the job's lock knows that they
 * are dead.
 */
export function unfinishedRuns(history: History): readonly RunRecord[] {
  return history.runs.filter((run) => run.outcome === undefined);
}

/** True for a run that has come to an end; false for one that was skipped, and for missed ticks. */
export function hasEnded({ outcome }: RunRecord): boolean {
  return outcome !== undefined && outcome.kind !== 'skipped' && outcome.kind !== 'missed';
}

function isNotice(event: RunEvent): event is NoticeEvent {
  return event.event === 'notice-failed' || event.event === 'notice-delivered';
}

/** An event about a run, or about a tick without a run. */
type RunEvent = Exclude<HistoryEvent, Steered | Summary | { readonly event: 'ended-unknown' }>;

/**
 * Returns the outcome that an event gives its run or its missed tick; `undefined` if the event ends
 * none.
 */
export function outcomeOf(event: HistoryEvent): Outcome | undefined {
  switch (event.event) {
    case 'ended':
    case 'skipped':
    case 'not-started':
    case 'missed':
      return event.outcome;
    case 'interrupted':
      return { kind: 'interrupted' };
    case 'waiting':
    case 'started':
    case 'attempt-failed':
    case 'stop-requested':
    case 'notice-failed':
    case 'notice-delivered':
    case 'stood-for':
    case 'steered':
    case 'summary':
    case 'ended-unknown':
      return undefined;
    default:
      return event satisfies never;
  }
}

/**
 * Adds an event to the record of its run. The end of a run whose start was rotated away makes a
 * record of its own; other events about an unknown run are dropped.
 */
function addToRun(runs: Map<string, RunRecord>, event: RunEvent): void {
  const known = runs.get(event.run);
  const record = known ?? { run: event.run, startedMs: event.atMs };
  const set = (more: Partial<RunRecord>) => runs.set(event.run, { ...record, ...more });
  switch (event.event) {
    case 'waiting':
      set(waitingFields(event));
      return;
    case 'started':
      // Runs are in order of their start: one that has waited comes after those that ran meanwhile.
      if (record.waitsFor !== undefined) runs.delete(event.run);
      set({ ...startedFields(event), startedMs: event.atMs });
      return;
    case 'attempt-failed':
      if (known !== undefined) {
        set({ attempt: event.attempt, failedAttempt: { outcome: event.outcome, nextMs: event.nextMs } });
      }
      return;
    case 'missed':
      set({ startedMs: event.outcome.tickMs, host: event.host, outcome: event.outcome, endedMs: event.atMs });
      return;
    case 'ended':
      set({ ...endedFields(event), startedMs: known?.startedMs ?? event.atMs - event.durationMs });
      return;
    case 'skipped':
    case 'not-started':
      set({
        ...{ trigger: event.trigger, host: event.host, outcome: event.outcome, endedMs: event.atMs },
        ...(event.tick !== undefined && { tick: event.tick }),
      });
      return;
    case 'interrupted':
      // The time of its end is unknown: the next run found it gone.
      if (known?.outcome === undefined) set({ outcome: { kind: 'interrupted' } });
      return;
    case 'stop-requested':
      if (known !== undefined) set(stopFields(known, event));
      return;
    case 'stood-for':
      if (known !== undefined) set({ tick: { tickMs: event.tickMs } });
      return;
    case 'notice-failed':
      if (known !== undefined) set({ noticeFailed: `${event.channel}: ${event.reason}` });
      return;
    case 'notice-delivered':
      if (known?.noticeFailed?.startsWith(`${event.channel}: `)) runs.set(event.run, withoutNotice(known));
      return;
    default:
      event satisfies never;
  }
}

function waitingFields({ trigger, host, tick, words }: Waiting): Partial<RunRecord> {
  return { trigger, host, waitsFor: words, ...(tick !== undefined && { tick }) };
}

/** Adds a request to stop the run. The first one ends it; the others are listed. */
function stopFields({ stopRequestedBy, laterStops = [] }: RunRecord, event: StopEvent): Partial<RunRecord> {
  const { by, atMs, reason, replacedBy } = event;
  if (stopRequestedBy !== undefined)
    return { laterStops: [...laterStops, { by, atMs, ...(reason !== undefined && { reason }) }] };
  return {
    stopRequestedBy: by,
    ...(reason !== undefined && { stopReason: reason }),
    ...(replacedBy !== undefined && { replacedBy }),
  };
}

function withoutNotice({ noticeFailed: _told, ...record }: RunRecord): RunRecord {
  return record;
}

function startedFields({ trigger, jobSha256, logPath, host, tick }: Started): Partial<RunRecord> {
  return { trigger, jobSha256, logPath, host, ...(tick !== undefined && { tick }) };
}

function endedFields(event: Ended): Partial<RunRecord> {
  const { event: _kind, run: _run, atMs, streak: _streak, carried: _carried, ...fields } = event;
  return { ...fields, endedMs: atMs };
}
