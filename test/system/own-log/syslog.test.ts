import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeSyslog } from '../../../src/system/own-log/syslog.ts';
import { startSyslog } from '../../fakes/syslog.ts';

/** RFC 5424: facility * 8 + severity; cron is 9, local0 is 16. */
const rows = [
  { level: 'error', facility: 'cron', priority: 75 },
  { level: 'warn', facility: 'cron', priority: 76 },
  { level: 'info', facility: 'local0', priority: 134 },
  { level: 'debug', facility: 'local0', priority: 135 },
] as const;

for (const { level, facility, priority } of rows) {
  test(`${facility}.${level} reaches the system log with priority ${priority}`, async () => {
    await using syslog = await startSyslog();
    assert.deepEqual(await writeSyslog(level, 'Grüße', { facility, socket: syslog.socket }), { ok: true });
    const [message = ''] = await syslog.messages(1);
    assert.equal(message.replace(/>.* run-job/, '> run-job'), `<${priority}> run-job[${process.pid}]: Grüße`);
  });
}

test('each line is its own message, and none can set a priority or control a terminal', async () => {
  await using syslog = await startSyslog();
  await writeSyslog('error', 'first\n\n<0>second\nthird \u001b[2J\u0000\r', {
    facility: 'cron',
    socket: syslog.socket,
  });
  const messages = await syslog.messages(3);
  assert.deepEqual(
    messages.map((message) => message.replace(/^<75>.*?: /, '')),
    ['first', '<0>second', 'third \\u001b[2J\\u0000\\u000d'],
  );
});

test('a line of 20,000 characters is cut into messages that a system log accepts', async () => {
  await using syslog = await startSyslog();
  await writeSyslog('error', 'x'.repeat(20_000), { facility: 'cron', socket: syslog.socket });
  const texts = (await syslog.messages(3)).map((message) => message.replace(/^<75>.*?: /, ''));
  assert.equal(texts.join('').length, 20_000);
});

test('an unknown facility gives a reason and does not throw', async () => {
  const written = await writeSyslog('error', 'text', { facility: 'kitchen' });
  assert.match(written.ok ? '' : written.reason, /kitchen/);
});

test('a system log that does not read is given up', { timeout: 120_000 }, async () => {
  await using syslog = await startSyslog('deaf');
  const text = 'a line\n'.repeat(2000);
  assert.deepEqual(await writeSyslog('error', text, { facility: 'cron', socket: syslog.socket }), {
    ok: false,
    reason: 'logger: it hangs',
  });
});
