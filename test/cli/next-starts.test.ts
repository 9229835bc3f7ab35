/** The next start of a paused job, and a start that was skipped after the last tick. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { House, isRoot, until } from './house.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};

describe('what status and why say of', () => {
  const house = new House({
    often: 'name: Often\ncommand: /bin/true\nschedule: "* * * * *"\n',
    owner: 'name: Owner\ncommand: sleep 100\nlocks: [database]\n',
    other: 'name: Other\ncommand: /bin/true\nschedule: "0 0 1 1 *"\nlocks: [database]\n',
  });
  after(() => house.remove());
  before(() => house.run('cron-generate', [], asRoot));
  const ask = async (...args: readonly string[]) => (await house.run('jobctl', args, asRoot)).stdout;

  test('a paused job: no start that the pause skips', async () => {
    assert.match(await ask('status', 'often'), /^next: /m);
    await ask('pause', 'often', '--until', '2099-01-01T10:00');
    assert.match(await ask('status', 'often'), /^next: +2099-01-01 10:00:00$/m);
    await ask('pause', 'often');
    assert.doesNotMatch(await ask('status', 'often'), /^next: /m);
    await ask('resume', 'often');
  });

  test('a start by a person that found a lock held', async () => {
    house.spawn('run-job', ['--job', 'owner']);
    await until('owner has the lock', async () => /database is held by owner/.test(await ask('status', 'other')));
    const { code, stderr } = await house.run('run-job', ['--job', 'other']);
    assert.equal(code, 75);
    assert.match(stderr, /held by job owner/);
    const why = await house.run('jobctl', ['why', 'other'], asRoot);
    assert.match(why.stdout, /^other was skipped at \S+ \S+ \(started by .*\): .*held by job owner/);
    assert.doesNotMatch(why.stdout, /has not run yet/);
    assert.equal(why.code, 1);
    await ask('stop', 'owner');
    assert.equal((await house.run('run-job', ['--job', 'other'])).code, 0);
    assert.match(await ask('why', 'other'), /^other ran at /);
  });
});
