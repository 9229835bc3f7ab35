/** The steps between the states of an instance, which the table in machine.ts names. */
import type { ProcessIdentity } from '../../system/types/process.ts';
import { defined } from '../../text/defined.ts';
import { asking, countAnswer, firstChecks, type HealthAnswer, isDue } from './health.ts';
import type {
  AfterStop,
  Alive,
  Effect,
  InstanceAt,
  InstanceEvent,
  InstanceRules,
  InstanceState,
  Memory,
} from './instance.ts';
import { type Death, deathWords, type Exit, judgeDeath, noDeaths } from './respawn.ts';

export type At = InstanceAt;
export type In<A extends At> = Extract<InstanceState, { readonly at: A }>;
export type Of<I extends InstanceEvent['is']> = Extract<InstanceEvent, { readonly is: I }>;
export interface Context {
  readonly memory: Memory;
  readonly rules: InstanceRules;
}
export interface Next {
  readonly state: InstanceState;
  readonly memory?: Memory;
  readonly effects?: readonly Effect[];
}

export function start(atMs: number): Next {
  return { state: { at: 'starting', sinceMs: atMs, checks: firstChecks(atMs) }, effects: [{ do: 'start' }] };
}

export function stopping(then: AfterStop, process: ProcessIdentity | undefined): Next {
  return { state: { at: 'stopping', then, ...defined({ process }) } };
}

export function end({ process }: Alive, then: AfterStop): Next {
  return { ...stopping(then, process), effects: [{ do: 'end' }] };
}

/**
 * The step after a start. With a probe, the first one runs at once. Without one the instance is up;
 * a `pid_file` instance is up when its process is found.
 */
export function afterStart(state: In<'starting'>, atMs: number, rules: InstanceRules): Next {
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
 * The step after the end of the command. For a `pid_file` service exit code 0 means that its
 * pid file is looked for.
 */
export function commandEnded(
  state: In<'starting'> | In<'up'>,
  { exit, atMs }: Of<'ended'>,
  rules: InstanceRules,
): Next {
  if (rules.monitorSeconds !== undefined && exit.is === 'exited' && exit.code === 0 && state.watch === undefined) {
    return { state: { ...state, watch: { sinceMs: atMs, nextMs: atMs, isLooking: true } }, effects: [{ do: 'look' }] };
  }
  return end(state, { is: 'judge', exit, upMs: upMsOf(state, atMs) });
}

/** Interval of the first looks: a pid file may appear a moment after its command has ended. */
const firstLooksMs = 250;

export function looked(
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

export function answered(
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

export function dueWork(state: In<'starting'> | In<'up'>, atMs: number, rules: InstanceRules): Next | undefined {
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

export function afterStop(then: AfterStop, event: Of<'gone'>, context: Context): Next {
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

export function judge(
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
