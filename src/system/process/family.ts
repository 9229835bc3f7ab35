/** Processes with everything that descends from them, and what people are told of each. */
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import type { Survivor } from '../types/process.ts';
import { users } from '../user/users.ts';
import { commandLineOf, isOver, listProcesses, type Process, readProcess } from './proc.ts';

/** The pids of these processes and of all that descends from them. */
export function familyOf(ancestors: readonly number[], all: readonly Process[]): ReadonlySet<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  // A set is walked in the order of insertion, what is added on the way included.
  const family = new Set(ancestors);
  for (const pid of family) for (const child of children.get(pid) ?? []) family.add(child);
  return family;
}

/** The living processes below one, that one not included. */
export function descendantsOf(pid: number): readonly Process[] {
  const all = listProcesses();
  const family = familyOf([pid], all);
  return all.filter((found) => found.pid !== pid && family.has(found.pid));
}

/** These processes as people are told of them; `uid` is whoever would end them, this process unless given. */
export function named(found: readonly Process[], uid = process.getuid?.() ?? 0): readonly Survivor[] {
  return found.map((one) => survivor(one, uid));
}

function survivor({ pid, startTicks }: Process, uid: number): Survivor {
  const why = outOfReach(pid, uid);
  return { pid, startTicks, command: commandLineOf(pid), ...(why !== undefined && { why }) };
}

/** Why a signal of that user does not end it: it belongs to another one, or waits in the kernel. `undefined` when one should. */
function outOfReach(pid: number, uid: number): string | undefined {
  const owner = strangerOf(pid, uid);
  if (owner !== undefined) return `belongs to ${owner}`;
  const found = readProcess(pid);
  return found !== undefined && !isOver(found) && found.state === 'D' ? 'is in uninterruptible sleep' : undefined;
}

/**
 * kill(2) compares the caller's uid with the real and the saved one of the process. The owner of /proc/PID says less: it is root for whatever has
 * changed its user.
 */
function strangerOf(pid: number, uid: number): string | undefined {
  if (uid === 0) return undefined;
  const uids = uidsOf(pid);
  if (uids === undefined || uids.includes(uid)) return undefined;
  const [owner = 0] = uids;
  return users.find(String(owner))?.name ?? `uid ${owner}`;
}

/** Real and saved. */
function uidsOf(pid: number): readonly number[] | undefined {
  try {
    const [, real, , saved] = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return real === undefined || saved === undefined ? [statSync(`/proc/${pid}`).uid] : [Number(real), Number(saved)];
  } catch {
    return undefined;
  }
}
