/**
 * The small parts of services: ports, snoozes, desired states, and the records that survive a
 * supervisor and a boot.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { afterCommand, readDesired, requestWords, writeDesired } from '../../src/service/desired.ts';
import { judgeResponse } from '../../src/service/instance/http-response.ts';
import { noDeaths } from '../../src/service/instance/respawn.ts';
import { snoozedUntilMs } from '../../src/service/instance/snooze.ts';
import { allocatePorts } from '../../src/service/ports/allocate.ts';
import { formatEntry, parseJournal } from '../../src/service/record/journal.ts';
import type { InstanceRecord } from '../../src/service/record/record.ts';
import { describeInstance, restoreInstance } from '../../src/service/record/restore.ts';
import { FakeState } from '../fakes/host.ts';

const range = { first: 100, last: 109 };
const ask = (taken: readonly number[], before: Record<string, number> = {}, busy: readonly number[] = []) =>
  allocatePorts({
    ports: [{ name: 'http' }, { name: 'admin' }],
    before,
    taken: new Set(taken),
    range,
    offset: 8,
    isFree: (port) => Promise.resolve(!busy.includes(port)),
  });

test('an instance gets free ports of the range that no other service has reserved, from the position of its service on', async () => {
  assert.deepEqual(await ask([]), { is: 'allocated', ports: { http: 108, admin: 109 } });
  assert.deepEqual(await ask([108]), { is: 'allocated', ports: { http: 109, admin: 100 } });
  assert.deepEqual(await ask([], {}, [108, 109, 100]), { is: 'allocated', ports: { http: 101, admin: 102 } });
});

test('an instance gets the ports that it had, unless another process has bound them', async () => {
  assert.deepEqual(await ask([], { http: 103, admin: 102 }), { is: 'allocated', ports: { http: 103, admin: 102 } });
  assert.deepEqual(await ask([103], { http: 103 }), { is: 'allocated', ports: { http: 108, admin: 109 } });
  assert.deepEqual(await ask([], { http: 103 }, [103]), { is: 'allocated', ports: { http: 108, admin: 109 } });
  assert.deepEqual(await ask([], { http: 99 }), { is: 'allocated', ports: { http: 108, admin: 109 } });
});

test('if no port of the range is free the reason names the port and the range', async () => {
  const all = Array.from({ length: 9 }, (_, n) => 100 + n);
  assert.deepEqual(await ask(all), {
    is: 'failed',
    reason: 'no port is free for "admin" between 100 and 109 (port_range)',
  });
});

test('a port number in the file is used as it is, and no other port gets it', async () => {
  const answer = await allocatePorts({
    ports: [{ name: 'a' }, { name: 'b', number: 100 }],
    before: { a: 100 },
    taken: new Set(),
    range,
    offset: 0,
    isFree: () => Promise.resolve(true),
  });
  assert.deepEqual(answer, { is: 'allocated', ports: { a: 101, b: 100 } });
});

test('a snooze lasts until its deadline, an empty file for snooze_max, and none longer than that', () => {
  const until = (writtenMs: number, text: string, nowMs: number) =>
    snoozedUntilMs({ writtenMs, text }, { nowMs, maxSeconds: 3600 });
  const at = Date.parse('2026-11-25T10:00:00Z');
  const minute = 60_000;
  assert.equal(until(at, '', at), at + 60 * minute);
  assert.equal(until(at, '2026-11-25T10:30:00Z\n', at), at + 30 * minute);
  assert.equal(until(at, '2027-01-01T00:00:00Z', at), at + 60 * minute);
  assert.equal(until(at, 'see ticket 4711', at), at + 60 * minute);
  assert.equal(until(at, '2026-11-25T10:30:00Z', at + 30 * minute), undefined);
  assert.equal(until(at, '', at + 60 * minute), undefined);
  assert.equal(snoozedUntilMs(undefined, { nowMs: at, maxSeconds: 3600 }), undefined);
});

test('the body is compared without case and surrounding blanks; an empty expectation allows any body but not any code', () => {
  const probe = { by: 'http', port: 'a', path: '/', expectedResponse: 'ok', expectedCode: 0 } as const;
  type Expected = { readonly expectedCode?: number; readonly expectedResponse?: string };
  const rows: readonly (readonly [number, string, Expected, boolean])[] = [
    [200, ' OK\n', {}, true],
    [200, 'okay', {}, false],
    [302, 'ok', {}, true],
    [404, 'ok', {}, false],
    [500, 'ok', {}, false],
    [204, '', { expectedCode: 204, expectedResponse: '' }, true],
    [200, 'ok', { expectedCode: 204 }, false],
    [503, 'ok', { expectedCode: 503 }, true],
    [500, 'x', { expectedResponse: '' }, false],
    [200, 'x', { expectedResponse: '' }, true],
  ];
  for (const [code, body, more, isWell] of rows) {
    assert.equal(
      judgeResponse({ code, body }, { ...probe, ...more }).is,
      isWell ? 'success' : 'failure',
      `${code} ${body}`,
    );
  }
});

test('a service is to be up until an operator stops it, and the record says who, when and why', () => {
  const files = new FakeState();
  assert.equal(readDesired(files, 'web').service.state, 'up');
  const stop = afterCommand(readDesired(files, 'web').service, 'stop', {
    atMs: 1000,
    by: 'ada',
    reason: 'moving house',
  });
  writeDesired(files, { slug: 'web' }, stop);
  const { service, instance } = readDesired(files, 'web');
  assert.deepEqual([service.state, instance(0).state], ['down', 'up']);
  assert.equal(service.decision && requestWords(service.decision, String), 'by ada at 1000: moving house');
  assert.equal(afterCommand(stop, 'restart', { atMs: 2000, by: 'ada' }).state, 'up');
  assert.deepEqual(afterCommand(stop, 'reset', { atMs: 2000, by: 'ada' }).state, 'down');
});

test('instance 2 of web and a service named web.2 have separate records', () => {
  const files = new FakeState();
  writeDesired(files, { slug: 'web.2' }, { state: 'down' });
  assert.equal(readDesired(files, 'web').instance(2).state, 'up');
  writeDesired(files, { slug: 'web', instance: 2 }, { state: 'down' });
  assert.equal(readDesired(files, 'web').instance(2).state, 'down');
});

test('a record that can not be understood counts as none', () => {
  const files = new FakeState();
  for (const text of ['', '{', '{"wanted":"sideways"}', 'null', '[]']) {
    files.write('desired', 'web', text);
    assert.equal(readDesired(files, 'web').service.state, 'up', text);
  }
});

const failed: InstanceRecord = {
  number: 0,
  at: 'failed',
  sinceMs: 5000,
  reason: 'died 4 times',
  restarts: 3,
  quickDeaths: 4,
  deathsMs: [1000, 2000],
  lastExit: { words: 'exited with code 1', atMs: 2000 },
  ports: {},
};
const restoring = { nowMs: 10_000, sinceBootMs: 7000, sameBoot: true, resetMs: 0 };

test('a failed instance stays failed over supervisors and boots until an operator resets it', () => {
  assert.equal(restoreInstance(failed, restoring).at, 'failed');
  assert.equal(restoreInstance(failed, { ...restoring, sameBoot: false }).at, 'failed');
  assert.equal(restoreInstance(failed, { ...restoring, resetMs: 6000 }).at, 'down');
  assert.equal(restoreInstance(failed, { ...restoring, resetMs: 4000 }).at, 'failed');
});

test('a finished instance stays finished until the next boot', () => {
  const finished: InstanceRecord = { ...failed, at: 'finished' };
  assert.equal(restoreInstance(finished, restoring).at, 'finished');
  assert.equal(restoreInstance(finished, { ...restoring, sameBoot: false }).at, 'down');
});

test('deaths of this boot count for the next supervisor; those of another boot do not', () => {
  const { sinceMs: _since, reason: _reason, ...dead } = failed;
  // Only these three states have a start of their own.
  const records: readonly InstanceRecord[] = [
    ...(['down', 'backoff', 'stopping', 'unhealthy'] as const).map((at) => ({ ...dead, at })),
    ...(['starting', 'up', 'failed'] as const).map((at) => ({ ...dead, at, sinceMs: 5000 })),
  ];
  for (const record of records) {
    const deathsAfter = (more: object) => restoreInstance(record, { ...restoring, ...more }).memory.deaths;
    assert.deepEqual(deathsAfter({}), { atMs: [-2000, -1000], quick: 4 }, record.at);
    assert.deepEqual(deathsAfter({ resetMs: 1999 }), { atMs: [-2000, -1000], quick: 4 }, record.at);
    assert.deepEqual(deathsAfter({ resetMs: 5000 }), noDeaths, record.at);
    assert.deepEqual(deathsAfter({ sameBoot: false }), noDeaths, record.at);
  }
});

test('an instance that waits for its next start goes on waiting on the same boot, and no longer than it was to', () => {
  const { sinceMs: _since, reason: _reason, ...dead } = failed;
  const waiting: InstanceRecord = { ...dead, at: 'backoff', untilMs: 12_000 };
  const restored = (more: object) => {
    const instance = restoreInstance(waiting, { ...restoring, ...more });
    return instance.at === 'backoff' ? instance.untilMs : instance.at;
  };
  assert.equal(restored({}), 9000);
  assert.equal(restored({ nowMs: -1e9 }), 17_000, 'the clock was set back');
  assert.equal(restored({ sameBoot: false }), 'down');
  assert.equal(restored({ resetMs: 3000 }), 'down');
});

test('an instance is restored as it was recorded', () => {
  const instance = restoreInstance(failed, restoring);
  const described = describeInstance(instance, restoring);
  assert.deepEqual({ ...described, number: 0, ports: {} }, failed);
});

test('the journal and the history of runs share a file without disturbing each other', () => {
  const text = `${formatEntry({ atMs: 1, words: 'web is UP', state: 'UP' })}{"event":"interrupted","run":"a","atMs":2}\ntorn{"ev\n`;
  assert.deepEqual(parseJournal(text), [{ atMs: 1, words: 'web is UP', state: 'UP' }]);
  assert.equal(parseEvents(text).length, 1);
});
