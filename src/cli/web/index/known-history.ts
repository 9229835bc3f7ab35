/** The knowledge of one history: its marks, and from where on its file is read again when it has grown. */
import { entriesOf } from '../../../report/history-view.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import type { HistoryEvent } from '../../../run/history/event.ts';
import { parseEvents } from '../../../run/history/event-lines.ts';
import { emptyHistory, foldHistory } from '../../../run/history/history.ts';
import { earlierHistory } from '../../../run/history/predecessor.ts';
import type { RunRecord } from '../../../run/history/run-record.ts';
import { type HistoryFiles, type HistoryKey, hasGrown, proofOf } from './history-files.ts';
import { joined, type Marks, marksOf, noMarks } from './marks.ts';

export interface KnownHistory {
  readonly key: HistoryKey;
  /** Marks of the lines before `from`: nothing that is appended changes them. */
  readonly firm: Marks;
  /** Marks of the lines after it. */
  readonly loose: Marks;
  /** A place in the younger file; absent where all has to be read again. */
  readonly from?: { readonly at: number; readonly proof: number };
}

export interface HistorySource {
  readonly files: HistoryFiles;
  readonly predecessor: (slug: string) => Uint8Array | undefined;
}

/** The history as it is now. Of one that has only grown, what was appended is read. */
export function lookAtHistory(slug: string, source: HistorySource, before?: KnownHistory): KnownHistory {
  const key = source.files.key(slug);
  const mayGrow = before !== undefined && hasGrown(before.key, key) && key.sizeBytes <= source.files.limitBytes;
  const grown = mayGrow ? grownBy(slug, source, before) : undefined;
  return { key, ...(grown ?? wholeOf(slug, source)) };
}

type Read = Omit<KnownHistory, 'key'>;

/** `undefined` when what was appended can't be read alone. */
function grownBy(slug: string, { files }: HistorySource, { from, firm }: KnownHistory): Read | undefined {
  const rest = from && files.rest(slug, from.at);
  if (from === undefined || rest === undefined || proofOf(rest.before) !== from.proof) return undefined;
  const text = rest.bytes.toString('utf8');
  if (!isClosed(text, firm)) return undefined;
  const loose = marksIn(slug, text);
  const split = splitAt(text, loose);
  if (split === undefined || split.settled === '') return { firm, loose, from };
  const settled = marksIn(slug, split.settled);
  const all = joined(firm, settled);
  if (!isClosed(split.open, all)) return { firm, loose, from };
  const place = placeAfter(from.at, split.settled, rest.before);
  return { firm: all, loose: marksIn(slug, split.open), from: place };
}

function wholeOf(slug: string, { files, predecessor }: HistorySource): Read {
  const { older, text, from } = files.whole(slug) ?? { older: '', text: '', from: 0 };
  const earlier = earlierHistory(predecessor(slug));
  const all = marksIn(slug, older + text, earlier);
  const split = splitAt(text, all);
  if (split === undefined) return { firm: noMarks, loose: all };
  const firm = split.open === '' ? all : marksIn(slug, older + split.settled, earlier);
  if (!isClosed(split.open, firm)) return { firm: noMarks, loose: all };
  return { firm, loose: marksIn(slug, split.open), from: placeAfter(from, split.settled) };
}

function placeAfter(at: number, text: string, before: Buffer = Buffer.alloc(0)): NonNullable<KnownHistory['from']> {
  const bytes = Buffer.from(text);
  return { at: at + bytes.length, proof: proofOf(Buffer.concat([before, bytes])) };
}

function marksIn(slug: string, text: string, earlier = emptyHistory): Marks {
  if (text === '' && earlier === emptyHistory) return noMarks;
  return marksOf(entriesOf({ slug, text, history: foldHistory(parseEvents(text), earlier), shown: asRecorded }));
}

/** The index does not say whether a run without an end still runs. */
function asRecorded(run: RunRecord): RunSnapshot {
  return { ...run, words: '' };
}

/** Parts the text before the first line about a run without an end; `undefined` when that line is not in it. */
function splitAt(text: string, marks: Marks): { readonly settled: string; readonly open: string } | undefined {
  let at = text.lastIndexOf('\n') + 1;
  for (let n = 0; n < marks.count; n += 1) {
    if (marks.kind(n).is !== 'running') continue;
    const named = text.indexOf(`"run":"${marks.run(n)}"`);
    if (named < 0) return undefined;
    at = Math.min(at, text.lastIndexOf('\n', named) + 1);
  }
  return { settled: text.slice(0, at), open: text.slice(at) };
}

const beginnings: ReadonlySet<HistoryEvent['event']> = new Set([
  'waiting',
  'started',
  'missed',
  'skipped',
  'not-started',
]);

/** True when each line is about a run that begins in this text, or about none: then what was before does not change its marks, nor they those. */
function isClosed(text: string, before: Marks): boolean {
  // The notices of a service belong to no run.
  if (text.includes('{"event":"service"')) return false;
  const begun = new Set<string>();
  for (const event of parseEvents(text)) {
    if (event.event === 'steered' || event.event === 'summary' || begun.has(event.run)) continue;
    if (!beginnings.has(event.event) || before.has(event.run)) return false;
    begun.add(event.run);
  }
  return true;
}
