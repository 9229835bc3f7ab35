/**
 * Starts reaper.pl, the parent of a job's command, which adopts every process that the job leaves
 * behind, and exchanges messages with it. reaper.pl describes the protocol;
 * docs/decisions/0002-reaper.md says why there is such a process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';
import { isExecutable } from '../program/executable.ts';
import type { EndBy, Launch, ProcessIdentity, WaitStatus } from '../types/process.ts';

/**
 * The numbers of prctl, setsid, rt_sigprocmask, rt_sigaction, signalfd4 and keyctl (Linux:
 * asm/unistd.h of each architecture).
 */
const systemCalls: Readonly<Record<string, readonly number[]>> = {
  x64: [157, 112, 14, 13, 289, 250],
  ia32: [172, 66, 175, 174, 327, 288],
  arm: [172, 66, 175, 174, 355, 311],
  arm64: [167, 157, 135, 134, 74, 219],
  riscv64: [167, 157, 135, 134, 74, 219],
  loong64: [167, 157, 135, 134, 74, 219],
  ppc64: [171, 66, 174, 173, 313, 271],
  s390x: [172, 66, 175, 174, 322, 280],
};

export interface ReaperPlace {
  readonly perlPath: string;
  /** A descriptor of reaper.pl; undefined when the file is missing. */
  readonly script: number | undefined;
  /** PROCESS_CONTROL_WRAPPER, by which another reaper sees that this one is not part of a job. */
  readonly wrapperMark: string;
}

/** The default time between the stop signal and KILL when the reaper or run-job was killed. */
export const lostGraceMs = 1000;

/** A message of the reaper, except for `overdue`; `lost` is the end of the reaper itself. */
export type Word =
  | { readonly is: 'ready' }
  | { readonly is: 'failed'; readonly stage: string; readonly errno: number; readonly text: string }
  | { readonly is: 'forked'; readonly leader: ProcessIdentity }
  | { readonly is: 'started' }
  | { readonly is: 'ended'; readonly status: WaitStatus }
  | { readonly is: 'gone'; readonly swept: number }
  | { readonly is: 'lost'; readonly reason: string };

/** The part of a launch that the reaper needs. */
export type ReaperLaunch = Omit<Launch, 'stdoutFd' | 'stderrFd' | 'lockFd'>;

/** Descriptors 0 to 3 of the reaper: stdin, stdout and stderr of the command, and the lock. */
export interface ReaperStreams {
  readonly stdin: 'ignore' | 'pipe';
  readonly stdout: number | 'ignore' | 'pipe';
  readonly stderr: number | 'ignore' | 'pipe';
  readonly lock: number | 'ignore';
}

export function streamsOf({ stdoutFd, stderrFd, lockFd }: Launch): ReaperStreams {
  return { stdin: 'ignore', stdout: stdoutFd, stderr: stderrFd, lock: lockFd };
}

export function startReaper(launch: ReaperLaunch, place: ReaperPlace, streams: ReaperStreams): Reaper | undefined {
  const numbers = systemCalls[process.arch];
  if (numbers === undefined || place.script === undefined || !isExecutable(place.perlPath)) return undefined;
  try {
    const reaper = new Reaper(spawnReaper(launch, { ...place, ...streams, script: place.script }, numbers));
    reaper.request(launch);
    return reaper;
  } catch {
    // Out of memory, or perl is not a program. Nothing has been started; if the shell fails too,
    // its message says why.
    return undefined;
  }
}

function spawnReaper(
  launch: ReaperLaunch,
  {
    perlPath,
    script,
    wrapperMark,
    stdin,
    stdout,
    stderr,
    lock,
  }: ReaperPlace & ReaperStreams & { readonly script: number },
  numbers: readonly number[],
): ChildProcess {
  const shared = launch.sharedLockFds ?? [];
  // Perl opens the script anew through /proc, so that each reaper reads it from the beginning.
  return spawn(perlPath, ['/proc/self/fd/5', ...[...numbers, shared.length].map(String)], {
    argv0: `run-job: reaper of ${launch.runId}`,
    cwd: '/',
    // A fresh environment: the job's own may have PERL5OPT, PERL5LIB or a locale that does not
    // exist.
    env: {
      PROCESS_CONTROL_RUN_ID: launch.environment.PROCESS_CONTROL_RUN_ID ?? launch.runId,
      PROCESS_CONTROL_WRAPPER: wrapperMark,
    },
    stdio: [stdin, stdout, stderr, lock, 'pipe', script, ...shared],
    detached: true,
  });
}

