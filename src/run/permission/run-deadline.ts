/**
 * The deadline of a run whose job another host may start: the job's parent holds it, and run-job
 * too, because a job may suspend its parent, and because there is none between two commands.
 */
import type { Clock, Timer } from '../../system/types/clock.ts';
import type { EndBy, RunningCommand } from '../../system/types/process.ts';
import type { StopWatch } from '../stop-watch.ts';

/** A deadline, and the reason in words why a run that reaches it is ended. */
export interface Deadline extends EndBy {
  readonly because: string;
}

export class RunDeadline {
  readonly #clock: Clock;
  readonly #watch: StopWatch;
  #deadline: Deadline;
  #command: RunningCommand | undefined;
  #timer: Timer | undefined;

  constructor(first: Deadline, { clock, watch }: { readonly clock: Clock; readonly watch: StopWatch }) {
    this.#clock = clock;
    this.#watch = watch;
    this.#deadline = first;
    this.#arm();
  }

  get endBy(): EndBy {
    return this.#deadline;
  }

  /** Milliseconds until KILL; 0 when that moment has passed. */
  get leftMs(): number {
    return Math.max(0, this.#deadline.killBootMs - this.#clock.sinceBootMs());
  }

  /** Replaces the deadline, after a renewal or when the job is lost. */
  set(deadline: Deadline): void {
    this.#deadline = deadline;
    this.#command?.setEndBy(deadline);
    this.#arm();
  }

  /** Holds the deadline for a command until the next call; `given` is what it was launched with. */
  hold(command: RunningCommand | undefined, given?: EndBy): void {
    this.#command = command;
    if (command === undefined) return;
    if (given !== this.#deadline) command.setEndBy(this.#deadline);
    void command.overdue.then(() => this.#end());
  }

  /** Ends the run if its moment has come. */
  check(): void {
    if (this.#isPast()) this.#end();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer?.cancel();
    const inMs = Math.max(0, this.#deadline.termBootMs - this.#clock.sinceBootMs());
    // /proc/uptime has hundredths of a second, so a timer may be early by it.
    this.#timer = this.#clock.after(inMs, () => (this.#isPast() ? this.#end() : this.#arm()));
  }

  #isPast(): boolean {
    return this.#clock.sinceBootMs() >= this.#deadline.termBootMs;
  }

  #end(): void {
    this.#watch.cutOff(this.#deadline.because);
  }
}
