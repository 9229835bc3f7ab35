/**
 * Passes on what a child prints to this process's own stdout and stderr, through pipes that only these two processes have: bytes as they are,
 * in their order, none lost; at a terminal only what cannot steer it. A reader that is slow makes the child wait; one that has gone away makes
 * it see EPIPE, as if it wrote there itself.
 */
import { fstatSync, write } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';
import { OutputReader } from './output-reader.ts';
import { adoptPipes, makePipes, type Pipe } from './pipes.ts';

/** A terminal that does not block is full for a moment. */
const notReadyMs = 5;
const pipeBytes = 65_536;
const gone = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

export interface Relay {
  /** For the child's descriptors 1 and 2. To be closed here once it has been started. */
  readonly writers: readonly number[];
  /** The child has been started. */
  begin(): void;
  /** The child has ended: resolves when all that it printed is written, with what could not be. */
  finish(): Promise<readonly string[]>;
}

/** Makes what was printed safe for a terminal; keeps what is not complete until more comes. */
export interface Harmless {
  take(bytes: Uint8Array): string;
  end(): string;
}

/** One pipe where both go to the same place, such as a terminal: then the order of all lines is that in which the child wrote them. */
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

  /** The child is to see that nobody reads any more, and must not wait for it. */
  #giveUp(error: NodeJS.ErrnoException): void {
    this.#isGivenUp = true;
    this.#queue.length = 0;
    if (!gone.has(error.code ?? '')) this.#failure = `${this.#name}: ${error.message}`;
    this.#reader?.finish();
    this.#pipe.close();
  }
}
