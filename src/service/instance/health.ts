/**
 * Decides from the answers of its probes whether an instance is healthy. Times are milliseconds
 * since boot.
 */
import type { Health } from '../../job/service.ts';

export type HealthAnswer =
  | { readonly is: 'success' }
  | { readonly is: 'failure'; readonly reason: string }
  /** The probe could not be run, which says nothing about the instance. */
  | { readonly is: 'unknown'; readonly reason: string }
  /** The probes are suspended until then (milliseconds since 1970). */
  | { readonly is: 'snoozed'; readonly untilMs: number };

/** The probes of one instance since its start. */
export interface Checks {
  readonly sinceMs: number;
  readonly successes: number;
  /** Failures in a row; those within the grace are not counted. */
  readonly failures: number;
  readonly last?: HealthAnswer;
  readonly nextMs: number;
  /** Set while a probe is under way. */
  readonly isAsking: boolean;
}

export function firstChecks(sinceMs: number): Checks {
  return { sinceMs, successes: 0, failures: 0, nextMs: sinceMs, isAsking: false };
}

export function isDue(checks: Checks, atMs: number): boolean {
  return !checks.isAsking && checks.nextMs <= atMs;
}

/**
 * Begins a probe. The next one begins an interval after this one began, or when this one has ended
 * if that is later.
 */
export function asking(checks: Checks, atMs: number, { intervalSeconds }: Health): Checks {
  return { ...checks, isAsking: true, nextMs: atMs + intervalSeconds * 1000 };
}

export interface HealthStep {
  readonly checks: Checks;
  readonly is: 'healthy' | 'unhealthy' | 'undecided';
  readonly reason?: string;
}

export function countAnswer(checks: Checks, answer: HealthAnswer, atMs: number, health: Health): HealthStep {
  const answered = { ...checks, isAsking: false, last: answer };
  switch (answer.is) {
    case 'unknown':
    case 'snoozed':
      return { checks: answered, is: 'undecided' };
    case 'success': {
      const counted = { ...answered, successes: checks.successes + 1, failures: 0 };
      return { checks: counted, is: counted.successes >= health.minSuccesses ? 'healthy' : 'undecided' };
    }
    case 'failure': {
      const inGrace = atMs < checks.sinceMs + health.graceSeconds * 1000;
      const counted = { ...answered, successes: 0, failures: inGrace ? 0 : checks.failures + 1 };
      if (counted.failures <= health.maxFailures) return { checks: counted, is: 'undecided' };
      return { checks: counted, is: 'unhealthy', reason: failureWords(counted.failures, answer.reason) };
    }
    default:
      return answer satisfies never;
  }
}

function failureWords(failures: number, reason: string): string {
  return failures === 1 ? reason : `${failures} failures in a row, the last: ${reason}`;
}
