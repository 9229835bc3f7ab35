/**
 * Whether the Python process-control runs a job: its NAME.lock is a file with the pid of its run-job.
 *
 * It is only read. The pid says nothing about when its process started, so one that was given to another process since is told by two
 * hints which must agree; a clock that was set can't unlock a job by itself.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import process from 'node:process';
import { clock } from './clock.ts';
import { commandLineOf, isOver, readProcess } from './proc.ts';
import { codeOf, during, StageError } from './stage.ts';
import type { LockHolder, ProcessIdentity } from './system.ts';

/** USER_HZ, the unit of start times in /proc on every architecture that Debian builds for. */
const ticksPerSecond = 100;

/** File times and start times are rounded differently. */
const slackMs = 2000;

/**
 * The holder that a PID file at this path names, if it lives. Throws a StageError for what is no PID file at all. The predecessor's directory
 * may be /tmp: what neither the service user (who owns `runDirectory`) nor root has put there is none of its files.
 */
export function predecessorAt(path: string, runDirectory: string): LockHolder | undefined {
  const file = during(`reading ${path}`, () => (isTheirs(path, runDirectory) ? readPidFile(path) : undefined));
  if (file === undefined) return undefined;
  const found = readProcess(file.pid);
  if (found === undefined || isOver(found)) return undefined;
  if (startedAfter(found, file.writtenMs) && !looksLikePredecessor(found.pid)) return undefined;
  return { state: 'predecessor', wrapper: { pid: found.pid, startTicks: found.startTicks }, pids: [] };
}

function isTheirs(path: string, runDirectory: string): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false });
  const service = lstatSync(runDirectory, { throwIfNoEntry: false })?.uid ?? process.geteuid?.();
  return file !== undefined && (file.uid === 0 || file.uid === service);
}

/** A file without a number was never finished: its writer itself takes it for stale. */
function readPidFile(path: string): { readonly pid: number; readonly writtenMs: number } | undefined {
  const fd = openIfThere(path);
  if (fd === undefined) return undefined;
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new StageError(`reading ${path}`, 'it is no PID file: remove it');
    const bytes = Buffer.alloc(32);
    const text = bytes.toString('latin1', 0, readSync(fd, bytes)).trim();
    return /^[1-9]\d{0,9}$/.test(text) ? { pid: Number(text), writtenMs: facts.mtimeMs } : undefined;
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function startedAfter(identity: ProcessIdentity, wallMs: number): boolean {
  const ageMs = clock.sinceBootMs() - (Number(identity.startTicks) * 1000) / ticksPerSecond;
  return clock.nowMs() - ageMs > wallMs + slackMs;
}

function looksLikePredecessor(pid: number): boolean {
  return /python|run-job/.test(commandLineOf(pid));
}
