/** Reads the histories that an answer needs before it is given, in slices: other readers are answered meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { clock } from '../../../system/time/clock.ts';
import type { HistoryIndex } from '../index/history-index.ts';

const sliceMs = 10;
/** The answer needs less when more is known: what it needs is asked again after so many, then after twice as many. */
const firstRound = 8;

export interface Needs {
  readonly slugs: readonly string[];
  /** Only what was written since then is needed. */
  readonly sinceMs: () => number;
  /** Reading takes at most so long. */
  readonly patienceMs: number;
}

export async function readFirst(index: HistoryIndex, { slugs, sinceMs, patienceMs }: Needs): Promise<void> {
  const beganMs = clock.monotonicMs();
  const isLate = () => clock.monotonicMs() - beganMs > patienceMs;
  const inSlices = async (some: readonly string[], act: (slug: string) => void) => {
    let sliceBeganMs = clock.monotonicMs();
    for (const slug of some) {
      if (isLate()) return;
      act(slug);
      if (clock.monotonicMs() - sliceBeganMs < sliceMs) continue;
      await nextTurn();
      sliceBeganMs = clock.monotonicMs();
    }
  };
  // When each was written has to be known first.
  await inSlices(index.unread(slugs, Number.POSITIVE_INFINITY), (slug) => index.changed(slug));
  for (let round = firstRound; !isLate(); round *= 2) {
    const needed = index.unread(slugs, sinceMs());
    if (needed.length === 0) return;
    await inSlices(needed.slice(0, round), (slug) => index.read(slug));
  }
}
