/** Makes the summary of all earlier lines that some events carry, so that the end of a history is enough to know the state of a job. */
import { type Outcome, statusOf } from '../outcome/outcome.ts';
import type { Carried, Untold } from './event.ts';
import type { History } from './history.ts';
import type { RunRecord } from './run-record.ts';
import { addOutcome } from './totals.ts';
import { untoldOf } from './untold.ts';

/** The summary of all lines so far. */
export function carriedNow(history: History): Carried {
  const { totals, lastStatus } = history;
  const untold = untoldIn(history);
  return { totals, lastStatus, ...(untold !== undefined && { untold }) };
}

/** The summary in the line of a run's end, made from the history before that line. */
export function carriedAfter(before: History, outcome: Outcome, durationMs: number): Carried {
  const status = statusOf(outcome);
  const untold = status === 'failure' ? undefined : untoldIn(before);
  return {
    totals: addOutcome(before.totals, outcome, durationMs),
    lastStatus: status ?? before.lastStatus,
    ...(untold !== undefined && { untold }),
  };
}

/** The last run that people should have been told of, when they were not, and no person has reset the job since. */
export function untoldIn({ runs, steered = [], untoldBefore }: History): Untold | undefined {
  const isTold = ({ noticeFailed, outcome }: RunRecord) =>
    noticeFailed !== undefined || (outcome !== undefined && statusOf(outcome) === 'failure');
  const last = runs.findLast(isTold);
  const untold = last === undefined ? untoldBefore : untoldOf(last);
  const isReset = steered.some(({ action, atMs }) => action === 'reset' && atMs > (untold?.startedMs ?? 0));
  return isReset ? undefined : untold;
}
