/** The page over a real Unix socket: what it answers, what it refuses, and that no text of a job becomes markup. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { changeFeed } from '../../../src/cli/web/changes/feed.ts';
import type { HostReader } from '../../../src/cli/web/read/host-reader.ts';
import { pageRoutes } from '../../../src/cli/web/routes.tsx';
import { pageServer } from '../../../src/cli/web/server.ts';
import { pageAssets } from '../../../src/generated/page-assets.ts';
import type { HostSnapshot } from '../../../src/report/host-snapshot.ts';
import { snapshotRun } from '../../../src/report/latest-runs.ts';
import { type JobFacts, snapshotJob } from '../../../src/report/snapshot.ts';
import { emptyHistory } from '../../../src/run/history/history.ts';
import type { RunRecord } from '../../../src/run/history/run-record.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { utc } from '../../../src/zone/zone.ts';
import { emptyReader } from './empty-reader.ts';

const nowMs = Date.UTC(2026, 10, 29, 3, 7, 21);
const hostile = '<script>alert(1)</script>" onmouseover="alert(2)';

const runsOf = new Map<string, readonly RunRecord[]>();

function job(slug: string, runs: readonly RunRecord[], more: Partial<JobFacts['job']> = {}) {
  runsOf.set(slug, runs);
  const failures = runs.filter(({ outcome }) => outcome?.kind === 'exited').length;
  return snapshotJob({
    job: { slug, name: slug, tags: ['night'], disabled: false, ...more },
    nowMs,
    holder: undefined,
    paused: undefined,
    history: {
      ...emptyHistory,
      runs,
      streak: failures === 0 ? emptyHistory.streak : { failures, failingSinceMs: nowMs - 10_800_000 },
    },
  });
}

function failed(run: string): RunRecord {
  const startedMs = nowMs - 60_000;
  return { run, startedMs, endedMs: nowMs - 57_900, durationMs: 2100, outcome: { kind: 'exited', code: 3 } };
}

const snapshot: HostSnapshot = {
  version: 1,
  host: {
    name: 'shop.example.org',
    atMs: nowMs,
    tookMs: 1,
    timeZone: 'UTC',
    version: '1',
    node: '20',
    cron: 'stopped',
    undeliveredNotices: 0,
  },
  jobs: [
    job('archive', []),
    job('backup', [failed('20261129-000005-4147f7f4'), failed('20261129-010005-4147f7f4')]),
    job('evil', [], { name: hostile, description: hostile, tags: [hostile, '\u202e\u001b[31m'] }),
    ...Array.from({ length: 150 }, (_, at) => job(`many-${at + 100}`, [])),
  ],
  services: [],
};

const folder = mkdtempSync(path.join(tmpdir(), 'page-'));
const socket = path.join(folder, 'view.sock');
const told: Error[] = [];
let isBroken = false;
const reader: HostReader = {
  ...emptyReader,
  snapshot: () => {
    if (isBroken) throw new Error(`secret of ${socket}`);
    return snapshot;
  },
  record: (slug) => ({
    ...emptyReader.record(slug),
    entries: (runsOf.get(slug) ?? []).map((run) => ({ job: slug, is: 'run', run: snapshotRun(run, undefined) })),
  }),
};
const routes = pageRoutes({
  reader,
  zone: utc,
  feed: changeFeed(clock),
  tell: (error) => told.push(error),
  base: '',
});
const server = pageServer(routes, { door: 'socket', hosts: ['localhost', 'shop.example.org'], loginPath: '/login' });

before(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends these bytes, because an HTTP client would tidy them up. */
function send(lines: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const connection = connect(socket, () => connection.write(`${lines.join('\r\n')}\r\n\r\n`));
    connection.on('data', (chunk) => chunks.push(chunk));
    connection.on('error', reject);
    connection.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
      resolve({ status: Number(head.split(' ')[1]), head, body });
    });
  });
}

function get(target: string, ...headers: readonly string[]): Promise<Answer> {
  return send([`GET ${target} HTTP/1.1`, 'Host: localhost:8080', 'Connection: close', ...headers]);
}

const views = ['/', '/jobs', '/jobs?q=back&state=failing&tag=night&sort=name', '/jobs/backup', '/jobs/evil'];
const others = [`/assets/${pageAssets.css.name}`, `/assets/${pageAssets.js.name}`, '/healthz'];

test('the first view names what is wrong with the host, then each job that needs a person', async () => {
  const { status, body } = await get('/');
  assert.equal(status, 200);
  assert.match(body, /cron is not running/);
  assert.match(body, /1 of 153 need you/);
  assert.match(body, /failing.*backup.*exit code 3; 2 failures in a row/s);
  assert.match(body, /since <time[^>]*title="2026-11-29 00:07:21"/);
  assert.match(body, /<code>sudo jobctl start backup<\/code>/);
  assert.ok(body.indexOf('cron is not running') < body.indexOf('jobctl start backup'));
});

test('counters are links to the filtered list', async () => {
  const { body } = await get('/');
  assert.match(body, /<a href="\/jobs\?state=failing"><span class="state bad">.*?1 failing<\/span><\/a>/);
  const list = await get('/jobs?state=failing');
  assert.match(list.body, /1 of 153 jobs/);
  assert.match(list.body, /href="\/jobs\/backup"/);
  assert.doesNotMatch(list.body, /href="\/jobs\/archive"/);
});

test('a list has a hundred rows a page, what needs a person first, and a page behind the last is the last', async () => {
  const rows = async (target: string) =>
    [...(await get(target)).body.matchAll(/<tr id="job-([^"]+)"/g)].map(([, slug]) => slug);
  const first = await rows('/jobs');
  assert.equal(first.length, 100);
  assert.equal(first[0], 'backup');
  assert.equal((await rows('/jobs?sort=name'))[0], 'archive');
  const second = await rows('/jobs?page=2');
  assert.equal(second.length, 53);
  assert.deepEqual(await rows('/jobs?page=999'), second);
  assert.deepEqual(await rows('/jobs?page=-1'), first);
  assert.equal(new Set([...first, ...second]).size, 153);
});

