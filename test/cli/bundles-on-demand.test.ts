import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createOwnLog } from '../../src/system/own-log/own-log.ts';
import { startMailServer } from '../fakes/mail-server.ts';

const { load } = createRequire(import.meta.url)('../../../dist/boot.cjs');

const report = {
  ...{
    slug: 'backup',
    name: 'Sicherung',
    host: 'db1',
    outcome: 'timed out after 10 minutes',
    trigger: 'by the clock',
  },
  ...{ runId: '1', startedMs: 0, endedMs: 600_000, failuresInARow: 1, failingSinceMs: 0, remarks: [], tail: 'höher\n' },
};

test('the bundle with winston writes a log', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
  const file = path.join(folder, 'own.log');
  const settings = { level: 'info', format: 'text', console: false, file } as const;
  const log = createOwnLog({ settings, byTheClock: true, load: async () => load('winston-log.cjs') });
  log.note('error', 'from the bundle');
  await log.close();
  assert.match(readFileSync(file, 'utf8'), /error: from the bundle\n$/);
  rmSync(folder, { recursive: true });
});

test('the bundle with nodemailer words and sends a failmail', async () => {
  await using server = await startMailServer();
  const addresses = { fromAddress: 'Fail Mail <jobs@example.org>', toAddress: 'ops@example.org' };
  const { sendFailmail } = load('send-failmail.cjs');
  const route = { by: 'smtp', host: 'localhost', port: server.port };
  assert.deepEqual(await sendFailmail(report, addresses, route), { ok: true });
  const mail = server.received[0]?.mail;
  assert.equal(mail?.subject, 'Fail Mail : Sicherung (backup) timed out after 10 minutes on db1');
  assert.match(mail?.text ?? '', /after 10 minutes\n/);
});

test('without a from_address the mail is from the user at this host', async () => {
  await using server = await startMailServer();
  const { sendFailmail } = load('send-failmail.cjs');
  const route = { by: 'smtp', host: 'localhost', port: server.port };
  assert.deepEqual(await sendFailmail(report, { toAddress: 'ops@example.org' }, route), { ok: true });
  assert.equal(server.received[0]?.mail.from?.text, `"Fail Mail" <${userInfo().username}@db1>`);
});

test('a failmail that can not be worded is an answer too', async () => {
  const { sendFailmail } = load('send-failmail.cjs');
  const answer = await sendFailmail({ slug: 'backup' }, { fromAddress: 'a@b', toAddress: 'c@d' });
  assert.equal(answer.ok, false);
});
