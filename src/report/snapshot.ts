/** What is known of a job at one instant; this value is what `--json` prints and every other listing is made of. */
import type { CollisionPolicy } from '../job/keys/policy.ts';
import type { Steered, Streak } from '../run/history/event.ts';
import { extendStreak, type History, type RunRecord } from '../run/history/history.ts';
import type { LastStatus, Outcome } from '../run/outcome/outcome.ts';
import { outcomeWords, statusOf } from '../run/outcome/outcome.ts';
import type { Pause } from '../run/pause/pause.ts';
import { processWords } from '../run/process-words.ts';
import type { LockHolder } from '../system/types/lock.ts';
import type { Survivor } from '../system/types/process.ts';
import type { ClockFacts } from './clock/installed.ts';
import type { Overdue } from './clock/overdue.ts';
import type { ServiceSnapshot } from './service-snapshot.ts';
import { type Health, type JobState, jobStateOf } from './state.ts';

/** Whether a job runs now, and if not, what would keep it from running. */
type Activity =
  | {
      readonly is: 'running';
      readonly pid?: number;
      readonly run?: string;
      readonly sinceMs?: number;
      readonly logPath?: string;
      /** Its run-job was stopped by a signal: no timeout is enforced. */
      readonly isStopped?: true;
      /** Its last attempt has failed; the next one begins at `nextMs`, or has begun. */
      readonly retry?: {
        readonly attempt: number;
        readonly words: string;
        readonly nextMs: number;
        readonly waits: boolean;
      };
    }
  /** Its run-job is gone; what it started lives on. */
  | {
      readonly is: 'orphaned';
      readonly pids: readonly number[];
      readonly run?: string;
      /** The same by name, with why one can't be ended. */
      readonly processes?: readonly Survivor[];
    }
  | { readonly is: 'idle' };

export interface JobSnapshot {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly schedule?: string;
  readonly collisionPolicy: CollisionPolicy;
  /** `disabled: true` in its file: the clock does not start it. */
  readonly disabled: boolean;
  readonly activity: Activity;
  /** The run that waits for the one under way, or for a shared lock; or that is about to take its place. */
  readonly next?: { readonly run: string; readonly pid?: number; readonly sinceMs?: number; readonly words?: string };
  /** Locks that it shares with other jobs, each with whose run has it. */
  readonly locks: readonly SharedLock[];
  readonly paused?: Pause;
  /** What is installed for it, as far as that was asked for. */
  readonly clock?: ClockFacts;
  /** When the clock starts it next by the line that is installed, as far as that was asked for. */
  readonly nextMs?: number;
  /** It should have started and has not, as far as that was asked for. */
  readonly overdue?: Overdue;
  /** What `run-job --status` prints (kept): a collision that the job does not allow is a failure there. */
  readonly lastStatus: LastStatus;
  readonly health: Health;
  readonly state: JobState;
  readonly streak: Streak;
  /** A person has said that the failure of `lastRun` is known and dealt with. */
  readonly reset?: Pick<Steered, 'by' | 'atMs' | 'reason'>;
  /** The run under way, or the last one that was not skipped. */
  readonly lastRun?: RunSnapshot;
  /** A tick or start after `lastRun` that was skipped: the latest of them. */
  readonly lastSkip?: RunSnapshot;
  /** Skips since `lastRun`, pauses not counted; `isMany` when the job's `skip_threshold` is reached. Absent: none. */
  readonly skips?: { readonly count: number; readonly isMany: boolean };
  /** It must stay up: what counts is this, and not its runs. */
  readonly service?: ServiceSnapshot;
  /** Notices that have not come through yet; absent when there are none. */
  /** Records of it that can't be understood and are passed over; absent when there are none. */
  readonly unreadable?: number;
  /** Why its history can't be read; then nobody knows whether it has run. */
  readonly historyHidden?: string;
  readonly undelivered?: { readonly count: number; readonly sinceMs: number; readonly forMs: number };
  /** Why people were not told of the last run of which they should have been; absent when they were. */
  readonly noticeFailed?: { readonly run: string; readonly words: string };
}

interface SharedLock {
  readonly name: string;
  readonly heldBy?: {
    readonly job?: string;
    readonly run?: string;
    readonly sinceMs?: number;
    /** What lives of a run that has lost its run-job, or could not be ended. */
    readonly processes?: readonly string[];
  };
}

/** A job whose file can't be used, or is gone while the job still runs. What runs is shown all the same. */
export interface BrokenJobSnapshot
  extends Pick<
    JobSnapshot,
    'slug' | 'tags' | 'activity' | 'next' | 'lastStatus' | 'health' | 'state' | 'streak' | 'lastRun' | 'service'
  > {
  readonly file: 'broken' | 'gone';
  readonly problems: readonly string[];
}

