/** Which ticks of a job have passed without a start: the machine was off, cron stood still, or the crontab has no line for it. */
import { expectedTicks, type TickZones } from '../schedule/ticks.ts';
import type { Pause } from './pause.ts';
import type { AccountedJob, TickAccount } from './tick-account.ts';

/** A start may be on its way: a busy machine, or a cron that makes up for a clock that has jumped, takes some minutes. */
export const startPatienceMs = 10 * 60_000;

export interface MissedQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** Of all jobs. */
  readonly pauses: readonly Pause[];
  readonly zones: TickZones;
}

/**
 * Ascending, milliseconds since 1970: the ticks after the mark, older than `startPatienceMs`, that no run has claimed and during which the job was not
 * paused. Nothing is written: whoever lists them may do so without rights.
 */
export function missedTicks(
  job: AccountedJob & { readonly enabled: boolean; readonly tags: readonly string[] },
  { account, nowMs, pauses, zones }: MissedQuestion,
): readonly number[] {
  if (!job.enabled || account.isNew) return [];
  const span = { afterMs: account.sinceMs, untilMs: nowMs - startPatienceMs };
  const mine = pauses.filter(({ target }) =>
    'job' in target ? target.job === job.slug : job.tags.includes(target.tag),
  );
  return expectedTicks(job, span, zones)
    .map(({ tickMs }) => tickMs)
    .filter((tickMs) => !account.claimed.has(tickMs) && !mine.some((pause) => wasPausedAt(pause, tickMs)));
}

function wasPausedAt({ atMs, untilMs = Number.POSITIVE_INFINITY }: Pause, tickMs: number): boolean {
  return tickMs >= atMs && tickMs < untilMs;
}

/** "2026-11-22T10:30Z" */
export function tickText(tickMs: number): string {
  return `${new Date(tickMs).toISOString().slice(0, 16)}Z`;
}
