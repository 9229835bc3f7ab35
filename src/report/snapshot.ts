/**
 * The facts about a job at one instant: the value that `--json` prints, and that every listing is
 * made from.
 */
import type { Seat } from '../fleet/seat.ts';
import type { CollisionPolicy } from '../job/keys/policy.ts';
import type { Streak } from '../run/history/event.ts';
import { type History, hiddenIn } from '../run/history/history.ts';
import { type StripItem, stripOf } from '../run/history/strip.ts';
import type { Totals } from '../run/history/totals.ts';
import type { LastStatus } from '../run/outcome/outcome.ts';
import type { Pause } from '../run/pause/pause.ts';
import type { LockHolder } from '../system/types/lock.ts';
import { defined } from '../text/defined.ts';
import { type Activity, activityOf, type NextRun, nextOf, type SharedLock, sharedLockOf } from './activity.ts';
import type { ClockFacts } from './clock/installed.ts';
import type { Overdue } from './clock/overdue.ts';
import {
  lastEndOf,
  latestOf,
  type NoticeFailure,
  noticeFailedOf,
  type Reset,
  type RunEnd,
  type RunSnapshot,
  resetOf,
  seenFrom,
  serviceNoticeFailed,
  snapshotRun,
} from './latest-runs.ts';
import type { ServiceSnapshot } from './service-snapshot.ts';
import { type Health, type JobState, jobStateOf } from './state.ts';

export interface JobSnapshot {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly schedule?: string;
  /** IANA name of the zone in which the schedule is read; absent: the host's. */
  readonly timeZone?: string;
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly collisionPolicy: CollisionPolicy;
  /** `disabled: true` in its file: the clock does not start it. */
  readonly disabled: boolean;
  /** The hosts that have it, if its file names a pool. */
  readonly seat?: Seat;
  readonly activity: Activity;
  readonly next?: NextRun;
  /** The job's named `locks`, each with the run that holds it. */
  readonly locks: readonly SharedLock[];
  readonly paused?: Pause;
  /** The future of the job by the clock; absent unless it was asked for. */
  readonly clock?: ClockFacts;
  /** When the installed line starts the job next; absent if nothing will, or unless it was asked for. */
  readonly nextMs?: number;
  /** The first start that has not come yet, splay and pauses included: in the past when it is overdue. Absent when none is due. */
  readonly dueMs?: number;
  /** The longest time between two ticks. */
  readonly periodMs?: number;
  /** Since when the schedule owes runs: the job file came or was changed then, or a pause ended. Absent while it owes none. */
  readonly expectedSinceMs?: number;
  /** The start that is overdue; absent unless it was asked for. */
  readonly overdue?: Overdue;
  /**
   * The status that `run-job --status` prints (kept): there, a collision that the job does not
   * allow is a failure.
   */
  readonly lastStatus: LastStatus;
  readonly health: Health;
  readonly state: JobState;
  readonly streak: Streak;
  /** The sums over all its runs and ticks, also those that are no longer on record. */
  readonly totals: Totals;
  /** The last runs, at most 10, oldest first. */
  readonly strip: readonly StripItem[];
  /** An operator has said that the failure of `lastRun` is known and dealt with. */
  readonly reset?: Reset;
  /** The run under way, or the last one that was not skipped. */
  readonly lastRun?: RunSnapshot;
  /** The last run that has ended. */
  readonly lastEnd?: RunEnd;
  /** The latest tick or start after `lastRun` that was skipped. */
  readonly lastSkip?: RunSnapshot;
  /**
   * The number of skips since `lastRun`, without those by a pause; `isMany` if it reaches the job's
   * `skip_threshold`. Absent if it is 0.
   */
  readonly skips?: { readonly count: number; readonly isMany: boolean };
  /** Present for a service: this counts, not its runs. */
  readonly service?: ServiceSnapshot;
  /** The number of its records that can't be read and are passed over; absent when it is 0. */
  readonly unreadable?: number;
  /** The reason why its history can't be read. Whether the job has run is unknown then. */
  readonly historyHidden?: string;
  /** Notices that are not delivered yet; absent when there are none. */
  readonly undelivered?: UndeliveredNotices;
  /** The notice that people should have got about the last run, and did not. */
  readonly noticeFailed?: NoticeFailure;
}

interface UndeliveredNotices {
  readonly count: number;
  readonly sinceMs: number;
  /** Absent if `sinceMs` is to come: the clock was wrong when the notice was written. */
  readonly forMs?: number;
}

/** A job whose file has problems, or is gone. A run that is under way is shown all the same. */
export interface BrokenJobSnapshot
  extends Pick<
    JobSnapshot,
    | ('slug' | 'tags' | 'activity' | 'next' | 'lastStatus' | 'health' | 'state' | 'streak' | 'lastRun' | 'service')
    | ('totals' | 'lastEnd' | 'undelivered' | 'noticeFailed')
  > {
  readonly file: 'broken' | 'gone';
  readonly problems: readonly string[];
}

export interface BrokenJobFacts
  extends Pick<JobFacts, 'nowMs' | 'holder' | 'next' | 'history' | 'service' | 'undelivered' | 'resetMs'>,
    Pick<BrokenJobSnapshot, 'slug' | 'file' | 'problems'> {
  /** The tags of a service as its supervisor knows them; the lock of a run has those of a job. */
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
    totals: history.totals,
    ...(lastRun === undefined ? {} : { lastRun: snapshotRun(lastRun, holder, next) }),
    ...lastEndOf(history),
    ...ofService(service),
    ...noticesOf(facts),
  };
  return { ...broken, state: jobStateOf(broken) };
}

