import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, Occasion } from '../../src/job/keys/notices.ts';
import type { News } from '../../src/notify/incident.ts';
import { channelName, dueFailmail, newsFor } from '../../src/notify/routing.ts';

const failure: News = { is: 'failure', pauses: false };
const recovery: News = { is: 'recovery', failures: 2, sinceMs: 0 };
const warning: News = { is: 'warning', words: 'took long' };
const end: News = { is: 'end', status: 'success' };
const mail = (...on: Occasion[]): Channel => ({ kind: 'mail', to: 'ops@example.org', on });
const ping: Channel = { kind: 'ping', address: { url: 'https://hc.example.org/4f6e' } };

test('a channel gets the most important news that it asks for', () => {
  const rows: readonly [Channel, readonly News[], News | undefined][] = [
    [mail('failure', 'recovery'), [end, failure], failure],
    [mail('recovery'), [end, failure], undefined],
    [mail('success', 'recovery'), [end, recovery, { is: 'success' }], recovery],
    [mail('success'), [end, recovery, { is: 'success' }], { is: 'success' }],
    [mail('warning', 'success'), [end, { is: 'success' }, warning], warning],
    [mail('skipped', 'failure'), [{ is: 'end', status: 'failure' }, failure, { is: 'skipped' }], failure],
    [mail('success', 'failure', 'recovery', 'warning', 'skipped'), [{ is: 'start' }], undefined],
    [mail('failure'), [], undefined],
  ];
  for (const [channel, news, expected] of rows) assert.deepEqual(newsFor(channel, news), expected);
});

test('a ping gets the start and end of each run, unless it asks for something else', () => {
  assert.deepEqual(newsFor(ping, [{ is: 'start' }]), { is: 'start' });
  assert.deepEqual(newsFor(ping, [end, recovery, warning]), end);
  assert.equal(newsFor(ping, [warning]), undefined);
  assert.deepEqual(newsFor({ ...ping, on: ['failure'] }, [end, failure]), failure);
  assert.equal(newsFor({ ...ping, on: ['failure'] }, [{ is: 'start' }]), undefined);
});

test('a channel is named without its address', () => {
  const rows: readonly [Channel, string][] = [
    [mail('failure'), 'mail to ops@example.org'],
    [ping, 'ping at hc.example.org'],
    [{ kind: 'webhook', address: { urlFile: '/etc/chat-url' }, on: ['failure'] }, 'webhook of /etc/chat-url'],
    [{ kind: 'command', words: ['/usr/bin/page', '--key', 's3cret'], on: ['failure'] }, 'command /usr/bin/page'],
  ];
  for (const [channel, name] of rows) assert.equal(channelName(channel), name);
});

test('failmail is due for each failure from the Nth in a row on, and for no other run', () => {
  const rows: readonly [after: number, inARow: number, due: boolean][] = [
    [1, 1, true],
    [1, 2, true],
    [3, 2, false],
    [3, 3, true],
    [3, 4, true],
  ];
  for (const [after, inARow, due] of rows) {
    const failed: News = { is: 'failed-run', inARow };
    assert.equal(dueFailmail({ after }, [end, failure, failed]), due ? inARow : undefined, `${after} ${inARow}`);
  }
  assert.equal(dueFailmail({ after: 1 }, [end, failure, recovery, warning]), undefined);
});

test('news for failmail is no news for a channel', () => {
  for (const channel of [mail('failure', 'recovery', 'success', 'skipped', 'warning'), ping]) {
    assert.equal(newsFor(channel, [{ is: 'failed-run', inARow: 1 }]), undefined);
  }
});
