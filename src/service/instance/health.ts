/** What the answers of an instance's probes add up to. Pure; times are milliseconds since boot. */
import type { Health } from '../../job/service.ts';

export type HealthAnswer =
  | { readonly is: 'success' }
  | { readonly is: 'failure'; readonly reason: string }
  /** The probe could not be run: neither well nor ill. */
  | { readonly is: 'unknown'; readonly reason: string }
  /** Not asked until then (milliseconds since 1970), by whom is not known. */
  | { readonly is: 'snoozed'; readonly untilMs: number };

/** What is known of one instance since its start. */
export interface Checks {
  readonly sinceMs: number;
  readonly successes: number;
  /** In a row, those in the grace not counted. */
  readonly failures: number;
  readonly last?: HealthAnswer;
  readonly nextMs: number;
  /** A probe is under way. */
  readonly isAsking: boolean;
}

export function firstChecks(sinceMs: number): Checks {
  return { sinceMs, successes: 0, failures: 0, nextMs: sinceMs, isAsking: false };
}

export function isDue(checks: Checks, atMs: number): boolean {
  return !checks.isAsking && checks.nextMs <= atMs;
}

/** The next probe comes an interval after the beginning of this one, or as soon as this one is over. */
export function asking(checks: Checks, atMs: number, { intervalSeconds }: Health): Checks {
  return { ...checks, isAsking: true, nextMs: atMs + intervalSeconds * 1000 };
}

export interface HealthStep {
  readonly checks: Checks;
  readonly is: 'well' | 'unhealthy' | 'undecided';
  readonly reason?: string;
}

export function countAnswer(checks: Checks, answer: HealthAnswer, atMs: number, health: Health): HealthStep {
  const heard = { ...checks, isAsking: false, last: answer };
  switch (answer.is) {
    case 'unknown':
    case 'snoozed':
      return { checks: heard, is: 'undecided' };
    case 'success': {
      const counted = { ...heard, successes: checks.successes + 1, failures: 0 };
      return { checks: counted, is: counted.successes >= health.minSuccesses ? 'well' : 'undecided' };
    }
    case 'failure': {
      const inGrace = atMs < checks.sinceMs + health.graceSeconds * 1000;
      const counted = { ...heard, successes: 0, failures: inGrace ? 0 : checks.failures + 1 };
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
