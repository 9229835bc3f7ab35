/**
 * Real pipes for the output of commands. Node's own pipes are pairs of sockets, on which a job's `>
 * /dev/stdout` fails with ENXIO (nodejs/node#21941), and Node can create neither a pipe nor a FIFO.
 * So the launcher, a shell, hands over two here-documents, which are pipes and cost no process.
 * Where the shell uses files for them, mkfifo(1) makes two FIFOs, which exist for some
 * milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export type PipePair = readonly [stdout: Pipe, stderr: Pipe];

/** A pipe, which can be opened again as long as this process keeps one end. */
export class Pipe {
  readonly #fd: number;

  /** Takes ownership of `fd`, either end of a pipe. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * A reading end that does not block. It reports the end as long as there is no writer, so open a
   * writing end before the first read.
   */
  openReader(): number {
    return openAgain(this.#fd, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /**
   * A reading end that blocks. Opening it would wait for a writer, so there is one for a moment.
   */
  openBlockingReader(): number {
    const writer = this.openWriter();
    try {
      return openAgain(this.#fd, constants.O_RDONLY);
    } finally {
      closeSync(writer);
    }
  }

  /** A writing end that blocks, because a job does not expect EAGAIN from its output. */
  openWriter(): number {
    return openAgain(this.#fd, constants.O_WRONLY);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * Two new pipes. Throws when the host can't create them. The FIFOs lie for a moment in a private
 * directory below `directory`.
 */
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
 * The pipes that the launcher handed over in PROCESS_CONTROL_PIPES: its pid, which is also this
 * process's, and two descriptors. Call it once in a process, because the numbers are reused
 * afterwards. `undefined` when there are none or they can't be used.
 */
export function adoptPipes(handed: string | undefined): PipePair | undefined {
  const [pid, ...fds] =
    /^(\d+) (\d+) (\d+)$/
      .exec(handed ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  // A child that inherits the variable has other files under these numbers, and reading a byte from
  // them can be fatal.
  if (pid !== process.pid) return undefined;
  const [stdout, stderr] = fds.map(adopt);
  if (stdout !== undefined && stderr !== undefined) return [stdout, stderr];
  stdout?.close();
  stderr?.close();
  return undefined;
}

/** The pipe under a new descriptor that no child inherits; `undefined` when it can't be used. */
function adopt(fd: number): Pipe | undefined {
  try {
    // Some shells write here-documents to files.
    if (!fstatSync(fd).isFIFO()) return undefined;
    const pipe = new Pipe(openAgain(fd, constants.O_RDONLY | constants.O_NONBLOCK));
    closeSync(fd);
    return pipe;
  } catch {
    // Another user owns it.
    return undefined;
  }
}

function openAgain(fd: number, flags: number): number {
  return openSync(`/proc/self/fd/${fd}`, flags);
}
