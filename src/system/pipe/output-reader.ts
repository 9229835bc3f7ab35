/**
 * Reads one stream of a command from its pipe, until all writers have closed it or the caller ends
 * the reading.
 */
import { closeSync, readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Pipe } from './pipes.ts';

export interface OutputReaderParts {
  readonly pipe: Pipe;
  readonly buffer: Buffer;
  /** Called when `length` bytes have been read into the buffer. */
  readonly onRead: (length: number) => void;
  /** Called after each read. After false the reader pauses until `resume` is called. */
  readonly wantsMore: () => boolean;
}

/**
 * The largest pipe. A command that has ended can't have left more; further bytes are from a process
 * that still writes.
 */
const largestPipeBytes = 1 << 20;

export class OutputReader {
  readonly #parts: OutputReaderParts;
  readonly #socket: Socket;
  /** True when all writers have closed the pipe. */
  #hasEnded = false;
  readonly ended: Promise<void>;

  /** Begins to read. A writer must have the pipe open. */
  constructor(parts: OutputReaderParts) {
    this.#parts = parts;
    const { pipe, buffer, onRead, wantsMore } = parts;
    const callback = (length: number) => {
      onRead(length);
      return wantsMore();
    };
    // `onread` is a constructor option (nodejs.org/api/net.html), which the types declare only for
    // `connect`.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: pipe.openReader(),
      readable: true,
      writable: false,
      onread: { buffer, callback },
    };
    this.#socket = new Socket(options);
    this.ended = new Promise((resolve) => {
      this.#socket
        .on('error', () => {})
        .on('close', () => {
          this.#hasEnded = true;
          resolve();
        });
    });
    this.#socket.resume();
  }

  resume(): void {
    if (!this.#socket.destroyed) this.#socket.resume();
  }

  /** Reads what the pipe contains now and stops. True when a writer still has the pipe open. */
  finish(): boolean {
    if (this.#hasEnded) return false;
    this.#socket.destroy();
    const fd = this.#parts.pipe.openReader();
    try {
      for (let total = 0; total < largestPipeBytes; ) {
        const length = readNow(fd, this.#parts.buffer);
        if (length === undefined) return true;
        if (length === 0) return false;
        this.#parts.onRead(length);
        total += length;
      }
      return true;
    } finally {
      closeSync(fd);
    }
  }
}

/** The number of bytes read; `undefined` when the pipe is empty and a writer has it open. */
function readNow(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
