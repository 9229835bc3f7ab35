/** The addresses that programs read: the API, version 1, metrics, whether the page is well, and what has changed. GET only, like everything here. */
import type { Hono } from 'hono';
import { sharedAnswer } from '../answer/shared-answer.ts';
import type { Feed } from '../changes/feed.ts';
import { changesAnswer } from '../changes/stream.ts';
import type { HostReader } from '../read/host-reader.ts';
import type { ApiJob } from './answers.ts';
import { listed, partOf } from './list.ts';
import { metricsTexts } from './metrics.ts';
import { addRecords } from './records.ts';
import { answer, envelope, refuse, unknownJob } from './respond.ts';

export interface ApiParts {
  readonly reader: HostReader;
  readonly feed: Feed;
}

export function addApi(routes: Hono, { reader, feed }: ApiParts): void {
  const { snapshot } = reader;
  const metrics = metricsTexts(snapshot);
  routes.get('/api/v1/host', (context) => {
    const { host } = snapshot();
    return answer(context, { ...envelope(host), item: host });
  });
  for (const kind of ['jobs', 'services'] as const) {
    routes.get(`/api/v1/${kind}`, (context) => {
      const taken = snapshot();
      const query = (key: string) => context.req.query(key);
      const part = partOf(query);
      if (part === undefined) return refuse(context, 'wrong-query', 'limit is 1 to 500, and cursor what "next" was');
      const found = taken[kind].filter(jobFilter(query));
      return answer(context, { ...envelope(taken.host), ...listed(found, part, ({ slug }) => slug) });
    });
    routes.get(`/api/v1/${kind}/:slug`, (context) => {
      const taken = snapshot();
      const item = taken[kind].find(({ slug }) => slug === context.req.param('slug'));
      return item === undefined ? unknownJob(context) : answer(context, { ...envelope(taken.host), item });
    });
  }
  addRecords(routes, reader, feed.ended);
  routes.get('/api/v1/changes', (context) => changesAnswer(context, feed));
  routes.get('/metrics', async (context) => {
    const detail = context.req.query('detail') ?? 'all';
    if (detail !== 'all' && detail !== 'alerts') return context.text('detail is all or alerts\n', 400);
    return sharedAnswer(context, await metrics[detail].get(), 'text/plain; version=0.0.4; charset=utf-8');
  });
  routes.get('/healthz', (context) => {
    snapshot();
    return context.text('ok\n');
  });
  routes.get('/api/*', (context) =>
    refuse(context, 'not-found', 'there is no such address; all of them are in the manual'),
  );
}

/** The parameters `q`, `tag` and `state`, as on the page. */
function jobFilter(query: (key: string) => string | undefined): (job: ApiJob) => boolean {
  const [text = '', tag = '', state = ''] = ['q', 'tag', 'state'].map(query);
  const wanted = text.toLowerCase();
  return (job) =>
    [job.slug, ...('name' in job ? [job.name] : [])].some((name) => name.toLowerCase().includes(wanted)) &&
    (tag === '' || job.tags.includes(tag)) &&
    (state === '' || job.state === state);
}
