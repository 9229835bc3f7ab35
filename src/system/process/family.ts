/** Process trees: the descendants of processes, and the description of each process for people. */
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import type { Survivor } from '../types/process.ts';
import { users } from '../user/users.ts';
import { commandLineOf, isOver, listProcesses, type Process, readProcess } from './proc.ts';

/** The pids of these processes and of all their descendants. */
export function familyOf(ancestors: readonly number[], all: readonly Process[]): ReadonlySet<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  // The loop over a set also visits what is added during the loop.
  const family = new Set(ancestors);
  for (const pid of family) for (const child of children.get(pid) ?? []) family.add(child);
  return family;
}

/** The living descendants of a process, without the process itself. */
export function descendantsOf(pid: number): readonly Process[] {
  const all = listProcesses();
  const family = familyOf([pid], all);
  return all.filter((found) => found.pid !== pid && family.has(found.pid));
}

/**
 * These processes for people. `uid` is the user who would signal them: this process's by default.
 */
export function named(found: readonly Process[], uid = process.getuid?.() ?? 0): readonly Survivor[] {
  return found.map((one) => survivor(one, uid));
}

function survivor({ pid, startTicks }: Process, uid: number): Survivor {
  const why = outOfReach(pid, uid);
  return { pid, startTicks, command: commandLineOf(pid), ...(why !== undefined && { why }) };
}

/** The reason why a signal of that user can't end the process; `undefined` when it should. */
function outOfReach(pid: number, uid: number): string | undefined {
  const owner = strangerOf(pid, uid);
  if (owner !== undefined) return `belongs to ${owner}`;
  const found = readProcess(pid);
  return found !== undefined && !isOver(found) && found.state === 'D' ? 'is in uninterruptible sleep' : undefined;
}

/**
 * The owner of a process that this user may not signal. kill(2) compares the caller's uid with the
 * real and the saved uid of the process. The owner of /proc/PID says less: it is root for a process
 * that has changed its user.
 */
function strangerOf(pid: number, uid: number): string | undefined {
  if (uid === 0) return undefined;
  const uids = uidsOf(pid);
  if (uids === undefined || uids.includes(uid)) return undefined;
  const [owner = 0] = uids;
  return users.find(String(owner))?.name ?? `uid ${owner}`;
}

/** The real and the saved uid of a process. */
function uidsOf(pid: number): readonly number[] | undefined {
  try {
    const [, real, , saved] = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return real === undefined || saved === undefined ? [statSync(`/proc/${pid}`).uid] : [Number(real), Number(saved)];
  } catch {
    return undefined;
  }
}
