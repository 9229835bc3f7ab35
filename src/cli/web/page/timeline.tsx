/** All jobs of one day on one scale: past runs as bars, starts to come as hollow marks, and the minutes in which many start. */
import type { UpcomingTick } from '../../../report/clock/upcoming.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { shortDuration } from '../../../report/text/relative.ts';
import type { StripItem } from '../../../run/history/strip.ts';
import { printable } from '../../../text/printable.ts';
import { crowdedMinutes } from '../read/host-reader.ts';
import type { Span } from '../read/span.ts';
import { byNeed, kindOf as kindOfJob, signs } from './frame/attention.ts';
import { Document, JobLink, runPath, type View, When, worstWords } from './frame/document.tsx';
import { runWords } from './frame/strip.tsx';
import { Choice } from './jobs.tsx';

export interface TimelineQuery {
  /** `2026-11-29` in the host's zone; empty: today. */
  readonly day: string;
  readonly tag: string;
  /** The zone that was asked for; empty for the host's. */
  readonly zone: string;
  readonly page: number;
}

interface TimelineProps extends View {
  readonly query: TimelineQuery;
  /** Another zone than the host's, in which the times of this view are shown. */
  readonly inZone?: Pick<View, 'formatTime' | 'dayStartMs'> & { readonly zone: string };
}

export function timelineQueryOf(given: (key: string) => string | undefined): TimelineQuery {
  const day = given('day') ?? '';
  const page = given('page') ?? '';
  return {
    day: /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : '',
    tag: given('tag') ?? '',
    zone: (given('zone') ?? '').slice(0, 100),
    page: /^[1-9]\d{0,3}$/.test(page) ? Number(page) : 1,
  };
}

const lanesOfPage = 60;
const width = 1440;
const height = 18;
const dayMs = 86_400_000;
const minuteMs = 60_000;
/** A run of a second must be seen. */
const leastWidth = 3;

interface Lane {
  readonly job: AnySnapshot;
  readonly runs: readonly StripItem[];
  readonly ticks: readonly UpcomingTick[];
}

export function Timeline({ query, inZone, ...host }: TimelineProps) {
  const view: View = { ...host, ...inZone };
  const { snapshot, reader, base } = view;
  const { atMs } = snapshot.host;
  const day = query.day === '' ? view.formatTime(atMs).slice(0, 10) : query.day;
  const span = spanOf(day, view);
  const jobs = byNeed(snapshot.jobs.filter(({ tags }) => query.tag === '' || tags.includes(query.tag)));
  const due = jobs.flatMap((job) => ('nextMs' in job && (job.nextMs ?? Infinity) < span.untilMs ? [job.slug] : []));
  const runs = reader.lanesIn(jobs, span);
  const ticks =
    span.untilMs <= atMs ? [] : reader.ticksIn(due, { fromMs: Math.max(atMs, span.fromMs), untilMs: span.untilMs });
  const ticksByJob = grouped(ticks);
  const lanes = jobs
    .map((job): Lane => ({ job, runs: runs.get(job.slug) ?? [], ticks: ticksByJob.get(job.slug) ?? [] }))
    .filter((lane) => lane.runs.length + lane.ticks.length > 0);
  const pages = Math.max(1, Math.ceil(lanes.length / lanesOfPage));
  const shownPage = Math.min(query.page, pages);
  const shown = lanes.slice((shownPage - 1) * lanesOfPage, shownPage * lanesOfPage);
  const to = (more: Partial<TimelineQuery>) => `${base}/timeline${queryText({ ...query, page: 1, ...more })}`;
  const [before, after] = [-1, 1].map((days) => new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10));
  const tags = new Set([...snapshot.jobs.flatMap((job) => job.tags), query.tag]);
  return (
    <Document {...host} here="timeline" title={`Timeline ${day} · ${worstWords(snapshot.jobs)}`}>
      <h1>Timeline of {day}</h1>
      <form action={`${base}/timeline`} method="get">
        <span class="choices">
          <a href={to({ day: before ?? '' })}>◂ day before</a>
          <a href={to({ day: after ?? '' })}>next day ▸</a>
          {query.day !== '' && <a href={to({ day: '' })}>today</a>}
        </span>
        <label>
          Day
          <input type="date" name="day" value={day} />
        </label>
        <Choice label="Tag" name="tag" values={tags} chosen={query.tag} />
        <label>
          Zone
          <input
            type="text"
            name="zone"
            value={printable(query.zone)}
            placeholder={printable(snapshot.host.timeZone)}
          />
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="soft">
        {query.zone !== '' && inZone === undefined && 'This host knows no such zone. '}
        Times of {printable(inZone?.zone ?? snapshot.host.timeZone)}. {lanes.length} of {jobs.length} jobs run on this
        day; those that need you come first.
      </p>
      <Starts lanes={lanes} span={span} ticks={ticks} view={view} />
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">
              <Hours />
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((lane) => (
            <LaneRow lane={lane} span={span} view={view} />
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <nav aria-label="Pages" class="pages">
          {shownPage > 1 && <a href={to({ page: shownPage - 1 })}>◂ page {shownPage - 1}</a>} page {shownPage} of{' '}
          {pages} {shownPage < pages && <a href={to({ page: shownPage + 1 })}>page {shownPage + 1} ▸</a>}
        </nav>
      )}
      <RunTable lanes={shown} view={view} />
    </Document>
  );
}

