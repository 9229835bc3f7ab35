/** What programs read of the page: values of the schema, in parts, with an ETag that stays while nothing happens; metrics; what has changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { changeFeed } from '../../../src/cli/web/changes/feed.ts';
import { pageRoutes } from '../../../src/cli/web/routes.tsx';
import type { HostSnapshot } from '../../../src/report/host-snapshot.ts';
import type { Clock } from '../../../src/system/types/clock.ts';
import { utc } from '../../../src/zone/zone.ts';
import { parsed, series } from '../../report/metrics/parsed.ts';
import { assertAnswer } from '../snapshot-schema.ts';
import { emptyReader } from './empty-reader.ts';
import { job, snapshot } from './scene.ts';

/** A clock that stands until the test moves it. */
class Hand {
  ms = 0;
  readonly #due: { atMs: number; then: () => void }[] = [];
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'> = {
    monotonicMs: () => this.ms,
    after: (delayMs, then) => {
      const one = { atMs: this.ms + delayMs, then };
      this.#due.push(one);
      return { cancel: () => void this.#due.splice(this.#due.indexOf(one) >>> 0, 1) };
    },
  };
  async move(ms: number): Promise<void> {
    this.ms += ms;
    for (const one of this.#due.filter(({ atMs }) => atMs <= this.ms)) {
      this.#due.splice(this.#due.indexOf(one), 1);
      one.then();
    }
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const many: HostSnapshot = {
  ...snapshot,
  jobs: [...snapshot.jobs, ...Array.from({ length: 250 }, (_, at) => job(`many-${at + 100}`, []))],
  services: [job('web', [])],
};
let shown = many;
const hand = new Hand();
const feed = changeFeed(hand.clock);
const fail = (error: Error): never => {
  throw error;
};
const routes = pageRoutes({ reader: { ...emptyReader, snapshot: () => shown }, feed, zone: utc, tell: fail, base: '' });

// biome-ignore lint/suspicious/noExplicitAny: any JSON; the schema judges it
type Value = any;

async function json(target: string): Promise<{ readonly status: number; readonly value: Value }> {
  const answer = await routes.request(target);
  assert.equal(answer.headers.get('Content-Type'), 'application/json; charset=utf-8', target);
  return { status: answer.status, value: await answer.json() };
}

test('each answer is of its schema, and has the values of the snapshot', async () => {
  for (const [target, part] of [
    ['/api/v1/host', 'HostAnswer'],
    ['/api/v1/jobs?limit=500', 'JobsAnswer'],
    ['/api/v1/services', 'JobsAnswer'],
    ['/api/v1/jobs/backup', 'JobAnswer'],
    ['/api/v1/services/web', 'JobAnswer'],
  ] as const) {
    const { status, value } = await json(target);
    assert.equal(status, 200, target);
    assertAnswer(value, part);
    assert.deepEqual([value.version, value.host, value.atMs], [1, 'shop.example.org', many.host.atMs]);
  }
  assert.deepEqual((await json('/api/v1/host')).value.item, many.host);
  assert.deepEqual((await json('/api/v1/jobs/backup')).value.item, JSON.parse(JSON.stringify(many.jobs[1])));
});

test('a list comes in parts that have each job once, whatever comes and goes meanwhile', async () => {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const { value } = await json(`/api/v1/jobs?limit=60${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    assert.ok(value.items.length <= 60);
    names.push(...value.items.map(({ slug }: { slug: string }) => slug));
    cursor = value.next;
    shown = { ...many, jobs: many.jobs.filter(({ slug }) => slug !== names.at(-1)) };
  } while (cursor !== undefined);
  shown = many;
  assert.deepEqual(
    names,
    many.jobs.map(({ slug }) => slug),
  );
});

test('a list is filtered by name, tag and state', async () => {
  const names = async (query: string) =>
    (await json(`/api/v1/jobs?${query}`)).value.items.map(({ slug }: { slug: string }) => slug);
  assert.deepEqual(await names('q=BACK'), ['backup']);
  assert.deepEqual(await names('state=failing'), ['backup']);
  assert.equal((await names('tag=nightly')).length, 100);
  assert.deepEqual(await names('tag=none'), []);
});

test('what is no query, no job or no address is an error without a word of what was asked', async () => {
  for (const query of ['limit=0', 'limit=501', 'limit=-1', 'limit=x', 'limit=', 'cursor=', 'cursor=%3Cscript%3E'])
    assert.equal((await json(`/api/v1/jobs?${query}`)).status, 400, query);
  for (const target of ['/api/v1/jobs/secret-x', '/api/v1/services/backup', '/api/v1/secret-x', '/api/v2/jobs']) {
    const { status, value } = await json(target);
    assert.equal(status, 404, target);
    assertAnswer(value, 'ErrorAnswer');
    assert.doesNotMatch(JSON.stringify(value), /secret/);
  }
});

test('an answer that says nothing new has the same ETag, however late it is', async () => {
  const targets = ['/api/v1/host', '/api/v1/jobs', '/api/v1/jobs/backup', '/jobs/archive', '/'];
  const tags = async () =>
    Promise.all(targets.map(async (target) => (await routes.request(target)).headers.get('ETag') ?? ''));
  const before = await tags();
  shown = { ...many, host: { ...many.host, atMs: many.host.atMs + 5000, tookMs: 7 } };
  assert.deepEqual(await tags(), before);
  for (const [at, target] of targets.entries()) {
    const again = await routes.request(target, { headers: { 'If-None-Match': `"x", ${before[at]}` } });
    assert.deepEqual([again.status, await again.text()], [304, ''], target);
    assert.match(again.headers.get('Content-Security-Policy') ?? '', /default-src 'none'/);
  }
  shown = { ...many, jobs: many.jobs.slice(2), host: { ...many.host, cron: 'stopped' } };
  const after = await tags();
  for (const [at, target] of targets.entries()) assert.notEqual(after[at], before[at], target);
  shown = many;
});

test('a long answer is compressed for who takes it, and is the same', async () => {
  const plain = await (await routes.request('/api/v1/jobs')).text();
  const packed = await routes.request('/api/v1/jobs', { headers: { 'Accept-Encoding': 'br, gzip' } });
  assert.equal(packed.headers.get('Content-Encoding'), 'gzip');
  const bytes = Buffer.from(await packed.arrayBuffer());
  assert.ok(bytes.length < plain.length / 5);
  assert.equal(gunzipSync(bytes).toString(), plain);
  for (const encoding of ['identity', 'gzip;q=0', 'br, gzip;q=0.0, x'])
    assert.equal(
      (await routes.request('/api/v1/jobs', { headers: { 'Accept-Encoding': encoding } })).headers.get(
        'Content-Encoding',
      ),
      null,
    );
});

test('metrics are those of the snapshot, in the text format of Prometheus', async () => {
  const answer = await routes.request('/metrics');
  assert.equal(answer.headers.get('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8');
  const { values } = parsed(await answer.text());
  assert.equal(values.get(series('processcontrol_job_consecutive_failures', { job_name: 'backup' })), 1);
  const few = parsed(await (await routes.request('/metrics?detail=alerts')).text());
  assert.ok(few.values.size < values.size);
  assert.equal((await routes.request('/metrics?detail=some')).status, 400);
});

/** The next text of a stream. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  const { value, done } = await reader.read();
  return done ? undefined : Buffer.from(value).toString();
}

async function listen(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const answer = await routes.request('/api/v1/changes');
  assert.equal(answer.headers.get('Content-Type'), 'text/event-stream; charset=utf-8');
  assert.equal(answer.headers.get('X-Accel-Buffering'), 'no');
  const reader = answer.body?.getReader() ?? assert.fail('no body');
  assert.equal(await read(reader), 'retry: 3000\n\n');
  return reader;
}

test('a listener hears which jobs have changed, at most once a second, and a ping when none has', async () => {
  const reader = await listen();
  feed.tell('backup');
  assert.match((await read(reader)) ?? '', /^event: changed\nid: \d+\ndata: \{"jobs":\["backup"\]\}\n\n$/);
  feed.tell('b');
  feed.tell('a');
  feed.tell('a');
  const second = read(reader);
  await settled();
  feed.tell('c');
  await hand.move(999);
  feed.tell('d');
  await hand.move(1);
  assert.match((await second) ?? '', /data: \{"jobs":\["a","b","c","d"\]\}/);
  const third = read(reader);
  await hand.move(15_000);
  assert.equal(await third, ': ping\n\n');
  feed.tell();
  await hand.move(1000);
  assert.match((await read(reader)) ?? '', /data: \{"all":true\}/);
  await reader.cancel();
});

test('a slow listener costs the names of a hundred jobs at most', async () => {
  const reader = await listen();
  for (let at = 0; at < 1000; at += 1) feed.tell(`job-${at}`);
  await hand.move(1000);
  assert.match((await read(reader)) ?? '', /data: \{"all":true\}/);
  await reader.cancel();
});

test('the 33rd listener is refused, and one that has gone makes room; the end of the program ends all', async () => {
  const readers = await Promise.all(Array.from({ length: 32 }, listen));
  assert.equal((await routes.request('/api/v1/changes')).status, 503);
  await readers[0]?.cancel();
  const another = await listen();
  const last = read(another);
  await settled();
  feed.close();
  assert.equal(await last, undefined);
  assert.equal((await routes.request('/api/v1/changes')).status, 503);
});
