/**
 * What /proc says about processes: who is who, who still lives, and which of them belong to a run.
 *
 * A pid alone names nothing for long; a process is its pid together with its start time (`ProcessIdentity`), and across
 * boots also the boot id. Everything here only reads, and a process that ends while it is read counts as gone.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { codeOf } from '../file/stage.ts';
import type { ProcessIdentity } from '../types/process.ts';

/** One line of the process table. */
export interface Process extends ProcessIdentity {
  /** The name in the kernel's table, at most 15 bytes; for people only. */
  readonly name: string;
  /** R, S, D, T (stopped), Z (zombie)… as proc(5) lists them. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  /** A thread of the kernel, listed like a process. */
  readonly isKernel: boolean;
}

/** By what a process can be known to belong to a run. */
export interface RunMarks {
  readonly runId: string;
  /** PROCESS_CONTROL_WRAPPER of the run-job itself: a child that was forked and has not become the job yet still carries it. */
  readonly wrapperCookie?: string;
  /** Leader of the session and process group in which the run's command was started. */
  readonly leader?: ProcessIdentity;
}

/** USER_HZ, the unit of `startTicks`: the kernel has fixed it for what it tells programs (proc(5)). */
export const ticksPerSecond = 100;

/** PF_KTHREAD in linux/sched.h, unchanged since 2.6.27. */
const kernelThreadFlag = 0x200000;

/** For how long a process may be in the middle of execve(2), and how many looks in a row prove that it is not. */
const execPatience = { looks: 400, pauseMs: 0.5, believed: 3 };

/** Reads one process; `undefined` when there is none (or /proc hides it). */
export function readProcess(pid: number | 'self'): Process | undefined {
  const text = readProcFile(`${pid}/stat`);
  return text === undefined ? undefined : parseStat(text.toString('latin1'));
}

/**
 * Parses /proc/PID/stat. The name stands in brackets and may itself hold spaces, brackets and line breaks, so the
 * fields are counted from the last closing bracket.
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

/** The lasting name of the process that has this pid now; `undefined` when there is none. */
export function processIdentity(pid: number | 'self'): ProcessIdentity | undefined {
  const found = readProcess(pid);
  return found && { pid: found.pid, startTicks: found.startTicks };
}

/** Whether this very process (not a later one with its pid) still runs. A zombie does not; a stopped one does. */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = readProcess(identity.pid);
  return found !== undefined && found.startTicks === identity.startTicks && !isOver(found);
}

/** Whether this very process is stopped by a signal. A traced one (state t) is stopped now and then only. */
export function isSuspended(identity: ProcessIdentity): boolean {
  const found = readProcess(identity.pid);
  return found?.startTicks === identity.startTicks && found.state === 'T';
}

/** Whether a process has this pid although /proc does not show it, as the mount option `hidepid` does with other users' processes. */
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
 * A zombie has ended and waits for its parent to notice. But when only the first thread of a process has ended, /proc shows
 * the same letter while the others run on.
 */
export function isOver(found: Process): boolean {
  return (found.state === 'Z' || found.state === 'X') && found.threads <= 1;
}

/** Every process that /proc shows and that is not over, in the order of pids. */
export function listProcesses(): readonly Process[] {
  return pids()
    .map(readProcess)
    .filter((found) => found !== undefined)
    .filter((found) => !isOver(found));
}

/**
 * The living processes of a run, this one excepted: those with its mark in their first environment, and those in the
 * session or process group of its command unless they carry the mark of another run.
 */
export function processesOfRun(marks: RunMarks): readonly Process[] {
  const self = ownPid();
  return listProcesses().filter((found) => found.pid !== self && belongsTo(found, marks));
}

/** Who started it, whatever a set-uid program has made of it; `undefined` when it is gone. */
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

/** The kernel does not reuse a pid while it still names a session or group; one that is older than the leader isn't led by it. */
function isLedBy(found: Process, leader: ProcessIdentity): boolean {
  const sharesNumber = found.session === leader.pid || found.group === leader.pid;
  return sharesNumber && Number(found.startTicks) >= Number(leader.startTicks);
}

/**
 * The environment that a process was started with, `NAME=value` strings that each end in NUL; `undefined` when it can't be read (another user's
 * process). What a program has changed since does not show, and a program may have written over it.
 *
 * In the middle of execve(2) it reads as empty for a moment, as the command line does: 3 looks in 100 missed the mark of a process that did
 * nothing else. So an empty one is believed only when several looks in a row find it beside a command line.
 */
export function environmentOf(pid: number): Buffer | undefined {
  let environment = readProcFile(`${pid}/environ`);
  let believed = 0;
  for (
    let look = 0;
    environment?.length === 0 && believed < execPatience.believed && look < execPatience.looks;
    look++
  ) {
    const commandLine = readProcFile(`${pid}/cmdline`);
    if (look === 0 && (commandLine === undefined || readProcess(pid)?.isKernel)) return environment;
    believed = commandLine?.length === 0 ? 0 : believed + 1;
    pause(execPatience.pauseMs);
    environment = readProcFile(`${pid}/environ`);
  }
  return environment;
}

/** Blocks: what is looked for here must be found before anything else is done. */
function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** The run ids in PROCESS_CONTROL_RUN_ID, outermost first: a run that was started by another one's job is `a/b`. */
export function runIdsIn(environment: Buffer): readonly string[] {
  const path = variableIn(environment, 'PROCESS_CONTROL_RUN_ID');
  return path ? path.split('/') : [];
}

/** One variable of an environment block; the first if there are several, as getenv(3) would. */
export function variableIn(environment: Buffer, name: string): string | undefined {
  const needle = `${name}=`;
  let at = environment.indexOf(needle);
  while (at > 0 && environment[at - 1] !== 0) at = environment.indexOf(needle, at + 1);
  if (at < 0) return undefined;
  const end = environment.indexOf(0, at);
  return environment.toString('utf8', at + needle.length, end < 0 ? environment.length : end);
}

/** The command line for people; the name in brackets, as ps(1) shows it, when there is none to read. */
export function commandLineOf(pid: number): string {
  const words = readProcFile(`${pid}/cmdline`)?.toString('utf8').replace(/\0+$/, '').split('\0').join(' ');
  return words || `[${readProcess(pid)?.name ?? pid}]`;
}

/** Pids that /proc shows, ascending. */
export function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The number of this process in /proc, which may show another pid namespace than ours. */
export function ownPid(): number {
  return Number(readlinkSync('/proc/self'));
}

/** Differs after each boot (and inside some sandboxes). Without hyphens. */
export function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  return knownBootId;
}
let knownBootId: string | undefined;

/**
 * Names the namespace in which pids of /proc count. `undefined` when this process lives in another one than the /proc it sees
 * (unshare --pid without --mount-proc): then the numbers there say nothing about the numbers here.
 */
export function pidNamespace(): string | undefined {
  knownNamespace ??= { name: readPidNamespace() };
  return knownNamespace.name;
}
let knownNamespace: { readonly name: string | undefined } | undefined;

function readPidNamespace(): string | undefined {
  // One number for each namespace from that of /proc down to our own.
  const numbers = /^NSpid:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]?.split('\t') ?? [];
  return numbers.length > 1 ? undefined : readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

/** A file below /proc; `undefined` when the process is gone or does not let us look. */
function readProcFile(path: string): Buffer | undefined {
  try {
    return readFileSync(`/proc/${path}`);
  } catch {
    return undefined;
  }
}
