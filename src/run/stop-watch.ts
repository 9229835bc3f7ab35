/** Whether a run is to end before its time, and why: the first reason counts. It watches from before the lock until after the last attempt. */
import type { Clock } from '../system/types/clock.ts';
import type { StopRequests } from '../system/types/process.ts';
import type { Outcome, Stopped } from './outcome/outcome.ts';

export type StopReason = Stopped | Extract<Outcome, { kind: 'timed-out' }>;

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

  /** Somebody wants the whole run to end: no attempt follows. */
  get stopped(): Stopped | undefined {
    return this.#stopped;
  }

  /** Why the attempt under way is to end. */
  get reason(): StopReason | undefined {
    return this.#timedOut ?? this.#stopped;
  }

  /** Who acts on a reason from now on; `isAgain`: asked more than once, so it is to be quicker. */
  set onReason(listener: ((isAgain: boolean) => void) | undefined) {
    this.#listener = listener;
  }

  /** An attempt begins that may take so long; 0: any time. To be called when it has ended. */
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

  /** Passes the time, unless the run is to end: then at once. */
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
