/**
 * Decides which tick a start by the clock stands for.
 *
 * cron does not say for which minute it starts a line, and may be late: it makes up for clock changes and suspends of up to three hours, and a busy
 * machine delays what it starts. So each start takes the newest tick that has had none; two starts at once take two ticks or, where there is only
 * one, the second is a duplicate.
 *
 * | the newest ticks                                          | an ordinary line           | a line with `--due`          |
 * | --------------------------------------------------------- | -------------------------- | ---------------------------- |
 * | one of the last 90 seconds has had no start               | it is that one             | it is that one               |
 * | an older one of the last hours has had no start           | it is that one, late       | … of the last 10 minutes     |
 * | those of the last 90 seconds have had theirs              | skipped: claimed           | skipped: claimed             |
 * | the newest one was started in the last 90 seconds, late   | skipped: claimed           | not due                      |
 * | none of these                                             | runs, and belongs to none  | not due                      |
 */
import { type ExpectedTick, expectedTicks, nextTick } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';
import { type AccountedJob, clockStepMs, type TickAccount } from './account.ts';

/** Within this time a start is on time. */
export const onTimeMs = 90_000;
/** A clock that was put back by a moment since cron looked at it shall not make the tick one of the future. */
const earlyMs = 5000;
/** How far back a start may reach: as far as cron itself does, and what it may be late then. */
const lateMs = clockStepMs + 5 * 60_000;
/** A line with `--due` asks at other moments too, and must not start now what a former one should have. */
const lateDueMs = 10 * 60_000;
/** Between two lines that it makes up for, cron rests until the job has ended, at most so long. */
const cronRestMs = 10_000;

export interface StartQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** The line was written with `--due`. */
  readonly onlyDue: boolean;
  readonly zones: Zones;
}

export interface StartTicks {
  /** To be claimed in this order, until one can be. */
  readonly candidates: readonly number[];
  /** When none can be claimed. */
  readonly otherwise:
    | { readonly is: 'claimed'; readonly tickMs: number }
    /** Claimed, if that was in the last 90 seconds; else nobody has asked for this start. */
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
    // The newest one is now; of the others only what is still open.
    return (tick === newest && isOnTime(tick, nowMs)) || tick.tickMs > openSince(account, nowMs);
  });
  return { candidates: candidates.map(({ tickMs }) => tickMs), otherwise: otherwise(newest, nowMs, onlyDue) };
}

/** cron starts such a line when it is started itself, at a boot or not: the first start after a boot has it, however late it comes, and any other is one too many. */
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

/** A tick for which cron starts the line many times keeps it busy for longer. */
function isOnTime({ tickMs, starts }: ExpectedTick, nowMs: number): boolean {
  return nowMs - tickMs <= onTimeMs + (starts - 1) * cronRestMs;
}

/** Somebody may have found a tick missed in the very minute in which cron comes round to making up for it. */
function openSince({ sinceMs, moved }: TickAccount, nowMs: number): number {
  return moved !== undefined && Math.abs(nowMs - moved.atMs) <= onTimeMs ? Math.min(moved.fromMs, sinceMs) : sinceMs;
}

/** How long after its tick a start came, when that is worth a word. */
export function lateness(tickMs: number, nowMs: number): number | undefined {
  return nowMs - tickMs > onTimeMs ? nowMs - tickMs : undefined;
}
