/** The addresses that programs read: the API, version 1, metrics, whether the page is well, and what has changed. GET only, like everything here. */
import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import { exposition } from '../../../report/metrics/exposition.ts';
import { snapshotFamilies } from '../../../report/metrics/snapshot-families.ts';
import { clocklessJson } from '../answer/clockless.ts';
import { weakTag } from '../answer/finish.ts';
import type { Feed } from '../changes/feed.ts';
import { changesAnswer } from '../changes/stream.ts';
import type { ApiAnswer, ApiJob, ErrorAnswer } from './answers.ts';
import { listed, partOf } from './list.ts';

export interface ApiParts {
  readonly snapshot: () => HostSnapshot;
  readonly feed: Feed;
}

export function addApi(routes: Hono, { snapshot, feed }: ApiParts): void {
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
  routes.get('/api/v1/changes', (context) => changesAnswer(context, feed));
  routes.get('/metrics', (context) => {
    const detail = context.req.query('detail') ?? 'all';
    if (detail !== 'all' && detail !== 'alerts') return context.text('detail is all or alerts\n', 400);
    const text = exposition(snapshotFamilies(snapshot(), detail));
    return context.body(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
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

export function envelope({ name, atMs }: HostSnapshot['host']) {
  return { version: 1, host: name, atMs } as const;
}

/** Its ETag says nothing of the clock: a host on which nothing happens has the same one. */
export function answer(context: Context, value: Exclude<ApiAnswer, ErrorAnswer>): Response {
  const hash = createHash('sha256').update(clocklessJson(value)).digest();
  return context.body(`${JSON.stringify(value)}\n`, 200, { 'Content-Type': json, ETag: weakTag(hash) });
}

const json = 'application/json; charset=utf-8';
const statuses = { 'not-found': 404, 'wrong-query': 400, failed: 500 } as const;

/** The words never repeat what was asked. */
export function refuse(context: Context, code: keyof typeof statuses, words: string): Response {
  const value: ErrorAnswer = { error: { code, words } };
  return context.body(`${JSON.stringify(value)}\n`, statuses[code], { 'Content-Type': json });
}

export function unknownJob(context: Context): Response {
  return refuse(context, 'not-found', 'there is no such job');
}
