/**
 * What comes before the lock: which tick a start by the clock stands for, whether the job is paused, the delay of its ticks (`splay`) and whether it is too
 * late for it (`start_deadline`). None of it concerns people and other jobs, except the pause.
 */

import type { StopRequests } from '../system/types/process.ts';
import { timeText, wallTime } from '../zone/wall-time.ts';
import type { Zones } from '../zone/zone.ts';
import type { Tick, Trigger } from './history/event.ts';
import { durationWords, type Outcome } from './outcome/outcome.ts';
import { type Pause, pausedWords } from './pause/pause.ts';
import { type ClockedJob, claimTick, type TickHost } from './tick/claim.ts';
import { splayMs } from './tick/splay.ts';

export interface StartOrder {
  readonly job: ClockedJob;
  readonly run: string;
  readonly trigger: Trigger;
  /** The crontab's line was written with `--due`. */
  readonly onlyDue: boolean;
  /** When the job's file was last written. */
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

/** Troubles are words about what went wrong beside it. */
export type BeforeRun =
  | { readonly is: 'go'; readonly tick?: Tick; readonly troubles: readonly string[] }
  | { readonly is: 'skip'; readonly skip: Skip; readonly tick?: Tick; readonly troubles: readonly string[] }
  /** Nobody has missed anything: it was only asked. */
  | { readonly is: 'not-due' };

export async function beforeRun(order: StartOrder, host: StartHost): Promise<BeforeRun> {
  const { job, trigger, caughtUp } = order;
  if (trigger.by !== 'clock' || job.schedule === undefined) return ofSkip(pausedSkip(order, host), { troubles: [] });
  const claim =
    caughtUp === undefined
      ? claimTick({ ...order, pauses: host.readPauses() }, host)
      : ({ is: 'run', tick: { ...caughtUp, caughtUp: true }, troubles: [] } as const);
  if (claim.is === 'not-due') return claim;
  if (claim.is === 'claimed') {
    const { tick, words } = claim;
    return { is: 'skip', skip: { reason: 'claimed', words, allowed: true }, tick, troubles: [] };
  }
  const { tick, troubles } = claim;
  const start = { troubles, ...(tick !== undefined && { tick }) };
  const paused = pausedSkip(order, host);
  if (paused !== undefined || tick === undefined) return ofSkip(paused, start);
  const startMs = dueStart(order, tick, host);
  const late = lateSkip(order, tick, { startMs, nowMs: host.clock.nowMs(), zones: host.zones });
  if (late !== undefined) return ofSkip(late, start);
  const waited = await holdBack(startMs, host);
  const begun =
    job.timing.splaySeconds > 0 ? host.claims.begin(job.slug, tick.tickMs, order.run) : { ok: true as const };
  const kept = begun.ok ? [] : [`the claim of its tick could not be kept: ${begun.reason}`];
  return ofSkip(waited ? pausedSkip(order, host) : undefined, { ...start, troubles: [...troubles, ...kept] });
}

function ofSkip(
  skip: Skip | undefined,
  start: { readonly tick?: Tick; readonly troubles: readonly string[] },
): BeforeRun {
  return skip === undefined ? { is: 'go', ...start } : { is: 'skip', skip, ...start };
}

function pausedSkip({ job, trigger }: StartOrder, { clock, readPauses, zones }: StartHost): Skip | undefined {
  const words = pausedWords(job, readPauses(), clock.nowMs(), timeText(zones.host));
  return words === undefined ? undefined : { reason: 'paused', words, allowed: trigger.by === 'clock' };
}

/** When the tick may start. One that is caught up is delayed from now: after a power cut the whole fleet catches up. */
function dueStart({ job, caughtUp }: StartOrder, { tickMs }: Tick, { clock, hostName, sha256 }: StartHost): number {
  const delayMs = splayMs({ slug: job.slug, host: hostName, splaySeconds: job.timing.splaySeconds, sha256 });
  const nowMs = clock.nowMs();
  if (caughtUp !== undefined) return nowMs + delayMs;
  return delayMs === 0 ? Math.min(tickMs, nowMs) : tickMs + delayMs;
}

/** What is caught up is late by nature; `catch_up_window` has said how late it may be. */
function lateSkip(
  { job, caughtUp }: StartOrder,
  { tickMs }: Tick,
  { startMs, nowMs, zones }: { readonly startMs: number; readonly nowMs: number; readonly zones: Zones },
): Skip | undefined {
  const { startDeadlineSeconds } = job.timing;
  if (caughtUp !== undefined || startDeadlineSeconds === undefined) return undefined;
  if (nowMs - startMs <= startDeadlineSeconds * 1000) return undefined;
  const late = durationWords((nowMs - tickMs) / 1000);
  const words = `the start for ${wallTime(tickMs, zones.host)} came ${late} late, and start_deadline is ${durationWords(startDeadlineSeconds)}`;
  return { reason: 'deadline', words, allowed: false };
}

/** Who wants the run to end while it waits wants it to end at once; `runCommands` sees the request again. Says whether there was anything to wait for. */
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
