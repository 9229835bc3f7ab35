/** The job file of the page: a supervisor of process-control keeps it up, sees whether it answers, and ends it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { repository, until } from '../house.ts';
import { ServiceHouse } from '../serving.ts';
import { get, placeOf } from './running.ts';

const example = readFileSync(path.join(repository, 'jobs.example/page.yaml'), 'utf8');
const house = new ServiceHouse({});
after(() => house.end());

const curl = placeOf('curl');

test('the example keeps the page up, and its health check asks it', {
  skip: curl === undefined && 'needs curl',
}, async () => {
  house.job(
    'page',
    example
      .replace(
        /\/usr\/bin\/process-control-web (--confine=\S+)/,
        `${path.join(repository, 'bin/process-control-web')} $1 --config ${house.configFile}`,
      )
      .replace('/usr/bin/curl', `${curl}/curl`)
      .replaceAll('/run/process-control/web', house.path('run/web'))
      .replace(/initial_interval: \d+/, 'initial_interval: 1')
      .replace(/ interval: \d+/, ' interval: 1')
      // The start of the page may take long on a busy machine.
      .replace(/max_consecutive_failures: \d+/, 'max_consecutive_failures: 50'),
  );
  const socket = house.path('run/web/view.sock');
  assert.equal((await house.run('jobctl', ['start', 'page'])).code, 0);
  await house.until('page', 'the page answers', ({ state }) => state === 'UP');
  assert.match((await get(socket, '/services')).body, /Page for browsers|page/);
  await until('the page sees itself', async () =>
    (await get(socket, '/api/v1/services/page')).body.includes('"state":"UP"'),
  );
  assert.equal((await house.run('jobctl', ['stop', 'page'])).code, 0);
  await until('the socket is gone', () => !existsSync(socket));
});
