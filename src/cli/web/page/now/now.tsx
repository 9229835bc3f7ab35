/** The first view: does anything need a person, since when, why, and what to type? The host comes first. */

import type { AnySnapshot } from '../../../../report/text/job.ts';
import { listedJob } from '../../../../report/text/job-row.ts';
import { shortDuration } from '../../../../report/text/relative.ts';
import { printable } from '../../../../text/printable.ts';
import { countsOf, type Need, needing, needsOf, troubleSinceMs } from '../frame/attention.ts';
import { Banners, hostTroubles } from '../frame/banners.tsx';
import { Command } from '../frame/command.tsx';
import {
  allJobs,
  CountItems,
  Document,
  JobLink,
  jobPath,
  runPath,
  State,
  type View,
  When,
  worstWords,
} from '../frame/document.tsx';
import { LastLines } from '../frame/last-lines.tsx';
import { Strip } from '../frame/strip.tsx';
import { Held, Slower, slowFactor, slowLeastMs } from './beside.tsx';
import { NextHour } from './next-hour.tsx';

/** More than this nobody reads; the list of all has the rest. */
const mostShown = 50;

export function Now(view: View) {
  const { snapshot, base } = view;
  const jobs = allJobs(snapshot);
  const troubles = hostTroubles(view);
  const needy = needing(jobs);
  const needs = needsOf(jobs, (job) => listedJob(job, view.formatTime).note);
  const title = troubles[0]?.words ?? worstWords(jobs);
  return (
    <Document {...view} here="now" title={title} refreshSeconds={30}>
      <Banners troubles={troubles} />
      <h1>{needy.length === 0 ? 'Nothing needs you' : `${needy.length} of ${jobs.length} need you`}</h1>
      <ul class="needs">
        {needs.slice(0, mostShown).map((need) => (
          <NeedItem need={need} view={view} />
        ))}
      </ul>
      {needs.length > mostShown && (
        <p>
          <a href={`${base}/jobs`}>{needs.length - mostShown} more</a>
        </p>
      )}
      <div class="columns">
        <Running view={view} />
        <NextHour view={view} />
        <Slower view={view} />
        <Held view={view} />
      </div>
      <section>
        <h2>All {jobs.length} jobs and services</h2>
        <ul class="counts">
          <CountItems counts={countsOf(jobs)} base={base} />
        </ul>
      </section>
    </Document>
  );
}

interface NeedProps {
  readonly need: Need;
  readonly view: View;
}

function NeedItem({ need, view }: NeedProps) {
  const [job] = need.jobs;
  if (job === undefined) return null;
  return need.jobs.length === 1 ? (
    <OneNeed job={job} words={need.words} view={view} />
  ) : (
    <Together need={need} view={view} />
  );
}

/** Jobs that began to fail together in the same words. */
function Together({ need: { jobs, words }, view }: NeedProps) {
  const [first] = jobs;
  if (first === undefined) return null;
  const sinceMs = troubleSinceMs(first);
  return (
    <li id={`need-${first.slug}`} data-row="">
      <div class="line">
        <State job={first} />
        <strong>
          {jobs.map((job, index) => (
            <>
              {index > 0 && ', '}
              <JobLink job={job} base={view.base} />
            </>
          ))}
        </strong>
      </div>
      <p>
        {printable(words)} · {jobs.length} jobs
        {sinceMs !== undefined && (
          <>
            , all within 2 min of <When ms={sinceMs} view={view} />
          </>
        )}
        : likely one cause
      </p>
      <p class="soft">The last words of {printable(first.slug)}:</p>
      <LastLines said={view.reader.lastWords(first)} />
      <Do job={first} view={view} />
    </li>
  );
}

function OneNeed({ job, words, view }: { readonly job: AnySnapshot; readonly words: string; readonly view: View }) {
  const { base, reader } = view;
  const sinceMs = troubleSinceMs(job);
  const nextMs = 'nextMs' in job ? job.nextMs : undefined;
  return (
    <li id={`need-${job.slug}`} data-row="">
      <div class="line">
        <State job={job} />
        <strong>
          <JobLink job={job} base={base} />
        </strong>
        {'strip' in job && <Strip items={job.strip} />}
        <span class="tags">{job.tags.map((tag) => printable(tag)).join(' ')}</span>
      </div>
      <p>
        {printable(words)}
        {sinceMs !== undefined && (
          <>
            {' '}
            · since <When ms={sinceMs} view={view} />
          </>
        )}
        {nextMs !== undefined && (
          <>
            {' '}
            · next <When ms={nextMs} view={view} />
          </>
        )}
      </p>
      <LastLines said={reader.lastWords(job)} />
      <Do job={job} view={view} />
    </li>
  );
}

