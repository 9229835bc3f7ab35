/**
 * Selects the entries of histories that were asked for: those of a span of time, failures, slow
 * runs. Its memory does not grow with the number of jobs.
 */

import type { Steered } from '../run/history/event.ts';
import type { History } from '../run/history/history.ts';
import type { RunRecord } from '../run/history/run-record.ts';
import { type StripItem, stripOf } from '../run/history/strip.ts';
import { type JournalEntry, noticeEntries, parseJournal } from '../service/record/journal.ts';
import { defined } from '../text/defined.ts';
import type { RunSnapshot } from './latest-runs.ts';
import { entryMs, type HistoryEntry, isFailure } from './text/history.ts';
import { type Ended, usualDuration } from './usual.ts';

export interface HistoryFilter {
  /**
   * Entries that ended before `sinceMs` or begin after `untilMs` are left out; milliseconds since
   * 1970.
   */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly failed?: boolean;
  readonly slow?: boolean;
}

/** The entries of one job that are asked for; slow runs get what is usual beside them. */
export function selectEntries(
  entries: readonly HistoryEntry[],
  { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, failed, slow }: HistoryFilter,
  nowMs: number,
): readonly HistoryEntry[] {
  const usual = slow ? usualMs(entries) : undefined;
  return entries
    .filter((entry) => endMs(entry, nowMs) >= sinceMs && entryMs(entry) <= untilMs)
    .filter((entry) => !failed || isFailure(entry))
    .flatMap((entry) => (slow ? (asSlow(entry, usual, nowMs) ?? []) : entry));
}

/** The last runs of a job in the time that is asked for, also those between the failures that are. */
export function stripIn(
  entries: readonly HistoryEntry[],
  { sinceMs, untilMs }: HistoryFilter,
  { nowMs, most }: { readonly nowMs: number; readonly most: number },
): readonly StripItem[] {
  const inTime = selectEntries(entries, defined({ sinceMs, untilMs }), nowMs);
  const runs = inTime.flatMap((entry) => (entry.is === 'run' ? [entry.run] : []));
  return stripOf(runs, most);
}

function endMs(entry: HistoryEntry, nowMs: number): number {
  if (entry.is !== 'run') return entryMs(entry);
  return entry.run.outcome === undefined ? nowMs : (entry.run.endedMs ?? entry.run.startedMs);
}

/**
 * A slow run takes more than twice the usual time, and 10 s more than it: a job of one second is
 * not slow when it takes three. A run with a warning of `warn_duration` is slow, too.
 */
const slowFactor = 2;
const slowMarginMs = 10_000;

function asSlow(entry: HistoryEntry, usual: number | undefined, nowMs: number): HistoryEntry | undefined {
  if (entry.is !== 'run') return undefined;
  const { run } = entry;
  const tookMs = run.outcome === undefined ? nowMs - run.startedMs : run.durationMs;
  const isSlow =
    usual !== undefined && tookMs !== undefined && tookMs > usual * slowFactor && tookMs > usual + slowMarginMs;
  if (!isSlow && run.warning === undefined) return undefined;
  return usual === undefined ? entry : { ...entry, usualMs: usual };
}

/** The usual time of a successful run; `undefined` if there are too few of them. */
function usualMs(entries: readonly HistoryEntry[]): number | undefined {
  const ended = entries.flatMap((entry): readonly Ended[] => (entry.is === 'run' ? [entry.run] : []));
  return usualDuration(ended);
}

/** The newest entries of all that were added, in order of time. */
export class Newest {
  readonly #count: number;
  #kept: HistoryEntry[] = [];
  /** The number of entries that were added. */
  seen = 0;

  constructor(count: number) {
    this.#count = count;
  }

  add(entries: readonly HistoryEntry[]): void {
    this.seen += entries.length;
    this.#kept = this.#kept.concat(entries.slice(-this.#count));
    // Sorting now and then is cheaper than each time.
    if (this.#kept.length > 2 * this.#count + 1000) this.#kept = this.#newest();
  }

  entries(): readonly HistoryEntry[] {
    return this.#newest();
  }

  #newest(): HistoryEntry[] {
    return this.#kept.sort((a, b) => entryMs(a) - entryMs(b)).slice(-this.#count);
  }
}

/** An entry as `--json` prints it. */
export type EntryValue =
  | ({ readonly job: string; readonly usualMs?: number } & RunSnapshot)
  | ({ readonly job: string; readonly event: 'service' } & JournalEntry)
  | ({ readonly job: string } & Steered);

/** A run is printed as it was before there were other entries, with the name of its job. */
export function entryValue(entry: HistoryEntry): EntryValue {
  switch (entry.is) {
    case 'run':
      return { job: entry.job, ...entry.run, ...defined({ usualMs: entry.usualMs }) };
    case 'service':
      return { job: entry.job, event: 'service', ...entry.entry };
    case 'steered':
      return { job: entry.job, ...entry.step };
    default:
      return entry satisfies never;
  }
}

export interface EntriesOrder {
  readonly slug: string;
  /** The text of the history, which also has the lines about a service. */
  readonly text: string;
  readonly history: Pick<History, 'runs' | 'steered' | 'notices'>;
  readonly shown: (run: RunRecord) => RunSnapshot;
}

/** Everything that happened to a job, in the order in which it began: runs, what became of a service, and what people decided. */
export function entriesOf({ slug, text, history, shown }: EntriesOrder): readonly HistoryEntry[] {
  const { runs, steered = [], notices = [] } = history;
  const entries: HistoryEntry[] = [
    ...parseJournal(text).map((entry) => ({ job: slug, is: 'service', entry }) as const),
    ...runs.map((run) => ({ job: slug, is: 'run', run: shown(run) }) as const),
    ...steered.map((step) => ({ job: slug, is: 'steered', step }) as const),
    ...noticeEntries(slug, notices).map((entry) => ({ job: slug, is: 'service', entry }) as const),
  ];
  return entries.sort((a, b) => entryMs(a) - entryMs(b));
}
