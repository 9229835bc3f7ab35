/** Finds the cron that reads this machine's crontabs: by name in /proc, the eldest, and not one of another container. */
import { readlinkSync } from 'node:fs';
import { bootTimeMs } from './boot-time.ts';
import { isHidden, listProcesses, type Process } from './proc.ts';

export type CronDaemon =
  | {
      readonly is: 'running';
      readonly name: string;
      readonly pid: number;
      readonly sinceMs: number;
      readonly stopped: boolean;
    }
  | { readonly is: 'absent' }
  /** Other users' processes are not shown. */
  | { readonly is: 'hidden' };

/** Debian's, and cronie's; busybox's is called crond too. */
const names = new Set(['cron', 'crond']);

/** USER_HZ, which the kernel has fixed for what it tells programs (proc(5)). */
const ticksPerSecond = 100;

export function findCronDaemon(): CronDaemon {
  const all = listProcesses().filter(({ name, isKernel }) => names.has(name) && !isKernel);
  const [eldest] = all.filter(seesOurFiles).sort((a, b) => Number(a.startTicks) - Number(b.startTicks));
  // A child of cron bears its name until it becomes the job's shell.
  if (eldest === undefined) return isHidden(1) ? { is: 'hidden' } : { is: 'absent' };
  const { name, pid, state, startTicks } = eldest;
  const sinceMs = bootTimeMs() + (Number(startTicks) / ticksPerSecond) * 1000;
  return { is: 'running', name, pid, sinceMs, stopped: state === 'T' || state === 't' };
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
