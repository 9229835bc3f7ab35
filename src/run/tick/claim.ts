/**
 * Claims the tick that a start by the clock stands for, and keeps the job's account of ticks: what was missed before it is recorded, old claims are dropped.
 * A claim that can't be written is said, and the job runs: a tick that runs twice is mended by the lock, one that never runs by nobody.
 */
import type { Timing } from '../../job/keys/timing.ts';
import { isReboot } from '../../schedule/nickname.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { TickClaim, TickClaims } from '../../system/types/state.ts';
import { wallTime } from '../../zone/wall-time.ts';
import type { Zones } from '../../zone/zone.ts';
import type { Tick } from '../history/event.ts';
import type { HistoryHost } from '../history/record.ts';
import type { Pause } from '../pause/pause.ts';
import { clockStepMs, moveMark, readAccount, type TickAccount, withoutVoidClaim } from './account.ts';
import { openTicks, recordMissed, recordStandIns, startPatienceMs, type WatchedJob } from './missed.ts';
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
  /** When the job's file was last written. */
  readonly changedMs?: number;
  readonly pauses: readonly Pause[];
}

export interface TickHost extends HistoryHost {
  readonly clock: Clock;
  readonly claims: TickClaims;
  readonly zones: Zones;
}

export type TickAnswer =
  /** Without a tick: cron has started a line at a moment that the job's schedule does not know. */
  | { readonly is: 'run'; readonly tick?: Tick; readonly troubles: readonly string[] }
  | { readonly is: 'claimed'; readonly tick: Tick; readonly words: string }
  | { readonly is: 'not-due' };

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
    const kept = keepAccount(start, host, { account, tickMs, nowMs });
    // After a boot no start is late: cron starts when the machine is ready for it.
    const tick = isReboot(job.schedule) ? { tickMs } : tickOf(tickMs, nowMs);
    return { is: 'run', tick, troubles: [...failed, ...kept] };
  }
  return withoutCandidate(otherwise, job, { account, nowMs, host });
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
  { slug }: ClockedJob,
  moment: { readonly account: TickAccount; readonly nowMs: number; readonly host: TickHost },
): TickAnswer {
  const { nowMs, host } = moment;
  switch (otherwise.is) {
    case 'not-due':
      return { is: 'not-due' };
    case 'unscheduled':
      return withoutTick(slug, moment);
    case 'claimed':
    case 'claimed-lately': {
      const { tickMs } = otherwise;
      const claim = host.claims.find(slug, tickMs);
      const isLately = claim !== undefined && Math.abs(nowMs - claim.atMs) <= onTimeMs;
      if (otherwise.is === 'claimed-lately' && !isLately) return withoutTick(slug, moment);
      const words = `run ${claim?.run ?? 'unknown'} has had the tick ${wallTime(tickMs, host.zones.host)}`;
      return { is: 'claimed', tick: tickOf(tickMs, nowMs), words };
    }
    default:
      return otherwise satisfies never;
  }
}

/** A cron of another time zone comes hours after a tick that `--catch-up` may have started long since: the job runs once. */
function withoutTick(
  slug: string,
  { account, nowMs, host }: { readonly account: TickAccount; readonly nowMs: number; readonly host: TickHost },
): TickAnswer {
  const had = account.isNew ? undefined : caughtUpTick(nowMs, host.history.read(slug));
  if (had === undefined) return { is: 'run', troubles: [unscheduled] };
  const words = `run ${had.run} has caught up the tick ${wallTime(had.tickMs, host.zones.host)}, and this start is not in its schedule: ${otherZone}`;
  return { is: 'claimed', tick: tickOf(had.tickMs, nowMs), words };
}

const otherZone = 'cron may have another time zone than this machine, which jobctl why tells root';
const unscheduled = `cron has started it at a moment that is not in its schedule; if the job file was changed, run cron-generate; else ${otherZone}`;

interface Kept {
  readonly account: TickAccount;
  /** The tick that has just been claimed. */
  readonly tickMs: number;
  readonly nowMs: number;
}

/** Only a start on time looks back: a late one may be the first of several with which cron makes up for the same gap. */
function keepAccount(start: ClockedStart, host: TickHost, { account, tickMs, nowMs }: Kept): readonly string[] {
  const { job, pauses } = start;
  const { claims, zones } = host;
  if (account.isNew) {
    claims.drop(job.slug, uselessClaims(account, nowMs).future);
    return markTroubles(moveMark(job, claims, { sinceMs: tickMs }));
  }
  if (lateness(tickMs, nowMs) !== undefined && !isReboot(job.schedule)) return [];
  const settledMs = Math.max(account.sinceMs, nowMs - startPatienceMs);
  const { missed, stoodFor } = openTicks(job, { account, nowMs, pauses, zones, history: host.history });
  const paired = recordStandIns(job, stoodFor, host);
  if (paired.length > 0) return paired;
  const { old, future } = uselessClaims(account, nowMs);
  claims.drop(job.slug, future);
  if (missed.length === 0 && old.length < dropAtOnce) return [];
  const recorded = recordMissed(job, missed, host);
  // What could not be written down stays open, and is written down another time.
  if (recorded.length > 0) return recorded;
  const moved = missed.length > 0 ? { moved: { fromMs: account.sinceMs, atMs: nowMs } } : {};
  const marked = moveMark(job, claims, { sinceMs: settledMs, ...moved });
  if (marked.ok) claims.drop(job.slug, old);
  return markTroubles(marked);
}

/** Moving the mark costs more than a claim, so claims are dropped some at a time. */
const dropAtOnce = 16;

/**
 * A clock that is put back by up to `clockStepMs` meets its claims again; one that was wrong by more, and has been set right, must not find the
 * claims of that time when it comes there at last. The newest past one is kept for people who ask.
 */
function uselessClaims({ claimed }: TickAccount, nowMs: number) {
  const reachMs = clockStepMs + startPatienceMs;
  const sorted = [...claimed].sort((a, b) => a - b);
  const future = sorted.filter((tickMs) => tickMs > nowMs + reachMs);
  const old = sorted.slice(0, sorted.length - future.length - 1).filter((tickMs) => tickMs < nowMs - reachMs);
  return { old, future };
}

function markTroubles(written: { readonly ok: true } | { readonly ok: false; readonly reason: string }): string[] {
  return written.ok ? [] : [`the account of its ticks could not be kept: ${written.reason}`];
}
