/** The largest of many numbers, so many of them: a heap with the least on top. */
export class Largest {
  readonly #most: number;
  readonly #heap: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#heap.length >= this.#most;
  }

  get least(): number {
    return this.#heap[0] ?? Number.NEGATIVE_INFINITY;
  }

  /** True when adding the number makes a difference. */
  takes(value: number): boolean {
    return !this.isFull || value > this.least;
  }

  add(value: number): void {
    if (!this.takes(value)) return;
    if (this.isFull) {
      this.#heap[0] = value;
      this.#sink();
    } else {
      this.#heap.push(value);
      this.#rise();
    }
  }

  #rise(): void {
    const heap = this.#heap;
    for (let at = heap.length - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (this.#value(above) <= this.#value(at)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(): void {
    const { length } = this.#heap;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left >= length) return;
      const least = right < length && this.#value(right) < this.#value(left) ? right : left;
      if (this.#value(at) <= this.#value(least)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #value(at: number): number {
    return this.#heap[at] as number;
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#value(b), this.#value(a)];
  }
}
