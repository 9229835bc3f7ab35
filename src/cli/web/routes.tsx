/** The closed table of what the page answers. Each view is made anew from one snapshot; nothing is written. */
import { Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { HostSnapshot } from '../../report/host-snapshot.ts';
import { clock } from '../../system/time/clock.ts';
import { finish } from './answer/finish.ts';
import { addApi } from './api/routes.ts';
import type { Feed } from './changes/feed.ts';
import { safeHeaders } from './gate.ts';
import { allJobs, type View } from './page/document.tsx';
import { JobView } from './page/job.tsx';
import { Jobs } from './page/jobs.tsx';
import { queryOf } from './page/list.ts';
import { Now } from './page/now.tsx';
import { style } from './page/style.ts';

export interface PageParts {
  readonly snapshot: () => HostSnapshot;
  readonly formatTime: (ms: number) => string;
  readonly feed: Feed;
  /** Is told what went wrong in the page itself; its reader gets no detail. */
  readonly tell: (error: Error) => void;
  /** Without a slash at its end; empty for the root. */
  readonly base: string;
}

export function pageRoutes({ snapshot, feed, formatTime, tell, base }: PageParts): Hono {
  const view = (): View => ({ snapshot: snapshot(), base, formatTime });
  const routes = new Hono({ strict: false }).basePath(base === '' ? '/' : base);
  routes.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(safeHeaders)) context.res.headers.set(name, value);
  });
  routes.use(finish(clock.nowMs));
  routes.get('/', (context) => context.html(page(<Now {...view()} />)));
  routes.get('/jobs', (context) => {
    const query = queryOf((key) => context.req.query(key));
    return context.html(page(<Jobs {...view()} query={query} />));
  });
  routes.get('/jobs/:slug', (context) => {
    const shown = view();
    const job = allJobs(shown.snapshot).find(({ slug }) => slug === context.req.param('slug'));
    return job === undefined ? context.notFound() : context.html(page(<JobView {...shown} job={job} />));
  });
  routes.get('/assets/page.css', (context) => context.body(style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  addApi(routes, { snapshot, feed });
  routes.notFound((context) => context.text('there is no such page\n', 404));
  routes.onError((error, context) => {
    tell(error);
    return context.text('this page could not be made\n', 500);
  });
  return routes;
}

function page(element: JSX.Element): string {
  return `<!doctype html>${element}`;
}