test('a job shows its last runs and since when it fails; its title is its state', async () => {
  const { body } = await get('/jobs/backup');
  assert.match(body, /<title>backup failing · shop\.example\.org<\/title>/);
  assert.match(body, /20261129-010005-4147f7f4/);
  assert.match(body, /2\.1 s/);
});

test('an address that is no view is 404, and its text is not in the answer', async () => {
  for (const target of ['/jobs/zzz-secret', '/zzz-secret', '/jobs/backup/zzz-secret', '/assets/zzz-secret']) {
    const { status, head, body } = await get(target);
    assert.equal(status, 404, target);
    assert.match(head, /content-type: text\/plain/i);
    assert.doesNotMatch(body, /zzz-secret/);
  }
});

/** The one script of the page, which comes from its own address. */
const ownScript = /<script type="module" src="\/assets\/[0-9a-f]{12}\.js"><\/script>/;

test('names, tags and descriptions of jobs never become markup, nor does the address', async () => {
  const asked = encodeURIComponent(hostile);
  for (const target of [...views, `/jobs?q=${asked}`, `/jobs?tag=${asked}&state=${asked}&page=1`]) {
    const { body } = await get(target);
    // An escaped text in an attribute is inert; the tag around it must not have grown another one.
    const markup = body.replace(ownScript, '').replaceAll(/="[^"]*"/g, '');
    assert.doesNotMatch(markup, /<script|<[^>]*onmouseover/i, target);
    assert.doesNotMatch(body, /[\u202e\u001b]/, target);
  }
  assert.match((await get('/jobs/evil')).body, /&lt;script&gt;alert\(1\)/);
});

test('every answer has the strict headers and no inline style or script', async () => {
  for (const target of [...views, ...others, '/none', '/../x']) {
    const { head, body } = await get(target);
    assert.match(head, /content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'/i, target);
    assert.match(head, /x-content-type-options: nosniff/i, target);
    assert.doesNotMatch(head, /strict-transport-security|access-control-allow|x-powered-by|set-cookie/i);
    if (!target.startsWith('/assets/'))
      assert.doesNotMatch(body.replace(ownScript, ''), /<style|\sstyle=|<script|https?:\/\//i, target);
  }
});

test('nothing but a plain GET of a known host name reaches any route', async () => {
  const line = 'GET / HTTP/1.1';
  const end = 'Connection: close';
  const refused: readonly (readonly [number, readonly string[]])[] = [
    ...[...views, ...others].flatMap((target) => [
      [403, [`GET ${target} HTTP/1.1`, 'Host: attacker.example', end]] as const,
      [405, [`POST ${target} HTTP/1.1`, 'Host: localhost', end]] as const,
    ]),
    [403, [line, 'Host: localhost', 'Host: localhost', end]],
    [403, [line, 'Host: localhost.attacker.example', end]],
    [403, [line, 'Host: localhost', 'X-Remote-User: root', end]],
    [403, [line, 'Host: localhost', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', end]],
    [405, ['DELETE /jobs/backup HTTP/1.1', 'Host: localhost', end]],
    ...[
      '/jobs/../',
      '/jobs/%2e%2e/',
      '/%2E/jobs',
      '/jobs/a%2fb',
      '/jobs/%5c',
      '//x/jobs',
      'http://localhost/jobs',
      '/jobs/%00',
    ].map((target) => [400, [`GET ${target} HTTP/1.1`, 'Host: localhost', end]] as const),
    [414, [`GET /jobs?q=${'a'.repeat(2048)} HTTP/1.1`, 'Host: localhost', end]],
    [431, [line, 'Host: localhost', `X-Long: ${'a'.repeat(9000)}`, end]],
  ];
  for (const [status, lines] of refused) {
    const answer = await send(lines);
    assert.equal(answer.status, status, lines.join(' | ').slice(0, 120));
    assert.doesNotMatch(answer.body, /backup|shop\.example|attacker/);
  }
});

test('a link from another site opens the page', async () => {
  assert.equal((await get('/', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate')).status, 200);
});

test('an answer that has not changed is not sent again', async () => {
  const tag = /etag: (.+)/i.exec((await get('/')).head)?.[1]?.trim() ?? assert.fail('no ETag');
  const again = await get('/', `If-None-Match: ${tag}`);
  assert.equal(again.status, 304);
  assert.equal(again.body, '');
});

test('a failure of the page is told to its log, not to its reader', async () => {
  isBroken = true;
  const { status, body } = await get('/');
  isBroken = false;
  assert.equal(status, 500);
  assert.doesNotMatch(body, /secret/);
  assert.match(told[0]?.message ?? '', /secret of/);
});

test('below a base path every link has it, and the root is not ours', async () => {
  const below = pageRoutes({ reader, zone: utc, feed: changeFeed(clock), tell: assert.fail, base: '/cron' });
  for (const target of ['/cron', '/cron/', '/cron/jobs', '/cron/jobs/backup']) {
    const answer = await below.request(target);
    assert.equal(answer.status, 200, target);
    const links = [...(await answer.text()).matchAll(/(?:href|action)="([^"]*)"/g)].map(([, link = '']) => link);
    assert.ok(links.length > 2);
    assert.deepEqual(
      links.filter((link) => !link.startsWith('/cron/') && !link.startsWith('#')),
      [],
      target,
    );
  }
  assert.equal((await below.request('/jobs')).status, 404);
});
