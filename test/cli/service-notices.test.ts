/** People hear of a service once when it is worse and once when it is well again, by failmail and over its channels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMailServer } from '../fakes/mail-server.ts';
import { until } from './house.ts';
import { ServiceHouse } from './serving.ts';

test('a service that has failed is told once, and once that it is up again', async () => {
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
    await until('both to be told', () => told('told').length === 1 && server.received.length === 1);
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
      'both to be told',
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
