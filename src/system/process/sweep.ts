/**
 * Ends the processes of a run that /proc shows, where no reaper is their parent: sends TERM to the
 * process group and, by tree-kill, to the processes that left the group; then KILL until two looks
 * in a row find none.
 *
 * A sweep can't see a process that has left the run's session, tree and environment. The reaper
 * (reaper.ts) sees it. A sweep is for hosts without a reaper, for a reaper that was killed, and for
 * processes that another program started for the job.
 */
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { isExecutable } from '../program/executable.ts';
import { clock } from '../time/clock.ts';
import type { Timer } from '../types/clock.ts';
import type { ProcessIdentity, Survivor } from '../types/process.ts';
import { familyOf, named } from './family.ts';
import {
  environmentOf,
  isAlive,
  listProcesses,
  type Process,
  processesOfRun,
  type RunMarks,
  readProcess,
  runIdsIn,
  variableIn,
} from './proc.ts';

/**
 * The process tree of a run. `runId` is the last element of the run's id. The process `except` and
 * its descendants do not count.
 */
export interface ProcessTree extends Pick<RunMarks, 'runId' | 'leader'> {
  readonly except?: number;
  /** Processes that belong to the run whatever marks they have. */
  readonly known?: readonly ProcessIdentity[];
  /** The number of the signal that asks to end; TERM by default. */
  readonly stopSignal?: number;
}

export interface Swept {
  readonly survivors: readonly Survivor[];
  /** The number of processes beside the leader that needed a signal. */
  readonly swept: number;
}

/** The time after which a sweep gives up and names what it could not kill. */
export const sweepLimitMs = 5000;

/**
 * The time that another run-job gets to record the outcome of its own job after that was killed.
 */
const wrapperMs = 4000;

/**
 * The largest number of processes for tree-kill, which starts one ps(1) for each; more are
 * signalled directly.
 */
const treeKillLimit = 20;

/** The living processes of a run and their descendants, without this process. */
export function livingOf(tree: ProcessTree): readonly Process[] {
  const known = (tree.known ?? []).filter(isAlive);
  const marked = [...processesOfRun(tree), ...known].map(({ pid }) => pid);
  const all = listProcesses();
  const members = familyOf(marked, all);
  const others = familyOf(tree.except === undefined ? [] : [tree.except], all);
  return all.filter(({ pid }) => pid !== process.pid && members.has(pid) && !others.has(pid));
}

/**
 * Sends the stop signal to all, and CONT for those that are suspended. Does not wait for their end.
 * Returns the pids.
 */
export async function askToEnd(tree: ProcessTree): Promise<ReadonlySet<number>> {
  const before = membersToAsk(tree);
  const { leader, stopSignal = constants.signals.SIGTERM } = tree;
  if (leader) for (const signal of [stopSignal, 'SIGCONT'] as const) signalGroup(leader, signal);
  // This look comes after the signal to the group: it sees processes that left before, and those
  // that leave now have the signal.
  const outside = membersToAsk(tree).filter((found) => found.group !== leader?.pid);
  if (outside.length > 0) await askTrees(outside, stopSignal);
  for (const found of outside) signalProcess(found, 'SIGCONT');
  return new Set([...before, ...outside].map(({ pid }) => pid));
}

/**
 * The processes to signal. A run that this run's job started has its own run-job, which gets TERM
 * and ends its job itself.
 */
function membersToAsk(tree: ProcessTree): readonly Process[] {
  return livingOf(tree).filter(({ pid }) => {
    const runIds = runIdsIn(environmentOf(pid) ?? Buffer.alloc(0));
    return runIds.at(-1) === tree.runId || !runIds.includes(tree.runId);
  });
}

/**
 * Signals the processes that left the group, each with its descendants. tree-kill reads the tree
 * again with ps, so it also sees processes that were forked after the look before. Without ps it
 * throws an error that can't be caught.
 */
async function askTrees(outside: readonly Process[], signal: number): Promise<void> {
  if (outside.length > treeKillLimit || !isSystemProgram('ps')) {
    for (const found of outside) signalProcess(found, signal);
    return;
  }
  const { default: treeKill } = await import('tree-kill');
  const pids = new Set(outside.map(({ pid }) => pid));
  for (const root of outside.filter(({ parent }) => !pids.has(parent))) {
    // An error means that a process is gone or may not be signalled; what lives after the grace
    // gets KILL.
    treeKill(root.pid, signal, () => {});
  }
}

