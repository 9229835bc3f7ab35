/**
 * Claims the tick that a start by the clock stands for, and keeps the job's account of ticks:
 * records the ticks that were missed before it and drops old claims. If the claim can't be written
 * the job runs anyway, with a warning: the lock prevents a double run, nothing repairs a missed
 * one.
 */
import type { Timing } from '../../job/keys/timing.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { TickClaim, TickClaims } from '../../system/types/state.ts';
import { wallTime } from '../../zone/wall-time.ts';
import type { Zones } from '../../zone/zone.ts';
import type { Tick } from '../history/event.ts';
import type { HistoryHost } from '../history/record.ts';
import type { Pause } from '../pause/pause.ts';
import { clockStepMs, moveMark, readAccount, type TickAccount, withoutVoidClaim } from './account.ts';
import { type OpenTicks, openTicks, recordMissed, recordStandIns, startPatienceMs, type WatchedJob } from './missed.ts';
import { caughtUpTick } from './stand-in.ts';
import { lateness, onTimeMs, type StartTicks, ticksOfStart } from './tick-of-start.ts';

export interface ClockedJob extends WatchedJob {
  readonly timing: Timing;
}

export interface ClockedStart {
  readonly job: ClockedJob;
  readonly run: string;
  /** The crontab's line was written with `--due`. */
  readonly onlyDue: boolean;
  /** Time of the latest change of the job's file, milliseconds since 1970. */
  readonly changedMs?: number;
  readonly pauses: readonly Pause[];
}

export interface TickHost extends HistoryHost {
  readonly clock: Clock;
  readonly claims: TickClaims;
  readonly zones: Zones;
}

export type TickAnswer =
  /** `tick` is absent if cron started the line at a moment that is not in the job's schedule. */
  | { readonly is: 'run'; readonly tick?: Tick; readonly warnings: readonly string[] }
  | { readonly is: 'claimed'; readonly tick: Tick; readonly words: string }
  | { readonly is: 'not-due' };

/** The account of the job's ticks at the time of a start. */
interface Present {
  readonly account: TickAccount;
  readonly nowMs: number;
}

export function claimTick(start: ClockedStart, host: TickHost): TickAnswer {
  const { job, onlyDue } = start;
  const { claims, zones } = host;
  const nowMs = host.clock.nowMs();
  const account = withoutVoidClaim(job, readAccount(job, claims, { nowMs, ...changed(start) }), {
    ...{ claims, history: host.history, nowMs },
    sinceBootMs: host.clock.sinceBootMs(),
  });
  const { candidates, otherwise } = ticksOfStart(job, { account, nowMs, onlyDue, zones });
  for (const tickMs of candidates) {
    const answer = claims.take(job.slug, tickMs, claimOf(start));
    if (answer.is === 'had') continue;
    const failed = answer.is === 'failed' ? [unclaimed(wallTime(tickMs, zones.host), answer.reason)] : [];
    const kept = keepAccount(start, host, { account, nowMs }, tickMs);
    // A start for @reboot is never late: cron starts when the host is ready for it.
    const tick = job.schedule?.atBoot ? { tickMs } : tickOf(tickMs, nowMs);
    return { is: 'run', tick, warnings: [...failed, ...kept] };
  }
  return withoutCandidate(otherwise, job.slug, host, { account, nowMs });
}

function claimOf({ job: { timing }, run }: ClockedStart): TickClaim {
  return { run, waits: timing.splaySeconds > 0, lasting: timing.catchUp === 'last' };
}

function changed({ changedMs }: ClockedStart) {
  return changedMs === undefined ? {} : { changedMs };
}

function tickOf(tickMs: number, nowMs: number): Tick {
  const lateMs = lateness(tickMs, nowMs);
  return lateMs === undefined ? { tickMs } : { tickMs, lateMs };
}

function unclaimed(tick: string, reason: string): string {
  return `the tick ${tick} could not be claimed, so that a second start of it would not be noticed: ${reason}`;
}

function withoutCandidate(
  otherwise: StartTicks['otherwise'],
  slug: string,
  host: TickHost,
  present: Present,
): TickAnswer {
  const { nowMs } = present;
  switch (otherwise.is) {
    case 'not-due':
      return { is: 'not-due' };
    case 'unscheduled':
      return withoutTick(slug, host, present);
    case 'claimed':
    case 'claimed-lately': {
      const { tickMs } = otherwise;
      const claim = host.claims.find(slug, tickMs);
      const isLately = claim !== undefined && Math.abs(nowMs - claim.atMs) <= onTimeMs;
      if (otherwise.is === 'claimed-lately' && !isLately) return withoutTick(slug, host, present);
      const words = `run ${claim?.run ?? 'unknown'} has had the tick ${wallTime(tickMs, host.zones.host)}`;
      return { is: 'claimed', tick: tickOf(tickMs, nowMs), words };
    }
    default:
      return otherwise satisfies never;
  }
}

