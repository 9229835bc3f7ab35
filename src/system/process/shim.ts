/**
 * Runs a command where there is no perl for the reaper: below a small shell, watched through /proc
 * (sweep.ts).
 *
 * The shell has two purposes. Node reports exit code 0 for a process that a real-time signal ended
 * (libuv and Node know signals up to 31); the shell reports 128 plus the signal's number. And the
 * shell holds the lock even if the job closes all its descriptors.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { foreseeableFailure, startFailure } from '../program/executable.ts';
import { clock } from '../time/clock.ts';
import type { Launch, LaunchAnswer, ProcessIdentity, RunningCommand, Survivor, WaitStatus } from '../types/process.ts';
import { named } from './family.ts';
import { processIdentity } from './proc.ts';
import { askToEnd, killAll, type ProcessTree, type Swept, untilNoneLives, within } from './sweep.ts';

/**
 * A program does not inherit a trapped signal, unlike an ignored one: TERM to the group ends the
 * job while the shell waits for it.
 */
const script = 'umask "$1"; shift; trap : HUP INT QUIT TERM USR1 USR2; "$@"; exit $?';
const scriptWithoutLock = script.replace('"$@"', '"$@" 3>&-');

export async function launchUnderShim(launch: Launch, runId: string): Promise<LaunchAnswer> {
  const failure = foreseeableFailure(launch);
  if (failure) return failure;
  try {
    const child = startShim(launch);
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    // Read before the event loop can notice the child's end: until then the child's entry in /proc
    // stays.
    const leader = processIdentity(child.pid) ?? { pid: child.pid, startTicks: '' };
    const { stopSignal } = launch;
    const tree = { runId, leader, ...(stopSignal !== undefined && { stopSignal }) };
    return { is: 'launched', command: new ShimmedCommand(child, tree) };
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
    // Not every shell can close a descriptor above 9 for the command, so a job that must not keep
    // its locks inherits no shared one.
    stdio: ['ignore', stdoutFd, stderrFd, lockFd, ...(keepsLock ? sharedLockFds : [])],
    detached: true,
  });
}

class ShimmedCommand implements RunningCommand {
  readonly leader: ProcessIdentity;
  readonly ended: Promise<WaitStatus>;
  /** No command with a deadline is started here. */
  readonly overdue = new Promise<void>(() => {});
  readonly #tree: ProcessTree;
  readonly #child: ChildProcess;
  #asked: Promise<ReadonlySet<number>> | undefined;

  constructor(child: ChildProcess, tree: ProcessTree & { readonly leader: ProcessIdentity }) {
    this.leader = tree.leader;
    this.#child = child;
    this.#tree = tree;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(signal ? { is: 'signalled', signal: constants.signals[signal] } : { is: 'exited', code: code ?? 0 });
      });
    });
  }

  setEndBy(): void {}

  async stop(graceMs: number): Promise<Swept> {
    const endMs = clock.monotonicMs() + graceMs;
    this.#asked ??= askToEnd(this.#tree);
    const asked = await this.#asked;
    // While the command itself lives there is no need to search /proc.
    if (await within(graceMs, this.ended)) await untilNoneLives(this.#tree, endMs - clock.monotonicMs());
    return killAll(this.#tree, asked);
  }

  async leftovers(patienceMs: number): Promise<readonly Survivor[]> {
    const living = await untilNoneLives(this.#tree, patienceMs);
    return named(living.filter(({ pid }) => pid !== this.leader.pid));
  }

  abandon(): void {
    this.#child.unref();
  }

  detach(): void {
    this.#child.unref();
  }
}
