/** The newest entries of many histories, read in slices: other readers are answered meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { entryMs, type HistoryEntry } from '../../../report/text/history.ts';
import { clock } from '../../../system/time/clock.ts';
import type { HostReader } from './host-reader.ts';

const sliceMs = 10;

export interface NewestOrder {
  readonly count: number;
  readonly isWanted: (entry: HistoryEntry) => boolean;
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
  /** The number of histories that were read. */
  readonly read: number;
}

export async function newestEntries(
  histories: ReturnType<HostReader['latestEntries']>,
  { count, isWanted, isNewer = (a, b) => entryMs(a) > entryMs(b), patienceMs = Number.POSITIVE_INFINITY }: NewestOrder,
): Promise<Newest> {
  const beganMs = clock.monotonicMs();
  let sliceBeganMs = beganMs;
  let kept: HistoryEntry[] = [];
  let read = 0;
  let isMore = false;
  for (const { writtenMs, entries } of histories) {
    const oldest = kept[count - 1];
    const nowMs = clock.monotonicMs();
    if ((oldest !== undefined && entryMs(oldest) > writtenMs) || nowMs - beganMs > patienceMs) break;
    const wanted = entries.filter((entry) => (oldest === undefined || isNewer(entry, oldest)) && isWanted(entry));
    const all = wanted.length === 0 ? kept : [...kept, ...wanted].sort((a, b) => (isNewer(a, b) ? -1 : 1));
    isMore ||=
      all.length > count || (oldest !== undefined && entries.some((entry) => entry !== oldest && isWanted(entry)));
    kept = all.slice(0, count);
    read += 1;
    if (nowMs - sliceBeganMs < sliceMs) continue;
    await nextTurn();
    sliceBeganMs = clock.monotonicMs();
  }
  return { entries: kept, isMore, read };
}
