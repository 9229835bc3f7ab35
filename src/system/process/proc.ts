/**
 * Reads processes from /proc: their identity, whether they live, and which of them belong to a run.
 *
 * Pids are reused, so a process is identified by its pid and start time (`ProcessIdentity`), and
 * across boots also by the boot id. Every function here only reads. A process that ends while it is
 * read counts as gone.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { codeOf } from '../file/stage.ts';
import type { ProcessIdentity } from '../types/process.ts';

/** One line of the process table. */
export interface Process extends ProcessIdentity {
  /** The name in the kernel's table, at most 15 bytes, to be shown to people. */
  readonly name: string;
  /** The letter of proc(5): R, S, D, T (stopped), Z (zombie)… */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  /** True for a thread of the kernel, which /proc lists like a process. */
  readonly isKernel: boolean;
}

/** The marks by which a process is known to belong to a run. */
export interface RunMarks {
  readonly runId: string;
  /**
   * PROCESS_CONTROL_WRAPPER of the run-job itself. A forked child carries it until it becomes the
   * job.
   */
  readonly wrapperCookie?: string;
  /** The leader of the session and process group in which the run's command was started. */
  readonly leader?: ProcessIdentity;
}

/**
 * USER_HZ, the unit of `startTicks`: the kernel has fixed it for what it tells programs (proc(5)).
 */
export const ticksPerSecond = 100;

/** PF_KTHREAD in linux/sched.h, unchanged since 2.6.27. */
const kernelThreadFlag = 0x200000;

/** The number of looks at a process inside execve(2), and the pause between them. */
const execPatience = { looks: 4_000, pauseMs: 0.5 };

/** The process with this pid; `undefined` when there is none or /proc hides it. */
export function readProcess(pid: number | 'self'): Process | undefined {
  const text = readProcFile(`${pid}/stat`);
  return text === undefined ? undefined : parseStat(text.toString('latin1'));
}

/**
 * Parses /proc/PID/stat. The name is in brackets and may itself contain spaces, brackets and line
 * breaks, so the fields are counted from the last closing bracket.
 */
export function parseStat(text: string): Process | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, parent, group, session, , , flags] = fields;
  const threads = fields[17];
  const startTicks = fields[19];
  if (open < 0 || close < open || state === undefined || threads === undefined || startTicks === undefined) return;
  return {
    pid: Number.parseInt(text, 10),
    startTicks,
    name: text.slice(open + 1, close),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    threads: Number(threads),
    isKernel: (Number(flags) & kernelThreadFlag) !== 0,
  };
}

/** The identity of the process that has this pid now; `undefined` when there is none. */
export function processIdentity(pid: number | 'self'): ProcessIdentity | undefined {
  const found = readProcess(pid);
  return found && { pid: found.pid, startTicks: found.startTicks };
}

/**
 * True when this same process, not a later one with its pid, still runs. A zombie does not; a
 * stopped process does.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = readProcess(identity.pid);
  return found !== undefined && found.startTicks === identity.startTicks && !isOver(found);
}

/**
 * True when this same process is stopped by a signal. A traced process (state t) does not count: it
 * stops only now and then.
 */
export function isSuspended(identity: ProcessIdentity): boolean {
  const found = readProcess(identity.pid);
  return found?.startTicks === identity.startTicks && found.state === 'T';
}

/**
 * True when a process has this pid although /proc does not show it. The mount option `hidepid`
 * hides other users' processes.
 */
