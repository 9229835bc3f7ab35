/**
 * The checks before a run takes its lock: the tick that a start by the clock stands for, a pause of
 * the job, the delay of its ticks (`splay`) and its `start_deadline`. Runs that people or other
 * jobs start are only checked for a pause.
 */

import type { StopRequests } from '../system/types/process.ts';
import { defined } from '../text/defined.ts';
import { durationWords } from '../text/duration.ts';
import { timeText, wallTime } from '../zone/wall-time.ts';
import type { Zones } from '../zone/zone.ts';
import type { Tick, Trigger } from './history/event.ts';
import type { Outcome } from './outcome/outcome.ts';
import { type Pause, pausedWords, unreadDirectory } from './pause/pause.ts';
import { type ClockedJob, claimTick, type TickHost } from './tick/claim.ts';
import { splayMs, splayName } from './tick/splay.ts';

export interface StartOrder {
  readonly job: ClockedJob;
  readonly run: string;
  readonly trigger: Trigger;
  /** The crontab's line was written with `--due`. */
  readonly onlyDue: boolean;
  /** Time of the latest change of the job's file, milliseconds since 1970. */
  readonly changedMs?: number;
  /** A missed tick that `--catch-up` has claimed for this run. */
  readonly caughtUp?: Tick;
}

export interface StartHost extends TickHost {
  readonly stops: StopRequests;
  readonly readPauses: () => readonly Pause[];
  /** Hexadecimal. */
  readonly sha256: (bytes: Uint8Array) => string;
}

type Skip = Omit<Extract<Outcome, { kind: 'skipped' }>, 'kind'>;

/** The decision. Warnings are sentences about what went wrong and stops nothing. */
export type BeforeRun =
  | { readonly is: 'go'; readonly tick?: Tick; readonly warnings: readonly string[] }
  | { readonly is: 'skip'; readonly skip: Skip; readonly tick?: Tick; readonly warnings: readonly string[] }
  /** The pauses can't be read, so the job is not started. */
  | { readonly is: 'refuse'; readonly reason: string; readonly tick?: Tick; readonly warnings: readonly string[] }
  /** The schedule has no tick now. Nothing is recorded: the crontab's line only asked (`--due`). */
  | { readonly is: 'not-due' };

export async function beforeRun(order: StartOrder, host: StartHost): Promise<BeforeRun> {
  const { job, trigger, caughtUp } = order;
  if (trigger.by !== 'clock' || job.schedule === undefined) return ofHold(holdOf(order, host), { warnings: [] });
  const claim =
    caughtUp === undefined
      ? claimTick({ ...order, pauses: host.readPauses() }, host)
      : ({ is: 'run', tick: { ...caughtUp, caughtUp: true }, warnings: [] } as const);
  if (claim.is === 'not-due') return claim;
  if (claim.is === 'claimed') {
    const { tick, words } = claim;
    return { is: 'skip', skip: { reason: 'claimed', words, allowed: true }, tick, warnings: [] };
  }
  const { tick, warnings } = claim;
  const start = { warnings, ...defined({ tick }) };
  const paused = holdOf(order, host);
  if (paused !== undefined || tick === undefined) return ofHold(paused, start);
  const startMs = dueStart(order, tick, host);
  const late = lateSkip(order, tick, { startMs, nowMs: host.clock.nowMs(), zones: host.zones });
  if (late !== undefined) return { is: 'skip', skip: late, ...start };
  const waited = await holdBack(startMs, host);
  const begun =
    job.timing.splaySeconds > 0 ? host.claims.begin(job.slug, tick.tickMs, order.run) : { ok: true as const };
  const kept = begun.ok ? [] : [`the claim of its tick could not be kept: ${begun.reason}`];
  return ofHold(waited ? holdOf(order, host) : undefined, { ...start, warnings: [...warnings, ...kept] });
}

/** A pause, or the reason why the pauses can't be read. */
type Hold = { readonly skip: Skip } | { readonly reason: string };

function ofHold(
  hold: Hold | undefined,
  start: { readonly tick?: Tick; readonly warnings: readonly string[] },
): BeforeRun {
  if (hold === undefined) return { is: 'go', ...start };
  return 'skip' in hold ? { is: 'skip', ...hold, ...start } : { is: 'refuse', ...hold, ...start };
}

function holdOf({ job, trigger }: StartOrder, { clock, readPauses, zones }: StartHost): Hold | undefined {
  const pauses = readPauses();
  const reason = unreadDirectory(pauses);
  if (reason !== undefined) return { reason };
  const words = pausedWords(job, pauses, clock.nowMs(), timeText(zones.host));
  return words === undefined ? undefined : { skip: { reason: 'paused', words, allowed: trigger.by === 'clock' } };
}

/**
 * Returns the moment at which the tick may start. A missed tick is delayed from now on: after a
 * power cut the whole fleet catches up.
 */
function dueStart({ job, caughtUp }: StartOrder, { tickMs }: Tick, { clock, hostName, sha256 }: StartHost): number {
  const delayMs = splayMs(job.slug, splayName(job, hostName), job.timing.splaySeconds, sha256);
  const nowMs = clock.nowMs();
  if (caughtUp !== undefined) return nowMs + delayMs;
  return delayMs === 0 ? Math.min(tickMs, nowMs) : tickMs + delayMs;
}

/**
 * Returns the skip of a tick that is past its `start_deadline`. A tick that is caught up is always
 * late; `catch_up_window` limits that.
 */
function lateSkip(
  { job, caughtUp }: StartOrder,
  { tickMs }: Tick,
  { startMs, nowMs, zones }: { readonly startMs: number; readonly nowMs: number; readonly zones: Zones },
): Skip | undefined {
  const { startDeadlineSeconds } = job.timing;
  // Where etcd decides, the claim finds a tick too late for all hosts.
  if (caughtUp !== undefined || startDeadlineSeconds === undefined || job.pool?.claims !== undefined) return undefined;
  if (nowMs - startMs <= startDeadlineSeconds * 1000) return undefined;
  const late = durationWords((nowMs - tickMs) / 1000);
  const words = `the start for ${wallTime(tickMs, zones.host)} came ${late} late, and start_deadline is ${durationWords(startDeadlineSeconds)}`;
  return { reason: 'deadline', words, allowed: false };
}

/**
 * Waits until `startMs`, or until a request to stop, which `runCommands` sees again. Resolves to
 * false if there was nothing to wait for.
 */
function holdBack(startMs: number, { clock, stops }: StartHost): Promise<boolean> {
  const delayMs = startMs - clock.nowMs();
  if (delayMs <= 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = clock.after(delayMs, () => resolve(true));
    stops.onStop(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
