/**
 * Writes bytes to one descriptor, in order and in bounded memory. It never blocks the program: a
 * disk that hangs must not stop the timer that ends the job.
 *
 *     working --error, or nothing written for stallMs--> failing --a write succeeds--> working
 *
 * A failing outlet keeps what fits, counts the rest as lost and retries each second. The caller
 * pauses while `isFull`; a failing outlet is never full, because a job must not wait for its log.
 */
import { close, constants, ftruncate, open, write } from 'node:fs';
import process from 'node:process';
import { ByteQueue } from './byte-queue.ts';

export interface OutletOptions {
  readonly fd: number;
  /** True for a descriptor that `close` must leave open because others use it too. */
  readonly keepsOpen?: boolean;
  /** Called when there is room again, or the outlet has begun to fail and drops what comes. */
  readonly onRoom: () => void;
  /** The text for the place where bytes are missing. */
  readonly gapText: (lostBytes: number, reason: string) => Uint8Array;
  readonly limits?: Partial<OutletLimits>;
  /** Called before each write. It may give a new descriptor to write to from now on. */
  readonly renew?: (then: (fd: number | undefined) => void) => void;
}

export interface OutletLimits {
  readonly highBytes: number;
  readonly lowBytes: number;
  /** The time without progress after which the outlet fails. */
  readonly stallMs: number;
  /** The time without progress after which `close` gives up. */
  readonly closeMs: number;
}

const usualLimits: OutletLimits = { highBytes: 4 << 20, lowBytes: 1 << 20, stallMs: 10_000, closeMs: 5000 };

/**
 * The time for which small pieces are gathered. Written one by one, each line would cost a thread
 * switch.
 */
const gatherMs = 10;
const retryMs = 1000;
/** The time to wait for a descriptor that does not block and is full. Only a terminal's is one. */
const notReadyMs = 20;

type TimerName = 'gather' | 'retry' | 'stall';

export class Outlet {
  readonly #options: OutletOptions;
  #fd: number;
  readonly #limits: OutletLimits;
  #queue = new ByteQueue();
  #writtenBytes = 0;
  /** The place where `cut` writes. */
  #markBytes = 0;
  /**
   * The bytes to write at the mark when the queue is empty, and the queue of what comes after them.
   */
  #cut: { readonly bytes: Uint8Array; readonly next: ByteQueue } | undefined;
  /** A descriptor of the same file without O_APPEND. */
  #cutFd: number | undefined;
  #lostBytes = 0;
  #lostReason: string | undefined;
  /** Bytes that were lost after those in the queue and that the log does not mention yet. */
  #gap = { bytes: 0, reason: '' };
  /** The reason why the outlet is failing; undefined while it works. */
  #failure: string | undefined;
  #isWriting = false;
  /** Write whatever is queued, however little. */
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

  /** True when the caller must pause. `onRoom` follows. */
  get isFull(): boolean {
    const isFull = this.#failure === undefined && this.#waitingBytes() >= this.#limits.highBytes;
    this.#isAwaited ||= isFull;
    return isFull;
  }

  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** The size of the file, unless another process has changed it. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get lostReason(): string | undefined {
    return this.#lostReason;
  }

  /** Queues a copy of the bytes. A failing outlet may drop them. */
  write(bytes: Uint8Array): void {
    // After a gap nothing is kept until the gap is in the log, so that the order stays right.
    const fits = this.#gap.bytes === 0 && this.#waitingBytes() + bytes.length <= this.#limits.highBytes;
    if (this.#failure === undefined || fits) {
      this.#push(bytes);
      this.#pump();
    } else {
      this.#gap = { bytes: this.#gap.bytes + bytes.length, reason: this.#failure };
      this.#lose(bytes.length, this.#failure);
    }
  }

  /**
   * Queues a copy of the bytes also while the outlet fails: for the few lines that the rest of the
   * log needs.
   */
  writeSurely(bytes: Uint8Array): void {
    this.#noteGap();
    this.#push(bytes);
    this.#pump();
  }

  /** Marks the place in the file where the next bytes go. */
  mark(): void {
    this.#markBytes = this.#writtenBytes + this.#queue.length;
  }

  /**
   * Replaces everything after the mark, written or queued, by `bytes`. Only for a file that this
   * run created.
   */
  cut(bytes: Uint8Array): void {
    this.#noteGap();
    this.#cut = { bytes, next: new ByteQueue() };
    this.#pump();
  }

  /** Writes what is queued without waiting for more. */
  flush(): void {
    this.#isUrgent = true;
    this.#pump();
  }

  /**
   * Writes what is queued, counts as lost what can't be written, and closes the descriptor.
   * Resolves in bounded time, also on a dead disk.
   */
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

