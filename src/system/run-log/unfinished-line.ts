/**
 * Writes a line that has had no newline for a second, such as a question. No timer runs without
 * such a line.
 */

import type { Clock, Timer } from '../types/clock.ts';
import type { Stamper } from './stamper.ts';

export interface UnfinishedLineParts {
  readonly stamper: Stamper;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly onWritten: () => void;
}

const patienceMs = 1000;

export class UnfinishedLine {
  readonly #parts: UnfinishedLineParts;
  #held: number | undefined;
  #sinceMs = 0;
  #timer: Timer | undefined;

  constructor(parts: UnfinishedLineParts) {
    this.#parts = parts;
  }

  /** Must be called after each read. */
  look(): void {
    const { clock, stamper } = this.#parts;
    const { held } = stamper;
    if (held === undefined) {
      this.cancel();
      return;
    }
    if (held !== this.#held) {
      this.#held = held;
      this.#sinceMs = clock.monotonicMs();
    }
    // The timer of an earlier line stays: a new timer for each read would cost more than one that
    // fires too early.
    this.#timer ??= clock.after(patienceMs, () => this.#wake());
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#held = undefined;
  }

  #wake(): void {
    const { clock, stamper, onWritten } = this.#parts;
    const leftMs = this.#sinceMs + patienceMs - clock.monotonicMs();
    if (leftMs > 0) {
      this.#timer = clock.after(leftMs, () => this.#wake());
      return;
    }
    this.cancel();
    stamper.writeHeld();
    onWritten();
  }
}
