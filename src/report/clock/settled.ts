/**
 * The account of ticks as the history tells it, without the claims. A start on time settles the ticks that are older than `startPatienceMs` then,
 * so where each later one is on record too, the claims can say no more.
 */
import type { RunRecord } from '../../run/history/run-record.ts';
import type { AccountedJob, TickAccount } from '../../run/tick/account.ts';
import { startPatienceMs } from '../../run/tick/missed.ts';
import { nextTick } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';

export interface SettledQuestion {
  /** The last runs on record, in any order. */
  readonly runs: readonly RunRecord[];
  readonly nowMs: number;
  /** When the file of the job last changed: the schedule was another one before. */
  readonly changedMs: number;
  readonly zones: Zones;
}

/** `undefined` if the claims have to be read. */
export function settledAccount(
  job: AccountedJob,
  { runs, nowMs, changedMs, zones }: SettledQuestion,
): TickAccount | undefined {
  const startedMs = runs.findLast(settles)?.tick?.tickMs ?? Number.NEGATIVE_INFINITY;
  const claimed = new Set(runs.flatMap(({ tick }) => tick?.tickMs ?? []));
  // The clock was set back: ticks to come may be claimed.
  if (changedMs > nowMs || [...claimed].some((tickMs) => tickMs > nowMs)) return undefined;
  // Nothing is owed from before the last change of the file.
  const sinceMs = Math.max(startedMs - startPatienceMs, changedMs);
  for (let afterMs = sinceMs; ; ) {
    const next = nextTick(job, afterMs, zones);
    if (next === undefined) return undefined;
    if (next.tickMs > nowMs) return { sinceMs, claimed, isNew: false };
    if (!claimed.has(next.tickMs)) return undefined;
    afterMs = next.tickMs;
  }
}

/** A start that warns may not have been able to keep the account. */
function settles({ tick, outcome, warning }: RunRecord): boolean {
  if (tick === undefined || tick.lateMs !== undefined || warning !== undefined) return false;
  return outcome?.kind !== 'missed' && outcome?.kind !== 'skipped';
}
