/** Reads one stream of a command through its pipe, until all who can write to it have closed it or there is no more patience. */
import { closeSync, readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Pipe } from './pipes.ts';

export interface OutputReaderParts {
  readonly pipe: Pipe;
  readonly buffer: Buffer;
  /** `length` bytes have been read into the buffer. */
  readonly onRead: (length: number) => void;
  /** Asked after each read; once false, `resume` is to be called. */
  readonly wantsMore: () => boolean;
}

/** A command that has ended can't have left more than this in a pipe; whatever comes beyond is from somebody who still writes. */
const largestPipeBytes = 1 << 20;

export class OutputReader {
  readonly #parts: OutputReaderParts;
  readonly #socket: Socket;
  /** By itself: all have closed it. */
  #hasEnded = false;
  readonly ended: Promise<void>;

  /** Begins to read; somebody has the writing end open by now. */
  constructor(parts: OutputReaderParts) {
    this.#parts = parts;
    const { pipe, buffer, onRead, wantsMore } = parts;
    const callback = (length: number) => {
      onRead(length);
      return wantsMore();
    };
    // A constructor option like any other (nodejs.org/api/net.html), which the types have only for `connect`.
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

  /** Reads what is there right now, and no more after that. True when somebody still has the writing end open. */
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

/** `undefined` when there is nothing now and may be later. */
function readNow(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
