/** The events of this host: failures, missed starts, and what people decided; newest first. */
import { entryMs, entryWords, type HistoryEntry, isFailure } from '../../../report/text/history.ts';
import { defined } from '../../../text/defined.ts';
import { printable } from '../../../text/printable.ts';
import { isDecision, type MarkKind } from '../index/marks.ts';
import type { Newest } from '../read/newest.ts';
import { allJobs, Document, jobPath, runPath, type View, When, worstWords } from './frame/document.tsx';

export const eventFilters = ['news', 'failed', 'missed', 'people', 'all'] as const;

export interface EventsQuery {
  readonly outcome: (typeof eventFilters)[number];
  readonly job: string;
  /** Only what began before this moment, milliseconds since 1970. */
  readonly beforeMs?: number;
}

const filterWords = {
  news: 'failures, missed, decisions',
  failed: 'failures',
  missed: 'missed',
  people: 'decisions of people',
  all: 'everything',
} as const;

const mostRows = 100;

/** Reading takes at most so long; milliseconds. */
const patienceMs = 1500;

/** The events of the page: the newest of all histories, as far as time allows. */
export function findEvents({ snapshot, reader }: View, query: EventsQuery): Promise<Newest> {
  return reader.newest({
    ...{ slugs: slugsOf(snapshot, query), count: mostRows, patienceMs },
    isWanted: (entry) => isWanted(entry, query),
    mayBe: (kind) => mayBeWanted(kind, query),
    ...defined({ beforeMs: query.beforeMs }),
  });
}

function slugsOf(snapshot: View['snapshot'], { job }: EventsQuery): readonly string[] {
  return allJobs(snapshot).flatMap(({ slug }) => (job === '' || slug === job ? [slug] : []));
}

export function Events({ query, found, ...view }: View & { readonly query: EventsQuery; readonly found: Newest }) {
  const jobs = allJobs(view.snapshot);
  const { entries: rows, isMore, wholeSinceMs } = found;
  const last = rows.at(-1);
  const to = (more: Readonly<Record<string, string>>) => {
    const job: Record<string, string> = query.job === '' ? {} : { job: query.job };
    return `${view.base}/events?${new URLSearchParams({ ...job, ...more }).toString()}`;
  };
  const services = new Set(view.snapshot.services.map(({ slug }) => slug));
  return (
    <Document {...view} here="events" title={`Events · ${worstWords(jobs)}`}>
      <h1>Events{query.job !== '' && <span class="soft"> of {printable(query.job)}</span>}</h1>
      <p class="choices">
        {eventFilters.map((outcome) => (
          <a href={to({ outcome })} aria-current={outcome === query.outcome ? 'true' : undefined}>
            {filterWords[outcome]}
          </a>
        ))}
        {query.job !== '' && <a href={`${view.base}/events?outcome=${query.outcome}`}>of all jobs</a>}
      </p>
      {wholeSinceMs !== undefined && <StillRead sinceMs={wholeSinceMs} view={view} />}
      {rows.length === 0 && wholeSinceMs === undefined && <p class="soft">Nothing of this kind is on record.</p>}
      {rows.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Job</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((entry) => (
              <EventRow entry={entry} isService={services.has(entry.job)} view={view} />
            ))}
          </tbody>
        </table>
      )}
      {isMore && last !== undefined && (
        <p>
          <a href={to({ outcome: query.outcome, before: String(entryMs(last)) })}>older ▸</a>
        </p>
      )}
    </Document>
  );
}

/** Says from which moment on nothing is missing. */
function StillRead({ sinceMs, view }: { readonly sinceMs: number; readonly view: View }) {
  const isKnown = Number.isFinite(sinceMs);
  return (
    <p class="soft">
      History{isKnown && ' before '}
      {isKnown && <When ms={sinceMs} view={view} isBare />} is still being read: older events may be missing here for a
      moment.
    </p>
  );
}

function EventRow({
  entry,
  isService,
  view,
}: {
  readonly entry: HistoryEntry;
  readonly isService: boolean;
  readonly view: View;
}) {
  const { job } = entry;
  const words = printable(entryWords(entry, view.formatTime));
  const path = jobPath({ slug: job, ...(isService && { service: {} as never }) }, view.base);
  const run =
    entry.is === 'run' && entry.run.logPath !== undefined ? runPath(job, entry.run.run, view.base) : undefined;
  return (
    <tr id={`event-${job}-${entry.is}-${entryMs(entry)}`} data-row="">
      <td>
        <When ms={entryMs(entry)} view={view} isBare />
      </td>
      <td>
        <a href={path}>{printable(job)}</a>
      </td>
      <td class={isFailure(entry) ? 'bad' : undefined}>{run === undefined ? words : <a href={run}>{words}</a>}</td>
    </tr>
  );
}

function isWanted(entry: HistoryEntry, { outcome, beforeMs = Number.POSITIVE_INFINITY }: EventsQuery): boolean {
  if (entryMs(entry) >= beforeMs) return false;
  const isMissed = entry.is === 'run' && entry.run.outcome?.kind === 'missed';
  switch (outcome) {
    case 'all':
      return true;
    case 'missed':
      return isMissed;
    case 'people':
      return isDecision(entry);
    case 'failed':
      return isFailure(entry) && !isMissed;
    case 'news':
      return isFailure(entry) || isDecision(entry);
    default:
      return outcome satisfies never;
  }
}

/** True when an entry of this kind may be wanted: a run without an end may turn out to be interrupted, which is a failure. */
function mayBeWanted({ is, isFailure: failed, isDecision: decided }: MarkKind, { outcome }: EventsQuery): boolean {
  switch (outcome) {
    case 'all':
      return true;
    case 'missed':
      return is === 'missed';
    case 'people':
      return decided;
    case 'failed':
      return (failed && is !== 'missed') || is === 'running';
    case 'news':
      return failed || decided || is === 'running';
    default:
      return outcome satisfies never;
  }
}
