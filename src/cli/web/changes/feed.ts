/** Passes on which jobs have changed, to everyone who listens. A listener that is slow gets what has gathered meanwhile, so none costs memory. */
import type { Clock, Timer } from '../../../system/types/clock.ts';

/** The names of the jobs that have changed; `all`: any may have. */
type Changed = ReadonlySet<string> | 'all';

export interface Listener {
  /** Resolves to what has changed since the last call, at most once a second; to `nothing` after a while, to `undefined` when the feed has ended. */
  next(): Promise<{ readonly seq: number; readonly changed: Changed } | 'nothing' | undefined>;
  close(): void;
}

export interface Feed {
  tell(slug?: string): void;
  /** `undefined` when there are too many listeners. */
  listen(): Listener | undefined;
  /** Ends all listeners. */
  close(): void;
  /** Aborted by `close`, for other streams that end then. */
  readonly ended: AbortSignal;
}

const mostListeners = 32;
/** A change of more jobs than this is one of all of them. */
const mostNames = 100;
const restMs = 1000;
const pingMs = 15_000;

export function changeFeed(clock: Pick<Clock, 'after' | 'monotonicMs'>): Feed {
  const listeners = new Set<Waiting>();
  let seq = 0;
  const ended = new AbortController();
  return {
    ended: ended.signal,
    tell(slug) {
      seq += 1;
      for (const listener of listeners) listener.add(slug);
    },
    listen() {
      if (ended.signal.aborted || listeners.size >= mostListeners) return undefined;
      const listener = new Waiting(clock, () => seq);
      listeners.add(listener);
      return {
        next: () => listener.next(),
        close() {
          listeners.delete(listener);
          listener.end();
        },
      };
    },
    close() {
      ended.abort();
      for (const listener of listeners) listener.end();
    },
  };
}

class Waiting {
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly #seq: () => number;
  #changed: Set<string> | 'all' = new Set();
  #hasEnded = false;
  #restsUntilMs = 0;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'>, seq: () => number) {
    this.#clock = clock;
    this.#seq = seq;
  }

  add(slug: string | undefined): void {
    if (this.#changed !== 'all' && slug !== undefined && this.#changed.size < mostNames) this.#changed.add(slug);
    else this.#changed = 'all';
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  async next(): ReturnType<Listener['next']> {
    if (!this.#has()) await this.#sleep(pingMs);
    const waitMs = this.#restsUntilMs - this.#clock.monotonicMs();
    if (this.#has() && waitMs > 0) await this.#sleep(waitMs, () => this.#hasEnded);
    if (this.#hasEnded) return undefined;
    if (!this.#has()) return 'nothing';
    const changed = this.#changed;
    this.#changed = new Set();
    this.#restsUntilMs = this.#clock.monotonicMs() + restMs;
    return { seq: this.#seq(), changed };
  }

  #has(): boolean {
    return this.#changed === 'all' || this.#changed.size > 0;
  }

  /** Ends after this time, or earlier when something comes for which `isEnough`. */
  async #sleep(ms: number, isEnough: () => boolean = () => true): Promise<void> {
    if (this.#hasEnded) return;
    await new Promise<void>((resolve) => {
      this.#timer = this.#clock.after(ms, resolve);
      this.#wake = () => {
        if (isEnough()) resolve();
      };
    });
    this.#timer?.cancel();
    this.#wake = undefined;
  }
}
