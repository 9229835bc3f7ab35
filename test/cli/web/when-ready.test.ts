/** While the first look at all jobs lasts, a reader waits a little, and then is told when to come again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { whenReady } from '../../../src/cli/web/routes.tsx';

function pageOf(ready: Promise<void>, waitMs: number): Hono {
  const routes = new Hono();
  routes.use(whenReady({ ready: () => ready }, waitMs));
  routes.get('/', (context) => context.text('all jobs'));
  return routes;
}

const longMs = 600_000;

test('a reader who has waited long enough is told to come again, and a browser does so by itself', async () => {
  const never = new Promise<void>(() => undefined);
  const answer = await pageOf(never, 1).request('/');
  assert.deepEqual([answer.status, answer.headers.get('Retry-After'), answer.headers.get('Refresh')], [503, '2', '2']);
  assert.match(await answer.text(), /^the jobs are still being read/);
});

test('a reader who has not waited too long gets the page as soon as it is ready', async () => {
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const asked = pageOf(ready, longMs).request('/');
  isReady();
  const answer = await asked;
  assert.deepEqual([answer.status, await answer.text()], [200, 'all jobs']);
});
