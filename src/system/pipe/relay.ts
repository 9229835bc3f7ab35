/**
 * Copies what a child prints to this process's own stdout and stderr, through pipes that only these
 * two processes have. Bytes keep their order and none is lost; at a terminal, what could control it
 * is removed. A slow reader makes the child wait; one that has closed its end makes the child see
 * EPIPE, as if it wrote there itself.
 */
import { fstatSync, write } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';
import { OutputReader } from './output-reader.ts';
import { adoptPipes, makePipes, type Pipe } from './pipes.ts';

/** The time to wait for a terminal that does not block and is full. */
const notReadyMs = 5;
const pipeBytes = 65_536;
const gone = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

export interface Relay {
  /** The child's descriptors 1 and 2. The caller closes them when the child has started. */
  readonly writers: readonly number[];
  /** Must be called when the child has started. */
  begin(): void;
  /**
   * Must be called when the child has ended. Resolves when its output is written, with a line for
   * each stream that failed.
   */
  finish(): Promise<readonly string[]>;
}

/** Makes output safe for a terminal. Keeps an incomplete sequence until more comes. */
export interface Harmless {
  take(bytes: Uint8Array): string;
  end(): string;
}

/**
 * A relay with one pipe if both streams go to the same file, such as a terminal, so that the order
 * of all lines is kept.
 */
export function openRelay(harmless: () => Harmless): Relay {
  const [first, second] = adoptPipes(process.env.PROCESS_CONTROL_PIPES) ?? makePipes('/run');
  const isOne = samePlace(1, 2);
  const screen = (fd: number) => (isatty(fd) ? harmless() : undefined);
  const streams = [
    new RelayedStream(first, { fd: 1, name: 'standard output', screen: screen(1) }),
    new RelayedStream(second, { fd: 2, name: 'standard error', screen: screen(2) }),
  ];
  const used = isOne ? streams.slice(0, 1) : streams;
  if (isOne) second.close();
  const writers = [first.openWriter(), isOne ? first.openWriter() : second.openWriter()];
  return {
    writers,
    begin() {
      for (const stream of used) stream.begin();
    },
    async finish() {
      const failures = await Promise.all(used.map((stream) => stream.finish()));
      return failures.filter((failure) => failure !== undefined);
    },
  };
}

function samePlace(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino && a.rdev === b.rdev;
}

interface Target {
  readonly fd: number;
  readonly name: string;
  readonly screen: Harmless | undefined;
}

class RelayedStream {
  readonly #pipe: Pipe;
  readonly #fd: number;
  readonly #name: string;
  readonly #screen: Harmless | undefined;
  readonly #queue: Buffer[] = [];
  #reader: OutputReader | undefined;
  #isWriting = false;
  #failure: string | undefined;
  #isGivenUp = false;
  #onIdle: (() => void) | undefined;

  constructor(pipe: Pipe, { fd, name, screen }: Target) {
    this.#pipe = pipe;
    this.#fd = fd;
    this.#name = name;
    this.#screen = screen;
  }

  begin(): void {
    const buffer = Buffer.allocUnsafe(pipeBytes);
    this.#reader = new OutputReader({
      pipe: this.#pipe,
      buffer,
      onRead: (length) => this.#take(Buffer.from(buffer.subarray(0, length))),
      wantsMore: () => this.#queue.length === 0,
    });
  }

  async finish(): Promise<string | undefined> {
    if (!this.#isGivenUp) this.#reader?.finish();
    this.#push(Buffer.from(this.#screen?.end() ?? ''));
    if (this.#isWriting)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    return this.#failure;
  }

  #take(bytes: Buffer): void {
    this.#push(this.#screen === undefined ? bytes : Buffer.from(this.#screen.take(bytes)));
  }

  #push(bytes: Buffer): void {
    if (this.#isGivenUp || bytes.length === 0) return;
    this.#queue.push(bytes);
    if (!this.#isWriting) this.#writeNext();
  }

  #writeNext(): void {
    const [head] = this.#queue;
    this.#isWriting = head !== undefined;
    if (head === undefined) {
      this.#onIdle?.();
      this.#reader?.resume();
      return;
    }
    write(this.#fd, head, (error, count) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeNext(), notReadyMs);
        return;
      }
      if (error !== null) this.#giveUp(error);
      else if (count === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(count);
      this.#writeNext();
    });
  }

  /** Closes the pipe, so that the child sees EPIPE and does not wait. */
  #giveUp(error: NodeJS.ErrnoException): void {
    this.#isGivenUp = true;
    this.#queue.length = 0;
    if (!gone.has(error.code ?? '')) this.#failure = `${this.#name}: ${error.message}`;
    this.#reader?.finish();
    this.#pipe.close();
  }
}
