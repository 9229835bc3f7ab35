/** What a job's history says: a fold over its events, into the runs that people ask about and the streak that mails depend on. */

import { healthOf, type LastStatus, type Outcome, statusOf } from '../outcome/outcome.ts';
import type { Ended, HistoryEvent, NoticeEvent, Started, Steered, Streak, Tick, Trigger, Waiting } from './event.ts';

type StopEvent = Extract<HistoryEvent, { readonly event: 'stop-requested' }>;

type StopRequested = Pick<StopEvent, 'by' | 'atMs' | 'reason'>;

/** One run as people see it. Without `outcome` it is running, or nobody has yet seen that it was interrupted. */
export interface RunRecord {
  readonly run: string;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly trigger?: Trigger;
  readonly outcome?: Outcome;
  readonly logPath?: string;
  readonly jobSha256?: string;
  readonly host?: string;
  /** How often the commands were tried so far. */
  readonly attempt?: number;
  /** How the last attempt that was followed by another one failed, and when that one began or will begin. */
  readonly failedAttempt?: { readonly outcome: Outcome; readonly nextMs: number };
  /** For whom it waits, or has waited, before it starts: in words. */
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
  /** Requests to stop it that came after the first one, oldest first; absent: none. */
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
  /** What people have decided about the job, oldest first. */
  readonly steered?: readonly Steered[];
  /** What became of notices about no run, as those of services are, oldest first; absent: none. */
  readonly notices?: readonly NoticeEvent[];
  /** Lines of the file that are no events; absent: none. */
  readonly unreadable?: number;
  /** Why the file, or a part of it, can't be read, in words: then the rest is not known to be all. */
  readonly hidden?: string;
}

export const emptyHistory: History = { runs: [], streak: { failures: 0 }, lastStatus: 'unknown' };

/**
 * Reads events in order, on top of what was known before them (what the Python process-control had recorded).
 * Where the oldest events have been rotated away, the first streak that was recorded is taken as the base.
 */
export function foldHistory(events: readonly HistoryEvent[], earlier: History = emptyHistory): History {
  const runs = new Map<string, RunRecord>(earlier.runs.map((run) => [run.run, run]));
  const steered: Steered[] = [...(earlier.steered ?? [])];
  const notices: NoticeEvent[] = [];
  let { streak, lastStatus } = earlier;
  let based = false;
  for (const event of events) {
    if (event.event === 'steered') {
      steered.push(event);
      if (event.action !== 'reset') continue;
      [streak, lastStatus] = [resetStreak(streak), 'unknown'];
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
    if (outcome === undefined) continue;
    streak = !based && event.event === 'ended' ? event.streak : extendStreak(streak, outcome, event.atMs);
    if (event.event === 'ended' && event.paused !== undefined) streak = withoutFailedRuns(streak);
    based ||= event.event === 'ended';
    lastStatus = statusOf(outcome) ?? lastStatus;
  }
  return {
    ...{ runs: [...runs.values()], streak, lastStatus },
    ...(steered.length > 0 && { steered }),
    ...(notices.length > 0 && { notices }),
  };
}

/** A success ends the streak; a skip or a stop by a person neither ends nor lengthens it. */
export function extendStreak(streak: Streak, outcome: Outcome, endedMs: number): Streak {
  const health = healthOf(outcome);
  if (health === 'success') return { failures: 0, lastSuccessMs: endedMs };
  if (health === undefined) {
    return statusOf(outcome) === 'failure' ? { ...streak, collisions: (streak.collisions ?? 0) + 1 } : streak;
  }
  const counted = countOwn(streak, outcome);
  return { ...counted, failures: streak.failures + 1, failingSinceMs: streak.failingSinceMs ?? endedMs };
}

/** What failmail counts as failures in a row, as the Python process-control did: collisions too. */
export function mailedFailures({ failures, collisions = 0 }: Streak): number {
  return failures + collisions;
}

/** Failures of runs themselves: a stop from outside says nothing about the job. */
function countOwn(streak: Streak, { kind }: Outcome): Streak {
  if (kind === 'stopped') return streak;
  return { ...streak, failedRuns: (streak.failedRuns ?? 0) + 1 };
}

/** They have had their consequence: the job is paused, and when a person resumes it they are counted anew. */
function withoutFailedRuns({ failedRuns: _counted, ...streak }: Streak): Streak {
  return streak;
}

/** The failures so far have been seen to. */
function resetStreak({ lastSuccessMs }: Streak): Streak {
  return { failures: 0, ...(lastSuccessMs !== undefined && { lastSuccessMs }) };
}

/** Runs that have started and of which no end is recorded; whoever has the lock knows that they are not running. */
export function unfinishedRuns(history: History): readonly RunRecord[] {
  return history.runs.filter((run) => run.outcome === undefined);
}

function isNotice(event: RunEvent): event is NoticeEvent {
  return event.event === 'notice-failed' || event.event === 'notice-delivered';
}

/** An event about a run, or about a tick that had none. */
type RunEvent = Exclude<HistoryEvent, Steered | { readonly event: 'ended-unknown' }>;

/** How the run, or the missed tick, of an event ended; `undefined` for an event that ends none. */
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
    case 'ended-unknown':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** Events about a run whose start has been rotated away make a record of their own; remarks about an unknown run are dropped. */
function addToRun(runs: Map<string, RunRecord>, event: RunEvent): void {
  const known = runs.get(event.run);
  const record = known ?? { run: event.run, startedMs: event.atMs };
  const set = (more: Partial<RunRecord>) => runs.set(event.run, { ...record, ...more });
  switch (event.event) {
    case 'waiting':
      set(waitingFields(event));
      return;
    case 'started':
      // One that has waited is later than those that came and went meanwhile.
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
      // When it ended is unknown: somebody looked and found it gone.
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

/** The run ends because of the first request; the others are kept beside it. */
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
  const { event: _kind, run: _run, atMs, streak: _streak, ...fields } = event;
  return { ...fields, endedMs: atMs };
}
