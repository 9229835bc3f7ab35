/**
 * Decides what a claim does next about its tick, by what one read has shown. The order of the questions is
 * the order in which people ask them: whose is the tick, is the clock right, may this host start
 * anything, may the job run at all, does it run already.
 */

import { lostTicks } from '../store/lost.ts';
import { type Fate, type Holder, lost, type SkipReason, type Waiter } from '../store/records.ts';
import { isInForce, type JobView, type Seen } from '../store/view.ts';
import type { ClockState } from './engine-clock.ts';
import { type ClaimAnswer, type ClaimRequest, clockToleranceMs, type FleetJob, staggerMs } from './request.ts';

export interface Present {
  readonly view: JobView;
  readonly clock: ClockState;
  /** This claim holds the job's lock of this host. */
  readonly hasLock: boolean;
  /** Time since the claim began. */
  readonly waitedMs: number;
}

type Decided = Exclude<ClaimAnswer, { readonly is: 'mine' | 'skipped' | 'unreachable' | 'over' }>;

export type Move =
  | { readonly is: 'answer'; readonly answer: Decided }
  /** An earlier try of this claim was carried out. */
  | { readonly is: 'won'; readonly fence: string; readonly attempt: number }
  /** Ask another member for the time. */
  | { readonly is: 'confirm' }
  | { readonly is: 'wait'; readonly forMs: number }
  | { readonly is: 'start'; readonly attempt: number }
  | Writing;

/** Moves that write for a tick which is not started. */
type Writing =
  | { readonly is: 'skip'; readonly why: SkipReason; readonly by?: Holder }
  /** The run that holds the job was one of this host, and is over: its keys go. */
  | { readonly is: 'free'; readonly left: Holder }
  | { readonly is: 'stop'; readonly victim: string }
  | { readonly is: 'queue' };

/** A claim that waits for a run looks again after so long. */
const pollMs = 2000;

/** The reaper of a dead run-job needs some seconds to end the remaining processes. */
const orphanPatienceMs = 3000;

export function decide(job: FleetJob, request: ClaimRequest, present: Present): Move {
  const { view, clock } = present;
  const move = fateOfTick(request, view) ??
    clockMove(request, clock) ??
    holdMove(job, request, present) ??
    busyMove(job, request, present) ?? { is: 'start', attempt: attemptOf(request, view) };
  return writes(move) && !clock.isSure ? { is: 'confirm' } : move;
}

function writes({ is }: Move): boolean {
  return is === 'skip' || is === 'free' || is === 'stop' || is === 'queue';
}

function answer(decided: Decided): Move {
  return { is: 'answer', answer: decided };
}

/** The tick may have its fate, also by an earlier try of this claim of which the answer was lost. */
function fateOfTick({ tickMs, run, again }: ClaimRequest, view: JobView): Move | undefined {
  const had = view.ticks.get(tickMs);
  const fate = had?.value;
  if (had !== undefined && fate?.fate === 'started' && fate.run === run) return ofMine(had, fate.attempt, view);
  if (had !== undefined && !mayHaveAgain(tickMs, again, view))
    return answer({ is: 'had', ...(fate !== undefined && { by: fate }) });
  const { settled } = view;
  if (settled === undefined) return undefined;
  if (settled.value === undefined) return answer({ is: 'unreadable', key: settled.key });
  return had === undefined && tickMs <= settled.value.untilMs ? answer({ is: 'had' }) : undefined;
}

/** Without its lease, or freed by a person, a claim that was carried out is worth nothing. */
function ofMine({ modified }: Seen<Fate>, attempt: number, { run }: JobView): Move {
  const isHeld = run !== undefined && run.modified === modified;
  return isHeld ? { is: 'won', fence: modified, attempt } : answer({ is: 'lapsed' });
}

function mayHaveAgain(tickMs: number, again: ClaimRequest['again'], view: JobView): boolean {
  const fate = view.ticks.get(tickMs)?.value;
  if (again === 'caught-up') return fate?.fate === 'missed';
  return again === 'rerun' && (isMarkedLost(fate) || lostTicks(view).some((each) => each.tickMs === tickMs));
}

function isMarkedLost(fate: Fate | undefined): boolean {
  return fate?.fate === 'started' && fate.outcome === lost;
}

function attemptOf({ tickMs }: ClaimRequest, { ticks }: JobView): number {
  const fate = ticks.get(tickMs)?.value;
  return fate?.fate === 'started' ? fate.attempt + 1 : 1;
}

