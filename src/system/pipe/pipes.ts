/**
 * Real pipes for the output of commands. What Node calls a pipe is a pair of sockets, on which a job's `> /dev/stdout` fails with
 * ENXIO (nodejs/node#21941), and Node can make neither a pipe nor a FIFO itself. So the launcher, a shell, hands two pipes over that
 * cost it nothing: here-documents. Where the shell makes no pipes of them, mkfifo(1) makes two FIFOs, for some milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export type PipePair = readonly [stdout: Pipe, stderr: Pipe];

/** Can be opened again and again, as long as this process keeps one end. */
export class Pipe {
  readonly #fd: number;

  /** Takes over `fd`, any end of a pipe. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Does not block. Says "end" as long as nobody writes, so the writing end is to be opened before the first read. */
  openReader(): number {
    return openAgain(this.#fd, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Opening it would wait for somebody who writes, so there is one for a moment. */
  openBlockingReader(): number {
    const writer = this.openWriter();
    try {
      return openAgain(this.#fd, constants.O_RDONLY);
    } finally {
      closeSync(writer);
    }
  }

  /** An ordinary blocking one: a job does not expect its output to say EAGAIN. */
  openWriter(): number {
    return openAgain(this.#fd, constants.O_WRONLY);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Two new pipes; throws when the machine has none to give. `directory` may be anybody's to read: what lies in ours for a moment is not. */
export function makePipes(directory: string): PipePair {
  const own = mkdtempSync(path.join(directory, '.pipes-'));
  try {
    const names = ['stdout', 'stderr'].map((name) => path.join(own, name)) as [string, string];
    const { error, status, stderr } = spawnSync('mkfifo', ['-m', '600', ...names], {
      env: { PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (error !== undefined || status !== 0) throw error ?? new Error(stderr.trim());
    return [openFifo(names[0]), openFifo(names[1])];
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function openFifo(file: string): Pipe {
  return new Pipe(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
}

/**
 * The pipes that the launcher handed over, by PROCESS_CONTROL_PIPES: its process number, which is ours too, and two descriptors. To be
 * called once in a process: afterwards the numbers mean other things. `undefined` when there are none, or they can't be used.
 */
export function adoptPipes(handed: string | undefined): PipePair | undefined {
  const [pid, ...fds] =
    /^(\d+) (\d+) (\d+)$/
      .exec(handed ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  // A child that inherits the variable has descriptors of its own under these numbers, and one byte read from those can be fatal.
  if (pid !== process.pid) return undefined;
  const [stdout, stderr] = fds.map(adopt);
  if (stdout !== undefined && stderr !== undefined) return [stdout, stderr];
  stdout?.close();
  stderr?.close();
  return undefined;
}

/** As a new descriptor that no child inherits. */
function adopt(fd: number): Pipe | undefined {
  try {
    // Not where the shell writes here-documents to files.
    if (!fstatSync(fd).isFIFO()) return undefined;
    const pipe = new Pipe(openAgain(fd, constants.O_RDONLY | constants.O_NONBLOCK));
    closeSync(fd);
    return pipe;
  } catch {
    // Another user has made it.
    return undefined;
  }
}

function openAgain(fd: number, flags: number): number {
  return openSync(`/proc/self/fd/${fd}`, flags);
}
