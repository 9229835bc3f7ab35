/**
 * A service that fails sends one message, and one when it is up again, by failmail and over its
 * channels.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startMailServer } from '../fakes/mail-server.ts';
import { until } from './house.ts';
import { ServiceHouse } from './serving.ts';

test('a service that has failed sends one message, and one when it is up again', async () => {
  await using server = await startMailServer();
  const house = new ServiceHouse({}, { config: `mail: {smtp: {host: 127.0.0.1, port: ${server.port}}}` });
  house.job(
    'shop',
    `name: Shop
service: true
command: /usr/bin/perl ${house.serves}
ports: [http]
respawn_limit: 1 60
restart_delay: 0
min_uptime: 1
failmail: {to_address: ops@example.org}
notify:
  - command: /usr/bin/tee -a ${house.play}/told
  - {command: /usr/bin/tee -a ${house.play}/only-well, on: [recovery]}
`,
  );
  const told = (name: string) => house.lines(name).map((line) => JSON.parse(line) as Record<string, unknown>);
  try {
    house.tell('dies.0', '3');
    await house.ensure();
    await house.until('shop', 'it to have failed', ({ state }) => state === 'FAILED');
    await until('both messages', () => told('told').length === 1 && server.received.length === 1);
    const [worse] = told('told');
    assert.deepEqual([worse?.occasion, worse?.job, worse?.outcome], ['failure', 'shop', 'is FAILED']);
    assert.match(
      String(worse?.text),
      /Fail Mail : Shop \(shop\) is FAILED[\s\S]*shop\.0: failed: died 2 times[\s\S]*jobctl restart shop/,
    );
    assert.match(server.received[0]?.mail.subject ?? '', /^Fail Mail : Shop \(shop\) is FAILED on /);

    house.untell('dies.0');
    const started = await house.run('jobctl', ['start', 'shop', '--wait']);
    assert.equal(started.code, 0, started.stderr);
    await until(
      'both messages',
      () => told('told').length === 2 && server.received.length === 2 && told('only-well').length > 0,
    );
    assert.deepEqual(
      told('told').map(({ occasion }) => occasion),
      ['failure', 'recovery'],
    );
    assert.match(server.received[1]?.mail.subject ?? '', /^Recovered : Shop \(shop\) is up again on /);
    assert.deepEqual(
      told('only-well').map(({ occasion }) => occasion),
      ['recovery'],
    );
  } finally {
    await house.end();
  }
});

test('an undelivered notice of a service is shown by status, check-jobs-icinga and history, until one is delivered', async () => {
  const house = new ServiceHouse({}, { config: 'mail: {smtp: {host: 127.0.0.1, port: 1}}' });
  const hook = createServer((_request, response) => {
    response.statusCode = isOpen ? 200 : 503;
    response.end();
  });
  let isOpen = false;
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  const service = (more: string) =>
    `name: Shop\nservice: true\ncommand: /usr/bin/perl ${house.serves}\nports: [http]\nrespawn_limit: 1 60\nrestart_delay: 0\nmin_uptime: 1\n${more}`;
  const channels = {
    pinged: `notify: [{ping: "http://127.0.0.1:${port}/check"}]\n`,
    hooked: `notify: [{webhook: "http://127.0.0.1:${port}/hook"}]\n`,
    mailed: 'failmail: {to_address: ops@example.org}\n',
  };
  for (const [slug, more] of Object.entries(channels)) house.job(slug, service(more));
  const words = {
    pinged: /notice failed: ping at 127\.0\.0\.1:\d+: .*503/,
    hooked: /notice failed: webhook at 127\.0\.0\.1:\d+: .*503/,
    mailed: /notice failed: failmail: .*ECONNREFUSED/,
  };
  const shown = async (...args: readonly string[]) => (await house.run('jobctl', args)).stdout;
  try {
    house.tell('dies.0', '3');
    await house.ensure();
    for (const [slug, failed] of Object.entries(words)) {
      await until(`the failure of ${slug}`, async () => failed.test(await shown('status', slug)));
      assert.match(await shown('status'), new RegExp(`^${slug} .*${failed.source}`, 'm'));
      assert.match(await shown('history', slug), new RegExp(`${slug}: a ${failed.source}`));
      const check = await house.run('check-jobs-icinga', ['-j', slug]);
      assert.match(check.stdout, new RegExp(`${slug}: a ${failed.source}`));
    }
    // An operator who starts it again has seen the failure; a message that is delivered at once is
    // no news.
    house.untell('dies.0');
    isOpen = true;
    for (const slug of Object.keys(words)) {
      assert.equal((await house.run('jobctl', ['start', slug, '--wait'])).code, 0);
      if (slug !== 'mailed')
        await until(`${slug} without a failure`, async () => !/notice/.test(await shown('status', slug)));
    }
  } finally {
    hook.close();
    await house.end();
  }
});