export interface BrokenJobFacts
  extends Pick<JobFacts, 'nowMs' | 'holder' | 'next' | 'history' | 'service'>,
    Pick<BrokenJobSnapshot, 'slug' | 'file' | 'problems'> {
  /** Of a service, as its supervisor knows them; those of a run stand in its lock. */
  readonly tags?: readonly string[];
}

export function snapshotBroken(facts: BrokenJobFacts): BrokenJobSnapshot {
  const { slug, file, problems, holder, next, history, service, nowMs = 0 } = facts;
  const { lastRun } = latestOf(history, holder ?? next);
  const broken = {
    ...{ slug, file, problems },
    tags: facts.tags ?? holder?.tags ?? [],
    activity: activityOf(holder, history, nowMs),
    ...nextOf(next, history),
    ...seenFrom(history, [holder, next]),
    ...(lastRun === undefined ? {} : { lastRun: snapshotRun(lastRun, holder, next) }),
    ...ofService(service),
  };
  return { ...broken, state: jobStateOf(broken) };
}

export type RunSnapshot = RunRecord & { readonly words: string };

export interface JobFacts {
  readonly job: {
    readonly slug: string;
    readonly name: string;
    readonly description?: string;
    readonly tags: readonly string[];
    readonly schedule?: string;
    readonly disabled: boolean;
    readonly policy?: { readonly collisionPolicy: CollisionPolicy };
    readonly notices?: { readonly skipThreshold?: number };
  };
  /** Tells whether a retry is still to come. */
  readonly nowMs?: number;
  readonly holder: LockHolder | undefined;
  /** Who has the place of the next run. */
  readonly next?: LockHolder | undefined;
  readonly sharedLocks?: readonly { readonly name: string; readonly holder: LockHolder | undefined }[];
  readonly history: History;
  readonly paused: Pause | undefined;
  readonly service?: ServiceSnapshot | undefined;
  /** Of this job, oldest first. */
  readonly undelivered?: readonly { readonly atMs: number }[];
  /** Records beside the history that can't be understood. */
  readonly unreadable?: number;
  /** When a person has reset, started or restarted the service for the last time, milliseconds since 1970. */
  readonly resetMs?: number;
  readonly times?: Pick<JobSnapshot, 'clock' | 'nextMs' | 'overdue'>;
}

export function snapshotJob(facts: JobFacts): JobSnapshot {
  const {
    job,
    nowMs = 0,
    holder,
    next,
    sharedLocks = [],
    history,
    paused,
    service,
    undelivered = [],
    unreadable = 0,
    resetMs = 0,
    times = {},
  } = facts;
  const { slug, name, description, tags, schedule, disabled } = job;
  const { lastRun, lastSkip, skips } = latestOf(history, holder ?? next);
  const [oldest] = undelivered;
  const known = {
    slug,
    name,
    ...(description === undefined ? {} : { description }),
    tags,
    ...(schedule === undefined ? {} : { schedule }),
    disabled,
    collisionPolicy: job.policy?.collisionPolicy ?? 'CANCEL_NEW',
    activity: activityOf(holder, history, nowMs),
    ...nextOf(next, history),
    locks: sharedLocks.map(sharedLockOf),
    ...(paused === undefined ? {} : { paused }),
    ...timesOf(times, history),
    ...seenFrom(history, [holder, next]),
    ...(lastRun === undefined ? {} : { lastRun: snapshotRun(lastRun, holder, next) }),
    ...resetOf(history, lastRun),
    ...(lastSkip === undefined ? {} : { lastSkip: snapshotRun(lastSkip, holder, next) }),
    ...(skips === 0 ? {} : { skips: { count: skips, isMany: skips >= (job.notices?.skipThreshold ?? Infinity) } }),
    ...ofService(service),
    ...countUnreadable(unreadable + (history.unreadable ?? 0)),
    ...(oldest === undefined
      ? {}
      : {
          undelivered: { count: undelivered.length, sinceMs: oldest.atMs, forMs: Math.max(0, nowMs - oldest.atMs) },
        }),
    ...(service === undefined ? noticeFailedOf(history) : serviceNoticeFailed(history, resetMs)),
  };
  return { ...known, state: jobStateOf(known) };
}

/** Whether a tick was missed can't be told without the history. */
function timesOf(times: NonNullable<JobFacts['times']>, { hidden }: History): Partial<JobSnapshot> {
  if (hidden === undefined) return times;
  const { overdue: _overdue, ...known } = times;
  return { ...known, historyHidden: hidden };
}

