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

import type { Health, Respawn } from '../../job/service.ts';
import type { ProcessIdentity } from '../../system/types/process.ts';
import { defined } from '../../text/defined.ts';
import { asking, type Checks, countAnswer, firstChecks, type HealthAnswer, isDue } from './health.ts';
import { type Death, type Deaths, deathWords, type Exit, judgeDeath, noDeaths } from './respawn.ts';

/**
 * The rules of the job file by which the instance was started. Times below are milliseconds since
 * boot.
 */
export interface InstanceRules {
  readonly respawn: Respawn;
  readonly health?: Health;
  /**
   * Set if the command puts itself in the background: the interval at which its process is looked
   * for.
   */
  readonly monitorSeconds?: number;
  /** Time for which the `pid_file` may be missing after the command has ended. */
  readonly pidFileGraceSeconds: number;
}

/** Facts that survive every change of state. */
interface Memory {
  readonly deaths: Deaths;
  readonly restarts: number;
  readonly lastExit?: { readonly words: string; readonly atMs: number };
}

interface Alive {
  readonly sinceMs: number;
  readonly checks: Checks;
  readonly process?: ProcessIdentity;
  /**
   * Set for a `pid_file` instance once its command has ended: from then on its process is watched.
   */
  readonly watch?: Watch;
}

interface Watch {
  readonly sinceMs: number;
  readonly nextMs: number;
  readonly isLooking: boolean;
  /** The reason why the last look did not find the process. */
  readonly missing?: string;
}

export type InstanceState =
  | { readonly at: 'down' }
  | ({ readonly at: 'starting' } & Alive)
  | ({ readonly at: 'up'; readonly upSinceMs: number } & Alive)
  /** Its probes failed and it is being ended. */
  | { readonly at: 'unhealthy'; readonly reason: string; readonly upMs: number; readonly process?: ProcessIdentity }
  /** Its processes are being ended; `then` says what follows. */
  | { readonly at: 'stopping'; readonly then: AfterStop; readonly process?: ProcessIdentity }
  | { readonly at: 'backoff'; readonly untilMs: number }
  | { readonly at: 'failed'; readonly reason: string; readonly sinceMs: number }
  | { readonly at: 'finished'; readonly sinceMs: number };

type AfterStop =
  | { readonly is: 'down' }
  | { readonly is: 'start' }
  | { readonly is: 'judge'; readonly exit: Exit; readonly upMs: number };

export type Instance = InstanceState & { readonly memory: Memory };

export type InstanceEvent = { readonly atMs: number } & (
  | { readonly is: 'desired-up' }
  | { readonly is: 'desired-down' }
  | { readonly is: 'restart' }
  /** An operator asks for a failed or finished instance to be started again. */
  | { readonly is: 'reset' }
  | { readonly is: 'started'; readonly process: ProcessIdentity }
  /** The command has ended; its remaining processes have not been ended yet. */
  | { readonly is: 'ended'; readonly exit: Exit }
  /**
   * No process of it lives. `left`: processes that its command had left in the background. `taken`:
   * a port of its file that another process has.
   */
  | { readonly is: 'gone'; readonly left?: string; readonly taken?: string }
  | { readonly is: 'answered'; readonly answer: HealthAnswer }
  /** The process of the pid file, or the reason why there is none. */
  | { readonly is: 'looked'; readonly found: ProcessIdentity | { readonly missing: string } }
  | { readonly is: 'time' }
);

export type Effect =
  /** Launches the command. The answer is `started` or `ended`. */
  | { readonly do: 'start' }
  /** Ends its processes. The answer is `gone`, when none is left. */
  | { readonly do: 'end' }
  /** Runs the probe. The answer is `answered`. */
  | { readonly do: 'probe' }
  /** Looks at the pid file. The answer is `looked`. */
  | { readonly do: 'look' };

export interface Step {
  readonly instance: Instance;
  readonly effects: readonly Effect[];
}

