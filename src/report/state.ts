/**
 * The state of a job in one word, the same in listings, `--json` and the docs. It decides the exit
 * code of `jobctl status NAME`.
 */
import { type ServiceState, stateCode } from '../service/service-state.ts';

export type JobState =
  | 'ok'
  | 'failing'
  | 'running'
  | 'paused'
  | 'disabled'
  /** Only other hosts of its pool start it. */
  | 'elsewhere'
  | 'overdue'
  | 'invalid'
  | 'never-run'
  /** Its history can't be read. */
  | 'unknown'
  | ServiceState;

/** The success of a job's runs. A skip, or a stop by an operator, does not change it. */
export type Health = 'ok' | 'failing' | 'never-run' | 'unknown';

export interface StateFacts {
  readonly service?: { readonly state: ServiceState; readonly desired?: 'up' | 'down' };
  readonly activity: { readonly is: 'running' | 'orphaned' | 'idle' };
  /** The run that waits for its turn. */
  readonly next?: unknown;
  /** Present when the job file can't be used. */
  readonly problems?: readonly string[];
  readonly paused?: unknown;
  readonly disabled?: boolean;
  /** The hosts that have a job of a pool. */
  readonly seat?: { readonly isHere: boolean; readonly slots?: true };
  readonly overdue?: unknown;
  readonly health: Health;
}

/**
 * Returns the first state that applies. A run that waits for a lock, or for its next attempt, is
 * running, because its run-job exists.
 */
export function jobStateOf(facts: StateFacts): JobState {
  const { service, activity, next, problems, paused, disabled, seat, overdue, health } = facts;
  const isElsewhere = seat?.isHere === false;
  if (service !== undefined) {
    const isDownHere = service.state === 'DOWN' && (isElsewhere || (seat?.slots === true && service.desired === 'up'));
    return isDownHere ? 'elsewhere' : service.state;
  }
  if (activity.is === 'running') return 'running';
  if (activity.is === 'orphaned') return 'failing';
  if (next !== undefined) return 'running';
  if (problems !== undefined) return 'invalid';
  if (isElsewhere) return 'elsewhere';
  if (paused !== undefined) return 'paused';
  if (health === 'failing') return 'failing';
  if (disabled) return 'disabled';
  return overdue === undefined ? health : 'overdue';
}

/**
 * The exit code of the state, in the manner of LSB init scripts: 0 ok · 1 failing, overdue or
 * invalid · 3 paused, disabled or elsewhere · 4 never run or unknown. While a job runs, its earlier runs
 * decide.
 */
export function jobStateCode(facts: StateFacts): number {
  if (facts.problems !== undefined && facts.service === undefined) return 1;
  const state = jobStateOf(facts);
  switch (state) {
    case 'ok':
      return 0;
    case 'running':
      return facts.health === 'failing' ? 1 : 0;
    case 'failing':
    case 'overdue':
    case 'invalid':
      return 1;
    case 'paused':
    case 'disabled':
    case 'elsewhere':
      return 3;
    case 'never-run':
    case 'unknown':
      return 4;
    default:
      return stateCode(state);
  }
}
