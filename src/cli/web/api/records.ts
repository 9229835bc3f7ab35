/** The addresses of the API that read histories and logs. */
import type { Context, Hono } from 'hono';
import type { UpcomingTick } from '../../../report/clock/upcoming.ts';
import { entryValue } from '../../../report/history-view.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import { entryMs, type HistoryEntry, isFailure } from '../../../report/text/history.ts';
import { defined } from '../../../text/defined.ts';
import { logStreamAnswer } from '../changes/log-stream.ts';
import type { MarkKind } from '../index/marks.ts';
import type { FollowedLog } from '../read/follow-log.ts';
import type { HostReader } from '../read/host-reader.ts';
import type { ApiJob, LogValue, NextTick } from './answers.ts';
import { listed, partOf } from './list.ts';
import { lineValue, logValue } from './log-value.ts';
import { answer, envelope, numberOf, refuse, unknownJob } from './respond.ts';

const hourMs = 3_600_000;
const longestSpanMs = 7 * 24 * hourMs;
const latestMs = 8.64e13;

const before = (key: string, start: string) => key < start;

export function addRecords(routes: Hono, reader: HostReader, ended: AbortSignal): void {
  const part = (context: Context) => partOf((key) => context.req.query(key));
  const jobOf = (context: Context, slug = context.req.param('slug')) => {
    const taken = reader.snapshot();
    const job = [...taken.jobs, ...taken.services].find((one) => one.slug === slug);
    return { ...envelope(taken.host), job };
  };
  const runsOf = (slug: string): readonly RunSnapshot[] =>
    reader.record(slug).entries.flatMap((entry) => (entry.is === 'run' ? [entry.run] : []));

  routes.get('/api/v1/jobs/:slug/runs', (context) => {
    const { job, ...about } = jobOf(context);
    const asked = part(context);
    if (job === undefined) return unknownJob(context);
    if (asked === undefined) return refuse(context, 'wrong-query', wrongPart);
    const runs = [...runsOf(job.slug)].sort((a, b) => (keyOfRun(a) < keyOfRun(b) ? 1 : -1));
    return answer(context, { ...about, ...listed(runs, asked, keyOfRun, before) });
  });
  routes.get('/api/v1/jobs/:slug/runs/:run', (context) => {
    const { job, ...about } = jobOf(context);
    const item = job && runsOf(job.slug).find(({ run }) => run === context.req.param('run'));
    return item === undefined ? refuse(context, 'not-found', noRun) : answer(context, { ...about, item });
  });
  routes.get('/api/v1/jobs/:slug/runs/:run/log', async (context) => {
    const { job, ...about } = jobOf(context);
    const place = job && reader.logPlace(job.slug, { run: context.req.param('run') });
    if (place === undefined) return refuse(context, 'not-found', noRun);
    const { stream = 'both', find = '', from } = context.req.query();
    const fromByte = numberOf(from, 0, [0, Number.MAX_SAFE_INTEGER]);
    if (!isStream(stream) || fromByte === undefined) return refuse(context, 'wrong-query', wrongLog);
    const read = await reader.log(place, { stream, find, ...(from !== undefined && { from: fromByte }) });
    const item: LogValue | undefined = read.is === 'none' ? undefined : logValue(read);
    return item === undefined ? refuse(context, 'not-found', noLog) : answer(context, { ...about, item });
  });
  routes.get('/api/v1/jobs/:slug/runs/:run/log/stream', async (context) => {
    const { stream = 'both', find = '' } = context.req.query();
    if (!isStream(stream)) return context.text(`${wrongLog}\n`, 400);
    const { job } = jobOf(context);
    const log = (): FollowedLog | undefined => job && reader.followed(job.slug, { run: context.req.param('run') });
    return logStreamAnswer(context, { find: log, wish: { stream, find }, show: (line) => lineValue(line), ended });
  });
  routes.get('/api/v1/events', async (context) => {
    const asked = part(context);
    const { job: slug, outcome = 'all' } = context.req.query();
    if (asked === undefined || !['all', 'failed'].includes(outcome)) return refuse(context, 'wrong-query', wrongEvents);
    const { job, ...about } = jobOf(context, slug);
    const slugs = slug === undefined ? slugsOf(reader) : job === undefined ? [] : [job.slug];
    const isWanted = (entry: HistoryEntry) =>
      (outcome === 'all' || isFailure(entry)) && (asked.after === undefined || before(keyOfEntry(entry), asked.after));
    const isNewer = (a: HistoryEntry, b: HistoryEntry) => keyOfEntry(a) > keyOfEntry(b);
    const mayBe = ({ is, isFailure: failed }: MarkKind) => outcome === 'all' || failed || is === 'running';
    const beforeMs = asked.after === undefined ? Number.POSITIVE_INFINITY : momentOf(asked.after) + 1;
    const order = { slugs, count: asked.limit + 1, isWanted, mayBe, beforeMs, isNewer };
    const { entries } = await reader.newest(order);
    const { items, ...more } = listed(entries, asked, keyOfEntry, before);
    return answer(context, { ...about, items: items.map(entryValue), ...more });
  });
  routes.get('/api/v1/next', (context) => {
    const asked = part(context);
    const hours = numberOf(context.req.query('hours'), 24, [1, longestSpanMs / hourMs]);
    if (asked === undefined || hours === undefined) return refuse(context, 'wrong-query', wrongNext);
    const taken = reader.snapshot();
    const slugs = taken.jobs.filter(hasTag(context.req.query('tag'))).map(({ slug }) => slug);
    const fromMs = taken.host.atMs;
    const ticks = reader.ticksIn(slugs, { fromMs, untilMs: fromMs + hours * hourMs });
    const { items, ...more } = listed(ticks, asked, keyOfTick);
    return answer(context, { ...envelope(taken.host), items: items.map(tickValue), ...more });
  });
  routes.get('/api/v1/timeline', (context) => {
    const taken = reader.snapshot();
    const asked = part(context);
    const untilMs = numberOf(context.req.query('until'), taken.host.atMs, [0, latestMs]);
    const fromMs =
      untilMs && numberOf(context.req.query('from'), untilMs - 24 * hourMs, [untilMs - longestSpanMs, untilMs]);
    if (asked === undefined || untilMs === undefined || fromMs === undefined)
      return refuse(context, 'wrong-query', wrongTimeline);
    const jobs = taken.jobs.filter(hasTag(context.req.query('tag')));
    const { items, ...more } = listed(jobs, asked, ({ slug }) => slug);
    const slugs = items.map(({ slug }) => slug);
    const runs = reader.runsIn(slugs, { fromMs, untilMs });
    const comingMs = Math.max(fromMs, taken.host.atMs);
    const ticks = untilMs <= comingMs ? [] : reader.ticksIn(slugs, { fromMs: comingMs, untilMs });
    const lanes = slugs.map((slug) => ({
      job: slug,
      runs: runs.get(slug) ?? [],
      ticks: ticks.filter(({ job }) => job === slug).map(tickValue),
    }));
    return answer(context, { ...envelope(taken.host), fromMs, untilMs, items: lanes, ...more });
  });
  routes.get('/api/v1/why/:slug', (context) => {
    const { job, ...about } = jobOf(context);
    const at = context.req.query('at');
    const askedMs = numberOf(at, 0, [0, latestMs]);
    if (askedMs === undefined) return refuse(context, 'wrong-query', 'at is a moment in milliseconds since 1970');
    const why = job && reader.why(job.slug, at === undefined ? undefined : askedMs);
    if (job === undefined || why === undefined) return unknownJob(context);
    return answer(context, { ...about, item: { slug: job.slug, ...why.answer, findings: why.findings } });
  });
}

