/**
 * Standard output of job-scheduler. A reader that stalls must not keep jobs from starting, so lines
 * wait in memory, up to a limit; how many were left out is said when the reader goes on.
 */
import { write } from 'node:fs';

const limitBytes = 4 * 1024 * 1024;

export interface Printer {
  print(line: string): void;
  /** Resolves when all is written, or after some time. */
  finish(patienceMs: number): Promise<void>;
}

export function printer(fd: number, leftOut: (count: number) => string): Printer {
  let queue: Buffer[] = [];
  let bytes = 0;
  let dropped = 0;
  let isBusy = false;
  let isGone = false;
  let onIdle = () => {};
  const next = () => {
    if (queue.length === 0 && dropped > 0) {
      queue.push(Buffer.from(leftOut(dropped)));
      dropped = 0;
    }
    if (queue.length === 0 || isGone) {
      isBusy = false;
      onIdle();
      return;
    }
    isBusy = true;
    const all = Buffer.concat(queue);
    queue = [];
    writeAll(fd, all, (failed) => {
      bytes = queue.reduce((sum, one) => sum + one.length, 0);
      isGone = failed;
      next();
    });
  };
  return {
    print(line) {
      if (isGone) return;
      if (bytes > limitBytes) {
        dropped += 1;
        return;
      }
      const one = Buffer.from(line);
      queue.push(one);
      bytes += one.length;
      if (!isBusy) next();
    },
    async finish(patienceMs) {
      if (!isBusy) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        setTimeout(resolve, patienceMs);
      });
    },
  };
}

const busyMs = 20;

function writeAll(fd: number, bytes: Buffer, done: (failed: boolean) => void): void {
  write(fd, bytes, 0, bytes.length, null, (error, written) => {
    // A descriptor that does not block, shared with another program.
    if (error?.code === 'EAGAIN') setTimeout(() => writeAll(fd, bytes, done), busyMs);
    else if (error) done(true);
    else if (written < bytes.length) writeAll(fd, bytes.subarray(written), done);
    else done(false);
  });
}
