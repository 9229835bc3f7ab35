/**
 * Decides what follows when an instance has ended: it starts again after a delay, it has failed, or
 * it has finished.
 */
import type { Respawn } from '../../job/service.ts';
import type { WaitStatus } from '../../system/types/process.ts';
import { signalName } from '../../text/signal.ts';

/** The end of an instance. */
export type Exit =
  | WaitStatus
  /** Its probes failed and it was ended. */
  | { readonly is: 'unhealthy'; readonly reason: string }
  /** Its command could not be started. */
  | { readonly is: 'not-started'; readonly reason: string }
  /** The process of its pid file is gone, or never came to be. */
  | { readonly is: 'vanished'; readonly reason: string }
  /**
   * Its command exited with 0 and left processes in the background although the job file has no
   * `pid_file`; they were ended.
   */
  | { readonly is: 'backgrounded'; readonly left: string };

/** Earlier deaths of an instance. Times are milliseconds since boot. */
export interface Deaths {
  /** Deaths within the interval of `respawn_limit`, oldest first. */
  readonly atMs: readonly number[];
  /** Deaths in a row that came before `min_uptime`. */
  readonly quick: number;
}

export const noDeaths: Deaths = { atMs: [], quick: 0 };

export type AfterDeath =
  | { readonly is: 'again'; readonly afterMs: number; readonly deaths: Deaths }
  | { readonly is: 'failed'; readonly reason: string; readonly deaths: Deaths }
  | { readonly is: 'finished' };

export interface Death {
  readonly exit: Exit;
  readonly atMs: number;
  /** Time for which it had been up; 0 if it never was. */
  readonly upMs: number;
  /** Names a port of the file that another process has. */
  readonly taken?: string;
}

/**
 * Least delay after the second quick death, so that a program that ends at once does not use up the
 * CPU.
 */
const leastRepeatedSeconds = 0.5;

export function judgeDeath(death: Death, earlier: Deaths, respawn: Respawn): AfterDeath {
  const { exit, atMs, upMs } = death;
  if (isNormal(exit, respawn)) return { is: 'finished' };
  const isSuccess = exit.is === 'exited' && exit.code === 0;
  if (respawn.restart !== 'always' && isSuccess) return { is: 'finished' };
  const deaths = withDeath(earlier, death, respawn);
  if (respawn.restart === 'never') {
    return { is: 'failed', reason: `${deathWords(death)}, and its file says restart: never`, deaths };
  }
  const { limit } = respawn;
  if (limit !== undefined && deaths.atMs.length > limit.count) {
    const seconds = Math.round((atMs - (deaths.atMs[0] ?? atMs)) / 1000);
    const reason = `died ${deaths.atMs.length} times in ${seconds} s, more than respawn_limit allows; the last time it ${deathWords(death)}`;
    return { is: 'failed', reason, deaths };
  }
  const earlierQuick = isLongUp(upMs, respawn) ? 0 : earlier.quick;
  return { is: 'again', afterMs: delayMs(earlierQuick, respawn), deaths };
}

function withDeath(earlier: Deaths, { atMs, upMs }: Death, respawn: Respawn): Deaths {
  const windowMs = (respawn.limit?.intervalSeconds ?? 0) * 1000;
  const kept = earlier.atMs.filter((death) => death > atMs - windowMs);
  return {
    atMs: respawn.limit === undefined ? [] : [...kept, atMs],
    quick: isLongUp(upMs, respawn) ? 1 : earlier.quick + 1,
  };
}

function isLongUp(upMs: number, { minUptimeSeconds }: Respawn): boolean {
  return upMs > 0 && upMs >= minUptimeSeconds * 1000;
}

function delayMs(quick: number, { delaySeconds, maxDelaySeconds }: Respawn): number {
  const seconds = quick === 0 ? delaySeconds : Math.max(delaySeconds, leastRepeatedSeconds) * 2 ** quick;
  return Math.min(seconds, Math.max(maxDelaySeconds, delaySeconds)) * 1000;
}

function isNormal(exit: Exit, { normalExit }: Respawn): boolean {
  if (exit.is === 'exited') return normalExit.codes.includes(exit.code);
  return exit.is === 'signalled' && normalExit.signals.includes(exit.signal);
}

/** Returns the end in words, with its likely cause. */
export function deathWords({ exit, taken }: Pick<Death, 'exit' | 'taken'>): string {
  return taken === undefined ? exitWords(exit) : `${exitWords(exit)}; ${taken}`;
}

/** Returns a clause that follows the name of the instance: "exited with code 3". */
export function exitWords(exit: Exit): string {
  switch (exit.is) {
    case 'exited':
      return `exited with code ${exit.code}`;
    case 'signalled':
      return `was ended by ${signalName(exit.signal)}`;
    case 'unknown':
      return `ended with an unknown exit code: ${exit.reason}`;
    case 'unhealthy':
      return `did not answer and was ended: ${exit.reason}`;
    case 'not-started':
      return `could not be started: ${exit.reason}`;
    case 'vanished':
      return `is gone: ${exit.reason}`;
    case 'backgrounded':
      return `put itself into the background, where it was ended (${exit.left}): see pid_file, or start it in the foreground`;
    default:
      return exit satisfies never;
  }
}
