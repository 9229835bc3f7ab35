/** The API over a real state directory: histories, logs, timeline and answers to why, each of its schema, in parts, and as jobctl says it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAnswer } from '../snapshot-schema.ts';
import { type WebScene, webScene } from './web-scene.ts';

// biome-ignore lint/suspicious/noExplicitAny: any JSON; the schema judges it
type Value = any;

let scene: WebScene;
let jobs: readonly Value[];
before(async () => {
  scene = await webScene();
  jobs = (await get('jobs?limit=500', 'JobsAnswer')).items;
});
after(async () => {
  await scene.end();
  assert.deepEqual(scene.told, []);
});

async function ask(target: string): Promise<{ readonly status: number; readonly value: Value }> {
  const answer = await scene.routes.request(`/api/v1/${target}`);
  assert.equal(answer.headers.get('Content-Type'), 'application/json; charset=utf-8', target);
  return { status: answer.status, value: await answer.json() };
}

async function get(target: string, part: string): Promise<Value> {
  const { status, value } = await ask(target);
  assert.equal(status, 200, `${target}: ${JSON.stringify(value)}`);
  assertAnswer(value, part);
  return value;
}

/** All parts of a list, which together have no item twice. */
async function all(target: string, part: string, limit: number): Promise<readonly Value[]> {
  const items: Value[] = [];
  for (let cursor = ''; ; ) {
    const value = await get(`${target}${target.includes('?') ? '&' : '?'}limit=${limit}${cursor}`, part);
    items.push(...value.items);
    if (value.next === undefined) break;
    assert.equal(value.items.length, limit);
    cursor = `&cursor=${value.next}`;
  }
  const texts = items.map((item) => JSON.stringify(item));
  assert.equal(new Set(texts).size, texts.length, target);
  return items;
}

const isFalling = (numbers: readonly number[]) => numbers.every((one, at) => at === 0 || one <= (numbers[at - 1] ?? 0));

test('each job has its runs, newest first, each of them alone, and its log', async () => {
  let lines = 0;
  for (const { slug, service, lastRun } of jobs) {
    const runs = await all(`jobs/${slug}/runs`, 'RunsAnswer', 50);
    assert.ok(isFalling(runs.map(({ startedMs }) => startedMs)));
    if (service === undefined && lastRun !== undefined)
      assert.ok(
        runs.some(({ run }) => run === lastRun.run),
        slug,
      );
    for (const run of runs.slice(0, 2)) {
      assert.deepEqual((await get(`jobs/${slug}/runs/${run.run}`, 'RunAnswer')).item, run);
      const log = await ask(`jobs/${slug}/runs/${run.run}/log`);
      if (log.status !== 200) continue;
      assertAnswer(log.value, 'LogAnswer');
      lines += log.value.item.lines.length;
      const [first] = log.value.item.lines;
      if (first === undefined) continue;
      const found = await get(
        `jobs/${slug}/runs/${run.run}/log?find=${encodeURIComponent(first.text.slice(30, 40))}`,
        'LogAnswer',
      );
      assert.ok(found.item.matches.count >= 1);
    }
  }
  assert.ok(lines > 20);
});

test('events are those of all jobs, newest first; failures alone when they are asked for', async () => {
  const events = await all('events', 'EventsAnswer', 500);
  assert.ok(events.length > 100);
  assert.ok(isFalling(events.map((event) => event.startedMs ?? event.atMs)));
  const failures = await all('events?outcome=failed', 'EventsAnswer', 500);
  assert.ok(failures.length > 0 && failures.length < events.length);
  const { job } = failures[0];
  const ofJob = await all(`events?outcome=failed&job=${job}`, 'EventsAnswer', 500);
  assert.deepEqual(
    ofJob,
    failures.filter((event) => event.job === job),
  );
});

test('the starts to come rise, and the timeline has them beside the runs of the same span', async () => {
  const ticks = await all('next?hours=24', 'NextAnswer', 100);
  assert.ok(ticks.length > 0);
  assert.ok(isFalling(ticks.map(({ startMs }) => -startMs)));
  const untilMs = scene.nowMs + 12 * 3_600_000;
  const fromMs = scene.nowMs - 24 * 3_600_000;
  const lanes = await all(`timeline?from=${fromMs}&until=${untilMs}`, 'TimelineAnswer', 3);
  assert.equal(lanes.length, jobs.length);
  assert.ok(lanes.some(({ runs }) => runs.length > 0));
  assert.ok(lanes.some((lane) => lane.ticks.length > 0));
  for (const lane of lanes) for (const { startedMs } of lane.runs) assert.ok(startedMs < untilMs);
});

test('why has one sentence, the commands to type, and what was found', async () => {
  for (const { slug } of jobs) {
    const { item } = await get(`why/${slug}`, 'WhyAnswer');
    assert.ok(item.answer.startsWith(slug), item.answer);
    assert.ok(item.findings.length > 0 || item.facts.length >= 0);
  }
});

test('what is no query is refused, what is not there is not found, and no word of it comes back', async () => {
  const [{ slug }] = jobs;
  for (const target of [
    ...['0', '501', 'x', '1e1'].map((limit) => `jobs/${slug}/runs?limit=${limit}`),
    ...['events?outcome=secret', 'events?limit=999', 'next?hours=169', 'next?hours=0', 'next?hours=x'],
    ...[
      `timeline?from=0&until=${scene.nowMs}`,
      'timeline?from=x',
      `timeline?from=${scene.nowMs + 1e6}`,
      `why/${slug}?at=secret`,
    ],
  ]) {
    const { status, value } = await ask(target);
    assert.equal(status, 400, target);
    assertAnswer(value, 'ErrorAnswer');
    assert.doesNotMatch(JSON.stringify(value), /secret/);
  }
  for (const target of [
    ...['jobs/secret/runs', `jobs/${slug}/runs/secret`, `jobs/${slug}/runs/secret/log`, 'why/secret', 'runs'],
  ]) {
    const { status, value } = await ask(target);
    assert.equal(status, 404, target);
    assertAnswer(value, 'ErrorAnswer');
    assert.doesNotMatch(JSON.stringify(value), /secret/);
  }
  assert.deepEqual((await get('events?job=secret', 'EventsAnswer')).items, []);
});