function countUnreadable(unreadable: number): Pick<JobSnapshot, 'unreadable'> {
  return unreadable === 0 ? {} : { unreadable };
}

/** "its history can't be read: /var/…/history/backup.jsonl: permission denied" */
export function hiddenWords(hidden: string | undefined): string | undefined {
  return hidden === undefined ? undefined : `its history can't be read: ${hidden}`;
}

/** "3 records of backup can't be read and are passed over" */
export function unreadableWords(slug: string, count: number | undefined): string | undefined {
  if (count === undefined || count === 0) return undefined;
  return count === 1
    ? `1 record of ${slug} can't be read and is passed over`
    : `${count} records of ${slug} can't be read and are passed over`;
}

/** For listings and monitors that know jobs only: a service in FAILED or DEGRADED counts as failing. */
function ofService(
  service: ServiceSnapshot | undefined,
): Partial<Pick<JobSnapshot, 'service' | 'lastStatus' | 'health'>> {
  if (service === undefined) return {};
  const { state } = service;
  if (state === 'UP') return { service, lastStatus: 'success', health: 'ok' };
  if (state === 'FAILED' || state === 'DEGRADED') return { service, lastStatus: 'failure', health: 'failing' };
  return { service, lastStatus: 'unknown', health: 'never-run' };
}

/** A run without an end that nobody holds the lock for is shown as interrupted; it is written down by the next run. */
export function snapshotRun(record: RunRecord, holder: LockHolder | undefined, next?: LockHolder): RunSnapshot {
  if (record.outcome !== undefined) return { ...record, words: outcomeWords(record.outcome) };
  if (next?.runId === record.run) return { ...record, words: `waits: ${record.waitsFor ?? 'for its locks'}` };
  if (isHeldBy(record, holder)) return { ...record, words: 'is running' };
  const outcome: Outcome = { kind: 'interrupted' };
  return { ...record, outcome, words: outcomeWords(outcome) };
}

/** Whoever holds the lock without saying for which run may well be this one. */
function isHeldBy(record: RunRecord, holder: LockHolder | undefined): boolean {
  return holder !== undefined && (holder.runId === undefined || holder.runId === record.run);
}

/** It stands until a later run has been told of, or a person has reset the job. */
function noticeFailedOf({ runs, steered = [] }: History): Pick<JobSnapshot, 'noticeFailed'> {
  const isTold = ({ noticeFailed, outcome }: RunRecord) =>
    noticeFailed !== undefined || (outcome !== undefined && statusOf(outcome) === 'failure');
  const last = runs.findLast(isTold);
  const isReset = steered.some(({ action, atMs }) => action === 'reset' && atMs > (last?.startedMs ?? 0));
  if (last?.noticeFailed === undefined || isReset) return {};
  return { noticeFailed: { run: last.run, words: last.noticeFailed } };
}

/** Of the channels of a service: the latest that failed and has not come through since, unless a person has reset or restarted the service. */
function serviceNoticeFailed({ notices = [] }: History, resetMs: number): Pick<JobSnapshot, 'noticeFailed'> {
  const latest = new Map(notices.map((notice) => [notice.channel, notice]));
  const failed = [...latest.values()].flatMap((notice) => (notice.event === 'notice-failed' ? [notice] : []));
  const [last] = failed.filter(({ atMs }) => atMs > resetMs).sort((a, b) => b.atMs - a.atMs);
  return last === undefined ? {} : { noticeFailed: { run: last.run, words: `${last.channel}: ${last.reason}` } };
}

/** The run that people mean by "the last one", and what was skipped since. */
function latestOf(
  { runs }: History,
  holder: LockHolder | undefined,
): { readonly lastRun?: RunRecord; readonly lastSkip?: RunRecord; readonly skips: number } {
  const underWay = holder === undefined ? -1 : runs.findLastIndex(({ run }) => run === holder.runId);
  const lastAt = underWay >= 0 ? underWay : runs.findLastIndex((run) => !isSkip(run));
  const skipped = runs.slice(lastAt + 1).filter(isSkip);
  const lastSkip = skipped.at(-1);
  const lastRun = runs[lastAt];
  return {
    ...(lastRun !== undefined && { lastRun }),
    ...(lastSkip !== undefined && { lastSkip }),
    skips: skipped.filter(leavesGap).length,
  };
}

/** A skip that nobody has asked for: work was left out. */
function leavesGap({ outcome }: RunRecord): boolean {
  return outcome?.kind === 'skipped' && !['paused', 'claimed', 'not-due'].includes(outcome.reason);
}

function isSkip({ outcome }: RunRecord): boolean {
  return outcome?.kind === 'skipped';
}

