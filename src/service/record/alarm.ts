/**
 * When people are told of a service: once when it has become worse, once when it is well again. An alarm opens when the service is FAILED,
 * or has been DEGRADED for a minute: a single death that a restart heals is in the log and nobody's business. It closes when the service
 * has been UP for `min_uptime`, the same time after which a death counts as a new one. So a program that dies each minute is one alarm.
 * Times are milliseconds since boot.
 */
import type { ServiceState } from '../service-state.ts';

export interface Alarm {
  /** Since when the service has been in this state. */
  readonly state: ServiceState;
  readonly sinceMs: number;
  readonly isOpen: boolean;
}

export interface Judged {
  readonly alarm: Alarm;
  readonly tell?: 'worse' | 'recovered';
  /** When it must be looked at again though nothing has happened. */
  readonly againMs?: number;
}

const degradedPatienceMs = 60_000;

export function noAlarm(atMs: number): Alarm {
  return { state: 'STARTING', sinceMs: atMs, isOpen: false };
}

export function judgeAlarm(
  before: Alarm,
  state: ServiceState,
  { atMs, minUptimeMs }: { readonly atMs: number; readonly minUptimeMs: number },
): Judged {
  const now = before.state === state ? before : { ...before, state, sinceMs: atMs };
  const patienceMs = patienceIn(now, minUptimeMs);
  if (patienceMs === undefined) return { alarm: now };
  const dueMs = now.sinceMs + patienceMs;
  if (atMs < dueMs) return { alarm: now, againMs: dueMs };
  return { alarm: { ...now, isOpen: !now.isOpen }, tell: now.isOpen ? 'recovered' : 'worse' };
}

/** How long the state must last to be told; `undefined`: it is not told. A person who stops a service ends its alarm in silence. */
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
