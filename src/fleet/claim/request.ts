/** The question of a run-job at a tick, and the answers that it may get. */

import type { HeldRun } from '../run/held.ts';
import type { Fate, Holder, SkipReason } from '../store/records.ts';
import type { Sight } from '../store/view.ts';

/** The part of a job that its claims depend on. */
export interface FleetJob extends Omit<Sight, 'host'> {
  /** Hash of the job file, so that a record tells which text of it ran. */
  readonly definition: string;
  /** The schedule and its zone: another text begins a new account of ticks. */
  readonly rule: string;
  /** The ticks after an instant, ascending, without end. */
  readonly ticksAfter: (afterMs: number) => Iterable<number>;
  /** After so long a silence of its host another one may start the job; absent: never. */
  readonly takeoverSeconds?: number;
  readonly whenBusy: WhenBusy;
  /** Time that a run waits for the one under way (`queue`), or for its end (`replace`). */
  readonly busyPatienceSeconds: number;
  readonly startDeadlineSeconds?: number;
  readonly killGraceSeconds: number;
}

export type WhenBusy = 'skip' | 'replace' | 'queue';

/** The tick, and who asks for it. */
export interface ClaimRequest {
  readonly tickMs: number;
  readonly host: string;
  readonly boot: string;
  /** An id that was never used before, also not for a claim that failed. */
  readonly run: string;
  /** The turn of this host among the candidates, from 0. */
  readonly rank: number;
  /** Set for a tick that was missed, or whose run was lost. */
  readonly again?: 'caught-up' | 'rerun';
  /** The engine may be out of reach for so long. */
  readonly contactPatienceMs: number;
}

export type ClaimAnswer =
  | Won
  /** Another run has the tick; without `by` it had its fate long ago. */
  | { readonly is: 'had'; readonly by?: Fate }
  /** Another host waits with this tick for the run under way. */
  | { readonly is: 'waits-elsewhere'; readonly host: string }
  | { readonly is: 'skipped'; readonly why: SkipReason; readonly by?: Holder; readonly looked: LookedBack }
  /** The tick stays as it is: something holds the job, and it was missed or lost before. */
  | { readonly is: 'held'; readonly why: SkipReason }
  | { readonly is: 'cordoned' }
  /** Processes of the job hold its lock on this host, and no run of the fleet is known: another host may start it. */
  | { readonly is: 'busy-here' }
  /** The clock of this host is ahead of the engine's by so much (negative: behind it). */
  | { readonly is: 'wrong-clock'; readonly aheadMs: number }
  /** The engine's members have different times, and no two agree. */
  | { readonly is: 'clocks-disagree' }
  /** The claim came through when its own time was over, so the run did not begin. */
  | { readonly is: 'lapsed' }
  /** A key that decides can't be understood. */
  | { readonly is: 'unreadable'; readonly key: string }
  /** The port `isOver` has said so; the claim may have been carried out all the same. */
  | { readonly is: 'over' }
  /** No answer in time. The claim may have been carried out all the same. */
  | { readonly is: 'unreachable'; readonly reason: string };

interface Won {
  readonly is: 'mine';
  readonly held: HeldRun;
  /** By the engine's clock. */
  readonly lateMs: number;
  readonly looked: LookedBack;
}

/** Records about earlier ticks that a claim has written. */
export interface LookedBack {
  readonly missed: readonly number[];
  readonly lost: readonly { readonly tickMs: number; readonly host: string; readonly run: string }[];
}

/** Rank r asks so many times r after the tick. */
export const staggerMs = 2000;

/** A host whose clock is wrong by more does not start anything. */
export const clockToleranceMs = 5000;

/** After so long no start of a tick is expected any more: cron makes up for a suspended host. */
export const startPatienceMs = 10 * 60_000;
