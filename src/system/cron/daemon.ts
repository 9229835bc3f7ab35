/**
 * Finds the cron daemon that reads this host's crontabs: the oldest process of that name in /proc,
 * without those of other containers.
 */
import { readlinkSync } from 'node:fs';
import {
  commandLineOf,
  environmentOf,
  isHidden,
  listProcesses,
  type Process,
  ticksPerSecond,
  variableIn,
} from '../process/proc.ts';
import { bootTimeMs } from '../time/boot-time.ts';

export type CronDaemon =
  | {
      readonly is: 'running';
      readonly name: string;
      readonly pid: number;
      readonly sinceMs: number;
      readonly stopped: boolean;
      /**
       * TZ in its environment; absent when it has none, or the caller is not root and may not see
       * it.
       */
      readonly tz?: string;
    }
  | { readonly is: 'absent' }
  /** /proc does not show other users' processes. */
  | { readonly is: 'hidden' };

/** The names of Debian's cron and of cronie; busybox's is crond too. */
const names = new Set(['cron', 'crond']);

export function findCronDaemon(): CronDaemon {
  const all = listProcesses().filter(({ name, isKernel }) => names.has(name) && !isKernel);
  const [oldest] = all
    .filter((found) => seesOurFiles(found) && !isWaiter(found))
    .sort((a, b) => Number(a.startTicks) - Number(b.startTicks));
  if (oldest === undefined) return isHidden(1) ? { is: 'hidden' } : { is: 'absent' };
  const { name, pid, state, startTicks } = oldest;
  const sinceMs = bootTimeMs() + (Number(startTicks) / ticksPerSecond) * 1000;
  const tz = zoneVariableOf(pid);
  const stopped = state === 'T' || state === 't';
  return { is: 'running', name, pid, sinceMs, stopped, ...(tz !== undefined && { tz }) };
}

function zoneVariableOf(pid: number): string | undefined {
  const environment = environmentOf(pid);
  return environment === undefined ? undefined : variableIn(environment, 'TZ');
}

/**
 * True for a child of cron that waits for the end of a job and outlives a cron that dies. It has
 * the same name, but both daemons put their name in capitals into its command line (do_command.c).
 */
function isWaiter({ pid }: Process): boolean {
  return /^(?:\S*\/)?CROND?(?: |$)/.test(commandLineOf(pid));
}

/**
 * True when the process has this process's mount namespace. Only root can see that; for other
 * callers every cron counts.
 */
function seesOurFiles({ pid }: Process): boolean {
  const theirs = mountNamespace(pid);
  return theirs === undefined || theirs === mountNamespace('self');
}

function mountNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
