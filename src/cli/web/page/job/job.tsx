/** One job or service: its state and why, how long its runs took, what comes next, its file, and who decided what about it. */

import type { Child } from 'hono/jsx';
import { entryWords } from '../../../../report/text/history.ts';
import { type AnySnapshot, jobFacts } from '../../../../report/text/job.ts';
import { listedJob } from '../../../../report/text/job-row.ts';
import { printable } from '../../../../text/printable.ts';
import { wallTime } from '../../../../zone/wall-time.ts';
import type { JobRecord } from '../../read/host-reader.ts';
import { needsPerson, troubleSinceMs } from '../frame/attention.ts';
import { Document, Facts, runPath, State, type View, When } from '../frame/document.tsx';
import { LastLines } from '../frame/last-lines.tsx';
import { Calendar } from './calendar.tsx';
import { DurationChart } from './duration.tsx';
import { Instances } from './instances.tsx';
import { Runs, type RunsQuery } from './runs.tsx';

export interface JobProps extends View {
  readonly job: AnySnapshot;
  readonly record: JobRecord;
  readonly query: RunsQuery;
}

/** Facts that the head of the view, its charts and its table say already. */
const saidElsewhere = new Set(['job', 'state', 'description', 'tags', 'schedule', 'next', 'log', 'last run']);

export function JobView({ job, record, query, ...view }: JobProps) {
  const { base, formatTime } = view;
  const sinceMs = troubleSinceMs(job);
  const facts = jobFacts(job, formatTime).filter(([label, words]) => !saidElsewhere.has(label) && words !== 'idle');
  return (
    <Document {...view} here={job.service === undefined ? undefined : 'services'} title={`${job.slug} ${job.state}`}>
      <h1>
        {printable(job.slug)} <State job={job} />
      </h1>
      <Lead job={job} view={view} />
      {'problems' in job && job.problems.length > 0 && (
        <pre class="words">{job.problems.map(printable).join('\n')}</pre>
      )}
      {needsPerson(job) && !('problems' in job) && (
        <>
          <p>
            {printable(listedJob(job, formatTime).note)}
            {sinceMs !== undefined && (
              <>
                {' · since '}
                <When ms={sinceMs} view={view} />
              </>
            )}
          </p>
          <LastLines said={view.reader.lastWords(job)} />
        </>
      )}
      <p class="links">
        {job.service === undefined && job.lastRun?.logPath !== undefined && (
          <a href={`${runPath(job.slug, job.lastRun.run, base)}#end`}>last log</a>
        )}{' '}
        <a href={`${base}/why/${encodeURIComponent(job.slug)}`}>why</a>{' '}
        <a href={`${base}/events?job=${encodeURIComponent(job.slug)}`}>events</a>
      </p>
      {job.service === undefined ? <Facts facts={facts} /> : <Instances job={job} service={job.service} view={view} />}
      {job.service === undefined && (
        <>
          <div class="columns wide-first">
            <DurationChart job={job} record={record} view={view} />
            <Calendar days={record.days} view={view} />
          </div>
          <Runs job={job} record={record} query={query} view={view} />
        </>
      )}
      <div class="columns">
        <Next record={record} view={view} />
        <Decisions record={record} view={view} />
      </div>
      <FileAndLine record={record} isService={job.service !== undefined} view={view} />
    </Document>
  );
}

function Lead({ job, view }: { readonly job: AnySnapshot; readonly view: View }) {
  if ('problems' in job) return null;
  const { name, slug, description, schedule, timeZone, tags } = job;
  const zone = timeZone ?? view.snapshot.host.timeZone;
  return (
    <>
      {name !== slug && <p class="lead">{printable(name)}</p>}
      {description !== undefined && <p>{printable(description.trim().replaceAll(/\s+/g, ' '))}</p>}
      <p>
        {schedule === undefined ? (
          job.service === undefined && 'No schedule: only people and other jobs start it'
        ) : (
          <>
            <code>{printable(schedule)}</code> {printable(zone)}
          </>
        )}
        {tags.map((tag) => (
          <>
            {' '}
            <a class="tag" href={`${view.base}/jobs?${new URLSearchParams({ tag }).toString()}`}>
              {printable(tag)}
            </a>
          </>
        ))}
      </p>
    </>
  );
}

function Next({ record: { next }, view }: { readonly record: JobRecord; readonly view: View }) {
  if (next.length === 0) return null;
  return (
    <section>
      <h2>Next starts</h2>
      <ol>
        {next.map(({ startMs, tickMs, zone, paused }) => (
          <li>
            <When ms={startMs} view={view} />
            {zone !== undefined && (
              <span class="soft">
                {' '}
                = {wallTime(tickMs, zone)} {printable(zone.name)}
              </span>
            )}
            {paused !== undefined && <span class="soft"> paused then</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

const mostDecisions = 10;

function Decisions({ record: { entries }, view }: { readonly record: JobRecord; readonly view: View }) {
  const decisions = entries.filter(
    (entry) => entry.is === 'steered' || (entry.is === 'service' && entry.entry.by !== undefined),
  );
  return (
    <section>
      <h2>Decisions of people</h2>
      {decisions.length === 0 && <p class="soft">None on record.</p>}
      <ul>
        {decisions
          .slice(-mostDecisions)
          .reverse()
          .map((entry) => (
            <li>
              <When
                ms={entry.is === 'steered' ? entry.step.atMs : entry.is === 'service' ? entry.entry.atMs : 0}
                view={view}
                isBare
              />{' '}
              {printable(entryWords(entry, view.formatTime))}
            </li>
          ))}
      </ul>
    </section>
  );
}

interface FileProps {
  readonly record: JobRecord;
  /** A service has no line of its own. */
  readonly isService: boolean;
  readonly view: View;
}

function FileAndLine({ record: { file, crontab }, isService, view }: FileProps) {
  const { line, wanted } = crontab;
  const facts: readonly (readonly [string, Child | undefined])[] = [
    ['File', file?.path],
    ['Owner', file?.owner],
    ['Changed', file && <When ms={file.changedMs} view={view} />],
    ['SHA-256', file?.sha256 === undefined ? undefined : <code>{file.sha256.slice(0, 12)}</code>],
    ['Crontab', crontab.path],
    ['Its line', isService ? undefined : line === undefined ? 'none' : <code>{printable(line)}</code>],
    ['cron-generate would write', wanted === undefined ? undefined : <code>{printable(wanted)}</code>],
  ];
  return (
    <section>
      <h2>File and crontab</h2>
      <Facts facts={facts.flatMap(([label, words]) => (words === undefined ? [] : [[label, words] as const]))} />
    </section>
  );
}
