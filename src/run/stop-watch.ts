/**
 * Watches for a reason to end a run early, from before its lock until after its last attempt. The
 * first reason counts.
 */
import type { Clock } from '../system/types/clock.ts';
import type { StopRequests } from '../system/types/process.ts';
import type { Outcome, Stopped } from './outcome/outcome.ts';

export type StopReason = Stopped | Extract<Outcome, { kind: 'timed-out' }>;

const termSignal = 15;

export class StopWatch {
  #stopped: Stopped | undefined;
  #timedOut: Extract<StopReason, { kind: 'timed-out' }> | undefined;
  #listener: ((isAgain: boolean) => void) | undefined;

  constructor(stops: StopRequests) {
    stops.onStop(({ signal, typed }) => {
      const isAgain = this.reason !== undefined;
      this.#stopped ??= { kind: 'stopped', signal, by: 'a signal to run-job', ...(typed && { person: true }) };
      this.#listener?.(isAgain);
    });
  }

  /** Ends the run for another reason than a signal; asked again, without the grace. */
  stop(stopped: Stopped): void {
    const isAgain = this.reason !== undefined;
    this.#stopped ??= stopped;
    this.#listener?.(isAgain);
  }

  /** Ends the run by its deadline, which is also the reason of an end that a timeout has begun. */
  cutOff(because: string): void {
    if (this.#stopped?.because !== undefined) return;
    this.#timedOut = undefined;
    this.#stopped ??= { kind: 'stopped', signal: termSignal, by: 'the fleet', because };
    this.#listener?.(false);
  }

  /** The request to end the whole run; no attempt follows it. */
  get stopped(): Stopped | undefined {
    return this.#stopped;
  }

  /** The reason to end the attempt under way. */
  get reason(): StopReason | undefined {
    return this.#timedOut ?? this.#stopped;
  }

  /**
   * The listener that acts on a reason from now on. `isAgain`: it was asked before, so it skips the
   * grace.
   */
  set onReason(listener: ((isAgain: boolean) => void) | undefined) {
    this.#listener = listener;
  }

  /**
   * Starts the timeout of an attempt; 0 means none. Returns a function for the end of the attempt,
   * which stops the timer.
   */
  limit(afterSeconds: number, clock: Clock): () => void {
    this.#timedOut = undefined;
    if (afterSeconds <= 0) return () => undefined;
    const timer = clock.after(afterSeconds * 1000, () => {
      if (this.reason !== undefined) return;
      this.#timedOut = { kind: 'timed-out', afterSeconds };
      this.#listener?.(false);
    });
    return () => timer.cancel();
  }

  /** Waits; returns at once if the run is to end. */
  rest(delayMs: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#listener = undefined;
        resolve();
      };
      const timer = clock.after(this.#stopped === undefined ? delayMs : 0, end);
      this.#listener = end;
    });
  }
}
