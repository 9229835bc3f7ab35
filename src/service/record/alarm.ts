/**
 * Decides when to send a notice about a service: one when it has become worse, one when it has
 * recovered. An alarm opens when the service is FAILED, or has been DEGRADED for a minute: a single
 * death after which a restart succeeds is only logged. It closes when the service has been UP for
 * `min_uptime`, after which a death counts as a new one. So a program that dies each minute is one
 * alarm. Times are milliseconds since boot.
 */
import type { ServiceState } from '../service-state.ts';

export interface Alarm {
  /** The state that the service has had since `sinceMs`. */
  readonly state: ServiceState;
  readonly sinceMs: number;
  readonly isOpen: boolean;
}

export interface AlarmStep {
  readonly alarm: Alarm;
  readonly notice?: 'worse' | 'recovered';
  /** The moment at which to decide again even if nothing happens. */
  readonly againMs?: number;
}

const degradedPatienceMs = 60_000;

export function noAlarm(atMs: number): Alarm {
  return { state: 'STARTING', sinceMs: atMs, isOpen: false };
}

export function judgeAlarm(before: Alarm, state: ServiceState, atMs: number, minUptimeMs: number): AlarmStep {
  const now = before.state === state ? before : { ...before, state, sinceMs: atMs };
  const patienceMs = patienceIn(now, minUptimeMs);
  if (patienceMs === undefined) return { alarm: now };
  const dueMs = now.sinceMs + patienceMs;
  if (atMs < dueMs) return { alarm: now, againMs: dueMs };
  return { alarm: { ...now, isOpen: !now.isOpen }, notice: now.isOpen ? 'recovered' : 'worse' };
}

/**
 * The time for which a state must last before a notice is sent; `undefined` if none is. No notice
 * is sent when an operator stops a service.
 */
function patienceIn({ state, isOpen }: Alarm, minUptimeMs: number): number | undefined {
  switch (state) {
    case 'UP':
      return isOpen ? minUptimeMs : undefined;
    case 'FAILED':
      return isOpen ? undefined : 0;
    case 'DEGRADED':
      return isOpen ? undefined : degradedPatienceMs;
    case 'DOWN':
    case 'STOPPING':
    case 'STARTING':
      return undefined;
    default:
      return state satisfies never;
  }
}
