/**
 * Finds the cron that reads this machine's crontabs: by name in /proc, the eldest, and not one of
 * another container.
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
       * TZ in its environment; absent when it has none, or the caller may not see it: only root
       * may.
       */
      readonly tz?: string;
    }
  | { readonly is: 'absent' }
  /** Other users' processes are not shown. */
  | { readonly is: 'hidden' };

/** Debian's, and cronie's; busybox's is called crond too. */
const names = new Set(['cron', 'crond']);

export function findCronDaemon(): CronDaemon {
  const all = listProcesses().filter(({ name, isKernel }) => names.has(name) && !isKernel);
  const [eldest] = all
    .filter((found) => seesOurFiles(found) && !isWaiter(found))
    .sort((a, b) => Number(a.startTicks) - Number(b.startTicks));
  if (eldest === undefined) return isHidden(1) ? { is: 'hidden' } : { is: 'absent' };
  const { name, pid, state, startTicks } = eldest;
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
 * Beside each job a child of cron waits for its end, and outlives a cron that dies. It bears the
 * same name; both daemons write their own in capitals into its command line (do_command.c).
 */
function isWaiter({ pid }: Process): boolean {
  return /^(?:\S*\/)?CROND?(?: |$)/.test(commandLineOf(pid));
}

/** Only root may ask; for anybody else every cron counts. */
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
