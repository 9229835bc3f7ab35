/**
 * Ends the processes of a run that /proc shows, without the help of a parent that sees them all: TERM to the process group and, by
 * tree-kill, to what left the group; then KILL again and again until two looks in a row find nothing.
 *
 * A process that has left the run's session, tree and environment is out of sight here. The reaper (reaper.ts) has no such gap; this is what
 * is done where there is no reaper, when the reaper was killed, and for processes that somebody else started in the run's name.
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

/** Whose processes are looked for: the last element of a run's id. What is below `except` (and that process itself) is somebody else's to end. */
export interface Quarry extends Pick<RunMarks, 'runId' | 'leader'> {
  readonly except?: number;
  /** Processes that are known to belong to the run, whatever marks they have. */
  readonly known?: readonly ProcessIdentity[];
  /** What asks to end, by number; TERM unless given. */
  readonly stopSignal?: number;
}

export interface Swept {
  readonly survivors: readonly Survivor[];
  /** How many processes beside the leader needed a signal. */
  readonly swept: number;
}

/** For so long a sweep tries before it names what it could not kill. */
export const sweepLimitMs = 5000;

/** For so long another run-job may write down what became of its own job after that was killed. */
const wrapperMs = 4000;

/** tree-kill starts one ps(1) for each process of a tree: a crowd is signalled directly. */
const treeKillLimit = 20;

/** The living processes of a run with everything that descends from them, this process excepted. */
export function livingOf(quarry: Quarry): readonly Process[] {
  const known = (quarry.known ?? []).filter(isAlive);
  const marked = [...processesOfRun(quarry), ...known].map(({ pid }) => pid);
  const all = listProcesses();
  const members = familyOf(marked, all);
  const others = familyOf(quarry.except === undefined ? [] : [quarry.except], all);
  return all.filter(({ pid }) => pid !== process.pid && members.has(pid) && !others.has(pid));
}

/** TERM (or the stop signal) to all, and CONT for those that are stopped; nobody is waited for. Returns the pids of those who were asked. */
export async function askToEnd(quarry: Quarry): Promise<ReadonlySet<number>> {
  const before = membersToAsk(quarry);
  const { leader, stopSignal = constants.signals.SIGTERM } = quarry;
  if (leader) for (const signal of [stopSignal, 'SIGCONT'] as const) signalGroup(leader, signal);
  // Looked for after the group has its signal: whoever left it before is seen here, whoever leaves it now has been asked.
  const outside = membersToAsk(quarry).filter((found) => found.group !== leader?.pid);
  if (outside.length > 0) await askTrees(outside, stopSignal);
  for (const found of outside) signalProcess(found, 'SIGCONT');
  return new Set([...before, ...outside].map(({ pid }) => pid));
}

/** A run that was started from within this one has a run-job of its own, which gets TERM and ends its job as that job wants it. */
function membersToAsk(quarry: Quarry): readonly Process[] {
  return livingOf(quarry).filter(({ pid }) => {
    const runIds = runIdsIn(environmentOf(pid) ?? Buffer.alloc(0));
    return runIds.at(-1) === quarry.runId || !runIds.includes(quarry.runId);
  });
}

/**
 * TERM to processes that left the group, each with what is below it. tree-kill reads the tree anew with ps, so it also sees what was forked
 * after our look; but without ps it throws where nobody can catch it, and its callback may never come.
 */
async function askTrees(outside: readonly Process[], signal: number): Promise<void> {
  if (outside.length > treeKillLimit || !isSystemProgram('ps')) {
    for (const found of outside) signalProcess(found, signal);
    return;
  }
  const { default: treeKill } = await import('tree-kill');
  const pids = new Set(outside.map(({ pid }) => pid));
  for (const root of outside.filter(({ parent }) => !pids.has(parent))) {
    // An error means that one process may not be signalled or is gone; whatever lives when the grace is over gets KILL.
    treeKill(root.pid, signal, () => {});
  }
}

/** What PATH calls so is the system's: whoever sets the PATH of a run-job must not have a program of their own run beside the job. */
function isSystemProgram(program: string): boolean {
  const directories = (process.env.PATH ?? '').split(path.delimiter);
  const first = directories.find((directory) => isExecutable(path.join(directory, program)));
  return first === '/usr/bin' || first === '/bin';
}

/** TERM, and after the grace KILL. */
export async function endAll(quarry: Quarry, graceMs: number): Promise<Swept> {
  const asked = await askToEnd(quarry);
  await untilNoneLives(quarry, graceMs);
  return killAll(quarry, asked);
}

/** KILL to all until two looks in a row find nothing or the limit has passed. Those who were `asked` before count as swept. */
export async function killAll(quarry: Quarry, asked: ReadonlySet<number>): Promise<Swept> {
  const signalled = new Set(asked);
  const survivors = await killEach(quarry, signalled);
  if (quarry.leader) signalled.delete(quarry.leader.pid);
  return { survivors, swept: signalled.size };
}

/** Resolves with what could not be killed; adds the pid of whatever got a signal to `signalled`. */
async function killEach(quarry: Quarry, signalled: Set<number>): Promise<readonly Survivor[]> {
  const startMs = clock.monotonicMs();
  for (let emptyLooks = 0; ; ) {
    const found = livingOf(quarry);
    const passedMs = clock.monotonicMs() - startMs;
    emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return [];
    if (passedMs > sweepLimitMs) return named(found);
    const spared = passedMs < wrapperMs ? found.filter(isRunJob) : [];
    const hit = found.filter((one) => !spared.includes(one) && signalProcess(one, 'SIGKILL'));
    for (const { pid } of hit) signalled.add(pid);
    // No fork can race with a signal to a whole group.
    if (quarry.leader && spared.length === 0) signalGroup(quarry.leader, 'SIGKILL');
    // There is no hurry with what may not be signalled or is spared.
    await pause(found.length > 0 && hit.length === 0 ? 50 : 5);
  }
}

/** A run-job and its reaper carry this mark; it is never passed on to a job. */
function isRunJob({ pid }: Process): boolean {
  return variableIn(environmentOf(pid) ?? Buffer.alloc(0), 'PROCESS_CONTROL_WRAPPER') !== undefined;
}

/** Waits until nothing lives, looking less and less often; returns what lives after `limitMs`. */
export async function untilNoneLives(quarry: Quarry, limitMs: number): Promise<readonly Process[]> {
  const endMs = clock.monotonicMs() + limitMs;
  for (let intervalMs = 10; ; intervalMs = Math.min(intervalMs * 2, 320)) {
    const found = livingOf(quarry);
    const leftMs = endMs - clock.monotonicMs();
    if (found.length === 0 || leftMs <= 0) return found;
    await pause(Math.min(intervalMs, leftMs));
  }
}

/**
 * Signals the process group of a leader that may have ended. The kernel does not give away a number that still names a group, so the group is
 * the leader's own as long as no other process has the number.
 */
function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals | number): void {
  const now = readProcess(leader.pid);
  if (now === undefined || now.startTicks === leader.startTicks) send(-leader.pid, signal);
}

/** Whether this very process could be signalled, and not a later one with its pid. */
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

/** Whether something happens within the time. */
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
