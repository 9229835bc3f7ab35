/** The closed table of what the page answers. Each view is made anew from one snapshot; nothing is written. */
import { Hono, type MiddlewareHandler } from 'hono';
import { pageAssets } from '../../generated/page-assets.ts';
import { parseMoment } from '../../report/typed/moment.ts';
import { clock } from '../../system/time/clock.ts';
import type { Timer } from '../../system/types/clock.ts';
import { timeText } from '../../zone/wall-time.ts';
import type { Zone } from '../../zone/zone.ts';
import { safeHeaders } from '../report/gate.ts';
import { finish } from './answer/finish.ts';
import { addApi } from './api/routes.ts';
import type { Feed } from './changes/feed.ts';
import { icons } from './page/frame/icon.ts';
import type { HostReader } from './read/host-reader.ts';
import { startOfDay } from './read/span.ts';
import { addViews } from './views.tsx';

/** The name of an asset changes with its text. */
const keptForever = 'public, max-age=31536000, immutable';

export interface PageParts {
  readonly reader: HostReader;
  /** The host's: all times are shown in it. */
  readonly zone: Zone;
  readonly feed: Feed;
  /** Is told what went wrong in the page itself; its reader gets no detail. */
  readonly tell: (error: Error) => void;
  /** Without a slash at its end; empty for the root. */
  readonly base: string;
}

export function pageRoutes({ reader, zone, feed, tell, base }: PageParts): Hono {
  const formatTime = timeText(zone);
  const dayStartMs = (day: string) => startOfDay(day, zone);
  const view = () => ({ snapshot: reader.snapshot(), reader, base, formatTime, dayStartMs });
  const routes = new Hono({ strict: false }).basePath(base === '' ? '/' : base);
  routes.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(safeHeaders))
      if (name !== 'Cache-Control' || !context.res.headers.has(name)) context.res.headers.set(name, value);
  });
  routes.use(finish(clock.nowMs));
  for (const [type, { name, text }] of [
    ['text/css', pageAssets.css],
    ['text/javascript', pageAssets.js],
  ] as const)
    routes.get(`/assets/${name}`, (context) =>
      context.body(text, 200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': keptForever }),
    );
  for (const [name, svg] of icons)
    routes.get(`/assets/${name}`, (context) => context.body(svg, 200, { 'Content-Type': 'image/svg+xml' }));
  routes.use(whenReady(reader, patienceMs));
  addViews(routes, {
    ...{ view, ended: feed.ended },
    parseMoment: (text) => parseMoment(text, { nowMs: clock.nowMs(), zone, leaning: 'past' }),
  });
  addApi(routes, { reader, feed });
  routes.notFound((context) => context.text('there is no such page\n', 404));
  routes.onError((error, context) => {
    tell(error);
    return context.text('this page could not be made\n', 500);
  });
  return routes;
}

/** A connection on which nothing moves for 10 s is closed. */
const patienceMs = 6000;

/** Waits until there is a snapshot to show. After the start of the program on a host with many thousands of jobs that takes longer than a reader waits. */
export function whenReady(reader: Pick<HostReader, 'ready'>, waitMs: number): MiddlewareHandler {
  return async (context, next) => {
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = clock.after(waitMs, () => resolve('late'));
    });
    const first = await Promise.race([reader.ready(), late]);
    timer?.cancel();
    if (first === 'late')
      return context.text('the jobs are still being read; a browser asks again by itself\n', 503, {
        'Retry-After': '2',
        Refresh: '2',
      });
    return next();
  };
}