/** A job that was only ever stopped by people, or reset after its failures, is ok: it has run, and nothing is known against it. */
function healthFrom({ streak: { failures, lastSuccessMs }, runs, hidden }: History): Health {
  if (hidden !== undefined) return 'unknown';
  if (failures > 0) return 'failing';
  return lastSuccessMs !== undefined || runs.some(hasRun) ? 'ok' : 'never-run';
}

function hasRun({ outcome }: RunRecord): boolean {
  return outcome !== undefined && outcome.kind !== 'skipped' && outcome.kind !== 'missed';
}

/** An interrupted run that nobody has written down yet counts as the failure it is. */
function seenFrom(
  history: History,
  holders: readonly (LockHolder | undefined)[],
): { readonly lastStatus: LastStatus; readonly health: Health; readonly streak: Streak } {
  const last = history.runs.findLast((run) => !isSkip(run));
  const isReset = history.steered?.some(({ action, atMs }) => action === 'reset' && atMs > (last?.startedMs ?? 0));
  const isHeld = last !== undefined && holders.some((holder) => isHeldBy(last, holder));
  const unseen =
    history.hidden === undefined && last !== undefined && last.outcome === undefined && !isHeld && !isReset;
  if (!unseen) {
    return { lastStatus: history.lastStatus, health: healthFrom(history), streak: history.streak };
  }
  return {
    lastStatus: 'failure',
    health: 'failing',
    streak: extendStreak(history.streak, { kind: 'interrupted' }, last.startedMs),
  };
}

function resetOf({ steered = [] }: History, last: RunRecord | undefined): Pick<JobSnapshot, 'reset'> {
  if (last?.outcome === undefined || statusOf(last.outcome) !== 'failure') return {};
  const step = steered.findLast(({ action, atMs }) => action === 'reset' && atMs > last.startedMs);
  if (step === undefined) return {};
  const { by, atMs, reason } = step;
  return { reset: { by, atMs, ...(reason !== undefined && { reason }) } };
}

function nextOf(next: LockHolder | undefined, { runs }: History): Pick<JobSnapshot, 'next'> {
  if (next?.runId === undefined) return {};
  const words = runs.find(({ run }) => run === next.runId)?.waitsFor;
  return {
    next: {
      run: next.runId,
      ...(next.wrapper !== undefined && { pid: next.wrapper.pid }),
      ...(next.startedMs !== undefined && { sinceMs: next.startedMs }),
      ...(words !== undefined && { words }),
    },
  };
}

function sharedLockOf({
  name,
  holder,
}: {
  readonly name: string;
  readonly holder: LockHolder | undefined;
}): SharedLock {
  if (holder === undefined) return { name };
  const { job, runId: run, startedMs: sinceMs, state } = holder;
  const processes = state === 'orphaned' ? holder.processes?.map(processWords) : undefined;
  return {
    name,
    heldBy: {
      ...(processes !== undefined && { processes }),
      ...(job !== undefined && { job }),
      ...(run !== undefined && { run }),
      ...(sinceMs !== undefined && { sinceMs }),
    },
  };
}

function retryOf(
  holder: LockHolder,
  { runs }: History,
  nowMs: number,
): Pick<Extract<Activity, { is: 'running' }>, 'retry'> {
  const { attempt, failedAttempt, endedMs } = runs.find(({ run }) => run === holder.runId) ?? {};
  if (attempt === undefined || failedAttempt === undefined || endedMs !== undefined) return {};
  const { outcome, nextMs } = failedAttempt;
  return { retry: { attempt, words: outcomeWords(outcome), nextMs, waits: nowMs < nextMs } };
}

function orphansOf({ pids, processes }: LockHolder, run: { readonly run?: string }): Activity {
  // The start of a process in clock ticks is for programs of this machine alone.
  const shown = processes?.map(({ startTicks: _ticks, ...process }) => process);
  return { is: 'orphaned', pids, ...run, ...(shown !== undefined && { processes: shown }) };
}

function activityOf(holder: LockHolder | undefined, history: History, nowMs: number): Activity {
  if (holder === undefined) return { is: 'idle' };
  const run = holder.runId === undefined ? {} : { run: holder.runId };
  if (holder.state === 'orphaned') return orphansOf(holder, run);
  return {
    is: 'running',
    ...run,
    ...(holder.wrapper === undefined ? {} : { pid: holder.wrapper.pid }),
    ...(holder.startedMs === undefined ? {} : { sinceMs: holder.startedMs }),
    ...(holder.logPath === undefined ? {} : { logPath: holder.logPath }),
    ...(holder.isStopped && { isStopped: true as const }),
    ...retryOf(holder, history, nowMs),
  };
}
