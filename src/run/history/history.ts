/**
 * Folds the events of a job's history into its runs, its streak of failures and the decisions of
 * operators.
 */

import { type LastStatus, statusOf } from '../outcome/outcome.ts';
import type { HistoryEvent, NoticeEvent, Steered, Streak, Untold } from './event.ts';
import { addToRun, outcomeOf, type RunEvent, type RunRecord } from './run-record.ts';
import { extendStreak, resetStreak, withoutFailedRuns } from './streak.ts';
import { addOutcome, greaterTotals, noTotals, type Totals } from './totals.ts';
import { untoldAfter } from './untold.ts';

export interface History {
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  readonly streak: Streak;
  readonly lastStatus: LastStatus;
  readonly totals: Totals;
  /** From before the first of `runs`. */
  readonly untoldBefore?: Untold;
  /** Decisions of operators about the job, oldest first. */
  readonly steered?: readonly Steered[];
  /**
   * Deliveries of notices that belong to no run (those of services), oldest first; absent if there
   * are none.
   */
  readonly notices?: readonly NoticeEvent[];
  /** Number of lines that are no events; absent if there are none. */
  readonly unreadable?: number;
  /**
   * Set if the file or a part of it can't be read: the reason, in words. Then events may be
   * missing.
   */
  readonly hidden?: string;
  /** Set if the last lines of the file are no events: how the job is since then is unknown. The place and the reason. */
  readonly damaged?: string;
}

/** The reason why the history does not say how the job is; `undefined` if it does. */
export function hiddenIn({ hidden, damaged }: History): string | undefined {
  return hidden ?? damaged;
}

export const emptyHistory: History = {
  runs: [],
  streak: { failures: 0 },
  lastStatus: 'unknown',
  totals: noTotals,
};

/**
 * Folds events in order, on top of what was known before them (the records of the Python
 * process-control). If the oldest events were rotated away, the streak of the first `ended` event
 * is the base.
 *
 * Events before the index `firstCounted` are only read for their runs and decisions: the event there
 * knows the streak and the totals of all before it.
 */
export function foldHistory(
  events: readonly HistoryEvent[],
  earlier: History = emptyHistory,
  firstCounted = 0,
): History {
  const runs = new Map<string, RunRecord>(earlier.runs.map((run) => [run.run, run]));
  const steered: Steered[] = [...(earlier.steered ?? [])];
  const notices: NoticeEvent[] = [];
  let { streak, lastStatus, totals, untoldBefore } = earlier;
  let based = false;
  for (const [index, event] of events.entries()) {
    const isCounted = index >= firstCounted;
    if (event.event === 'steered') {
      steered.push(event);
      if (event.action !== 'reset' || !isCounted) continue;
      [streak, lastStatus] = [resetStreak(streak), 'unknown'];
      based = true;
      continue;
    }
    if (event.event === 'summary') {
      if (!isCounted) continue;
      totals = greaterTotals(totals, event.carried.totals);
      if (!based) ({ lastStatus, untold: untoldBefore } = event.carried);
      if (!based) ({ streak } = event);
      based = true;
      continue;
    }
    if (event.event === 'ended-unknown') {
      runs.delete(event.run);
      continue;
    }
    if (isNotice(event) && !runs.has(event.run)) {
      notices.push(event);
      if (isCounted) untoldBefore = untoldAfter(untoldBefore, event);
      continue;
    }
    addToRun(runs, event);
    const outcome = outcomeOf(event);
    if (outcome === undefined || !isCounted) continue;
    streak = !based && event.event === 'ended' ? event.streak : extendStreak(streak, outcome, event.atMs);
    if (event.event === 'ended' && event.paused !== undefined) streak = withoutFailedRuns(streak);
    totals = addOutcome(totals, outcome, event.event === 'ended' ? event.durationMs : 0);
    lastStatus = statusOf(outcome) ?? lastStatus;
    if (event.event === 'ended' && event.carried !== undefined) {
      totals = greaterTotals(totals, event.carried.totals);
      if (!based) ({ lastStatus, untold: untoldBefore } = event.carried);
    }
    based ||= event.event === 'ended';
  }
  return {
    ...{ runs: [...runs.values()], streak, lastStatus, totals },
    ...(untoldBefore !== undefined && { untoldBefore }),
    ...(steered.length > 0 && { steered }),
    ...(notices.length > 0 && { notices }),
  };
}

/**
 * Runs that started and have no recorded end. A program that holds the job's lock knows that they
 * are dead.
 */
export function unfinishedRuns(history: History): readonly RunRecord[] {
  return history.runs.filter((run) => run.outcome === undefined);
}

function isNotice(event: RunEvent): event is NoticeEvent {
  return event.event === 'notice-failed' || event.event === 'notice-delivered';
}
