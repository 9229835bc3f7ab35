/** The frame of every view: title, the verdict about all jobs, links to the other views. */
import type { Child } from 'hono/jsx';
import { pageAssets } from '../../../../generated/page-assets.ts';
import type { HostSnapshot } from '../../../../report/host-snapshot.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { relativeText } from '../../../../report/text/relative.ts';
import { printable } from '../../../../text/printable.ts';
import type { HostReader } from '../../read/host-reader.ts';
import { countsOf, type Kind, kindOf, needing, signs } from './attention.ts';
import { iconName } from './icon.ts';
import { queryText } from './list.ts';
import { remembered } from './remembered.ts';

/** The facts that every view is made from. */
export interface View {
  readonly snapshot: HostSnapshot;
  readonly reader: HostReader;
  /** The part of each address before the page's own, such as `/cron`; mostly empty. */
  readonly base: string;
  readonly formatTime: (ms: number) => string;
  /** The first instant of a day (`2026-11-29`) in the host's zone, milliseconds since 1970. */
  readonly dayStartMs: (day: string) => number;
}

export const allJobs = remembered(({ jobs, services }: HostSnapshot): readonly AnySnapshot[] => [...jobs, ...services]);

export const jobsBySlug = remembered(
  (snapshot: HostSnapshot): ReadonlyMap<string, AnySnapshot> =>
    new Map(allJobs(snapshot).map((job) => [job.slug, job])),
);

const views = [
  ['now', '', 'Now'],
  ['jobs', 'jobs', 'Jobs'],
  ['timeline', 'timeline', 'Timeline'],
  ['events', 'events', 'Events'],
  ['services', 'services', 'Services'],
  ['host', 'host', 'Host'],
] as const;

interface DocumentProps extends View {
  readonly title: string;
  /** The view among the links; absent on one below it. */
  readonly here?: (typeof views)[number][0] | undefined;
  /** A reader without script loads the page again after so many seconds. */
  readonly refreshSeconds?: number;
  readonly children: Child;
}

export function Document({ snapshot, base, formatTime, title, here, refreshSeconds, children }: DocumentProps) {
  const { name, atMs, timeZone } = snapshot.host;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>{printable(`${title} · ${name}`)}</title>
        <link rel="stylesheet" href={`${base}/assets/${pageAssets.css.name}`} />
        <link rel="icon" type="image/svg+xml" href={`${base}/assets/${iconName(allJobs(snapshot))}`} />
        <script type="module" src={`${base}/assets/${pageAssets.js.name}`} />
        {refreshSeconds !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshSeconds)} />
          </noscript>
        )}
      </head>
      <body data-base={base} data-changes={`${base}/api/v1/changes`}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header>
          <a class="host" href={`${base}/`}>
            {printable(name)}
          </a>
          <Verdict jobs={allJobs(snapshot)} base={base} />
          <p class="read">
            <time class="clock">{formatTime(atMs)}</time> {printable(timeZone)}
          </p>
          <nav aria-label="Views">
            {views.map(([view, path, word]) => (
              <a href={`${base}/${path}`} aria-current={here === view ? 'page' : undefined}>
                {word}
              </a>
            ))}
          </nav>
        </header>
        <main id="main">{children}</main>
        <footer>
          <a href={`${base}/help`}>Keys and signs</a>
        </footer>
      </body>
    </html>
  );
}

/** The states that the head of every view counts. */
const headStates = ['failing', 'FAILED', 'invalid', 'unknown', 'overdue', 'DEGRADED', 'running', 'paused'];

function Verdict({ jobs, base }: { readonly jobs: readonly AnySnapshot[]; readonly base: string }) {
  const counts = countsOf(jobs).filter(({ state }) => headStates.includes(state));
  return (
    <ul class="verdict" aria-label="States of all jobs">
      {needing(jobs).length === 0 && (
        <li>
          <Sign kind="well">all is well</Sign>
        </li>
      )}
      <CountItems counts={counts} base={base} />
    </ul>
  );
}

interface Counted {
  readonly counts: ReturnType<typeof countsOf>;
  readonly base: string;
}

/** Each count as a link to the jobs that it counts. */
export function CountItems({ counts, base }: Counted) {
  return (
    <>
      {counts.map(({ state, kind, count }) => (
        <li>
          <a href={`${base}/jobs${queryText({ state })}`}>
            <Sign kind={kind}>
              {count} {state}
            </Sign>
          </a>
        </li>
      ))}
    </>
  );
}

/** "✗ 2 failing": the sign is for the eye, the word for everybody. */
export function Sign({ kind, children }: { readonly kind: Kind; readonly children: Child }) {
  return (
    <span class={`state ${kind}`}>
      <span aria-hidden="true">{signs[kind]}</span> {children}
    </span>
  );
}

export function State({ job }: { readonly job: AnySnapshot }) {
  return <Sign kind={kindOf(job)}>{job.state}</Sign>;
}

/** The address of a job; that of a service is among the services. */
export function jobPath({ slug, service }: Pick<AnySnapshot, 'slug' | 'service'>, base: string): string {
  return `${base}/${service === undefined ? 'jobs' : 'services'}/${encodeURIComponent(slug)}`;
}

export function JobLink({ job, base }: { readonly job: AnySnapshot; readonly base: string }) {
  return <a href={jobPath(job, base)}>{printable(job.slug)}</a>;
}

export function runPath(slug: string, run: string, base: string): string {
  return `${base}/jobs/${encodeURIComponent(slug)}/runs/${encodeURIComponent(run)}`;
}

/** "2 failing · 1 overdue", for titles; "all is well" when nothing needs a person. */
export function worstWords(jobs: readonly AnySnapshot[]): string {
  const counts = countsOf(needing(jobs));
  return counts.length === 0 ? 'all is well' : counts.map(({ state, count }) => `${count} ${state}`).join(' · ');
}

interface WhenProps {
  readonly ms: number;
  readonly view: Pick<View, 'snapshot' | 'formatTime'>;
  /** Without the distance from now. */
  readonly isBare?: boolean;
}

/** "04:00, in 53 min"; the whole time is in its title. */
export function When({ ms, view: { snapshot, formatTime }, isBare = false }: WhenProps) {
  const { atMs } = snapshot.host;
  return (
    <>
      <time datetime={new Date(ms).toISOString()} title={formatTime(ms)}>
        {shortTime(formatTime(ms), formatTime(atMs))}
      </time>
      {!isBare && <time class="soft"> {relativeText(ms, atMs)}</time>}
    </>
  );
}

/** The hour and minute of today; the day, too, of another one. */
function shortTime(time: string, now: string): string {
  if (time.slice(0, 10) === now.slice(0, 10)) return time.slice(11, 16);
  return time.slice(0, 4) === now.slice(0, 4) ? time.slice(5, 16) : time.slice(0, 16);
}

/** A row of label and words. */
export function Facts({ facts }: { readonly facts: readonly (readonly [label: string, words: Child])[] }) {
  return (
    <dl>
      {facts.map(([label, words]) => (
        <div>
          <dt>{label}</dt>
          <dd>{typeof words === 'string' ? printable(words) : words}</dd>
        </div>
      ))}
    </dl>
  );
}