type At = InstanceState['at'];
type In<A extends At> = Extract<InstanceState, { readonly at: A }>;
type Of<I extends InstanceEvent['is']> = Extract<InstanceEvent, { readonly is: I }>;
interface Context {
  readonly memory: Memory;
  readonly rules: InstanceRules;
}
interface Next {
  readonly state: InstanceState;
  readonly memory?: Memory;
  readonly effects?: readonly Effect[];
}
type Transition<A extends At, I extends InstanceEvent['is']> = (
  state: In<A>,
  event: Of<I>,
  context: Context,
) => Next | undefined;
type Table = { readonly [A in At]: { readonly [I in InstanceEvent['is']]?: Transition<A, I> } };

type Row = {
  readonly [I in InstanceEvent['is']]?: (state: never, event: never, context: Context) => Next | undefined;
};

export const newInstance: Instance = { at: 'down', memory: { deaths: noDeaths, restarts: 0 } };

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
    started: (state, { process, atMs }, { rules }) => upAtOnce({ ...state, process }, atMs, rules),
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

/** True if the instance may have a process. */
export function isAlive({ at }: Pick<InstanceState, 'at'>): boolean {
  return at === 'starting' || at === 'up' || at === 'unhealthy' || at === 'stopping';
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

function start(atMs: number): Next {
  return { state: { at: 'starting', sinceMs: atMs, checks: firstChecks(atMs) }, effects: [{ do: 'start' }] };
}

function stopping(then: AfterStop, process: ProcessIdentity | undefined): Next {
  return { state: { at: 'stopping', then, ...defined({ process }) } };
}

function end({ process }: Alive, then: AfterStop): Next {
  return { ...stopping(then, process), effects: [{ do: 'end' }] };
}

/**
 * The step after a start. With a probe, the first one runs at once. Without one the instance is up;
 * a `pid_file` instance is up when its process is found.
 */
function upAtOnce(state: In<'starting'>, atMs: number, rules: InstanceRules): Next {
  if (rules.health !== undefined) return dueWork(state, atMs, rules) ?? { state };
  return { state: rules.monitorSeconds === undefined ? up(state, atMs) : state };
}

function up(state: In<'starting'>, atMs: number): In<'up'> {
  return { ...state, at: 'up', upSinceMs: atMs };
}

function upMsOf(state: In<'starting'> | In<'up'>, atMs: number): number {
  return state.at === 'up' ? atMs - state.upSinceMs : 0;
}

/**
 * The step after the end of the command. For a `pid_file` service exit code 0 means that the daemon
 * runs.
 */
function commandEnded(state: In<'starting'> | In<'up'>, { exit, atMs }: Of<'ended'>, rules: InstanceRules): Next {
  if (rules.monitorSeconds !== undefined && exit.is === 'exited' && exit.code === 0 && state.watch === undefined) {
    return { state: { ...state, watch: { sinceMs: atMs, nextMs: atMs, isLooking: true } }, effects: [{ do: 'look' }] };
  }
  return end(state, { is: 'judge', exit, upMs: upMsOf(state, atMs) });
}

/** Interval of the first looks: a pid file may appear a moment after its command has ended. */
const firstLooksMs = 250;

function looked(
  state: In<'starting'> | In<'up'>,
  { found, atMs }: Of<'looked'>,
  rules: InstanceRules,
): Next | undefined {
  const { watch } = state;
  if (watch === undefined) return undefined;
  const monitorMs = (rules.monitorSeconds ?? 0) * 1000;
  if (!('missing' in found)) {
    const { missing: _found, ...seen } = watch;
    const known = { ...state, process: found, watch: { ...seen, isLooking: false, nextMs: atMs + monitorMs } };
    if (isReplaced(state.process, found) && state.at === 'up') return { state: known };
    return known.at === 'starting' && rules.health === undefined
      ? { state: up(known, atMs) }
      : (dueWork(known, atMs, rules) ?? { state: known });
  }
  const inGrace = state.at === 'starting' && atMs < watch.sinceMs + rules.pidFileGraceSeconds * 1000;
  if (inGrace) {
    const nextMs = atMs + Math.min(firstLooksMs, monitorMs);
    return { state: { ...state, watch: { ...watch, isLooking: false, nextMs, missing: found.missing } } };
  }
  const exit: Exit = { is: 'vanished', reason: found.missing };
  return end(state, { is: 'judge', exit, upMs: upMsOf(state, atMs) });
}

/**
 * True if a daemon has a new process because it was upgraded in place (nginx, haproxy); it has not
 * died.
 */
function isReplaced(before: ProcessIdentity | undefined, now: ProcessIdentity): boolean {
  return before !== undefined && (before.pid !== now.pid || before.startTicks !== now.startTicks);
}

function answered(
  state: In<'starting'> | In<'up'>,
  answer: HealthAnswer,
  { atMs, rules }: { readonly atMs: number; readonly rules: InstanceRules },
): Next | undefined {
  if (rules.health === undefined || !state.checks.isAsking) return undefined;
  const counted = countAnswer(state.checks, answer, atMs, rules.health);
  const checked = { ...state, checks: counted.checks };
  switch (counted.is) {
    case 'undecided':
      return { state: checked };
    case 'healthy':
      // While its pid file is missing the instance is not up: another process may have answered at
      // its port.
      return { state: checked.at === 'starting' && isSeen(checked, rules) ? up(checked, atMs) : checked };
    case 'unhealthy':
      return unhealthy(checked, counted.reason ?? 'it does not answer', atMs);
    default:
      return counted.is satisfies never;
  }
}

function isSeen({ watch }: Alive, { monitorSeconds }: InstanceRules): boolean {
  return monitorSeconds === undefined || (watch !== undefined && watch.missing === undefined && !watch.isLooking);
}

function unhealthy(state: In<'starting'> | In<'up'>, reason: string, atMs: number): Next {
  const { process } = state;
  const next: InstanceState = {
    at: 'unhealthy',
    reason,
    upMs: upMsOf(state, atMs),
    ...defined({ process }),
  };
  return { state: next, effects: [{ do: 'end' }] };
}

function dueWork(state: In<'starting'> | In<'up'>, atMs: number, rules: InstanceRules): Next | undefined {
  const { checks, watch, process } = state;
  const asks = rules.health !== undefined && process !== undefined && isDue(checks, atMs);
  const looks = watch !== undefined && !watch.isLooking && watch.nextMs <= atMs;
  if (!asks && !looks) return undefined;
  return {
    state: {
      ...state,
      ...(asks && rules.health !== undefined && { checks: asking(checks, atMs, rules.health) }),
      ...(looks && { watch: { ...watch, isLooking: true } }),
    },
    effects: [...(asks ? [{ do: 'probe' } as const] : []), ...(looks ? [{ do: 'look' } as const] : [])],
  };
}

function afterStop(then: AfterStop, event: Of<'gone'>, context: Context): Next {
  const { atMs } = event;
  switch (then.is) {
    case 'down':
      return { state: { at: 'down' } };
    case 'start':
      return { ...start(atMs), memory: { ...context.memory, restarts: context.memory.restarts + 1 } };
    case 'judge':
      return judge(then, event, context);
    default:
      return then satisfies never;
  }
}

function judge(
  { exit, upMs }: Pick<Death, 'exit' | 'upMs'>,
  { atMs, left, taken }: Of<'gone'>,
  { memory, rules }: Context,
): Next {
  // A program that goes on in the background has not finished.
  const isDaemon = left !== undefined && exit.is === 'exited' && exit.code === 0;
  const death: Death = {
    ...{ exit: isDaemon ? { is: 'backgrounded', left } : exit, upMs, atMs },
    ...defined({ taken }),
  };
  const next = judgeDeath(death, memory.deaths, rules.respawn);
  const lastExit = { words: deathWords(death), atMs };
  switch (next.is) {
    case 'finished':
      return { state: { at: 'finished', sinceMs: atMs }, memory: { ...memory, deaths: noDeaths, lastExit } };
    case 'failed':
      return {
        state: { at: 'failed', reason: next.reason, sinceMs: atMs },
        memory: { ...memory, deaths: next.deaths, lastExit },
      };
    case 'again':
      return {
        state: { at: 'backoff', untilMs: atMs + next.afterMs },
        memory: { ...memory, deaths: next.deaths, lastExit },
      };
    default:
      return next satisfies never;
  }
}
