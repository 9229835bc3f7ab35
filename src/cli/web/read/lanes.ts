/** The runs of each job in a span of time, in the least room: from the index, or from the last runs of the snapshot where these reach so far back. */
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { type StripItem, stripOf } from '../../../run/history/strip.ts';
import type { HistoryIndex } from '../index/history-index.ts';
import { readFirst } from './read-first.ts';
import { isIn, type Span } from './span.ts';

/** A reader waits so long for histories that are not read yet. */
const patienceMs = 500;

export interface Lanes {
  readonly runs: ReadonlyMap<string, readonly StripItem[]>;
  /** The jobs of which runs may be missing here: their histories are still being read. */
  readonly unread: number;
}

export interface LanesSource {
  readonly index: HistoryIndex;
  readonly runs: (slug: string) => readonly RunSnapshot[];
}

export async function lanesIn({ index, runs }: LanesSource, jobs: readonly AnySnapshot[], span: Span): Promise<Lanes> {
  const lanes = new Map<string, readonly StripItem[]>();
  const others: string[] = [];
  for (const job of jobs) {
    const items = index.isRead(job.slug) ? undefined : fromStrip(job, span);
    if (items === undefined) others.push(job.slug);
    else lanes.set(job.slug, items);
  }
  await readFirst(index, { slugs: others, sinceMs: () => span.fromMs, patienceMs });
  for (const slug of others) {
    const items = marked(index, slug, span);
    // Whether a run without an end is under way, its lock says.
    const isOpen = items.some(({ is }) => is === 'running');
    lanes.set(
      slug,
      isOpen
        ? stripOf(
            runs(slug).filter((run) => isIn(run, span)),
            Number.POSITIVE_INFINITY,
          )
        : items,
    );
  }
  return { runs: lanes, unread: index.unread(others, span.fromMs).length };
}

function marked(index: HistoryIndex, slug: string, { fromMs, untilMs }: Span): readonly StripItem[] {
  const found: StripItem[] = [];
  index.each(slug, (marks) => {
    for (let n = 0; n < marks.count; n += 1) {
      const startedMs = marks.atMs(n);
      const { is } = marks.kind(n);
      if (startedMs >= untilMs || is === 'event') continue;
      if (is !== 'running' && startedMs + (marks.durationMs(n) ?? 0) < fromMs) continue;
      const item = marks.item(n);
      if (item !== undefined) found.push(item);
    }
  });
  return found;
}

/** The last runs of a snapshot tell all of the span when they reach further back. */
function fromStrip(job: AnySnapshot, { fromMs, untilMs }: Span): readonly StripItem[] | undefined {
  if (!('strip' in job)) return undefined;
  const [first] = job.strip;
  const reachesBack = first !== undefined && first.startedMs + (first.durationMs ?? 0) < fromMs;
  if (!reachesBack || job.strip.some(({ is }) => is === 'running')) return undefined;
  return job.strip.filter(({ startedMs, durationMs = 0 }) => startedMs < untilMs && startedMs + durationMs >= fromMs);
}
