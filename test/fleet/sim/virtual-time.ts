/** Time that passes only when nothing is left to do at this moment, and chance that is the same for the same seed. */

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly go: () => void;
}

export class VirtualTime {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  at(atMs: number, go: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, go };
    let place = this.#heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, this.#heap[parent])) break;
      this.#heap[place] = this.#heap[parent] as Event;
      place = parent;
    }
    this.#heap[place] = event;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.nowMs + Math.max(0, Math.ceil(ms)), resolve));
  }

  /** Lets time pass until nothing happens any more, or until `untilMs`. */
  async run(untilMs: number): Promise<void> {
    for (let event = this.#pop(); event !== undefined && event.atMs <= untilMs; event = this.#pop()) {
      this.nowMs = event.atMs;
      event.go();
      // Everything that follows from it without waiting.
      await new Promise(setImmediate);
    }
  }

  #pop(): Event | undefined {
    const [top] = this.#heap;
    const last = this.#heap.pop();
    if (top === undefined || last === undefined || this.#heap.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      if (isBefore(this.#heap[child + 1], this.#heap[child])) child += 1;
      if (!isBefore(this.#heap[child], last)) break;
      this.#heap[place] = this.#heap[child] as Event;
      place = child;
    }
    this.#heap[place] = last;
    return top;
  }
}

function isBefore(a: Event | undefined, b: Event | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = ((seed * 2654435761) % 2 ** 32) | 0;
  }

  /** From 0 up to 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  isHit(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return Math.round(low + this.next() * (high - low));
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }
}
