/**
 * Runs a command where there is no perl for the reaper: under a small shell, and watched through /proc (sweep.ts).
 *
 * The shell is there because Node takes an end by a real-time signal for exit code 0 (libuv and Node know signals up to 31), and because it
 * holds the lock even if the job closes all its descriptors. Through it, an end by signal n looks like the exit code 128+n.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { foreseeableFailure, startFailure } from '../program/executable.ts';
import { clock } from '../time/clock.ts';
import type { Launch, LaunchAnswer, ProcessIdentity, RunningCommand, Survivor, WaitStatus } from '../types/process.ts';
import { named } from './family.ts';
import { processIdentity } from './proc.ts';
import { askToEnd, killAll, type Quarry, type Swept, untilNoneLives, within } from './sweep.ts';

/** A trapped signal is, unlike an ignored one, not passed on: TERM to the group ends the job while the shell waits for it. */
const script = 'umask "$1"; shift; trap : HUP INT QUIT TERM USR1 USR2; "$@"; exit $?';
const scriptWithoutLock = script.replace('"$@"', '"$@" 3>&-');

export async function launchUnderShim(launch: Launch, runId: string): Promise<LaunchAnswer> {
  const failure = foreseeableFailure(launch);
  if (failure) return failure;
  try {
    const child = startShim(launch);
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    // Before the event loop can have noticed that it has ended: until then its entry in /proc stays.
    const leader = processIdentity(child.pid) ?? { pid: child.pid, startTicks: '' };
    const { stopSignal } = launch;
    const quarry = { runId, leader, ...(stopSignal !== undefined && { stopSignal }) };
    return { is: 'launched', command: new ShimmedCommand(child, quarry) };
  } catch (error) {
    const { errno = 0, message } = error as NodeJS.ErrnoException;
    return startFailure(launch, 'exec', -errno, message);
  }
}

function startShim({
  argv,
  environment,
  keepsLock,
  lockFd,
  sharedLockFds = [],
  stderrFd,
  stdoutFd,
  umask,
  workingDirectory,
}: Launch): ChildProcess {
  const text = keepsLock ? script : scriptWithoutLock;
  return spawn('/bin/sh', ['-c', text, 'run-job', umask.toString(8), ...argv], {
    cwd: workingDirectory,
    env: environment,
    // A shell can't be relied on to close a descriptor above 9 for the command, so a job that shall not keep its locks gets none to share.
    stdio: ['ignore', stdoutFd, stderrFd, lockFd, ...(keepsLock ? sharedLockFds : [])],
    detached: true,
  });
}

class ShimmedCommand implements RunningCommand {
  readonly leader: ProcessIdentity;
  readonly ended: Promise<WaitStatus>;
  readonly #quarry: Quarry;
  readonly #child: ChildProcess;
  #asked: Promise<ReadonlySet<number>> | undefined;

  constructor(child: ChildProcess, quarry: Quarry & { readonly leader: ProcessIdentity }) {
    this.leader = quarry.leader;
    this.#child = child;
    this.#quarry = quarry;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(signal ? { is: 'signalled', signal: constants.signals[signal] } : { is: 'exited', code: code ?? 0 });
      });
    });
  }

  async stop(graceMs: number): Promise<Swept> {
    const endMs = clock.monotonicMs() + graceMs;
    this.#asked ??= askToEnd(this.#quarry);
    const asked = await this.#asked;
    // As long as the command itself lives there is no need to look through /proc.
    if (await within(graceMs, this.ended)) await untilNoneLives(this.#quarry, endMs - clock.monotonicMs());
    return killAll(this.#quarry, asked);
  }

  async leftovers(patienceMs: number): Promise<readonly Survivor[]> {
    const living = await untilNoneLives(this.#quarry, patienceMs);
    return named(living.filter(({ pid }) => pid !== this.leader.pid));
  }

  abandon(): void {
    this.#child.unref();
  }

  detach(): void {
    this.#child.unref();
  }
}