export function isHidden(pid: number): boolean {
  if (readProcess(pid) !== undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/**
 * True for a zombie: it has ended and waits for its parent. A process of which only the first
 * thread has ended has the same letter in /proc, but its other threads still run.
 */
export function isOver(found: Process): boolean {
  return isEnding(found) && found.threads <= 1;
}

/** True when at least the first thread has ended: what belonged to it can't be read any more. */
function isEnding(found: Process): boolean {
  return found.state === 'Z' || found.state === 'X';
}

/** All living processes that /proc shows, in the order of pids. */
export function listProcesses(): readonly Process[] {
  return pids()
    .map(readProcess)
    .filter((found) => found !== undefined)
    .filter((found) => !isOver(found));
}

/**
 * The living processes of a run, without this process: those whose environment at start had the
 * run's mark, and those in the session or process group of its command that have no other run's
 * mark.
 */
export function processesOfRun(marks: RunMarks): readonly Process[] {
  const self = ownPid();
  return listProcesses().filter((found) => found.pid !== self && belongsTo(found, marks));
}

/**
 * The real uid: the user who started the process, also when it is a set-uid program. `undefined`
 * when it is gone.
 */
export function realUidOf(pid: number): number | undefined {
  const real = /^Uid:\t(\d+)/m.exec(readProcFile(`${pid}/status`)?.toString('latin1') ?? '')?.[1];
  return real === undefined ? undefined : Number(real);
}

function belongsTo(found: Process, marks: RunMarks): boolean {
  const environment = found.isKernel ? undefined : environmentOf(found.pid);
  const runIds = environment === undefined ? [] : runIdsIn(environment);
  if (runIds.includes(marks.runId)) return true;
  if (marks.wrapperCookie !== undefined && environment !== undefined) {
    if (variableIn(environment, 'PROCESS_CONTROL_WRAPPER') === marks.wrapperCookie) return true;
  }
  return runIds.length === 0 && marks.leader !== undefined && isLedBy(found, marks.leader);
}

/**
 * True for a member of the leader's session or group. The kernel does not reuse a pid that still
 * names one; a process older than the leader is not a member.
 */
function isLedBy(found: Process, leader: ProcessIdentity): boolean {
  const sharesNumber = found.session === leader.pid || found.group === leader.pid;
  return sharesNumber && Number(found.startTicks) >= Number(leader.startTicks);
}

/**
 * The environment with which a process was started: `NAME=value` strings that each end in NUL.
 * `undefined` when it can't be read, as for another user's process. Later changes do not show, and
 * a program may have written over it.
 *
 * During execve(2) the environment reads as empty for a moment: with a process that called nothing
 * but execve(2), 3 looks in 100 missed the mark. So an empty environment is believed only when the
 * kernel says that the process was started without one.
 */
export function environmentOf(pid: number): Buffer | undefined {
  let environment = readProcFile(`${pid}/environ`);
  for (let look = 0; environment?.length === 0 && look < execPatience.looks; look++) {
    if (hasNoEnvironment(pid)) return environment;
    pause(execPatience.pauseMs);
    environment = readProcFile(`${pid}/environ`);
  }
  return environment;
}

/**
 * True when a process was started without a variable, is a thread of the kernel or is gone. execve(2)
 * sets the start of the code last, so where there is one, the bounds of the environment are final.
 * The fields are 26, 50 and 51 of proc(5); the kernel shows them to whom it shows the environment.
 */
function hasNoEnvironment(pid: number): boolean {
  const text = readProcFile(`${pid}/stat`)?.toString('latin1');
  const found = text === undefined ? undefined : parseStat(text);
  if (text === undefined || found === undefined || found.isKernel || isEnding(found)) return true;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [startOfCode, startOfEnvironment, endOfEnvironment] = [fields[23], fields[47], fields[48]];
  return startOfCode !== '0' && startOfEnvironment === endOfEnvironment;
}

/** Blocks this process, because nothing else may be done before the look is complete. */
function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/**
 * The run ids in PROCESS_CONTROL_RUN_ID, outermost first: `a/b` is a run `b` that a job of run `a`
 * started.
 */
export function runIdsIn(environment: Buffer): readonly string[] {
  const path = variableIn(environment, 'PROCESS_CONTROL_RUN_ID');
  return path ? path.split('/') : [];
}

/** One variable of an environment block; the first one of that name, as getenv(3) takes it. */
export function variableIn(environment: Buffer, name: string): string | undefined {
  const needle = `${name}=`;
  let at = environment.indexOf(needle);
  while (at > 0 && environment[at - 1] !== 0) at = environment.indexOf(needle, at + 1);
  if (at < 0) return undefined;
  const end = environment.indexOf(0, at);
  return environment.toString('utf8', at + needle.length, end < 0 ? environment.length : end);
}

/**
 * The command line for people, or the name in brackets when it can't be read, as ps(1) shows it.
 */
export function commandLineOf(pid: number): string {
  const words = readProcFile(`${pid}/cmdline`)?.toString('utf8').replace(/\0+$/, '').split('\0').join(' ');
  return words || `[${readProcess(pid)?.name ?? pid}]`;
}

/** The pids that /proc shows, ascending. */
export function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * The pid of this process in /proc, which may show another pid namespace than the process's own.
 */
export function ownPid(): number {
  return Number(readlinkSync('/proc/self'));
}

/** The id of this boot, without hyphens. Some sandboxes have one of their own. */
export function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  return knownBootId;
}
let knownBootId: string | undefined;

/**
 * The pid namespace of /proc. `undefined` when this process is in another one (unshare --pid
 * without --mount-proc): then the pids of /proc are not those of this process.
 */
export function pidNamespace(): string | undefined {
  knownNamespace ??= { name: readPidNamespace() };
  return knownNamespace.name;
}
let knownNamespace: { readonly name: string | undefined } | undefined;

function readPidNamespace(): string | undefined {
  // One pid for each namespace, from that of /proc down to this process's own.
  const numbers = /^NSpid:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]?.split('\t') ?? [];
  return numbers.length > 1 ? undefined : readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

/** A file below /proc; `undefined` when the process is gone or this user may not read it. */
function readProcFile(path: string): Buffer | undefined {
  try {
    return readFileSync(`/proc/${path}`);
  } catch {
    return undefined;
  }
}
