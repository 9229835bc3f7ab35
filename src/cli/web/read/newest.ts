/** The newest entries of many histories: the index says which they may be, their histories say what they are. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { entryMs, type HistoryEntry } from '../../../report/text/history.ts';
import { clock } from '../../../system/time/clock.ts';
import type { HistoryIndex } from '../index/history-index.ts';
import { kindSet, type MarkKind } from '../index/marks.ts';
import { Largest } from './largest.ts';
import { readFirst } from './read-first.ts';
import type { EntriesSince } from './shown-entries.ts';

const sliceMs = 10;

export interface NewestOrder {
  readonly slugs: readonly string[];
  readonly count: number;
  readonly isWanted: (entry: HistoryEntry) => boolean;
  /** False only for kinds of which no entry is wanted. A run without an end may turn out to be a failure. */
  readonly mayBe: (kind: MarkKind) => boolean;
  /** Only what began before this moment. */
  readonly beforeMs?: number;
  /** Entries of the same moment in an order of their own; default: any. */
  readonly isNewer?: (a: HistoryEntry, b: HistoryEntry) => boolean;
  /** Reading takes at most so long, milliseconds; absent: until no history can have one of the newest. */
  readonly patienceMs?: number;
}

export interface Newest {
  /** The newest first. */
  readonly entries: readonly HistoryEntry[];
  /** True when more was found than was asked for. */
  readonly isMore: boolean;
  /** Before this moment there may be entries that are missing here; absent when there are none. */
  readonly wholeSinceMs?: number;
}

export interface NewestSource {
  readonly index: HistoryIndex;
  /** All entries of a history since a moment, as they are. */
  readonly entries: EntriesSince;
}

export async function newestEntries(source: NewestSource, order: NewestOrder): Promise<Newest> {
  const { index } = source;
  const { slugs, count, patienceMs = Number.POSITIVE_INFINITY } = order;
  const wanted = count + 1;
  await readFirst(index, { slugs, sinceMs: () => placeOf(index, order, wanted), patienceMs });
  for (let most = wanted; ; most *= 2) {
    const sinceMs = placeOf(index, order, most);
    const found = await entriesSince(source, order, sinceMs);
    // A run without an end may have turned out to be none of those wanted.
    if (found.length < wanted && sinceMs > Number.NEGATIVE_INFINITY) continue;
    const wholeSinceMs = index.wholeSinceMs(slugs);
    const last = found[count - 1];
    const isWhole = wholeSinceMs === undefined || (last !== undefined && entryMs(last) > wholeSinceMs);
    return {
      ...{ entries: found.slice(0, count), isMore: found.length > count },
      ...(!isWhole && { wholeSinceMs }),
    };
  }
}

/** The moment at which the last of so many newest marks began; without end when there are not so many. */
function placeOf(index: HistoryIndex, order: NewestOrder, most: number): number {
  const { slugs, mayBe, beforeMs = Number.POSITIVE_INFINITY } = order;
  const largest = new Largest(most);
  const wanted = kindSet(mayBe);
  for (const slug of slugs)
    index.each(slug, (marks) => {
      if (!marks.mayHave(wanted, largest.isFull ? largest.least : Number.NEGATIVE_INFINITY)) return;
      for (let n = marks.count - 1; n >= 0; n -= 1) {
        if (!marks.isOf(n, wanted)) continue;
        const atMs = marks.atMs(n);
        if (atMs < beforeMs) largest.add(atMs);
      }
    });
  return largest.isFull ? largest.least : Number.NEGATIVE_INFINITY;
}

async function entriesSince(
  { index, entries }: NewestSource,
  { slugs, mayBe, isWanted, beforeMs = Number.POSITIVE_INFINITY, isNewer = isLater }: NewestOrder,
  sinceMs: number,
): Promise<readonly HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  const wanted = kindSet(mayBe);
  let sliceBeganMs = clock.monotonicMs();
  for (const slug of slugs) {
    let has = false;
    index.each(slug, (marks) => {
      for (let n = marks.mayHave(wanted, sinceMs) ? marks.count - 1 : -1; n >= 0 && !has; n -= 1) {
        const atMs = marks.atMs(n);
        has = atMs >= sinceMs && atMs < beforeMs && marks.isOf(n, wanted);
      }
    });
    if (!has) continue;
    for (const entry of entries(slug, sinceMs)) if (entryMs(entry) >= sinceMs && isWanted(entry)) found.push(entry);
    if (clock.monotonicMs() - sliceBeganMs < sliceMs) continue;
    await nextTurn();
    sliceBeganMs = clock.monotonicMs();
  }
  return found.sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

function isLater(a: HistoryEntry, b: HistoryEntry): boolean {
  return entryMs(a) > entryMs(b);
}
