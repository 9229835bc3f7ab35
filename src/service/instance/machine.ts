/**
 * The state machine of one instance of a service. `step` decides and never acts; the supervisor
 * carries out the effects and reports their results as events.
 *
 *              desired-up        healthy               unhealthy
 *          down ---------> starting -----> up ---------------------> unhealthy
 *           ^                 |  ^          |                            |
 *           |          ended, |  | delay    | ended,                gone |
 *           |   desired-down, |  | is over  | desired-down,              |
 *           |         restart v  |          v restart                    v
 *           '------------- stopping ----(gone: judged by respawn.ts)-> backoff | failed | finished
 *
 * In `down`, `backoff`, `failed` and `finished` the instance has no process, and only from these
 * states and after `gone` does it start: so it never runs twice. Operators' events (`desired-up`,
 * `desired-down`, `restart`, `reset`) are possible in every state. Only `reset`, which `jobctl
 * start` sends too, leaves `failed` and `finished`.
 */
import type { Instance, InstanceEvent, InstanceRules, Step } from './instance.ts';
import { noDeaths } from './respawn.ts';
import {
  type At,
  afterStart,
  afterStop,
  answered,
  type Context,
  commandEnded,
  dueWork,
  end,
  type In,
  judge,
  looked,
  type Next,
  type Of,
  start,
  stopping,
} from './transitions.ts';

type Transition<A extends At, I extends InstanceEvent['is']> = (
  state: In<A>,
  event: Of<I>,
  context: Context,
) => Next | undefined;
type Table = { readonly [A in At]: { readonly [I in InstanceEvent['is']]?: Transition<A, I> } };

type Row = {
  readonly [I in InstanceEvent['is']]?: (state: never, event: never, context: Context) => Next | undefined;
};

/**
 * The transitions. An event without one changes nothing: a late answer, a command that changes
 * nothing.
 */
const table: Table = {
  down: {
    'desired-up': (_, { atMs }) => start(atMs),
  },
  starting: {
    'desired-down': (state) => end(state, { is: 'down' }),
    restart: (state) => end(state, { is: 'start' }),
    started: (state, { process, atMs }, { rules }) => afterStart({ ...state, process }, atMs, rules),
    ended: (state, event, { rules }) => commandEnded(state, event, rules),
    answered: (state, { answer, atMs }, { rules }) => answered(state, answer, { atMs, rules }),
    looked: (state, event, { rules }) => looked(state, event, rules),
    time: (state, { atMs }, { rules }) => dueWork(state, atMs, rules),
  },
  up: {
    'desired-down': (state) => end(state, { is: 'down' }),
    restart: (state) => end(state, { is: 'start' }),
    ended: (state, event, { rules }) => commandEnded(state, event, rules),
    answered: (state, { answer, atMs }, { rules }) => answered(state, answer, { atMs, rules }),
    looked: (state, event, { rules }) => looked(state, event, rules),
    time: (state, { atMs }, { rules }) => dueWork(state, atMs, rules),
  },
  unhealthy: {
    'desired-down': ({ process }) => stopping({ is: 'down' }, process),
    restart: ({ process }) => stopping({ is: 'start' }, process),
    gone: ({ reason, upMs }, event, context) => judge({ exit: { is: 'unhealthy', reason }, upMs }, event, context),
  },
  stopping: {
    'desired-up': ({ then, process }) => (then.is === 'down' ? stopping({ is: 'start' }, process) : undefined),
    'desired-down': ({ then, process }) => (then.is === 'down' ? undefined : stopping({ is: 'down' }, process)),
    restart: ({ then, process }) => (then.is === 'judge' ? stopping({ is: 'start' }, process) : undefined),
    gone: ({ then }, event, context) => afterStop(then, event, context),
  },
  backoff: {
    'desired-down': () => ({ state: { at: 'down' } }),
    restart: (_, { atMs }) => start(atMs),
    reset: (_, { atMs }, { memory }) => ({ ...start(atMs), memory: { ...memory, deaths: noDeaths } }),
    time: ({ untilMs }, { atMs }, { memory }) =>
      atMs < untilMs ? undefined : { ...start(atMs), memory: { ...memory, restarts: memory.restarts + 1 } },
  },
  failed: {
    reset: (_, { atMs }, { memory }) => ({ ...start(atMs), memory: { ...memory, deaths: noDeaths } }),
  },
  finished: {
    reset: (_, { atMs }, { memory }) => ({ ...start(atMs), memory: { ...memory, deaths: noDeaths } }),
  },
};

export function step(instance: Instance, event: InstanceEvent, rules: InstanceRules): Step {
  const { memory, ...state } = instance;
  // The types check each row of the table. That `row` fits `state` follows from the index, which
  // TypeScript can't see.
  const row: Row = table[state.at];
  const next = row[event.is]?.(state as never, event as never, { memory, rules });
  if (next === undefined) return { instance, effects: [] };
  return { instance: { ...next.state, memory: next.memory ?? memory }, effects: next.effects ?? [] };
}

/**
 * The moment at which the event `time` has an effect, milliseconds since boot; `undefined` if it
 * has none.
 */
export function nextWakeMs(instance: Instance, rules: InstanceRules): number | undefined {
  switch (instance.at) {
    case 'starting':
    case 'up': {
      const { checks, watch, process } = instance;
      const canAsk = rules.health !== undefined && !checks.isAsking && process !== undefined;
      const times = [
        ...(canAsk ? [checks.nextMs] : []),
        ...(watch !== undefined && !watch.isLooking ? [watch.nextMs] : []),
      ];
      return times.length === 0 ? undefined : times.reduce((first, ms) => Math.min(first, ms));
    }
    case 'backoff':
      return instance.untilMs;
    default:
      return undefined;
  }
}
