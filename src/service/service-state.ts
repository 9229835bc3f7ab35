/** Computes the state of a service from its desired state and the states of its instances. */
import type { Instance } from './instance/instance.ts';

export type ServiceState = 'DOWN' | 'STOPPING' | 'STARTING' | 'FAILED' | 'UP' | 'DEGRADED';

export interface ServiceFacts {
  readonly desired: 'up' | 'down';
  /** Number of instances in the file. */
  readonly instances: number;
  /** States of the instances that are to be up; without a supervisor, the last recorded ones. */
  readonly states: readonly Instance['at'][];
  /** Set if any process of the service lives, also one of an instance that is to be down. */
  readonly anyAlive: boolean;
  /** Set if an instance has died since the service was last started. */
  readonly anyDied: boolean;
  readonly supervisor:
    | { readonly is: 'there' }
    /**
     * `forMs`: time since the service is to be up, since boot or since its last supervisor was
     * seen, whichever is shortest.
     */
    | { readonly is: 'missing'; readonly forMs: number };
}

/** Time for cron's next minute and for a slow boot. */
const supervisorPatienceMs = 90_000;

export function serviceStateOf(facts: ServiceFacts): ServiceState {
  const { desired, states, instances, anyAlive, anyDied, supervisor } = facts;
  const among = (...counted: readonly Instance['at'][]) => states.filter((at) => counted.includes(at)).length;
  const isFinished = states.length > 0 && among('finished') === states.length;
  if ((desired === 'down' || isFinished) && !anyAlive) return 'DOWN';
  if (desired === 'down') return 'STOPPING';
  if (supervisor.is === 'missing') {
    return supervisor.forMs < supervisorPatienceMs && among('failed') === 0 ? 'STARTING' : 'FAILED';
  }
  const up = among('up');
  const isComing = up < states.length && up + among('starting') === states.length;
  if (!anyDied && isComing) return 'STARTING';
  if (among('up', 'starting', 'backoff', 'unhealthy', 'stopping') === 0) return 'FAILED';
  return up === instances && instances > 0 ? 'UP' : 'DEGRADED';
}

/** Returns the exit code of `jobctl status NAME`. */
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
