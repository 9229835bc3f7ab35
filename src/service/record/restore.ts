/** Turns the state machine of an instance into its record, and a record back. */
import { defined } from '../../text/defined.ts';
import { type Instance, newInstance } from '../instance/instance.ts';
import { noDeaths } from '../instance/respawn.ts';
import type { InstanceRecord } from './record.ts';

/** A moment on both clocks. */
export interface Moment {
  readonly nowMs: number;
  readonly sinceBootMs: number;
}

export interface Restoring extends Moment {
  readonly sameBoot: boolean;
  /** Time of the latest reset by an operator. */
  readonly resetMs: number;
}

/**
 * Restores an instance for a new supervisor, when no process of it lives. A failed instance stays
 * failed until an operator resets it, even after a reboot. A finished one stays finished until the
 * next boot, and on the same boot one that waits for its next start goes on waiting.
 */
export function restoreInstance(record: InstanceRecord | undefined, restoring: Restoring): Instance {
  if (record === undefined) return newInstance;
  const { sameBoot, resetMs, nowMs, sinceBootMs } = restoring;
  const isReset = wasReset(record, resetMs);
  const toBoot = (ms: number) => sinceBootMs - (nowMs - ms);
  const memory = {
    deaths: sameBoot && !isReset ? { atMs: record.deathsMs.map(toBoot), quick: record.quickDeaths } : noDeaths,
    restarts: record.restarts,
    ...(record.lastExit !== undefined && { lastExit: { ...record.lastExit, atMs: toBoot(record.lastExit.atMs) } }),
  };
  const sinceMs = toBoot(record.sinceMs ?? nowMs);
  if (record.at === 'failed' && !isReset)
    return { at: 'failed', reason: record.reason ?? 'it failed', sinceMs, memory };
  if (record.at === 'finished' && sameBoot && !isReset) return { at: 'finished', sinceMs, memory };
  const { at, untilMs, lastExit } = record;
  if (at === 'backoff' && sameBoot && !isReset && untilMs !== undefined && lastExit !== undefined) {
    // A clock that was set back must not make the wait longer than it was meant to be.
    const longestMs = sinceBootMs + Math.max(0, untilMs - lastExit.atMs);
    return { at, untilMs: Math.min(toBoot(untilMs), longestMs), memory };
  }
  return { at: 'down', memory };
}

/**
 * True if an operator has reset the instance after its record was true. States without a start of
 * their own go back to its last death.
 */
function wasReset({ sinceMs, lastExit }: InstanceRecord, resetMs: number): boolean {
  const latestMs = sinceMs ?? lastExit?.atMs;
  return latestMs !== undefined && resetMs >= latestMs;
}

/** Returns the part of an instance's record that its state machine knows. */
export function describeInstance(
  instance: Instance,
  { nowMs, sinceBootMs }: Moment,
): Omit<InstanceRecord, 'number' | 'ports'> {
  const { memory } = instance;
  const toWall = (ms: number) => Math.round(nowMs - (sinceBootMs - ms));
  return {
    at: instance.at,
    restarts: memory.restarts,
    quickDeaths: memory.deaths.quick,
    deathsMs: memory.deaths.atMs.map(toWall),
    ...(memory.lastExit !== undefined && { lastExit: { ...memory.lastExit, atMs: toWall(memory.lastExit.atMs) } }),
    ...stateFields(instance, toWall),
  };
}

function stateFields(instance: Instance, toWall: (ms: number) => number): Partial<InstanceRecord> {
  switch (instance.at) {
    case 'down':
      return {};
    case 'starting':
    case 'up': {
      const { checks, watch, process } = instance;
      const reason = watch?.missing;
      return {
        sinceMs: toWall(instance.at === 'up' ? instance.upSinceMs : instance.sinceMs),
        ...defined({ process, health: checks.last }),
        ...(checks.failures > 0 && { failures: checks.failures }),
        ...defined({ reason }),
      };
    }
    case 'unhealthy':
      return { reason: instance.reason, ...(instance.process && { process: instance.process }) };
    case 'stopping':
      return instance.process === undefined ? {} : { process: instance.process };
    case 'backoff':
      return { untilMs: toWall(instance.untilMs) };
    case 'failed':
      return { reason: instance.reason, sinceMs: toWall(instance.sinceMs) };
    case 'finished':
      return { sinceMs: toWall(instance.sinceMs) };
    default:
      return instance satisfies never;
  }
}
