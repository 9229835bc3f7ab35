/**
 * Writes bytes to one descriptor, in order, in bounded memory, and never blocks the program: a disk that hangs must not stop the
 * timer that ends the job.
 *
 *     working --error, or nothing written for stallMs--> failing --a write succeeds--> working
 *
 * While it fails it keeps what fits, counts the rest as lost and tries again each second. Whoever feeds it asks `isFull` and pauses;
 * a failing outlet is never full, because a job must not stand still for want of a log.
 */
import { close, constants, ftruncate, open, write } from 'node:fs';
import process from 'node:process';
import { ByteQueue } from './byte-queue.ts';

export interface OutletOptions {
  readonly fd: number;
  /** `close` leaves the descriptor as it is: it is somebody else's too. */
  readonly keepsOpen?: boolean;
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
  #queue = new ByteQueue();
  #writtenBytes = 0;
  /** Where `cut` puts what it is given. */
  #markBytes = 0;
  /** To be written at the mark when the queue is empty; what comes behind it waits in a queue of its own. */
  #cut: { readonly bytes: Uint8Array; readonly next: ByteQueue } | undefined;
  /** The same file, without O_APPEND. */
  #cutFd: number | undefined;
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
    const isFull = this.#failure === undefined && this.#waitingBytes() >= this.#limits.highBytes;
    this.#isAwaited ||= isFull;
    return isFull;
  }

  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** The size of the file, as far as nobody else has changed it. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get lostReason(): string | undefined {
    return this.#lostReason;
  }

  /** Copies the bytes; while it fails it may drop them. */
  write(bytes: Uint8Array): void {
    // After a gap nothing is kept until it has been told, or what follows would stand before it.
    const fits = this.#gap.bytes === 0 && this.#waitingBytes() + bytes.length <= this.#limits.highBytes;
    if (this.#failure === undefined || fits) {
      this.#push(bytes);
      this.#pump();
    } else {
      this.#gap = { bytes: this.#gap.bytes + bytes.length, reason: this.#failure };
      this.#lose(bytes.length, this.#failure);
    }
  }

  /** Keeps them also while it fails: for the few lines without which the rest can't be understood. */
  writeSurely(bytes: Uint8Array): void {
    this.#tellGap();
    this.#push(bytes);
    this.#pump();
  }

  /** Remembers the place of the file that whatever is written next will have. */
  mark(): void {
    this.#markBytes = this.#writtenBytes + this.#queue.length;
  }

  /** Puts `bytes` in the place of all that stands behind the mark, written or not. Only for a file that was new. */
  cut(bytes: Uint8Array): void {
    this.#tellGap();
    this.#cut = { bytes, next: new ByteQueue() };
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

  /** Behind the cut too; the bytes of the cut itself are no reason to make the job wait. */
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

  /** The file is shortened last: at no moment is there less of the end than before or after. */
  #doCut(bytes: Uint8Array): void {
    this.#isWriting = true;
    this.#watchProgress();
    const end = this.#markBytes + bytes.length;
    const settle = (error: NodeJS.ErrnoException | null) => {
      this.#isWriting = false;
      if (this.#hasEnded) return;
      if (error !== null) this.#refused(error.code ?? error.message);
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

  /** Another cut may have been asked for meanwhile: then that one is still to be done. */
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
    this.#tellGap();
    if (this.#isAwaited && this.#waitingBytes() <= this.#limits.lowBytes) {
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
    this.#lose(this.#waitingBytes() + (this.#cut?.bytes.length ?? 0), reason);
    this.#end(this.#onClosed);
  }

  #tellGap(): void {
    const { bytes, reason } = this.#gap;
    this.#gap = { bytes: 0, reason: '' };
    if (bytes > 0) this.#push(this.#options.gapText(bytes, reason));
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
