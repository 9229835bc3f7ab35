/** `--json` changes what is printed and never the exit code: every command that has it, on jobs and services in each of their states. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { House, until } from './house.ts';
import { assertJob, assertMatches } from './snapshot-schema.ts';

const looking = [
  'status',
  'status well',
  'status fails',
  'status broken',
  'status runs',
  'status never',
  'status paused',
  'status off',
  'status web',
  'status web.0',
  'status down',
  'status finished.0',
  'status gone',
  'status nobody',
  'status --tag mix',
  'status --tag good',
  'failed',
  'failed well',
  'failed fails',
  'history',
  'history well',
  'history nobody',
  'history web.0',
  'next',
  'next well',
  'next broken',
  'why well',
  'why fails',
  'why broken',
  'why off',
  'why paused',
  'why web',
  'why down',
  'why nobody',
  'why --tag mix',
  'check',
];

/** Each leaves things so that it does the same when it is asked again. */
const steering = [
  'start runs',
  'start broken',
  'start paused',
  'start nobody',
  'start web',
  'start web --wait',
  'start fails --wait',
  'stop well',
  'stop down',
  'stop nobody',
  'restart broken',
  'restart paused',
  'pause web',
  'pause nobody',
  'resume well',
  'resume tagged',
  'reset well',
  'reset broken',
  'snooze well',
  'snooze web',
];

describe('the exit code with --json is the one without', () => {
  const house = new House({
    well: 'name: Well\ncommand: echo well\nschedule: "0 0 1 1 *"\ntags: [mix, good]\n',
    fails: 'name: Fails\ncommand: sh -c "exit 3"\ntags: mix\n',
    broken: 'name: Broken\n',
    runs: 'name: Runs\ncommand: sleep 1000\nkill_grace: 1s\n',
    never: 'name: Never\ncommand: echo never\n',
    paused: 'name: Paused\ncommand: echo paused\n',
    tagged: 'name: Tagged\ncommand: echo tagged\ntags: held\n',
    off: 'name: Off\ncommand: echo off\nschedule: "0 0 1 1 *"\ndisabled: true\n',
    web: 'name: Web\nservice: true\ncommand: sleep 1000\nstop_timeout: 2s\n',
    down: 'name: Down\nservice: true\ncommand: sleep 1000\nstop_timeout: 2s\n',
    finished: 'name: Finished\nservice: true\ncommand: echo finished\nrestart: never\n',
    gone: 'name: Gone\ncommand: sleep 1000\nkill_grace: 1s\n',
  });
  const jobctl = (line: string) => house.run('jobctl', line.split(' '));
  const isInStatus = (slug: string, words: RegExp) =>
    until(`${slug} to be ${words}`, async () => words.test((await jobctl(`status ${slug}`)).stdout));

  before(async () => {
    for (const line of ['start well --wait', 'start fails --wait', 'pause paused', 'pause --tag held', 'stop down'])
      await jobctl(line);
    for (const slug of ['runs', 'gone', 'web', 'finished']) await jobctl(`start ${slug}`);
    for (const slug of ['runs', 'gone']) await isInStatus(slug, /activity: +running/);
    await isInStatus('web', /state: +UP/);
    await isInStatus('finished', /finished\.0 +finished/);
    rmSync(house.path('jobs/gone.yaml'));
  });
  after(async () => {
    for (const slug of ['runs', 'gone', 'web', 'finished']) await jobctl(`stop ${slug}`);
    house.remove();
  });

  for (const line of [...looking, ...steering]) {
    test(`jobctl ${line}`, async () => {
      const words = await jobctl(line);
      const values = await jobctl(`${line} --json`);
      assert.equal(values.code, words.code, `${words.stdout}${words.stderr}\n${values.stdout}${values.stderr}`);
      for (const value of values.stdout.split('\n').filter(Boolean))
        assert.doesNotThrow(() => JSON.parse(value), value);
      if (line.startsWith('status'))
        for (const value of values.stdout.split('\n').filter(Boolean)) assertJob(JSON.parse(value));
    });
  }

  test('the snapshot of the host, with jobs and services in all these states, is what its schema says', async () => {
    const { code, stdout } = await jobctl('metrics --json');
    assert.equal(code, 0);
    const snapshot = JSON.parse(stdout);
    assertMatches(snapshot, 'HostSnapshot');
    const slugs = (all: readonly { readonly slug: string }[]) => all.map(({ slug }) => slug);
    assert.deepEqual(slugs(snapshot.services), ['down', 'finished', 'web']);
    assert.equal(snapshot.jobs.length + snapshot.services.length, 12);
    assert.throws(() => assertMatches({ ...snapshot, more: 1 }, 'HostSnapshot'));
  });

  for (const [program, ...args] of [
    ['run-job', '--status'],
    ['run-job', '--list-jobs'],
    ['run-job', '--only-running'],
    ['run-job', '--status', '--tag', 'mix'],
    ['run-job', '--status', '--tag', 'nobody'],
    ['run-job', '--rehearse', 'well'],
    ['run-job', '--rehearse', 'broken'],
    ['run-job', '--rehearse', 'nobody'],
    ['cron-generate', '--check'],
    ['cron-generate', '--plan', '--check'],
    ['cron-generate', '--validate', 'JOBS/well.yaml'],
    ['cron-generate', '--validate', 'JOBS/well.yaml', 'JOBS/broken.yaml'],
    ['cron-generate', '--validate', 'JOBS/nobody.yaml'],
  ] as const) {
    test([program, ...args].join(' '), async () => {
      const line = args.map((arg) => arg.replace('JOBS', house.path('jobs')));
      const options = {
        as: program === 'run-job' ? 'service' : 'root',
        environment: { CACHE_DIRECTORY: house.path('cache') },
      } as const;
      const words = await house.run(program, line, options);
      const values = await house.run(program, [...line, '--json'], options);
      assert.equal(values.code, words.code, `${words.stdout}${words.stderr}\n${values.stdout}${values.stderr}`);
    });
  }
});
