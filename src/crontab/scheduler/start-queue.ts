/**
 * Starts at most N programs at a time: a thousand jobs of one minute would otherwise all begin
 * slowly. A program that has begun no longer counts, so a long run keeps none waiting.
 */

export interface Started {
  /** Resolves when the program runs, or has ended. */
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
}

export interface StartQueue<T> {
  /** Resolves when the program has ended, or was dropped. */
  add(one: T): Promise<void>;
  /** Drops what has not been started, and returns it. */
  drop(): readonly T[];
}

interface Waiting<T> {
  readonly one: T;
  readonly resolve: () => void;
}

export function startQueue<T>(limit: number, start: (one: T) => Started): StartQueue<T> {
  const waiting: Waiting<T>[] = [];
  let beginning = 0;
  const next = () => {
    while (beginning < limit) {
      const first = waiting.shift();
      if (first === undefined) return;
      beginning += 1;
      const { begun, ended } = start(first.one);
      void begun.then(() => {
        beginning -= 1;
        next();
      });
      void ended.then(first.resolve);
    }
  };
  return {
    add: (one) =>
      new Promise<void>((resolve) => {
        waiting.push({ one, resolve });
        next();
      }),
    drop() {
      const dropped = waiting.splice(0);
      for (const { resolve } of dropped) resolve();
      return dropped.map(({ one }) => one);
    },
  };
}