/** The command to type, and where to read more. */
function Do({ job, view }: { readonly job: AnySnapshot; readonly view: View }) {
  const { base } = view;
  const log = logPath(job, base);
  return (
    <p class="do">
      <span>
        <span class="soft">{commandWords(job)}:</span> <Command text={commandOf(job, view)} />
      </span>
      <span class="links">
        {log !== undefined && <a href={log}>log</a>} <a href={`${base}/why/${encodeURIComponent(job.slug)}`}>why</a>{' '}
        <a href={jobPath(job, base)}>history</a>
      </span>
    </p>
  );
}

/** The command that helps most often: start a job that has failed, explain one that has not run. */
function commandOf(job: AnySnapshot, { reader }: View): string {
  if ('problems' in job) return `jobctl check ${job.slug}`;
  if (job.state === 'failing') return reader.startCommand(job.slug);
  return `jobctl why ${job.slug}`;
}

function commandWords(job: AnySnapshot): string {
  if ('problems' in job) return 'check it';
  return job.state === 'failing' ? 'run it again' : 'explain it';
}

function logPath({ slug, service, lastRun }: AnySnapshot, base: string): string | undefined {
  if (service !== undefined) {
    const one = service.instances.find(({ at, logPath }) => at !== 'up' && logPath !== undefined);
    return one && `${base}/services/${encodeURIComponent(slug)}/${one.number}/log#end`;
  }
  return lastRun?.logPath === undefined ? undefined : `${runPath(slug, lastRun.run, base)}#end`;
}

function Running({ view }: { readonly view: View }) {
  const running = view.snapshot.jobs.filter(({ activity }) => activity.is === 'running');
  return (
    <section>
      <h2>Running now</h2>
      {running.length === 0 && <p class="soft">No job runs now.</p>}
      <ul class="running">
        {running.slice(0, mostShown).map((job) => (
          <RunningJob job={job} view={view} />
        ))}
      </ul>
    </section>
  );
}

/** The time that a run still needs if it takes as long as usual. */
function Left({ forMs, usualMs }: { readonly forMs: number; readonly usualMs: number }) {
  const isLate = forMs > slowFactor * usualMs && forMs - usualMs > slowLeastMs;
  if (isLate)
    return (
      <span class="late">
        {shortDuration(forMs - usualMs)} longer than the usual {shortDuration(usualMs)}
      </span>
    );
  if (forMs >= usualMs) return <span class="soft">usually {shortDuration(usualMs)}, so soon at its end</span>;
  return (
    <span class="soft">
      about {shortDuration(usualMs - forMs)} to go, usually {shortDuration(usualMs)}
    </span>
  );
}

function RunningJob({ job, view }: { readonly job: AnySnapshot; readonly view: View }) {
  const { activity } = job;
  if (activity.is !== 'running') return null;
  const { atMs } = view.snapshot.host;
  const sinceMs = job.lastRun?.run === activity.run ? job.lastRun?.startedMs : activity.sinceMs;
  const forMs = sinceMs === undefined ? undefined : Math.max(0, atMs - sinceMs);
  const usualMs = view.reader.usualMs(job.slug);
  const timeoutMs = 'timeoutSeconds' in job ? job.timeoutSeconds * 1000 : 0;
  return (
    <li id={`running-${job.slug}`} data-row="">
      <JobLink job={job} base={view.base} />
      <time>{forMs !== undefined && `for ${shortDuration(forMs)}`}</time>
      {usualMs !== undefined && forMs !== undefined && <Left forMs={forMs} usualMs={usualMs} />}
      {timeoutMs > 0 && forMs !== undefined && (
        <time class="soft">
          {forMs < timeoutMs ? `timeout in ${shortDuration(timeoutMs - forMs)}` : 'its timeout is over'}
        </time>
      )}
      {activity.run !== undefined && <a href={runPath(job.slug, activity.run, view.base)}>log</a>}
    </li>
  );
}
