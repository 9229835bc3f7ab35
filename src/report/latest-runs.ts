/**
 * The facts in the history of a job: its last run, skips since then, its health, and notices that
 * failed.
 */

import { untoldIn } from '../run/history/carried.ts';
import type { Steered, Streak } from '../run/history/event.ts';
import { type History, hiddenIn } from '../run/history/history.ts';
import { hasEnded, type RunRecord } from '../run/history/run-record.ts';
import { extendStreak } from '../run/history/streak.ts';
import { exitCodeOf, type LastStatus, type Outcome, outcomeWords, statusOf } from '../run/outcome/outcome.ts';
import type { LockHolder } from '../system/types/lock.ts';
import { defined } from '../text/defined.ts';
import type { Health } from './state.ts';

export type RunSnapshot = RunRecord & { readonly words: string };

/** The reason why people were not told of a run although its notices say that they should be. */
export interface NoticeFailure {
  readonly run: string;
  readonly words: string;
}

/** The operator who reset the job after its last failure. */
export type Reset = Pick<Steered, 'by' | 'atMs' | 'reason'>;

/**
 * A run without an end whose lock is free is shown as interrupted, also before the next run of the
 * job has recorded that.
 */
export function snapshotRun(record: RunRecord, holder: LockHolder | undefined, next?: LockHolder): RunSnapshot {
  if (record.outcome !== undefined) return { ...record, words: outcomeWords(record.outcome) };
  if (next?.runId === record.run) return { ...record, words: `waits: ${record.waitsFor ?? 'for its locks'}` };
  if (isHeldBy(record, holder)) return { ...record, words: 'is running' };
  const outcome: Outcome = { kind: 'interrupted' };
  return { ...record, outcome, words: outcomeWords(outcome) };
}

/** A holder that does not say which run it is counts as this one. */
function isHeldBy(record: RunRecord, holder: LockHolder | undefined): boolean {
  return holder !== undefined && (holder.runId === undefined || holder.runId === record.run);
}

/** The failure stands until people were told of a later run, or an operator has reset the job. */
export function noticeFailedOf(history: History): { readonly noticeFailed?: NoticeFailure } {
  const untold = untoldIn(history);
  return untold === undefined ? {} : { noticeFailed: { run: untold.run, words: untold.words } };
}

/**
 * The latest channel of a service that failed and has not delivered since. A reset or restart by an
 * operator clears it.
 */
export function serviceNoticeFailed(
  { notices = [] }: History,
  resetMs: number,
): { readonly noticeFailed?: NoticeFailure } {
  const latest = new Map(notices.map((notice) => [notice.channel, notice]));
  const failed = [...latest.values()].flatMap((notice) => (notice.event === 'notice-failed' ? [notice] : []));
  const [last] = failed.filter(({ atMs }) => atMs > resetMs).sort((a, b) => b.atMs - a.atMs);
  return last === undefined ? {} : { noticeFailed: { run: last.run, words: `${last.channel}: ${last.reason}` } };
}

/** The run that people mean by "the last one", and what was skipped since. */
export function latestOf(
  { runs }: History,
  holder: LockHolder | undefined,
): { readonly lastRun?: RunRecord; readonly lastSkip?: RunRecord; readonly skips: number } {
  const underWay = holder === undefined ? -1 : runs.findLastIndex(({ run }) => run === holder.runId);
  const lastAt = underWay >= 0 ? underWay : runs.findLastIndex((run) => !isSkip(run));
  const skipped = runs.slice(lastAt + 1).filter(isSkip);
  const lastSkip = skipped.at(-1);
  const lastRun = runs[lastAt];
  return { ...defined({ lastRun, lastSkip }), skips: skipped.filter(leavesGap).length };
}

/** The end of a run, as numbers. */
export interface RunEnd {
  /** Its start, where nothing saw its end. */
  readonly atMs: number;
  readonly exitCode: number;
  readonly durationMs?: number;
}

export function lastEndOf({ runs }: History): { readonly lastEnd?: RunEnd } {
  const last = runs.findLast(hasEnded);
  if (last?.outcome === undefined) return {};
  const { endedMs, startedMs, durationMs, outcome } = last;
  return { lastEnd: { atMs: endedMs ?? startedMs, exitCode: exitCodeOf(outcome), ...defined({ durationMs }) } };
}

/** True for a skip that nobody asked for, so that work was left out. */
function leavesGap({ outcome }: RunRecord): boolean {
  return outcome?.kind === 'skipped' && !['paused', 'claimed', 'not-due'].includes(outcome.reason);
}

function isSkip({ outcome }: RunRecord): boolean {
  return outcome?.kind === 'skipped';
}

/**
 * A job that was only ever stopped by operators, or reset after its failures, is ok: it has run and
 * has not failed since.
 */
function healthFrom({ streak: { failures, lastSuccessMs }, runs, ...rest }: History): Health {
  if (rest.hidden !== undefined || rest.damaged !== undefined) return 'unknown';
  if (failures > 0) return 'failing';
  return lastSuccessMs !== undefined || runs.some(hasEnded) ? 'ok' : 'never-run';
}

/** Counts an interrupted run as a failure also when it is not on record yet. */
export function seenFrom(
  history: History,
  holders: readonly (LockHolder | undefined)[],
): { readonly lastStatus: LastStatus; readonly health: Health; readonly streak: Streak } {
  const last = history.runs.findLast((run) => !isSkip(run));
  const isReset = history.steered?.some(({ action, atMs }) => action === 'reset' && atMs > (last?.startedMs ?? 0));
  const isHeld = last !== undefined && holders.some((holder) => isHeldBy(last, holder));
  const unseen =
    hiddenIn(history) === undefined && last !== undefined && last.outcome === undefined && !isHeld && !isReset;
  if (!unseen) {
    return { lastStatus: history.lastStatus, health: healthFrom(history), streak: history.streak };
  }
  return {
    lastStatus: 'failure',
    health: 'failing',
    streak: extendStreak(history.streak, { kind: 'interrupted' }, last.startedMs),
  };
}

export function resetOf({ steered = [] }: History, last: RunRecord | undefined): { readonly reset?: Reset } {
  if (last?.outcome === undefined || statusOf(last.outcome) !== 'failure') return {};
  const step = steered.findLast(({ action, atMs }) => action === 'reset' && atMs > last.startedMs);
  if (step === undefined) return {};
  const { by, atMs, reason } = step;
  return { reset: { by, atMs, ...defined({ reason }) } };
}
