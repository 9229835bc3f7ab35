/** Sums over all runs and ticks of a job. They outlive the lines that they were made from. */
import { healthOf, type Outcome } from '../outcome/outcome.ts';

export interface Totals {
  /** Runs that succeeded, and runs that failed. */
  readonly success: number;
  readonly failure: number;
  /** Ticks and starts that were left out: during a pause, or because of another run. */
  readonly skipped: number;
  /** Ticks that nothing started. */
  readonly missed: number;
  /** The durations of the runs that succeeded or failed, milliseconds. */
  readonly durationMs: number;
}

export const noTotals: Totals = { success: 0, failure: 0, skipped: 0, missed: 0, durationMs: 0 };

/**
 * With one outcome more. A run that a person stopped is neither a success nor a failure and is not counted; nor is a second start of a
 * tick that another run had.
 */
export function addOutcome(totals: Totals, outcome: Outcome, durationMs = 0): Totals {
  if (outcome.kind === 'missed') return { ...totals, missed: totals.missed + outcome.count };
  if (outcome.kind === 'skipped')
    return outcome.reason === 'claimed' || outcome.reason === 'not-due'
      ? totals
      : { ...totals, skipped: totals.skipped + 1 };
  const health = healthOf(outcome);
  if (health === undefined) return totals;
  const { success, failure, skipped, missed } = totals;
  const sumMs = totals.durationMs + durationMs;
  return health === 'success'
    ? { success: success + 1, failure, skipped, missed, durationMs: sumMs }
    : { success, failure: failure + 1, skipped, missed, durationMs: sumMs };
}

/** The greater of each: what is counted from lines that are left can only be too little. */
export function greaterTotals(one: Totals, other: Totals): Totals {
  return {
    success: Math.max(one.success, other.success),
    failure: Math.max(one.failure, other.failure),
    skipped: Math.max(one.skipped, other.skipped),
    missed: Math.max(one.missed, other.missed),
    durationMs: Math.max(one.durationMs, other.durationMs),
  };
}
