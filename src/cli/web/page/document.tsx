/** The frame of every view: title, head of the page, links to the other views. */
import type { Child } from 'hono/jsx';
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import { printable } from '../../../text/printable.ts';
import { countsOf, kindOf, type PageJob, signs } from './attention.ts';

/** The facts that every view is made from. */
export interface View {
  readonly snapshot: HostSnapshot;
  /** The part of each address before the page's own, such as `/cron`; mostly empty. */
  readonly base: string;
  readonly formatTime: (ms: number) => string;
}

export function allJobs({ jobs, services }: HostSnapshot): readonly PageJob[] {
  return [...jobs, ...services];
}

interface DocumentProps extends View {
  readonly title: string;
  /** The view among the links; absent on one below it. */
  readonly here?: 'now' | 'jobs';
  readonly children: Child;
}

export function Document({ snapshot, base, formatTime, title, here, children }: DocumentProps) {
  const { name, atMs, timeZone } = snapshot.host;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>{printable(`${title} · ${name}`)}</title>
        <link rel="stylesheet" href={`${base}/assets/page.css`} />
      </head>
      <body>
        <header>
          <strong>{printable(name)}</strong>
          <p>
            <time class="clock">{formatTime(atMs)}</time> {timeZone}
          </p>
          <nav aria-label="Views">
            <a href={`${base}/`} aria-current={here === 'now' ? 'page' : undefined}>
              Now
            </a>
            <a href={`${base}/jobs`} aria-current={here === 'jobs' ? 'page' : undefined}>
              Jobs
            </a>
          </nav>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}

/** "✗ failing": the sign is for the eye, the word for everybody. */
export function State({ job }: { readonly job: PageJob }) {
  const kind = kindOf(job);
  return (
    <span class={`state ${kind}`}>
      <span aria-hidden="true">{signs[kind]}</span> {job.state}
    </span>
  );
}

export function JobLink({ job, base }: { readonly job: PageJob; readonly base: string }) {
  return <a href={`${base}/jobs/${encodeURIComponent(job.slug)}`}>{printable(job.slug)}</a>;
}

/** "2 failing · 1 overdue", for titles; "all is well" when nothing needs a person. */
export function worstWords(jobs: readonly PageJob[]): string {
  const counts = countsOf(jobs.filter((job) => ['bad', 'late'].includes(kindOf(job))));
  return counts.length === 0 ? 'all is well' : counts.map(({ state, count }) => `${count} ${state}`).join(' · ');
}
