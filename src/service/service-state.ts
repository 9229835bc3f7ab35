/** The state of a service: computed from what is wanted and what its instances are; the first row that matches. */
import type { Instance } from './instance/machine.ts';

export type ServiceState = 'DOWN' | 'STOPPING' | 'STARTING' | 'FAILED' | 'UP' | 'DEGRADED';

export interface ServiceFacts {
  readonly desired: 'up' | 'down';
  /** How many there should be. */
  readonly instances: number;
  /** Those that are wanted, by what they are; without a supervisor nothing runs and this is what was last known. */
  readonly states: readonly Instance['at'][];
  /** A process of it lives, also of an instance that is no longer wanted. */
  readonly anyAlive: boolean;
  /** An instance has died since the service was last started. */
  readonly anyDied: boolean;
  readonly supervisor:
    | { readonly is: 'there' }
    /** Since it was wanted, or since boot, whichever is later. */
    | { readonly is: 'missing'; readonly forMs: number };
}

/** cron's next minute, and a slow start of a machine. */
const supervisorPatienceMs = 90_000;

export function serviceStateOf(facts: ServiceFacts): ServiceState {
  const { desired: wanted, states, instances, anyAlive, anyDied, supervisor } = facts;
  const among = (...wantedStates: readonly Instance['at'][]) => states.filter((at) => wantedStates.includes(at)).length;
  const isFinished = states.length > 0 && among('finished') === states.length;
  if ((wanted === 'down' || isFinished) && !anyAlive) return 'DOWN';
  if (wanted === 'down') return 'STOPPING';
  if (supervisor.is === 'missing') {
    return supervisor.forMs < supervisorPatienceMs && among('failed') === 0 ? 'STARTING' : 'FAILED';
  }
  const up = among('up');
  const isComing = up < states.length && up + among('starting') === states.length;
  if (!anyDied && isComing) return 'STARTING';
  if (among('up', 'starting', 'backoff', 'unhealthy', 'stopping') === 0) return 'FAILED';
  return up === instances && instances > 0 ? 'UP' : 'DEGRADED';
}

/** Exit codes of `jobctl status NAME`. */
export function stateCode(state: ServiceState): number {
  switch (state) {
    case 'UP':
      return 0;
    case 'STARTING':
    case 'DEGRADED':
    case 'FAILED':
      return 1;
    case 'DOWN':
    case 'STOPPING':
      return 3;
    default:
      return state satisfies never;
  }
}