/** Local midnight to the next one: 23 to 25 hours. */
function spanOf(day: string, { dayStartMs }: View): Span {
  const next = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
  return { fromMs: dayStartMs(day), untilMs: dayStartMs(next) };
}

function grouped(ticks: readonly UpcomingTick[]): ReadonlyMap<string, readonly UpcomingTick[]> {
  const byJob = new Map<string, UpcomingTick[]>();
  for (const tick of ticks) {
    const known = byJob.get(tick.job);
    if (known === undefined) byJob.set(tick.job, [tick]);
    else known.push(tick);
  }
  return byJob;
}

function Hours() {
  return (
    <span class="hours">
      {Array.from({ length: 12 }, (_, index) => (
        <span>{String(index * 2).padStart(2, '0')}</span>
      ))}
    </span>
  );
}

interface LaneProps {
  readonly lane: Lane;
  readonly span: Span;
  readonly view: View;
}

function LaneRow({ lane: { job, runs, ticks }, span, view }: LaneProps) {
  const nowMs = view.snapshot.host.atMs;
  const paths = new Map<string, string>();
  const add = (kind: string, path: string) => paths.set(kind, `${paths.get(kind) ?? ''}${path}`);
  for (const run of runs) add(run.is, barOf(run, span, nowMs));
  for (const { startMs, paused } of ticks) if (paused === undefined) add('tick', `M${xOf(startMs, span)} 7v4`);
  const failed = runs.filter(({ is }) => is === 'failure' || is === 'missed').length;
  const words = `${runs.length} runs, ${failed} failed, ${ticks.length} to come`;
  const isToday = span.fromMs <= nowMs && nowMs < span.untilMs;
  return (
    <tr id={`lane-${job.slug}`} data-row="">
      <th scope="row">
        <span class={`state ${kindOfJob(job)}`}>
          <span aria-hidden="true">{signs[kindOfJob(job)]}</span> <span class="unseen">{job.state}</span>
        </span>
        <JobLink job={job} base={view.base} />
      </th>
      <td>
        <svg class="lane" role="img" aria-label={words} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          <path class="grid" d={Array.from({ length: 13 }, (_, hour) => `M${hour * 120} 0v${height}`).join('')} />
          {isToday && <path class="now" d={`M${xOf(nowMs, span)} 0v${height}`} />}
          {[...paths].map(([kind, path]) => (
            <path class={`run-${kind}`} d={path} />
          ))}
        </svg>
      </td>
    </tr>
  );
}

function xOf(ms: number, { fromMs, untilMs }: Span): number {
  return Number((((ms - fromMs) / (untilMs - fromMs)) * width).toFixed(1));
}

function barOf(run: StripItem, span: Span, nowMs: number): string {
  const endMs = run.is === 'running' ? nowMs : run.startedMs + (run.durationMs ?? 0);
  const from = Math.max(0, xOf(run.startedMs, span));
  const wide = Math.max(leastWidth, Math.min(width, xOf(endMs, span)) - from);
  // A failure is taller: its shape says it, too.
  return run.is === 'failure' ? `M${from} 1h${wide}v16h-${wide}z` : `M${from} 5h${wide}v8h-${wide}z`;
}