/**
 * True when PATH finds the program in /usr/bin or /bin: the PATH of a crontab must not choose a
 * program that runs beside the job.
 */
function isSystemProgram(program: string): boolean {
  const directories = (process.env.PATH ?? '').split(path.delimiter);
  const first = directories.find((directory) => isExecutable(path.join(directory, program)));
  return first === '/usr/bin' || first === '/bin';
}

/** Sends TERM, and after the grace KILL. */
export async function endAll(tree: ProcessTree, graceMs: number): Promise<Swept> {
  const asked = await askToEnd(tree);
  await untilNoneLives(tree, graceMs);
  return killAll(tree, asked);
}

/**
 * Sends KILL to all until two looks in a row find none or the limit has passed. The processes in
 * `asked` count as swept.
 */
export async function killAll(tree: ProcessTree, asked: ReadonlySet<number>): Promise<Swept> {
  const signalled = new Set(asked);
  const survivors = await killEach(tree, signalled);
  if (tree.leader) signalled.delete(tree.leader.pid);
  return { survivors, swept: signalled.size };
}

/**
 * Resolves with the processes that could not be killed. Adds to `signalled` the pid of each that
 * got a signal.
 */
async function killEach(tree: ProcessTree, signalled: Set<number>): Promise<readonly Survivor[]> {
  const startMs = clock.monotonicMs();
  for (let emptyLooks = 0; ; ) {
    const found = livingOf(tree);
    const passedMs = clock.monotonicMs() - startMs;
    emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return [];
    if (passedMs > sweepLimitMs) return named(found);
    const spared = passedMs < wrapperMs ? found.filter(isRunJob) : [];
    const hit = found.filter((one) => !spared.includes(one) && signalProcess(one, 'SIGKILL'));
    for (const { pid } of hit) signalled.add(pid);
    // A fork can't escape a signal to the whole group.
    if (tree.leader && spared.length === 0) signalGroup(tree.leader, 'SIGKILL');
    // Wait longer when all that live are spared or may not be signalled.
    await pause(found.length > 0 && hit.length === 0 ? 50 : 5);
  }
}

/** True for a run-job and its reaper, which carry this mark. A job never inherits it. */
function isRunJob({ pid }: Process): boolean {
  return variableIn(environmentOf(pid) ?? Buffer.alloc(0), 'PROCESS_CONTROL_WRAPPER') !== undefined;
}

/**
 * Waits until no process lives, with growing pauses between the looks. Resolves with those that
 * live after `limitMs`.
 */
export async function untilNoneLives(tree: ProcessTree, limitMs: number): Promise<readonly Process[]> {
  const endMs = clock.monotonicMs() + limitMs;
  for (let intervalMs = 10; ; intervalMs = Math.min(intervalMs * 2, 320)) {
    const found = livingOf(tree);
    const leftMs = endMs - clock.monotonicMs();
    if (found.length === 0 || leftMs <= 0) return found;
    await pause(Math.min(intervalMs, leftMs));
  }
}

/**
 * Signals the process group of a leader that may have ended. The kernel does not reuse a number
 * that still names a group, so the group is the leader's unless another process has the number.
 */
function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals | number): void {
  const now = readProcess(leader.pid);
  if (now === undefined || now.startTicks === leader.startTicks) send(-leader.pid, signal);
}

/** Signals this same process, never a later one with its pid. True when the signal was sent. */
function signalProcess(found: ProcessIdentity, signal: NodeJS.Signals | number): boolean {
  return readProcess(found.pid)?.startTicks === found.startTicks && send(found.pid, signal);
}

function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // ESRCH: it has just ended. EPERM: it is another user's; it will be among the survivors.
    return false;
  }
}

/** True when the promise resolves within the time. */
export async function within(limitMs: number, happening: Promise<unknown>): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<false>((resolve) => {
    timer = clock.after(limitMs, () => resolve(false));
  });
  try {
    return await Promise.race([happening.then(() => true), late]);
  } finally {
    timer?.cancel();
  }
}

async function pause(delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(delayMs, resolve);
  });
}