export interface JobFacts {
  readonly job: {
    readonly slug: string;
    readonly name: string;
    readonly description?: string;
    readonly tags: readonly string[];
    readonly schedule?: string;
    readonly timing?: { readonly timeZone?: string };
    readonly timeoutSeconds?: number;
    readonly disabled: boolean;
    readonly seat?: Seat;
    readonly policy?: { readonly collisionPolicy: CollisionPolicy };
    readonly notices?: { readonly skipThreshold?: number };
  };
  /** Decides whether a retry is still to come. */
  readonly nowMs?: number;
  readonly holder: LockHolder | undefined;
  /** The run that has the place of the next one. */
  readonly next?: LockHolder | undefined;
  readonly sharedLocks?: readonly { readonly name: string; readonly holder: LockHolder | undefined }[];
  readonly history: History;
  readonly paused: Pause | undefined;
  readonly service?: ServiceSnapshot | undefined;
  /** Notices that are not delivered yet, oldest first; absent when there are none. */
  readonly undelivered?: readonly { readonly atMs: number; readonly forMs?: number }[];
  /** The number of records beside the history that can't be read. */
  readonly unreadable?: number;
  /** When an operator last reset, started or restarted the service; milliseconds since 1970. */
  readonly resetMs?: number;
  readonly times?: Pick<JobSnapshot, 'clock' | 'nextMs' | 'dueMs' | 'periodMs' | 'expectedSinceMs' | 'overdue'>;
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
    unreadable = 0,
    times = {},
  } = facts;
  const { slug, name, description, tags, schedule, disabled } = job;
  const { lastRun, lastSkip, skips } = latestOf(history, holder ?? next);
  const known = {
    slug,
    name,
    ...defined({ description }),
    tags,
    ...defined({ schedule, timeZone: job.timing?.timeZone }),
    timeoutSeconds: job.timeoutSeconds ?? 0,
    disabled,
    ...defined({ seat: job.seat }),
    collisionPolicy: job.policy?.collisionPolicy ?? 'CANCEL_NEW',
    activity: activityOf(holder, history, nowMs),
    ...nextOf(next, history),
    locks: sharedLocks.map(sharedLockOf),
    ...defined({ paused }),
    ...clockFields(
      times,
      service === undefined ? { ...history, ...defined({ hidden: hiddenIn(history) }) } : history,
      paused,
    ),
    ...seenFrom(history, [holder, next]),
    totals: history.totals,
    strip: stripOf(history.runs),
    ...(lastRun === undefined ? {} : { lastRun: snapshotRun(lastRun, holder, next) }),
    ...lastEndOf(history),
    ...resetOf(history, lastRun),
    ...(lastSkip === undefined ? {} : { lastSkip: snapshotRun(lastSkip, holder, next) }),
    ...(skips === 0 ? {} : { skips: { count: skips, isMany: skips >= (job.notices?.skipThreshold ?? Infinity) } }),
    ...ofService(service),
    ...countUnreadable(unreadable + (history.unreadable ?? 0)),
    ...noticesOf(facts),
  };
  return { ...known, state: jobStateOf(known) };
}

/** The notices of a job that are not delivered, and the last one that failed. */
function noticesOf({
  history,
  service,
  undelivered = [],
  resetMs = 0,
}: Pick<JobFacts, 'history' | 'service' | 'undelivered' | 'resetMs'>): Pick<
  JobSnapshot,
  'undelivered' | 'noticeFailed'
> {
  const [oldest] = undelivered;
  const waiting = oldest && {
    count: undelivered.length,
    sinceMs: oldest.atMs,
    ...defined({ forMs: oldest.forMs }),
  };
  return {
    ...defined({ undelivered: waiting }),
    ...(service === undefined ? noticeFailedOf(history) : serviceNoticeFailed(history, resetMs)),
  };
}

/** Leaves out `overdue` if the history can't be read, and since when runs are owed while a pause lasts. */
function clockFields(
  { overdue, dueMs, expectedSinceMs, ...known }: NonNullable<JobFacts['times']>,
  { hidden, steered = [] }: History,
  paused: Pause | undefined,
): Partial<JobSnapshot> {
  const resumedMs = steered.findLast(({ action }) => action === 'resume')?.atMs ?? 0;
  const owed = paused === undefined && expectedSinceMs !== undefined ? Math.max(expectedSinceMs, resumedMs) : undefined;
  const shown = { ...known, ...defined({ expectedSinceMs: owed }) };
  return hidden === undefined ? { ...shown, ...defined({ overdue, dueMs }) } : { ...shown, historyHidden: hidden };
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

/**
 * The health of a service for listings that know jobs only: FAILED or DEGRADED counts as failing.
 */
function ofService(
  service: ServiceSnapshot | undefined,
): Partial<Pick<JobSnapshot, 'service' | 'lastStatus' | 'health'>> {
  if (service === undefined) return {};
  const { state } = service;
  if (state === 'UP') return { service, lastStatus: 'success', health: 'ok' };
  if (state === 'FAILED' || state === 'DEGRADED') return { service, lastStatus: 'failure', health: 'failing' };
  return { service, lastStatus: 'unknown', health: 'never-run' };
}