function clockMove({ tickMs, rank, again }: ClaimRequest, clock: ClockState): Move | undefined {
  if (clock.is === 'disagree') return clock.isSure ? answer({ is: 'clocks-disagree' }) : { is: 'confirm' };
  const { nowMs, aheadMs, errorMs } = clock;
  const toleranceMs = clockToleranceMs + errorMs;
  const isWrong = Math.abs(aheadMs) > toleranceMs;
  // A clock that was set right after cron has read it passes the first check.
  const earlyMs = tickMs - nowMs;
  if (isWrong || earlyMs > toleranceMs)
    return clock.isSure ? answer({ is: 'wrong-clock', aheadMs: isWrong ? aheadMs : earlyMs }) : { is: 'confirm' };
  const waitMs = again === undefined ? earlyMs + rank * staggerMs : earlyMs;
  return waitMs > 0 ? { is: 'wait', forMs: waitMs } : undefined;
}

function holdMove(job: FleetJob, request: ClaimRequest, { view, clock }: Present): Move | undefined {
  if (clock.is !== 'known') return undefined;
  const { nowMs } = clock;
  if (view.cordon !== undefined && isInForce(view.cordon, nowMs)) return answer({ is: 'cordoned' });
  if (view.pauses.some((pause) => isInForce(pause, nowMs))) return skip(request, 'paused');
  const deadlineMs = (job.startDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  return request.again === undefined && nowMs - request.tickMs > deadlineMs ? skip(request, 'late') : undefined;
}

/** The tick that was missed or lost before has a fate already, so nothing is written for it. */
function skip({ again }: ClaimRequest, why: SkipReason, by?: Holder): Move {
  return again === undefined ? { is: 'skip', why, ...(by !== undefined && { by }) } : answer({ is: 'held', why });
}

function busyMove(job: FleetJob, request: ClaimRequest, present: Present): Move | undefined {
  const { view, hasLock, waitedMs } = present;
  const holder = view.run?.value;
  // This host's lock comes first: whoever has it knows that no other run of this host lives.
  if (hasLock && holder !== undefined && holder.host === request.host) return { is: 'free', left: holder };
  if (view.run !== undefined) return behindRun(job, request, present, holder);
  if (!hasLock) {
    const patienceMs = job.whenBusy === 'skip' ? orphanPatienceMs : job.busyPatienceSeconds * 1000;
    return waitedMs <= patienceMs ? { is: 'wait', forMs: pollMs } : answer({ is: 'busy-here' });
  }
  const isQueued = job.whenBusy === 'queue';
  if (isQueued && view.next !== undefined && !isMine(view.next, request)) return behindWaiter(request, view.next);
  if (view.locks.length === 0) return undefined;
  return isQueued ? behindOther(job, request, present, 'locked') : skip(request, 'locked');
}

function behindRun(job: FleetJob, request: ClaimRequest, present: Present, holder: Holder | undefined): Move {
  switch (job.whenBusy) {
    case 'skip':
      return skip(request, 'running', holder);
    case 'queue':
      return behindOther(job, request, present, 'running');
    case 'replace': {
      const isOver = present.waitedMs > job.busyPatienceSeconds * 1000;
      // A run of a later tick is not replaced by an earlier one.
      const mayReplace = holder !== undefined && holder.tickMs < request.tickMs && request.again === undefined;
      if (!mayReplace || isOver) return skip(request, 'running', holder);
      const isTold = present.view.stop?.value?.run === holder.run;
      return isTold ? { is: 'wait', forMs: pollMs } : { is: 'stop', victim: holder.run };
    }
    default:
      return job.whenBusy satisfies never;
  }
}

/** One run waits at most, whatever it waits for. */
function behindOther(
  job: FleetJob,
  request: ClaimRequest,
  { view, waitedMs }: Present,
  why: 'running' | 'locked',
): Move {
  if (request.again !== undefined || waitedMs > job.busyPatienceSeconds * 1000)
    return skip(request, why, view.run?.value);
  if (view.next === undefined) return { is: 'queue' };
  return isMine(view.next, request) ? { is: 'wait', forMs: pollMs } : behindWaiter(request, view.next);
}

function behindWaiter(request: ClaimRequest, { value }: Seen<Waiter>): Move {
  if (value?.tickMs === request.tickMs) return answer({ is: 'waits-elsewhere', host: value.host });
  return skip(request, 'queue-full');
}

function isMine({ value }: Seen<Waiter>, { run }: ClaimRequest): boolean {
  return value?.run === run;
}