interface StartsProps {
  readonly lanes: readonly Lane[];
  readonly span: Span;
  readonly ticks: readonly UpcomingTick[];
  readonly view: View;
}

const startsHeight = 40;
/** So many starts in one minute are worth a word. */
const crowd = 5;
/** A column of the chart is ten minutes; the words name the minute. */
const columnMs = 10 * minuteMs;

/** Starts per minute, past and to come, and the crowded minutes. */
function Starts({ lanes, span, ticks, view }: StartsProps) {
  const starts = [
    ...lanes.flatMap(({ runs }) => runs.map(({ startedMs }) => startedMs)),
    ...ticks.flatMap(({ startMs, paused }) => (paused === undefined ? [startMs] : [])),
  ].filter((ms) => ms >= span.fromMs && ms < span.untilMs);
  const columns = new Map<number, number>();
  const minutes = new Map<number, number>();
  for (const ms of starts) {
    const minute = Math.floor(ms / minuteMs) * minuteMs;
    const count = (minutes.get(minute) ?? 0) + 1;
    minutes.set(minute, count);
    const column = Math.floor((ms - span.fromMs) / columnMs);
    columns.set(column, Math.max(columns.get(column) ?? 0, count));
  }
  const most = [...columns.values()].reduce((so, count) => Math.max(so, count), 1);
  const step = (columnMs / (span.untilMs - span.fromMs)) * width;
  const path = [...columns]
    .map(([column, count]) => {
      const tall = (count / most) * startsHeight;
      return `M${(column * step).toFixed(1)} ${startsHeight}v-${tall.toFixed(1)}h${(step - 1).toFixed(1)}v${tall.toFixed(1)}z`;
    })
    .join('');
  const [top] = [...minutes].sort(([a, x], [b, y]) => y - x || a - b);
  const crowded = crowdedMinutes(ticks)
    .filter(({ starts: count }) => count >= crowd)
    .slice(0, 5);
  return (
    <section>
      <h2>Starts per minute</h2>
      <p class="soft">
        {starts.length} starts
        {top !== undefined && `, the most in one minute ${top[1]}, at ${view.formatTime(top[0]).slice(11, 16)}`}
      </p>
      <svg
        class="starts"
        role="img"
        aria-label={`${starts.length} starts, at most ${most} in one minute`}
        viewBox={`0 0 ${width} ${startsHeight}`}
        preserveAspectRatio="none"
      >
        <path class="run-other" d={path} />
      </svg>
      {crowded.length > 0 && (
        <p>
          Crowded minutes to come:{' '}
          {crowded.map(({ atMs, starts: count }, index) => (
            <>
              {index > 0 && ', '}
              {count} at <When ms={atMs} view={view} isBare />
            </>
          ))}
        </p>
      )}
    </section>
  );
}

const mostRows = 300;

/** The bars as numbers. */
function RunTable({ lanes, view }: { readonly lanes: readonly Lane[]; readonly view: View }) {
  const rows = lanes
    .flatMap(({ job, runs }) => runs.map((run) => ({ job, run })))
    .sort((a, b) => b.run.startedMs - a.run.startedMs);
  return (
    <details>
      <summary>The runs as a table</summary>
      {rows.length > mostRows && (
        <p class="soft">
          The last {mostRows} of {rows.length}.
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Job</th>
            <th scope="col">Took</th>
            <th scope="col">End</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map(({ job, run }) => (
            <tr>
              <td>
                <When ms={run.startedMs} view={view} isBare />
              </td>
              <td>
                <a href={runPath(job.slug, run.run, view.base)}>{printable(job.slug)}</a>
              </td>
              <td>{run.durationMs !== undefined && shortDuration(run.durationMs)}</td>
              <td>{runWords[run.is]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function queryText({ day, tag, zone, page }: TimelineQuery): string {
  const words: [string, string][] = [];
  if (day !== '') words.push(['day', day]);
  if (tag !== '') words.push(['tag', tag]);
  if (zone !== '') words.push(['zone', zone]);
  if (page > 1) words.push(['page', String(page)]);
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}
