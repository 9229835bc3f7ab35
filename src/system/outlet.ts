/**
 * Writes bytes to one descriptor, in order, in bounded memory, and never blocks the program: a disk that hangs must not stop the
 * timer that ends the job.
 *
 *     working --error, or nothing written for stallMs--> failing --a write succeeds--> working
 *
 * While it fails it keeps what fits, counts the rest as lost and tries again each second. Whoever feeds it asks `isFull` and pauses;
 * a failing outlet is never full, because a job must not stand still for want of a log.
 */
import { close, write } from 'node:fs';
import process from 'node:process';
import { ByteQueue } from './byte-queue.ts';

export interface OutletOptions {
  readonly fd: number;
  /** There is room again, or none is needed because what comes is given up. */
  readonly onRoom: () => void;
  /** Words that stand where bytes are missing. */
  readonly gapText: (lostBytes: number, reason: string) => Uint8Array;
  readonly limits?: Partial<OutletLimits>;
  /** Asked before each write: gives the descriptor to write to from now on, if that is another one. */
  readonly renew?: (then: (fd: number | undefined) => void) => void;
}

export interface OutletLimits {
  readonly highBytes: number;
  readonly lowBytes: number;
  /** Without progress for so long, it fails. */
  readonly stallMs: number;
  /** How long `close` waits without progress. */
  readonly closeMs: number;
}

const usualLimits: OutletLimits = { highBytes: 4 << 20, lowBytes: 1 << 20, stallMs: 10_000, closeMs: 5000 };

/** Small pieces are gathered for so long: written one by one, each line of a chatty job would cost a thread switch. */
const gatherMs = 10;
const retryMs = 1000;
/** For a descriptor that does not block, which only that of a terminal is. */
const notReadyMs = 20;

type TimerName = 'gather' | 'retry' | 'stall';

