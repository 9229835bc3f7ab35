import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, Occasion } from '../../src/job/keys/notices.ts';
import { channelName, heardBy } from '../../src/notify/hearing.ts';
import type { Telling } from '../../src/notify/incident.ts';

const failure: Telling = { is: 'failure', pauses: false };
const recovery: Telling = { is: 'recovery', failures: 2, sinceMs: 0 };
const warning: Telling = { is: 'warning', words: 'took long' };
const end: Telling = { is: 'end', status: 'success' };
const mail = (...on: Occasion[]): Channel => ({ kind: 'mail', to: 'ops@example.org', on });
const ping: Channel = { kind: 'ping', address: { url: 'https://hc.example.org/4f6e' } };

test('a channel hears the one thing that matters most of what it has asked for', () => {
  const rows: readonly [Channel, readonly Telling[], Telling | undefined][] = [
    [mail('failure', 'recovery'), [end, failure], failure],
    [mail('recovery'), [end, failure], undefined],
    [mail('success', 'recovery'), [end, recovery, { is: 'success' }], recovery],
    [mail('success'), [end, recovery, { is: 'success' }], { is: 'success' }],
    [mail('warning', 'success'), [end, { is: 'success' }, warning], warning],
    [mail('skipped', 'failure'), [{ is: 'end', status: 'failure' }, failure, { is: 'skipped' }], failure],
    [mail('success', 'failure', 'recovery', 'warning', 'skipped'), [{ is: 'start' }], undefined],
    [mail('failure'), [], undefined],
  ];
  for (const [channel, tellings, expected] of rows) assert.deepEqual(heardBy(channel, tellings), expected);
});

test('a ping hears of the start and end of each run, unless it asks for something else', () => {
  assert.deepEqual(heardBy(ping, [{ is: 'start' }]), { is: 'start' });
  assert.deepEqual(heardBy(ping, [end, recovery, warning]), end);
  assert.equal(heardBy(ping, [warning]), undefined);
  assert.deepEqual(heardBy({ ...ping, on: ['failure'] }, [end, failure]), failure);
  assert.equal(heardBy({ ...ping, on: ['failure'] }, [{ is: 'start' }]), undefined);
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
