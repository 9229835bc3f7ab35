/** Addresses that nobody means: every route with every parameter that some route knows, with values from the edge. None is an error of the page. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { hostileTexts, type WebScene, webScene } from './web-scene.ts';

let scene: WebScene;
before(async () => {
  scene = await webScene();
});
after(() => scene.end());

const moments = ['0', '1', '8640000000000', '99999999999999', '999999999999999', '-1', '1e9', 'x', ''];
const texts = [...hostileTexts, 'x'.repeat(1800), '%', '%E0%A4', '..', '../../etc/passwd', '\ud800', '[', '(((', '\\'];
const values: Readonly<Record<string, readonly string[]>> = {
  ...{ q: texts, tag: texts, find: texts, job: [...texts, 'evil'], state: [...texts, 'failing', '__proto__'] },
  ...{
    sort: ['need', 'took', 'constructor', ''],
    page: ['0', '1', '9999', '99999', '-1'],
    runs: ['failed', 'toString'],
  },
  ...{ outcome: ['failed', 'news', '__proto__'], before: moments, from: moments, until: moments },
  ...{ at: [...moments, 'yesterday 18:00', '02:00', '29 February', '9999-12-31 23:59', ...hostileTexts.slice(0, 3)] },
  ...{ day: ['0000-01-01', '0001-01-01', '9999-12-31', '2026-02-30', '1970-01-01', '2026-13-01', 'today'] },
  ...{ zone: ['UTC', '../../../etc/passwd', 'posix/UTC', 'America/Argentina/Buenos_Aires', 'a'.repeat(1800)] },
  ...{ stream: ['out', 'err', 'both', 'x'], wrap: ['0', 'x'], times: ['0'], hours: ['1', '168', '169', '0', 'x'] },
  ...{ limit: ['1', '500', '501', '0'], cursor: [...texts, 'zzz', '000'], detail: ['all', 'alerts', 'x'] },
};

test('no route fails on any value of any parameter, nor on a name that is none', async () => {
  const patterns = [...new Set(scene.routes.routes.flatMap(({ method, path }) => (method === 'GET' ? [path] : [])))];
  const slugs = ['evil', 'import', 'shop-web', 'nope', '%00', '%ff', '%2e%2e', '__proto__', 'a'.repeat(300)];
  const queries = Object.entries(values).flatMap(([key, all]) =>
    all.map((value) => new URLSearchParams([[key, value]]).toString()),
  );
  const failed: string[] = [];
  const ask = async (target: string) => {
    const answer = await scene.routes.request(target);
    const isStream = (answer.headers.get('Content-Type') ?? '').startsWith('text/event-stream');
    if (isStream) await answer.body?.cancel();
    const body = isStream ? '' : await answer.text();
    if (/[ "(=]NaN|Invalid Date|undefined/.test(body)) failed.push(`odd words: ${target.slice(0, 200)}`);
    if (answer.status >= 500 && answer.status !== 503) failed.push(`${answer.status} ${target.slice(0, 200)}`);
  };
  for (const pattern of patterns.filter((one) => !one.includes('/assets/'))) {
    for (const slug of pattern.includes(':') ? slugs : ['']) {
      const run = scene.lastRun(slug) || slug;
      await ask(
        pattern
          .replace(/:slug/, slug)
          .replace(/:run/, run)
          .replace(/:instance/, '0'),
      );
    }
    const target = pattern
      .replace(/:slug/, 'import')
      .replace(/:run/, scene.lastRun('import'))
      .replace(/:instance/, '0');
    // Of what a route does not know, a few.
    const known = queries.filter((_query, at) => (at + pattern.length) % 17 === 0);
    for (const query of pattern.endsWith('/changes') ? known.slice(0, 2) : known) await ask(`${target}?${query}`);
  }
  for (const day of values.day ?? [])
    for (const zone of values.zone ?? []) await ask(`/timeline?day=${day}&zone=${zone}`);
  for (const at of values.at ?? []) await ask(`/why/import?${new URLSearchParams({ at })}`);
  for (const before of moments) for (const path of ['/events', '/jobs/import']) await ask(`${path}?before=${before}`);
  assert.deepEqual(
    failed,
    [],
    scene.told
      .map(({ stack }) => stack)
      .join('\n')
      .slice(0, 3000),
  );
  assert.deepEqual(scene.told.map(String), []);
});

test('a job file that changes, breaks, goes, or becomes another kind of file while it is read harms no answer', async () => {
  const file = path.join(scene.config.jobDirectory, 'turning.yaml');
  const whole = 'name: Turning\ncommand: /bin/true\nschedule: "*/5 * * * *"\ntags: [turn]\n';
  const become: readonly (() => void)[] = [
    () => writeFileSync(file, whole),
    () => writeFileSync(file, whole.slice(0, 30)),
    () => writeFileSync(file, ''),
    () => rmSync(file),
    () => mkdirSync(file),
    () => symlinkSync('/etc/shadow', file),
    () => execFileSync('mkfifo', [file]),
    () => writeFileSync(file, Buffer.alloc(3 << 20, 'a: b\n')),
    () => writeFileSync(file, whole.replace('true', 'false')),
  ];
  const seen = new Set<number>();
  for (const [index, make] of [...become, ...become].entries()) {
    if (!(index % become.length === 3)) rmSync(file, { recursive: true, force: true });
    else writeFileSync(file, whole);
    const before = ['/jobs/turning', '/api/v1/jobs', '/why/turning', '/'].map((target) => scene.routes.request(target));
    make();
    scene.changed('turning');
    const after = ['/jobs/turning', '/jobs', '/why/turning', '/api/v1/jobs/turning', '/timeline', '/metrics'];
    for (const answer of await Promise.all([...before, ...after.map((target) => scene.routes.request(target))])) {
      seen.add(answer.status);
      assert.doesNotMatch(await answer.text(), /root:|NaN/);
    }
  }
  assert.deepEqual([...seen].sort(), [200, 404]);
  assert.deepEqual(scene.told.map(String), []);
  rmSync(file, { recursive: true, force: true });
});