  /**
   * The queued bytes, before and after a cut. The bytes of the cut itself do not make the job wait.
   */
  #waitingBytes(): number {
    return this.#queue.length + (this.#cut?.next.length ?? 0);
  }

  #push(bytes: Uint8Array): void {
    (this.#cut?.next ?? this.#queue).push(bytes);
  }

  #pump(): void {
    const head = this.#queue.head();
    if (this.#isWriting || this.#timers.has('retry') || this.#hasEnded) return;
    if (head === undefined) {
      if (this.#cut !== undefined) this.#doCut(this.#cut.bytes);
      return;
    }
    if (!this.#queue.isHeadComplete && this.#cut === undefined) {
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
        else this.#writeFailed(error.code ?? error.message);
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
      // An error of the old descriptor does not matter: its file was moved or removed.
      if (fd !== undefined) close(this.#fd, () => {});
      this.#fd = fd ?? this.#fd;
      then(this.#fd);
    });
  }

  /** Writes the cut, then shortens the file: in this order the file always has an end. */
  #doCut(bytes: Uint8Array): void {
    this.#isWriting = true;
    this.#watchProgress();
    const end = this.#markBytes + bytes.length;
    const settle = (error: NodeJS.ErrnoException | null) => {
      this.#isWriting = false;
      if (this.#hasEnded) return;
      if (error !== null) this.#writeFailed(error.code ?? error.message);
      else this.#wasCut(bytes, end);
      this.#endIfDone();
    };
    const writeFrom = (fd: number, from: number): void => {
      if (from === bytes.length) {
        ftruncate(this.#fd, end, settle);
        return;
      }
      write(fd, bytes, from, bytes.length - from, this.#markBytes + from, (error, count) =>
        error === null ? writeFrom(fd, from + count) : settle(error),
      );
    };
    if (this.#cutFd !== undefined) {
      writeFrom(this.#cutFd, 0);
      return;
    }
    open(`/proc/self/fd/${this.#fd}`, constants.O_WRONLY, (error, fd) => {
      if (error !== null) {
        settle(error);
        return;
      }
      this.#cutFd = fd;
      writeFrom(fd, 0);
    });
  }

  /** Notes that the cut is done, unless another one was requested meanwhile. */
  #wasCut(bytes: Uint8Array, end: number): void {
    this.#writtenBytes = end;
    if (this.#cut?.bytes === bytes) {
      this.#queue = this.#cut.next;
      this.#cut = undefined;
    }
    this.#progressed();
  }

  #wrote(count: number): void {
    this.#queue.drop(count);
    this.#writtenBytes += count;
    this.#progressed();
  }

  #progressed(): void {
    this.#stop('stall');
    this.#failure = undefined;
    this.#noteGap();
    if (this.#isAwaited && this.#waitingBytes() <= this.#limits.lowBytes) {
      this.#isAwaited = false;
      this.#options.onRoom();
    }
    this.#pump();
  }

  #writeFailed(code: string): void {
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
    this.#lose(this.#waitingBytes() + (this.#cut?.bytes.length ?? 0), reason);
    this.#end(this.#onClosed);
  }

  #noteGap(): void {
    const { bytes, reason } = this.#gap;
    this.#gap = { bytes: 0, reason: '' };
    if (bytes > 0) this.#push(this.#options.gapText(bytes, reason));
  }

  #lose(bytes: number, reason: string): void {
    this.#lostBytes += bytes;
    if (bytes > 0) this.#lostReason ??= reason;
  }

  /** Starts the timer that runs from a pending write to the next progress. */
  #watchProgress(): void {
    const { stallMs, closeMs } = this.#limits;
    this.#start('stall', this.#onClosed === undefined ? stallMs : closeMs, () => this.#fail('stalled'));
  }

  /** Starts a timer, unless it runs already. */
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
    const isDone = !this.#isWriting && this.#queue.length === 0 && this.#cut === undefined;
    if (this.#onClosed !== undefined && !this.#hasEnded && isDone) {
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
    if (this.#options.keepsOpen) {
      onClosed();
      return;
    }
    const tooLong = setTimeout(() => {
      leaveHard();
      onClosed();
    }, this.#limits.closeMs);
    if (this.#cutFd !== undefined) close(this.#cutFd, () => {});
    close(this.#fd, (error) => {
      clearTimeout(tooLong);
      // A network file system may report only now that it could not store what it accepted.
      if (error) this.#lose(this.#writtenBytes, error.code ?? error.message);
      onClosed();
    });
  }
}

/**
 * Ends this process by KILL at its exit: exit(3) would wait for the writing thread, possibly for
 * ever. By then the run is recorded.
 */
function leaveHard(): void {
  process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
}
