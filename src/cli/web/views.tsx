/** The views of the page: for each address what it shows. Each is made anew from one snapshot. */
import { createGunzip } from 'node:zlib';
import type { Context, Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { stream } from 'hono/streaming';
import type { AnySnapshot } from '../../report/text/job.ts';
import { streamOf } from '../../system/file/careful-file.ts';
import { findZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { timeText } from '../../zone/wall-time.ts';
import { logStreamAnswer } from './changes/log-stream.ts';
import { Events, eventFilters, findEvents } from './page/events.tsx';
import { jobsBySlug, runPath, type View } from './page/frame/document.tsx';
import { queryOf } from './page/frame/list.ts';
import { Help } from './page/help.tsx';
import { Host } from './page/host.tsx';
import { JobView } from './page/job/job.tsx';
import { runFilters } from './page/job/runs.tsx';
import { Jobs } from './page/jobs.tsx';
import { Now } from './page/now/now.tsx';
import { shownLine } from './page/run/line.tsx';
import { type LogView, logQueryOf } from './page/run/log.tsx';
import { RunView } from './page/run/run.tsx';
import { InstanceLog, Services } from './page/services.tsx';
import { dayOf, timelineQueryOf } from './page/timeline/day.ts';
import { Timeline } from './page/timeline/timeline.tsx';
import { Why } from './page/why.tsx';
import type { FollowedLog } from './read/follow-log.ts';
import { type LogPlace, openLog } from './read/run-log.ts';
import { startOfDay } from './read/span.ts';

export interface ViewParts {
  readonly view: () => View;
  /** Reads a moment as people type it; `undefined` when it is none. */
  readonly parseMoment: (text: string) => number | undefined;
  /** Ends the streams. */
  readonly ended: AbortSignal;
}

type Params = Context;

export function addViews(routes: Hono, { view, parseMoment, ended }: ViewParts): void {
  const show = (
    path: string,
    make: (context: Params, shown: View) => JSX.Element | undefined | Promise<JSX.Element | undefined>,
  ) =>
    routes.get(path, async (context) => {
      const made = await make(context, view());
      return made === undefined ? context.notFound() : context.html(page(made));
    });
  const given = (context: Params) => (key: string) => context.req.query(key);

  show('/', (_context, shown) => <Now {...shown} />);
  show('/jobs', (context, shown) => <Jobs {...shown} query={queryOf(given(context))} />);
  for (const path of ['/jobs/:slug', '/services/:slug'])
    show(path, (context, shown) => {
      const job = jobOf(context, shown);
      if (job === undefined) return undefined;
      const query = {
        runs: oneOf(runFilters, context.req.query('runs')),
        ...defined({ beforeMs: momentOf(context.req.query('before')) }),
      };
      return <JobView {...shown} job={job} record={shown.reader.record(job.slug)} query={query} />;
    });
  show('/jobs/:slug/runs/:run', async (context, shown) => {
    const job = jobOf(context, shown);
    if (job === undefined) return undefined;
    const record = shown.reader.record(job.slug);
    const entry = record.entries.find((one) => one.is === 'run' && one.run.run === context.req.param('run'));
    if (entry?.is !== 'run') return undefined;
    const path = runPath(job.slug, entry.run.run, shown.base);
    const place = shown.reader.logPlace(job.slug, { run: entry.run.run });
    const log = place && (await logOf(context, shown, { place, path, isLive: entry.run.outcome === undefined }));
    return <RunView {...shown} job={job} run={entry.run} record={record} log={log} />;
  });
  show('/services/:slug/:instance/log', async (context, shown) => {
    const job = jobOf(context, shown);
    const instance = instanceOf(context);
    if (job?.service === undefined || instance === undefined) return undefined;
    const place = shown.reader.logPlace(job.slug, { instance });
    const path = `${shown.base}/services/${encodeURIComponent(job.slug)}/${instance}/log`;
    const log = place && (await logOf(context, shown, { place, path, isLive: true }));
    return <InstanceLog {...shown} job={job} instance={instance} log={log} />;
  });
  show('/timeline', async (context, shown) => {
    const zone = findZone(context.req.query('zone') ?? '');
    const inZone = zone && {
      zone: zone.name,
      formatTime: timeText(zone),
      dayStartMs: (day: string) => startOfDay(day, zone),
    };
    const query = timelineQueryOf(given(context));
    const found = await dayOf({ ...shown, ...inZone }, query);
    return <Timeline {...shown} {...defined({ inZone })} query={query} found={found} />;
  });
  show('/events', async (context, shown) => {
    const query = {
      outcome: oneOf(eventFilters, context.req.query('outcome')),
      job: context.req.query('job') ?? '',
      ...defined({ beforeMs: momentOf(context.req.query('before')) }),
    };
    return <Events {...shown} query={query} found={await findEvents(shown, query)} />;
  });
  show('/services', (_context, shown) => <Services {...shown} />);
  show('/why/:slug', (context, shown) => {
    const job = jobOf(context, shown);
    const at = context.req.query('at') ?? '';
    const askedMs = momentOf(at) ?? parseMoment(at);
    const why = job && shown.reader.why(job.slug, askedMs);
    const isUnread = at !== '' && askedMs === undefined;
    return job && why && <Why {...shown} job={job} why={why} at={/^\d+$/.test(at) ? '' : at} isUnread={isUnread} />;
  });
  show('/host', (_context, shown) => <Host {...shown} />);
  show('/help', (_context, shown) => <Help {...shown} />);
  addRawLogs(routes, view);
  addLogStreams(routes, { view, ended });
}

function addRawLogs(routes: Hono, view: () => View): void {
  const send = (context: Context, place: LogPlace | undefined) => {
    const opened = place && openLog(place);
    if (place === undefined || opened === undefined) return context.notFound();
    if ('words' in opened) return context.text('this log can not be read\n', 404);
    const file = streamOf(opened.fd);
    const name = place.name.replace(/\.gz$/, '');
    context.header('Content-Type', 'text/plain; charset=utf-8');
    context.header('Content-Disposition', `attachment; filename="${name}"`);
    const bytes = opened.isCompressed ? file.pipe(createGunzip()) : file;
    return stream(context, async (out) => {
      out.onAbort(() => {
        file.destroy();
      });
      for await (const chunk of bytes) await out.write(chunk as Uint8Array);
    });
  };
  routes.get('/jobs/:slug/runs/:run/log.txt', (context) => {
    const shown = view();
    const job = jobOf(context, shown);
    return send(context, job && shown.reader.logPlace(job.slug, { run: context.req.param('run') }));
  });
  routes.get('/services/:slug/:instance/log.txt', (context) => {
    const shown = view();
    const [job, instance] = [jobOf(context, shown), instanceOf(context)];
    const isKnown = job?.service !== undefined && instance !== undefined;
    return send(context, isKnown ? shown.reader.logPlace(job.slug, { instance }) : undefined);
  });
}

/** The lines that come to a log, as the script of the page shows them. */
function addLogStreams(routes: Hono, { view, ended }: Pick<ViewParts, 'view' | 'ended'>): void {
  const follow = (
    context: Context,
    find: (shown: View, job: AnySnapshot, name?: string) => FollowedLog | undefined,
  ) => {
    const { stream: wanted, find: text } = logQueryOf((key) => context.req.query(key));
    const shown = view();
    const job = jobOf(context, shown);
    return logStreamAnswer(context, {
      find: (name) => job && find(shown, job, name),
      wish: { stream: wanted, find: text },
      show: shownLine,
      ended,
    });
  };
  routes.get('/jobs/:slug/runs/:run/log/stream', (context) =>
    follow(context, ({ reader }, { slug }) => reader.followed(slug, { run: context.req.param('run') })),
  );
  routes.get('/services/:slug/:instance/log/stream', (context) =>
    follow(context, ({ reader }, { slug, service }, name) => {
      const instance = instanceOf(context);
      return service && instance !== undefined ? reader.followed(slug, { instance }, name) : undefined;
    }),
  );
}

function jobOf(context: Context, { snapshot }: View): AnySnapshot | undefined {
  return jobsBySlug(snapshot).get(context.req.param('slug') ?? '');
}

function instanceOf(context: Context): number | undefined {
  const text = context.req.param('instance') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

interface LogOrder {
  readonly place: LogPlace;
  readonly path: string;
  readonly isLive: boolean;
}

async function logOf(context: Context, { reader }: View, { place, path, isLive }: LogOrder): Promise<LogView> {
  const query = logQueryOf((key) => context.req.query(key));
  const { stream: wanted, find, from } = query;
  const part = await reader.log(place, { stream: wanted, find, ...defined({ from }) });
  const raw = path.endsWith('/log') ? `${path}.txt` : `${path}/log.txt`;
  return { part, query, path, raw, isLive, name: place.name };
}

function oneOf<const T extends readonly string[]>(known: T, text: string | undefined): T[number] {
  return known.find((one) => one === text) ?? known[0] ?? '';
}

function momentOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,14}$/.test(text) ? Number(text) : undefined;
}

function page(element: JSX.Element): string {
  return `<!doctype html>${element}`;
}
