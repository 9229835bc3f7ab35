/** What is on record stays to be seen: of jobs and services whose file is gone, of files that can't be read, and of a run that was stopped twice. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { House, until } from './house.ts';

const house = new House({
  old: 'name: Old\ncommand: echo from the old job\n',
  web: 'name: Web\nservice: true\ninstances: 2\ncommand: sh -c "echo from the old service; exec sleep 1000"\nstop_timeout: 2s\n',
  good: 'name: Good\ncommand: echo good\ntags: db\n',
  server: 'name: Server\nservice: true\ncommand: sleep 1000\ntags: servers\n',
  broken: 'name: Broken\ntags: db\n',
  deaf: `name: Deaf\ncommand: sh -c 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'\nkill_grace: 5s\n`,
});
const jobctl = (...args: string[]) => house.run('jobctl', args);
after(async () => {
  for (const slug of ['web', 'deaf', 'server']) await jobctl('stop', slug);
  house.remove();
});

test('for a job whose file is gone, jobctl shows history and logs and says that the file is gone', async () => {
  assert.equal((await house.run('run-job', ['old'])).code, 0);
  rmSync(house.path('jobs/old.yaml'));
  for (const [command, shown] of [
    ['history', /succeeded/],
    ['logs', /INFO\tfrom the old job/],
  ] as const) {
    const { code, stdout, stderr } = await jobctl(command, 'old');
    assert.equal(code, 0, stderr);
    assert.match(stdout, shown);
    assert.equal(stderr, 'jobctl: old: its file is gone; this is what is on record\n');
  }
  assert.match((await jobctl('history')).stdout, /^old +\S+ \S+ +\S+ +succeeded/m, 'the history of all has it too');
  for (const command of ['status', 'why', 'start', 'stop', 'next']) {
    const { code, stderr } = await jobctl(command, 'old');
    assert.equal(code, 64, command);
    assert.match(stderr, /there is no job "old": its file is gone; what is on record: jobctl history old\n/, command);
  }
  assert.match((await jobctl('history', 'never-there')).stderr, /there is no job "never-there"/);
});

test('also for a service whose file is gone, and for one instance', async () => {
  await jobctl('start', 'web', '--wait');
  rmSync(house.path('jobs/web.yaml'));
  await until('it to end', async () => (await jobctl('status', 'web')).code === 64);
  for (const [args, shown] of [
    [['history', 'web'], /web is DOWN/],
    [['history', 'web.1'], /web is DOWN/],
    [['logs', 'web.1'], /INFO\tfrom the old service/],
  ] as const) {
    const { code, stdout, stderr } = await jobctl(...args);
    assert.equal(code, 0, `${args} ${stderr}`);
    assert.match(stdout, shown);
    assert.match(stderr, /^jobctl: web: its file is gone; this is what is on record\n$/);
  }
});

test('a tag names the files that may have it and can not be read', async () => {
  const words = /jobctl: broken: its file has problems, so its tags are unknown; to include it, name it\n/;
  for (const line of [
    'status --tag db',
    'start --tag db',
    'reset --tag db',
    'history --tag db',
    'stop --tag servers',
  ]) {
    const { stderr } = await jobctl(...line.split(' '));
    assert.match(stderr, words, line);
    assert.equal(stderr.match(/its tags are unknown/g)?.length, 1, `${line}: ${stderr}`);
  }
  assert.doesNotMatch((await jobctl('status', 'good')).stderr, words);
});

test('the first request to stop a run stays on record, with its reason; later ones are listed beside it', async () => {
  await jobctl('start', 'deaf');
  await until('it to listen', async () => /deaf/.test((await jobctl('logs', 'deaf')).stdout));
  const first = jobctl('stop', 'deaf', '--reason', 'it eats the disk');
  await until('the first stop', async () =>
    /it eats the disk/.test((await jobctl('history', 'deaf', '--json')).stdout),
  );
  await jobctl('stop', 'deaf', '--reason', 'still there');
  await first;
  const { stdout } = await jobctl('history', 'deaf');
  assert.match(stdout, /was stopped with SIGTERM by (\S+): it eats the disk, .*\1 asked again to stop it: still there/);
  const { stdout: json } = await jobctl('history', 'deaf', '--json');
  const run = JSON.parse(json) as { stopReason: string; laterStops: readonly { reason: string }[] };
  assert.equal(run.stopReason, 'it eats the disk');
  assert.deepEqual(
    run.laterStops.map(({ reason }) => reason),
    ['still there'],
  );
});
