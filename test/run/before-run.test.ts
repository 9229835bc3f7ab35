import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splayMs } from '../../src/run/tick/splay.ts';
import { sha256 } from '../../src/system/file/hash.ts';
import { settle } from '../fakes/host.ts';
import { Host } from './ticking.ts';

const hourly = '0 * * * *';

test('the splay of a job is constant on a host, below its limit, and different on other hosts', () => {
  const slug = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
  fc.assert(
    fc.property(slug, slug, fc.integer({ min: 1, max: 86_400 }), (name, host, splaySeconds) => {
      const delay = splayMs(name, host, splaySeconds, sha256);
      assert.equal(splayMs(name, host, splaySeconds, sha256), delay);
      assert.ok(delay >= 0 && delay < splaySeconds * 1000);
    }),
  );
  // A fleet of a thousand is spread evenly: each tenth of the time gets its share.
  const tenths = new Array<number>(10).fill(0);
  for (let n = 0; n < 1000; n += 1) {
    const tenth = Math.floor(splayMs('backup', `web${n}`, 300, sha256) / 30_000);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(count > 50 && count < 150, tenths.join(' '));
  assert.equal(splayMs('backup', 'web1', 0, sha256), 0);
});

function splayed(keys = {}) {
  const host = new Host(hourly, { splay: '5m', ...keys }).at('2026-11-22T10:00:01Z');
  let delay = 0;
  // Looks for a host name with a delay of some minutes.
  for (let n = 0; delay < 60_000 || delay > 240_000; n += 1) {
    host.host = `web${n}`;
    delay = splayMs('backup', host.host, 300, sha256);
  }
  return { host, delay };
}

test('a tick waits for its splay, counted from the tick and not from the start', async () => {
  const { host, delay } = splayed();
  let begun: unknown;
  void host.start().then((answer) => {
    begun = answer;
  });
  await host.clock.advance(delay - 1001);
  assert.equal(begun, undefined);
  await host.clock.advance(1);
  assert.deepEqual(begun, { is: 'go', tick: { tickMs: Date.parse('2026-11-22T10:00Z') }, warnings: [] });
  assert.equal(host.clock.armed, 0);
});

test('a stop ends the wait for the splay at once', async () => {
  const { host } = splayed();
  const start = host.start();
  await settle();
  host.stops.request();
  assert.equal((await start).is, 'go', 'the run itself sees the request again, and ends at once');
  assert.equal(host.clock.armed, 0);
});

test('a tick is skipped if the job is paused while it waits for its splay', async () => {
  const { host } = splayed();
  const says = host.says();
  await settle();
  host.pauses = [{ target: { job: 'backup' }, atMs: host.clock.nowMs(), by: 'ada' }];
  await host.clock.advance(300_000);
  assert.equal(await says, 'paused for 22 10:00');
});

test('a tick of a paused job is skipped without waiting and does not count as missed', async () => {
  const { host } = splayed();
  host.pauses = [{ target: { tag: 'night' }, atMs: 0, by: 'ada', reason: 'move' }];
  const answer = await host.start();
  assert.ok(answer.is === 'skip');
  assert.deepEqual(answer.skip, {
    reason: 'paused',
    words: 'paused by tag night by ada until it is resumed: move (jobctl resume --tag night)',
    allowed: true,
  });
  assert.equal(await host.says(), 'claimed for 22 10:00');
});

test('a person can not start a paused job, and the exit code says so', async () => {
  const host = new Host(hourly);
  host.pauses = [{ target: { job: 'backup' }, atMs: 0, by: 'ada' }];
  const answer = await host.start({ by: { by: 'person', uid: 1, name: 'bob' } });
  assert.ok(answer.is === 'skip' && !answer.skip.allowed && answer.tick === undefined);
});

test('a start after its start_deadline is skipped and says how late it was', async () => {
  const host = new Host('30 10 * * *', { start_deadline: '10m' }).at('2026-11-21T10:30:01Z');
  assert.equal(await host.says(), 'runs for 21 10:30');
  host.at('2026-11-22T10:39:59Z');
  assert.equal(await host.says(), 'runs for 22 10:30 late by 599 s');
  host.at('2026-11-23T10:55:00Z');
  const answer = await host.start();
  assert.ok(answer.is === 'skip');
  assert.deepEqual(answer.skip, {
    reason: 'deadline',
    words: 'the start for 2026-11-23 10:30:00 came 25 minutes late, and start_deadline is 10 minutes',
    allowed: false,
  });
  assert.deepEqual(answer.tick, { tickMs: Date.parse('2026-11-23T10:30Z'), lateMs: 25 * 60_000 });
});

test('start_deadline counts from the end of the splay and never skips a tick that is caught up', async () => {
  const { host, delay } = splayed({ start_deadline: '1s' });
  const waits = host.says();
  await host.clock.advance(delay);
  assert.equal(await waits, 'runs for 22 10:00');
  const tickMs = Date.parse('2026-11-22T09:00Z');
  const caughtUp = host.says({ caughtUp: { tickMs, lateMs: 3_600_000 } });
  await host.clock.advance(delay - 1);
  assert.equal(host.clock.armed, 1, 'after a power cut a fleet does not catch up all at once');
  await host.clock.advance(1);
  assert.equal(await caughtUp, 'runs for 22 09:00 late by 3600 s');
});
