/** Parts of the first view that need nobody at once: runs that took longer than usual, and jobs that people keep from running. */
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { listedJob } from '../../../../report/text/job-row.ts';
import { shortDuration } from '../../../../report/text/relative.ts';
import { usualMsOf } from '../../../../report/usual.ts';
import { printable } from '../../../../text/printable.ts';
import { byState } from '../frame/attention.ts';
import { JobLink, runPath, type View, When } from '../frame/document.tsx';
import { queryText } from '../frame/list.ts';
import { remembered } from '../frame/remembered.ts';

/** A run is slow when it takes so many times as long as usual, and so many milliseconds longer. */
export const slowFactor = 1.5;
export const slowLeastMs = 60_000;
/** Runs that began longer ago are not news. */
const newsMs = 24 * 3_600_000;
const mostShown = 10;

interface Slow {
  readonly job: AnySnapshot;
  readonly run: string;
  readonly startedMs: number;
  readonly tookMs: number;
  readonly usualMs: number;
}

/** The answer to "was last night slower than usual?": the last run of each job against the runs before it. */
export function Slower({ view }: { readonly view: View }) {
  const { snapshot, base } = view;
  const { atMs } = snapshot.host;
  const slow = snapshot.jobs.flatMap((job) => slowRun(job) ?? []).filter(({ startedMs }) => startedMs >= atMs - newsMs);
  slow.sort((a, b) => b.tookMs / b.usualMs - a.tookMs / a.usualMs);
  return (
    <section>
      <h2>Slower than usual, last 24 hours</h2>
      {slow.length === 0 && <p class="soft">No job took much longer than usual.</p>}
      <ul class="running">
        {slow.slice(0, mostShown).map(({ job, run, startedMs, tookMs, usualMs }) => (
          <li id={`slow-${job.slug}`} data-row="">
            <JobLink job={job} base={base} />
            <span class="late">{shortDuration(tookMs)}</span>
            <span class="soft">usually {shortDuration(usualMs)}</span>
            <a href={runPath(job.slug, run, base)}>
              <When ms={startedMs} view={view} isBare />
            </a>
          </li>
        ))}
      </ul>
      {slow.length > mostShown && <p class="soft">and {slow.length - mostShown} more</p>}
    </section>
  );
}

const slowRun = remembered((job: AnySnapshot): Slow | undefined => {
  if (!('strip' in job)) return undefined;
  const last = job.strip.findLast(({ is }) => is === 'success');
  if (last?.durationMs === undefined) return undefined;
  const usualMs = usualMsOf(job.strip.filter((item) => item !== last));
  const { run, startedMs, durationMs: tookMs } = last;
  if (usualMs === undefined || tookMs < slowFactor * usualMs || tookMs - usualMs < slowLeastMs) return undefined;
  return { job, run, startedMs, tookMs, usualMs };
});

/** The jobs that people keep from running: by whom, until when, and why. */
export function Held({ view }: { readonly view: View }) {
  const { snapshot, base, formatTime } = view;
  const states = byState(snapshot.jobs);
  const [paused, disabled] = [states.get('paused') ?? [], states.get('disabled') ?? []];
  if (paused.length + disabled.length === 0) return null;
  return (
    <section>
      <h2>Paused and disabled by people</h2>
      <ul class="held-jobs">
        {paused.slice(0, mostShown).map((job) => (
          <li id={`held-${job.slug}`} data-row="">
            <JobLink job={job} base={base} />{' '}
            <span class="soft">paused {printable(listedJob(job, formatTime).note)}</span>
          </li>
        ))}
        {disabled.length > 0 && (
          <li>
            <a href={`${base}/jobs${queryText({ state: 'disabled' })}`}>{disabled.length} disabled</a>{' '}
            <span class="soft">
              {printable(
                disabled
                  .slice(0, 3)
                  .map(({ slug }) => slug)
                  .join(', '),
              )}
              {disabled.length > 3 && ', …'}
            </span>
          </li>
        )}
      </ul>
      {paused.length > mostShown && (
        <p>
          <a href={`${base}/jobs${queryText({ state: 'paused' })}`}>{paused.length - mostShown} more paused</a>
        </p>
      )}
    </section>
  );
}
