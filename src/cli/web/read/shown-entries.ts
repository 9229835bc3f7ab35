/** The entries that were shown last, as long as their histories are the same: a view that is asked for again reads only what has changed. */
import { entryMs, type HistoryEntry } from '../../../report/text/history.ts';
import type { HistoryIndex } from '../index/history-index.ts';

/** The number of histories of which some are kept. */
const mostHistories = 500;
/** More of one history are not kept. */
const mostEntries = 100;

interface Kept {
  readonly state: object;
  readonly sinceMs: number;
  readonly entries: readonly HistoryEntry[];
}

export type EntriesSince = (slug: string, sinceMs: number) => readonly HistoryEntry[];

export function shownEntries(index: HistoryIndex, read: (slug: string) => readonly HistoryEntry[]): EntriesSince {
  const known = new Map<string, Kept>();
  return (slug, sinceMs) => {
    const state = index.stateOf(slug);
    const kept = known.get(slug);
    if (kept !== undefined && kept.state === state && kept.sinceMs <= sinceMs) return kept.entries;
    known.delete(slug);
    const entries = read(slug).filter((entry) => entryMs(entry) >= sinceMs);
    if (known.size >= mostHistories) known.clear();
    if (state !== undefined && entries.length <= mostEntries && entries.every(isOver))
      known.set(slug, { state, sinceMs, entries });
    return entries;
  };
}

/** False for a run whose end is not on record: a lock says whether it still runs. */
function isOver(entry: HistoryEntry): boolean {
  return entry.is !== 'run' || entry.run.endedMs !== undefined;
}