export class Outlet {
  readonly #options: OutletOptions;
  #fd: number;
  readonly #limits: OutletLimits;
  readonly #queue = new ByteQueue();
  #writtenBytes = 0;
  #lostBytes = 0;
  #lostReason: string | undefined;
  /** Lost after all that is in the queue, and not yet told. */
  #gap = { bytes: 0, reason: '' };
  /** Why it fails, while it does. */
  #failure: string | undefined;
  #isWriting = false;
  /** What is there is to be written now, be it ever so little. */
  #isUrgent = false;
  #isAwaited = false;
  readonly #timers = new Map<TimerName, NodeJS.Timeout>();
  #onClosed: (() => void) | undefined;
  #hasEnded = false;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#fd = options.fd;
    this.#limits = { ...usualLimits, ...options.limits };
  }

  /** Once it has said so, `onRoom` follows. */
  get isFull(): boolean {
    const isFull = this.#failure === undefined && this.#queue.length >= this.#limits.highBytes;
    this.#isAwaited ||= isFull;
    return isFull;
  }

  get lostBytes(): number {
    return this.#lostBytes;
  }

  get lostReason(): string | undefined {
    return this.#lostReason;
  }

  /** Copies the bytes; while it fails it may drop them. */
  write(bytes: Uint8Array): void {
    // After a gap nothing is kept until it has been told, or what follows would stand before it.
    const fits = this.#gap.bytes === 0 && this.#queue.length + bytes.length <= this.#limits.highBytes;
    if (this.#failure === undefined || fits) {
      this.#queue.push(bytes);
      this.#pump();
    } else {
      this.#gap = { bytes: this.#gap.bytes + bytes.length, reason: this.#failure };
      this.#lose(bytes.length, this.#failure);
    }
  }

  /** Keeps them also while it fails: for the few lines without which the rest can't be understood. */
  writeSurely(bytes: Uint8Array): void {
    this.#tellGap();
    this.#queue.push(bytes);
    this.#pump();
  }

  /** Writes what is there without waiting for more. */
  flush(): void {
    this.#isUrgent = true;
    this.#pump();
  }

  /** Writes what can be written and closes the descriptor; what can't is lost. Ends in bounded time, also on a dead disk. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      this.#stop('retry');
      this.#stop('stall');
      this.flush();
      if (this.#isWriting) this.#watchProgress();
      this.#endIfDone();
    });
  }

  #pump(): void {
    const head = this.#queue.head();
    if (head === undefined || this.#isWriting || this.#timers.has('retry') || this.#hasEnded) return;
    if (!this.#queue.isHeadComplete) {
      if (!this.#isUrgent && this.#onClosed === undefined) {
        this.#start('gather', gatherMs, () => this.flush());
        return;
      }
      this.#isUrgent = false;
    }
    this.#isWriting = true;
    this.#watchProgress();
    this.#renewed((fd) =>
      write(fd, head, 0, head.length, null, (error, count) => {
        this.#isWriting = false;
        if (this.#hasEnded) return;
        if (error === null) this.#wrote(count);
        else this.#refused(error.code ?? error.message);
        this.#endIfDone();
      }),
    );
  }

  #renewed(then: (fd: number) => void): void {
    const { renew } = this.#options;
    if (renew === undefined) {
      then(this.#fd);
      return;
    }
    renew((fd) => {
      // What the old one can't store any more is nobody's to read: it was moved or removed.
      if (fd !== undefined) close(this.#fd, () => {});
      this.#fd = fd ?? this.#fd;
      then(this.#fd);
    });
  }

  #wrote(count: number): void {
    this.#stop('stall');
    this.#queue.drop(count);
    this.#writtenBytes += count;
    this.#failure = undefined;
    this.#tellGap();
    if (this.#isAwaited && this.#queue.length <= this.#limits.lowBytes) {
      this.#isAwaited = false;
      this.#options.onRoom();
    }
    this.#pump();
  }

  #refused(code: string): void {
    const isNotReady = code === 'EAGAIN';
    this.#isUrgent = true;
    this.#start('retry', isNotReady ? notReadyMs : retryMs, () => this.#pump());
    if (isNotReady) return;
    this.#stop('stall');
    this.#fail(code);
  }

  #fail(reason: string): void {
    this.#failure = reason;
    if (this.#onClosed === undefined) {
      this.#isAwaited = false;
      this.#options.onRoom();
      return;
    }
    this.#lose(this.#queue.length, reason);
    this.#end(this.#onClosed);
  }

  #tellGap(): void {
    const { bytes, reason } = this.#gap;
    this.#gap = { bytes: 0, reason: '' };
    if (bytes > 0) this.#queue.push(this.#options.gapText(bytes, reason));
  }

  #lose(bytes: number, reason: string): void {
    this.#lostBytes += bytes;
    if (bytes > 0) this.#lostReason ??= reason;
  }

  /** Runs from the first write that has not come back to the next progress. */
  #watchProgress(): void {
    const { stallMs, closeMs } = this.#limits;
    this.#start('stall', this.#onClosed === undefined ? stallMs : closeMs, () => this.#fail('stalled'));
  }

  /** Unless it runs already. */
  #start(name: TimerName, delayMs: number, then: () => void): void {
    if (this.#timers.has(name)) return;
    const fire = () => {
      this.#timers.delete(name);
      then();
    };
    this.#timers.set(name, setTimeout(fire, delayMs));
  }

  #stop(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #endIfDone(): void {
    if (this.#onClosed !== undefined && !this.#hasEnded && !this.#isWriting && this.#queue.length === 0) {
      this.#end(this.#onClosed);
    }
  }

  #end(onClosed: () => void): void {
    this.#hasEnded = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    if (this.#isWriting) {
      leaveHard();
      onClosed();
      return;
    }
    const tooLong = setTimeout(() => {
      leaveHard();
      onClosed();
    }, this.#limits.closeMs);
    close(this.#fd, (error) => {
      clearTimeout(tooLong);
      // A network file system may say only now that it could not store what it took.
      if (error) this.#lose(this.#writtenBytes, error.code ?? error.message);
      onClosed();
    });
  }
}

/** exit(3) would wait for the thread that writes, and that may be for ever. What a run has to say it has said by then. */
function leaveHard(): void {
  process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
}
