/**
 * Finds the start that a job has missed, from its schedule alone: no program has to run for this,
 * so a dead cron is noticed.
 * A tick that was claimed is settled. A tick during a pause is not waited for. A new or changed job
 * owes nothing from before the change.
 */
import { type Pause, pauseOf } from '../../run/pause/pause.ts';
import type { AccountedJob, TickAccount } from '../../run/tick/account.ts';
import { nextTick } from '../../schedule/ticks.ts';
import { defined } from '../../text/defined.ts';
import { minuteMs, type Zones } from '../../zone/zone.ts';

/**
 * The time that every start may take, after its tick and its splay, before it is overdue: cron wakes
 * once a minute, and run-job needs a moment until its claim is written.
 */
export const graceMs = minuteMs;

export interface OverdueQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /**
   * When the inode of the job file last changed. A job that has never run is waited for from then
   * on.
   */
  readonly changedMs: number;
  /** The pauses of all jobs. */
  readonly pauses: readonly Pause[];
  readonly zones: Zones;
  /** The milliseconds by which this host delays the job's ticks. */
  readonly delayMs: number;
  /**
   * Returns whether the history has a start for a tick that no run has claimed. Called in ascending
   * order.
   */
  readonly hasStart: (tickMs: number) => boolean;
}

export interface Overdue {
  /** The first tick that is waited for. */
  readonly tickMs: number;
  /** Since it should have started, at least `graceMs`. */
  readonly overdueMs: number;
}

type DueJob = AccountedJob & { readonly enabled: boolean; readonly tags: readonly string[] };

export function overdueOf(job: DueJob, question: OverdueQuestion): Overdue | undefined {
  return startOf(job, question).overdue;
}

/**
 * The next start that is due, milliseconds since 1970: in the past from its time on until it is claimed. `undefined` when nothing is due: the job is
 * disabled, has no schedule, or is paused until a person resumes it. What was due before a pause is not waited for while the pause lasts.
 */
export function dueOf(job: DueJob, question: OverdueQuestion): number | undefined {
  return startOf(job, question).dueMs;
}

/** Both answers, for little more than one. */
export function startOf(
  job: DueJob,
  question: OverdueQuestion,
): { readonly dueMs?: number; readonly overdue?: Overdue } {
  const { nowMs, delayMs, pauses } = question;
  const tickMs = openTick(job, question);
  const isLate = tickMs !== undefined && tickMs + delayMs + graceMs <= nowMs;
  const overdue = isLate ? { tickMs, overdueMs: nowMs - tickMs - delayMs } : undefined;
  const pause = pauseOf(job, pauses, nowMs);
  const dueMs = pause === undefined ? tickMs : tickAfter(pause, job, question);
  return defined({ overdue, dueMs: dueMs === undefined ? undefined : dueMs + delayMs });
}

/** The first tick after a pause that lasts. */
function tickAfter(pause: Pause, job: DueJob, question: OverdueQuestion): number | undefined {
  if (pause.untilMs === undefined) return undefined;
  return openTick(job, { ...question, account: { ...question.account, sinceMs: pause.untilMs - 1, isNew: false } });
}

/** The first tick that has no start and is not in a pause: one that has passed, or one to come. */
function openTick(
  job: DueJob,
  { account, nowMs, changedMs, pauses, zones, hasStart }: OverdueQuestion,
): number | undefined {
  if (!job.enabled || job.schedule === undefined) return undefined;
  let afterMs = account.isNew ? changedMs : account.sinceMs;
  // Each claim is passed at most once, and so is each pause.
  for (;;) {
    const tickMs = nextTick(job, afterMs, zones)?.tickMs;
    if (tickMs === undefined) return undefined;
    const pause = pauses.find((one) => one.atMs <= tickMs && pauseOf(job, [one], tickMs) !== undefined);
    if (pause !== undefined && pause.untilMs === undefined) return undefined;
    if (pause === undefined && !account.claimed.has(tickMs) && (tickMs > nowMs || !hasStart(tickMs))) return tickMs;
    // One millisecond before its end: a tick at the very end is one again.
    afterMs = pause?.untilMs === undefined ? tickMs : Math.max(tickMs, pause.untilMs - 1);
  }
}
