/**
 * Finds out whether the Python process-control runs a job: its NAME.lock is a file with the pid of
 * its run-job.
 *
 * The file is only read. It has no start time, so a pid that another process has now is recognized
 * by two signs that must agree: a clock that was set can't unlock a job by itself.
 */
import { lstatSync, readSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pinned, withDescriptor } from '../file/careful-file.ts';
import { codeOf, during, StageError } from '../file/stage.ts';
import { commandLineOf, isOver, readProcess, ticksPerSecond } from '../process/proc.ts';
import { clock } from '../time/clock.ts';
import type { LockHolder } from '../types/lock.ts';
import type { ProcessIdentity } from '../types/process.ts';

/** The tolerance for file times and start times, which are rounded differently. */
const slackMs = 2000;

/**
 * The holder that a PID file of this lock names, if it lives. Throws a StageError when the file is
 * not a PID file. The predecessor's directory may be /tmp: only files of root and of the service
 * user (who owns the run directory) count.
 */
export function predecessorAt({ name, directory, predecessorDirectory }: Place): LockHolder | undefined {
  const file = during(`reading ${path.join(predecessorDirectory, `${name}.lock`)}`, () =>
    readPidFile(predecessorDirectory, `${name}.lock`, directory),
  );
  if (file === undefined) return undefined;
  const found = readProcess(file.pid);
  if (found === undefined || isOver(found)) return undefined;
  if (startedAfter(found, file.writtenMs) && !looksLikePredecessor(found.pid)) return undefined;
  return { state: 'predecessor', wrapper: { pid: found.pid, startTicks: found.startTicks }, pids: [] };
}

interface Place {
  readonly name: string;
  /** The run directory. */
  readonly directory: string;
  readonly predecessorDirectory: string;
}

interface PidFile {
  readonly pid: number;
  readonly writtenMs: number;
}

/**
 * The number in the file; `undefined` for a file without one, which the predecessor itself takes
 * for stale.
 */
function readPidFile(base: string, fileName: string, runDirectory: string): PidFile | undefined {
  try {
    return pinned(base, fileName, ({ facts, open, reopen }) => {
      if (!isTheirs(facts.uid, runDirectory)) return undefined;
      if (!facts.isFile()) throw new StageError(`reading ${path.join(base, fileName)}`, 'it is no PID file: remove it');
      const bytes = Buffer.alloc(32);
      // open() refuses a hard link to a file of root's that others may not read.
      const text = withDescriptor(facts.uid === 0 ? open() : reopen(), (fd) =>
        bytes.toString('latin1', 0, readSync(fd, bytes)),
      ).trim();
      return /^[1-9]\d{0,9}$/.test(text) ? { pid: Number(text), writtenMs: facts.mtimeMs } : undefined;
    });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isTheirs(uid: number, runDirectory: string): boolean {
  const service = lstatSync(runDirectory, { throwIfNoEntry: false })?.uid ?? process.geteuid?.();
  return uid === 0 || uid === service;
}

function startedAfter(identity: ProcessIdentity, wallMs: number): boolean {
  const ageMs = clock.sinceBootMs() - (Number(identity.startTicks) * 1000) / ticksPerSecond;
  return clock.nowMs() - ageMs > wallMs + slackMs;
}

function looksLikePredecessor(pid: number): boolean {
  return /python|run-job/.test(commandLineOf(pid));
}
