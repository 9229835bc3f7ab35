/**
 * The types of one instance of a service: its rules, its states, the events that reach it and the
 * effects that follow.
 */
import type { Health, Respawn } from '../../job/service.ts';
import type { ProcessIdentity } from '../../system/types/process.ts';
import type { Checks, HealthAnswer } from './health.ts';
import { type Deaths, type Exit, noDeaths } from './respawn.ts';

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
export interface Memory {
  readonly deaths: Deaths;
  readonly restarts: number;
  readonly lastExit?: { readonly words: string; readonly atMs: number };
}

export interface Alive {
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

/** The name of a state, as records and --json have it. */
export type InstanceAt = 'down' | 'starting' | 'up' | 'unhealthy' | 'stopping' | 'backoff' | 'failed' | 'finished';

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

export type AfterStop =
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

export const newInstance: Instance = { at: 'down', memory: { deaths: noDeaths, restarts: 0 } };

/** True if the instance may have a process. */
export function isAlive({ at }: Pick<InstanceState, 'at'>): boolean {
  return at === 'starting' || at === 'up' || at === 'unhealthy' || at === 'stopping';
}
