/**
 * Decides which tick a start by the clock stands for.
 *
 * cron does not say for which minute it starts a line, and it may be late: it makes up for clock
 * changes and suspends of up to three hours, and a busy host delays its starts. So each start takes
 * the newest tick that has had none. Two starts at once take two ticks; if there is only one, the
 * second start is a duplicate.
 *
 * | newest ticks                             | ordinary line        | line with `--due`        |
 * | ---------------------------------------- | -------------------- | ------------------------ |
 * | one of the last 90 seconds has no start  | that tick            | that tick                |
 * | an older one of the last hours has none  | that tick, late      | the same, up to 10 min   |
 * | those of the last 90 seconds have theirs | skipped: claimed     | skipped: claimed         |
 * | the newest was started late, in the last | skipped: claimed     | not due                  |
 * | 90 seconds                               |                      |                          |
 * | none of these                            | runs without a tick  | not due                  |
 */
import { type ExpectedTick, expectedTicks, nextTick } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';
import { type AccountedJob, clockStepMs, type TickAccount } from './account.ts';

/** Longest delay of a start that is on time. */
export const onTimeMs = 90_000;
/**
 * Allowance for a clock that was set back by a moment since cron looked at it, so that the tick is
 * not in the future.
 */
const earlyMs = 5000;
/**
 * Oldest tick that a start may take: as old as cron itself makes up for, and some minutes of delay.
 */
const lateMs = clockStepMs + 5 * 60_000;
/**
 * Oldest tick for a line with `--due`. It also asks at other moments, so it must not run what an
 * earlier line should have run.
 */
const lateDueMs = 10 * 60_000;
/** Longest pause of cron between two lines that it makes up for: it waits for the job to end. */
const cronRestMs = 10_000;

export interface StartQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** Set if the crontab's line has `--due`. */
  readonly onlyDue: boolean;
  readonly zones: Zones;
}

export interface StartTicks {
  /** Ticks that the start may stand for; the first one that can be claimed is taken. */
  readonly candidates: readonly number[];
  /** The answer if none can be claimed. */
  readonly otherwise:
    | { readonly is: 'claimed'; readonly tickMs: number }
    /** Claimed, if the claim is at most 90 seconds old; else the start belongs to no tick. */
    | { readonly is: 'claimed-lately'; readonly tickMs: number }
    | { readonly is: 'not-due' }
    | { readonly is: 'unscheduled' };
}

export function ticksOfStart(job: AccountedJob, { account, nowMs, onlyDue, zones }: StartQuestion): StartTicks {
  if (job.schedule?.atBoot) return bootOfStart(job, account, zones);
  const span = { afterMs: nowMs - lateMs - 1, untilMs: nowMs + earlyMs };
  const ticks = [...expectedTicks(job, span, zones)].reverse();
  const [newest] = ticks;
  const openMs = nowMs - (onlyDue ? lateDueMs : lateMs);
  const candidates = ticks.filter((tick) => {
    if (account.claimed.has(tick.tickMs) || tick.tickMs < openMs) return false;
    // The newest tick is now; of the others only those that are still open.
    return (tick === newest && isOnTime(tick, nowMs)) || tick.tickMs > openSince(account, nowMs);
  });
  return { candidates: candidates.map(({ tickMs }) => tickMs), otherwise: otherwise(newest, nowMs, onlyDue) };
}

/**
 * The tick of a `@reboot` line. cron starts such a line when cron itself starts, at a boot or not:
 * the first start after a boot takes the tick, however late, and any other is a duplicate.
 */
function bootOfStart(job: AccountedJob, { claimed }: TickAccount, zones: Zones): StartTicks {
  const tickMs = nextTick(job, Number.NEGATIVE_INFINITY, zones)?.tickMs;
  if (tickMs === undefined) return { candidates: [], otherwise: { is: 'unscheduled' } };
  return { candidates: claimed.has(tickMs) ? [] : [tickMs], otherwise: { is: 'claimed', tickMs } };
}

function otherwise(newest: ExpectedTick | undefined, nowMs: number, onlyDue: boolean): StartTicks['otherwise'] {
  if (newest !== undefined && isOnTime(newest, nowMs)) return { is: 'claimed', tickMs: newest.tickMs };
  if (onlyDue) return { is: 'not-due' };
  return newest === undefined ? { is: 'unscheduled' } : { is: 'claimed-lately', tickMs: newest.tickMs };
}

/**
 * True if a start is on time. cron needs longer for a tick for which it starts the line many times.
 */
function isOnTime({ tickMs, starts }: ExpectedTick, nowMs: number): boolean {
  return nowMs - tickMs <= onTimeMs + (starts - 1) * cronRestMs;
}

/**
 * Returns the mark. If it was moved within the last 90 seconds, the earlier one counts: another
 * program may have recorded a tick as missed just when cron makes up for it.
 */
function openSince({ sinceMs, moved }: TickAccount, nowMs: number): number {
  return moved !== undefined && Math.abs(nowMs - moved.atMs) <= onTimeMs ? Math.min(moved.fromMs, sinceMs) : sinceMs;
}

/** Milliseconds from the tick to the start; `undefined` if the start was on time. */
export function lateness(tickMs: number, nowMs: number): number | undefined {
  return nowMs - tickMs > onTimeMs ? nowMs - tickMs : undefined;
}