/** A reaper process. Its messages are kept until `nextWord` asks for them. */
export class Reaper {
  readonly #child: ChildProcess;
  readonly #control: Socket | undefined;
  /** Resolves when the reaper has begun to end the job by its deadline. */
  readonly overdue: Promise<void>;
  readonly #words: Word[] = [];
  #unfinished = '';
  #listener: ((word: Word) => void) | undefined;
  #isOver = false;
  #sayOverdue: (() => void) | undefined;

  constructor(child: ChildProcess) {
    this.overdue = new Promise((resolve) => {
      this.#sayOverdue = resolve;
    });
    this.#child = child;
    // When descriptors run out there is no socket; the child's error says so.
    this.#control = child.stdio?.[4] as Socket | undefined;
    this.#control?.on('data', (bytes: Buffer) => this.#read(bytes.toString('latin1')));
    // The write went to a reaper that has ended; its `close` event follows.
    this.#control?.on('error', () => {});
    child.once('error', (error) => this.#take({ is: 'lost', reason: error.message }));
    child.once('close', (code, signal) => {
      this.#take({
        is: 'lost',
        reason: `its reaper (pid ${child.pid}) ended ${signal ? `by ${signal}` : `with code ${code}`}`,
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The child process, for its streams when they are pipes. */
  get child(): ChildProcess {
    return this.#child;
  }

  /** Sends KILL to the whole tree, unless the reaper is done. */
  kill(): void {
    if (!this.#isOver) this.say('k');
  }

  nextWord(): Promise<Word> {
    const word = this.#words.shift();
    if (word) return Promise.resolve(word);
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }

  request(launch: ReaperLaunch): void {
    const { umask, keepsLock, stopSignal, orphanGraceMs, endBy, workingDirectory, argv, environment } = launch;
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const stop = [String(stopSignal ?? constants.signals.SIGTERM), String((orphanGraceMs ?? lostGraceMs) / 1000)];
    const deadline = endBy === undefined ? '' : deadlineText(endBy);
    const where = [String(umask), keepsLock ? '1' : '0', ...stop, deadline, workingDirectory];
    const fields = [...where, String(argv.length), ...argv, ...variables];
    const text = Buffer.from(fields.join('\0'));
    this.#control?.write(Buffer.concat([Buffer.from(`${text.length}\n`), text]));
  }

  /**
   * Orders a signal to the whole tree. t: the launch's stop signal, or TERM. k: KILL until no
   * process is left.
   */
  say(letter: 't' | 'k'): void {
    this.#order(letter);
  }

  /** Replaces the deadline, unless the reaper is done. */
  setEndBy(endBy: EndBy): void {
    if (!this.#isOver) this.#order(`d ${deadlineText(endBy)}\n`);
  }

  /**
   * Orders the reaper to end and leave the remaining processes to init. This process no longer
   * waits for it.
   */
  abandon(): void {
    // A write to a reaper that has ended fails, and recording the stack of that error costs a run
    // two milliseconds.
    if (!this.#isOver) this.#control?.end('x');
    this.unref();
  }

  /** Allows this process to exit before the reaper, which goes on until no process is left. */
  unref(): void {
    this.#control?.unref();
    this.#child.unref();
  }

  #order(text: string): void {
    this.#control?.write(text);
    // A job may have suspended its own reaper.
    this.#child.kill('SIGCONT');
  }

  #read(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'overdue') this.#sayOverdue?.();
      else this.#take(parseWord(line));
    }
  }

  #take(word: Word): void {
    this.#isOver ||= word.is === 'gone' || word.is === 'lost';
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener) listener(word);
    else this.#words.push(word);
  }
}

/** Seconds of /proc/uptime. */
function deadlineText({ termBootMs, killBootMs }: EndBy): string {
  return [termBootMs, killBootMs].map((bootMs) => (Math.max(bootMs, 0) / 1000).toFixed(3)).join(' ');
}

function parseWord(line: string): Word {
  const [is, first = '', second = '', ...rest] = line.split(' ');
  switch (is) {
    case 'ready':
    case 'started':
      return { is };
    case 'failed':
      return { is, stage: first, errno: Number(second), text: rest.join(' ') };
    case 'forked':
      return { is, leader: { pid: Number(first), startTicks: second } };
    case 'ended':
      return {
        is,
        status: first === 'exited' ? { is: first, code: Number(second) } : { is: 'signalled', signal: Number(second) },
      };
    case 'gone':
      return { is, swept: Number(first) };
    default:
      throw new Error(`the reaper said "${line}"`);
  }
}