const wrongPart = 'limit is 1 to 500, and cursor what "next" was';
const noRun = 'there is no such run on record';
const noLog = 'the log is not there, or this page may not read it';
const wrongLog = 'stream is both, out or err, and from a byte';
const wrongEvents = `outcome is all or failed; ${wrongPart}`;
const wrongNext = `hours is 1 to 168; ${wrongPart}`;
const wrongTimeline = `from and until are milliseconds since 1970, at most 7 days apart; ${wrongPart}`;

function isStream(text: string): text is 'both' | 'out' | 'err' {
  return ['both', 'out', 'err'].includes(text);
}

function hasTag(tag: string | undefined): (job: ApiJob) => boolean {
  return ({ tags }) => tag === undefined || tags.includes(tag);
}

function slugsOf(reader: HostReader): readonly string[] {
  const { jobs, services } = reader.snapshot();
  return [...jobs, ...services].map(({ slug }) => slug);
}

/** Texts that sort as the moments do. */
const sortable = (ms: number) => String(Math.trunc(ms)).padStart(15, '0');

/** The moment of such a text; without end when it is none. */
function momentOf(key: string): number {
  return /^\d{15} /.test(key) ? Number(key.slice(0, 15)) : Number.POSITIVE_INFINITY;
}

function keyOfRun({ startedMs, run }: RunSnapshot): string {
  return `${sortable(startedMs)} ${run}`;
}

function keyOfEntry(entry: HistoryEntry): string {
  return `${sortable(entryMs(entry))} ${entry.job} ${entry.is === 'run' ? entry.run.run : entry.is}`;
}

function keyOfTick({ startMs, job }: UpcomingTick): string {
  return `${sortable(startMs)} ${job}`;
}

function tickValue({ zone, ...tick }: UpcomingTick): NextTick {
  return { ...tick, ...defined({ zone: zone?.name }) };
}