/**
 * Answers a start that belongs to no tick. If cron has another time zone it comes hours after a
 * tick that `--catch-up` may already have started: then the job does not run a second time.
 */
function withoutTick(slug: string, host: TickHost, { account, nowMs }: Present): TickAnswer {
  const had = account.isNew ? undefined : caughtUpTick(nowMs, host.history.read(slug));
  if (had === undefined) return { is: 'run', warnings: [unscheduled] };
  const words = `run ${had.run} has caught up the tick ${wallTime(had.tickMs, host.zones.host)}, and this start is not in its schedule: ${otherZone}`;
  return { is: 'claimed', tick: tickOf(had.tickMs, nowMs), words };
}

const otherZone = 'cron may have another time zone than this host, which jobctl why tells root';
const unscheduled = `cron has started it at a moment that is not in its schedule; if the job file was changed, run cron-generate; else ${otherZone}`;

/**
 * Records earlier missed ticks and moves the mark. Only a start on time does so: a late one may be
 * the first of several with which cron makes up for the same gap.
 */
function keepAccount(
  start: ClockedStart,
  host: TickHost,
  { account, nowMs }: Present,
  tickMs: number,
): readonly string[] {
  const { job, pauses } = start;
  const { claims, zones } = host;
  if (account.isNew) {
    claims.drop(job.slug, uselessClaims(account, nowMs).future);
    return markWarnings(moveMark(job, claims, { sinceMs: tickMs }));
  }
  if (lateness(tickMs, nowMs) !== undefined && !job.schedule?.atBoot) return [];
  claims.drop(job.slug, uselessClaims(account, nowMs).future);
  const look = () => openTicks(job, { account, nowMs, pauses, zones, history: host.history });
  const open = look();
  if (open.missed.length + open.stoodFor.length === 0) return settle(job, host, { account, nowMs }, open);
  // Another program that records these ticks now leaves the rest to the next start.
  return claims.alone(job.slug, () => settle(job, host, { account, nowMs }, look())) ?? [];
}

function settle(
  job: ClockedJob,
  host: TickHost,
  { account, nowMs }: Present,
  { missed, stoodFor }: OpenTicks,
): readonly string[] {
  const { claims } = host;
  const paired = recordStandIns(job, stoodFor, host);
  if (paired.length > 0) return paired;
  const { old } = uselessClaims(account, nowMs);
  if (missed.length === 0 && old.length < dropAtOnce) return [];
  const recorded = recordMissed(job, missed, host);
  // Ticks that can't be recorded stay open until a later start records them.
  if (recorded.length > 0) return recorded;
  const moved = missed.length > 0 ? { moved: { fromMs: account.sinceMs, atMs: nowMs } } : {};
  const settledMs = Math.max(account.sinceMs, nowMs - startPatienceMs);
  const marked = moveMark(job, claims, { sinceMs: settledMs, ...moved });
  if (marked.ok) claims.drop(job.slug, old);
  return markWarnings(marked);
}

/** Number of old claims that are dropped at once, since moving the mark costs more than a claim. */
const dropAtOnce = 16;

/**
 * Returns the claims that no start can meet any more. A clock that is set back by up to
 * `clockStepMs` meets its claims again. A clock that was ahead by more, and has been corrected,
 * must not meet the claims of that time when it gets there again. The newest past claim is kept for
 * people who ask.
 */
function uselessClaims({ claimed }: TickAccount, nowMs: number) {
  const reachMs = clockStepMs + startPatienceMs;
  const sorted = [...claimed].sort((a, b) => a - b);
  const future = sorted.filter((tickMs) => tickMs > nowMs + reachMs);
  const old = sorted.slice(0, sorted.length - future.length - 1).filter((tickMs) => tickMs < nowMs - reachMs);
  return { old, future };
}

function markWarnings(written: { readonly ok: true } | { readonly ok: false; readonly reason: string }): string[] {
  return written.ok ? [] : [`the account of its ticks could not be kept: ${written.reason}`];
}
