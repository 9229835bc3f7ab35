/** Whether a run that has failed is tried again, and when (`max_task_failures`, `backoff`). */
import type { Backoff, Policy } from '../job/keys/policy.ts';
import { type Outcome, statusOf } from './outcome/outcome.ts';
import { isUnrecoverable } from './pause/circuit.ts';

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly outcome: Outcome;
  /** Processes of it live that could not be killed: another attempt would run beside them. */
  readonly hasSurvivors: boolean;
}

/** Milliseconds until the next attempt; `undefined` when there is none. */
export function nextAttemptAfterMs(attempt: Attempt, policy: Policy): number | undefined {
  const { number, outcome, hasSurvivors } = attempt;
  if (statusOf(outcome) !== 'failure' || outcome.kind === 'stopped' || hasSurvivors) return undefined;
  if (number >= policy.maxFailures || isUnrecoverable(outcome, policy)) return undefined;
  return backoffMs(policy.backoff, number);
}

/** After so many failed attempts. */
export function backoffMs({ initialSeconds, factor, maxSeconds }: Backoff, failed: number): number {
  // The factor's power may be infinite, and nothing times that is no number.
  return initialSeconds === 0 ? 0 : Math.min(initialSeconds * factor ** (failed - 1), maxSeconds) * 1000;
}

/** "attempt 2 of 3", "attempt 7" where there is no limit. */
export function attemptWords(number: number, { maxFailures }: Pick<Policy, 'maxFailures'>): string {
  return `attempt ${number}${Number.isFinite(maxFailures) ? ` of ${maxFailures}` : ''}`;
}
