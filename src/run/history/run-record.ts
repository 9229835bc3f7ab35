/** Makes the record of each run from the events about it. */
import type { Outcome } from '../outcome/outcome.ts';
import type { Ended, HistoryEvent, NoticeEvent, Started, Steered, Summary, Tick, Trigger, Waiting } from './event.ts';

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
  /** The failed notices in words. */
  readonly noticeFailed?: string;
  /** Channels whose latest notice about the run has failed, each with the reason: `mail to ops@example.org: refused`. */
  readonly failedNotices?: readonly string[];
}

/** True for a run that has come to an end; false for one that was skipped, and for missed ticks. */
export function hasEnded({ outcome }: RunRecord): boolean {
  return outcome !== undefined && outcome.kind !== 'skipped' && outcome.kind !== 'missed';
}

/** An event about a run, or about a tick without a run. */
export type RunEvent = Exclude<HistoryEvent, Steered | Summary | { readonly event: 'ended-unknown' }>;

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
export function addToRun(runs: Map<string, RunRecord>, event: RunEvent): void {
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
      if (known === undefined && event.isPlain) {
        runs.set(event.run, plainRecord(event));
        return;
      }
      set({ ...endedFields(event), startedMs: known?.startedMs ?? event.startedMs ?? event.atMs - event.durationMs });
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
    case 'notice-delivered':
      if (known !== undefined) runs.set(event.run, withNotices(known, noticesAfter(known.failedNotices, event)));
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

/** The failed notices after one more delivery: one channel that has come through says nothing of the others. */
export function noticesAfter(failed: readonly string[] = [], { channel, ...notice }: NoticeEvent): readonly string[] {
  const others = failed.filter((words) => !words.startsWith(`${channel}: `));
  return notice.event === 'notice-failed' ? [...others, `${channel}: ${notice.reason}`] : others;
}

/** The notices in words, as a listing shows them. */
export function noticeWords(failed: readonly string[]): string {
  return failed.join('; ');
}

function withNotices(known: RunRecord, failedNotices: readonly string[]): RunRecord {
  const { noticeFailed: _words, failedNotices: _before, ...record } = known;
  return failedNotices.length === 0 ? record : { ...record, noticeFailed: noticeWords(failedNotices), failedNotices };
}

function startedFields({ trigger, jobSha256, logPath, host, tick }: Started): Partial<RunRecord> {
  return { trigger, jobSha256, logPath, host, ...(tick !== undefined && { tick }) };
}

/** The same as `endedFields` makes, faster: a listing of ten thousand jobs makes a hundred thousand. */
function plainRecord({ run, atMs, durationMs, outcome, attempt, startedMs = atMs - durationMs }: Ended): RunRecord {
  return { run, startedMs, outcome, durationMs, attempt, endedMs: atMs };
}

function endedFields(event: Ended): Partial<RunRecord> {
  const {
    event: _kind,
    run: _run,
    startedMs: _start,
    isPlain: _plain,
    atMs,
    streak: _streak,
    carried: _carried,
    ...fields
  } = event;
  return { ...fields, endedMs: atMs };
}
