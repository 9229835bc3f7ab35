/**
 * Finds the start that a job has missed, from its schedule alone: no program has to run for this,
 * so a dead cron is noticed.
 * A tick that was claimed is settled. A tick during a pause is not waited for. A new or changed job
 * owes nothing from before the change.
 */
import { type Pause, pauseOf } from '../../run/pause/pause.ts';
import type { AccountedJob, TickAccount } from '../../run/tick/account.ts';
import { nextTick } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';

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
  /** Since it should have started. */
  readonly overdueMs: number;
}

export function overdueOf(
  job: AccountedJob & { readonly enabled: boolean; readonly tags: readonly string[] },
  { account, nowMs, changedMs, pauses, zones, delayMs, hasStart }: OverdueQuestion,
): Overdue | undefined {
  if (!job.enabled || job.schedule === undefined) return undefined;
  let afterMs = account.isNew ? changedMs : account.sinceMs;
  // Each claim is passed at most once, and so is each pause.
  for (;;) {
    const tickMs = nextTick(job, afterMs, zones)?.tickMs;
    if (tickMs === undefined || tickMs + delayMs > nowMs) return undefined;
    const pause = pauses.find((one) => one.atMs <= tickMs && pauseOf(job, [one], tickMs) !== undefined);
    if (pause !== undefined && pause.untilMs === undefined) return undefined;
    if (pause === undefined && !account.claimed.has(tickMs) && !hasStart(tickMs))
      return { tickMs, overdueMs: nowMs - tickMs - delayMs };
    // One millisecond before its end: a tick at the very end is one again.
    afterMs = pause?.untilMs === undefined ? tickMs : Math.max(tickMs, pause.untilMs - 1);
  }
}
