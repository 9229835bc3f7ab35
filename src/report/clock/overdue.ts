/**
 * Since when a job should have started and has not, from its schedule alone: nothing has to run for this to be noticed, so a dead cron is.
 * A tick is settled by whatever has claimed it; one during a pause is not waited for; a job that is new or changed owes nothing from before that.
 */
import { type Pause, pauseOf } from '../../run/pause/pause.ts';
import type { AccountedJob, TickAccount } from '../../run/tick/account.ts';
import { nextTick } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';

export interface OverdueQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** When the inode of the job's file was changed last: what nobody has seen run yet is waited for from then on. */
  readonly changedMs: number;
  /** Of all jobs. */
  readonly pauses: readonly Pause[];
  readonly zones: Zones;
  /** By how much this host delays the job's ticks. */
  readonly delayMs: number;
  /** Whether the history has a start for a tick that nobody has claimed; asked in ascending order. */
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
