import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ended, House, until } from './house.ts';

describe('jobctl with real jobs', () => {
  const house = new House({
    hello: 'name: Hello\ndescription: Says hello\ncommand: /bin/echo hello\n',
    fails: 'name: Fails\ncommand: /bin/false\n',
    never: 'name: Never\ncommand: /bin/true\n',
    broken: 'name: Broken\n',
    background: 'name: Background\ncommand: sleep 600\n',
    paused: 'name: Paused\ncommand: /bin/echo ran\ntag: database\n',
    tagged: 'name: Tagged\ncommand: sleep 600\ntags: [database, night]\n',
  });
  house.job(
    'chatty',
    `name: Chatty\ncommand: sh -c 'echo first; while [ ! -e ${house.path('log/STOP')} ]; do sleep 0.05; done; echo last'\n`,
  );
  after(() => house.remove());
  const jobctl = (...args: string[]) => house.run('jobctl', args);

  test('status tells well, failed and unknown apart by its exit code', async () => {
    await house.run('run-job', ['hello']);
    await house.run('run-job', ['fails']);
    const well = await jobctl('status', 'hello');
    assert.equal(well.code, 0, well.stderr);
    assert.match(well.stdout, /^job: +hello - Hello\ndescription: +Says hello\nstate: +ok\n/);
    assert.equal((await jobctl('status', 'fails')).code, 1);
    assert.equal((await jobctl('status', 'never')).code, 4);
    const all = await jobctl('status');
    assert.equal(all.code, 1);
    assert.match(all.stdout, /^broken +invalid .*command/m);
  });

  test('status --json is one object per line, with all that is known', async () => {
    const { stdout } = await jobctl('status', 'never', '--json');
    const job = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([job.slug, job.lastStatus, job.activity], ['never', 'unknown', { is: 'idle' }]);
  });

  test('start prints the id of a run that goes on without the terminal, stop ends it and is named in the history', async () => {
    const started = await jobctl('start', 'background');
    assert.equal(started.code, 0, started.stderr);
    const run = started.stdout.trim();
    await until('the run to appear', async () => (await jobctl('history', 'background')).stdout.includes(run));
    await until('it to run', async () => /running since/.test((await jobctl('status', 'background')).stdout));
    const again = await jobctl('start', 'background');
    assert.deepEqual([again.code, /is running already/.test(again.stderr)], [75, true]);
    const stopped = await jobctl('stop', 'background', '--reason', 'enough');
    assert.match(stopped.stdout, /^Killing process ID \d+ of job background\.\nbackground has ended\.\n$/);
    const history = (await jobctl('history', 'background')).stdout;
    assert.match(history, new RegExp(`${run} {2}was stopped with SIGTERM by \\S+`));
  });

  test('start --wait ends with the exit code of the job', async () => {
    assert.equal((await jobctl('start', 'fails', '--wait')).code, 1);
    assert.equal((await jobctl('start', 'never', '--wait')).code, 0);
  });

  test('a paused job is not started, by the clock quietly and by a person with 75, until it is resumed', async () => {
    const pause = await jobctl('pause', 'paused', '--for', '2h', '--reason', 'upgrade');
    assert.equal(pause.code, 0, pause.stderr);
    assert.match(pause.stdout, /^paused paused by \S+ until \d{4}-.*: upgrade\n$/);
    const person = await house.run('run-job', ['paused']);
    assert.equal(person.code, 75);
    assert.match(person.stderr, /paused by .*: upgrade \(jobctl resume paused\)/);
    const clock = await house.run('run-job', ['paused'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } });
    assert.equal(clock.code, 0);
    assert.equal((await jobctl('status', 'paused')).code, 3);
    assert.equal((await jobctl('resume', 'paused')).stdout, 'paused resumed\n');
    assert.equal((await house.run('run-job', ['paused'])).code, 0);
  });

  test('a pause by tag holds every job of the tag, and --kill ends what runs', async () => {
    const running = ended(house.spawn('run-job', ['tagged']));
    await until('it to run', async () => /running since/.test((await jobctl('status', 'tagged')).stdout));
    const pause = await jobctl('pause', '--tag', 'night', '--kill');
    assert.match(pause.stdout, /^tag night: paused by \S+ until it is resumed\n/);
    assert.equal((await running).code, 143);
    assert.equal((await house.run('run-job', ['tagged'])).code, 75);
    const icinga = await house.run('check-jobs-icinga', ['-j', 'tag*']);
    assert.equal(icinga.code, 1, icinga.stdout);
    assert.match(icinga.stdout, /^JOBS WARNING: tagged is paused without an end/);
    assert.equal((await jobctl('resume', '--tag', 'night')).stdout, 'tag night: resumed\n');
  });

  test('logs prints the latest log, and -f goes on until the run has ended', async () => {
    const running = ended(house.spawn('run-job', ['chatty']));
    await until('its log', async () => (await jobctl('logs', 'chatty')).stdout.includes('first'));
    const follower = house.spawn('jobctl', ['logs', '-f', 'chatty']);
    const following = ended(follower);
    let seen = '';
    follower.stdout?.on('data', (chunk) => {
      seen += String(chunk);
    });
    await until('the first line', () => seen.includes('first'));
    writeFileSync(house.path('log/STOP'), '');
    await running;
    const followed = await following;
    assert.equal(followed.code, 0);
    assert.match(seen, /INFO\tlast\n[\s\S]*exit code 0\n$/);
  });

  test('impossible values are refused with a reason', async () => {
    for (const [args, words] of [
      [['pause', 'hello', '--for', 'soon'], /--for must be a time such as/],
      [['pause', 'hello', '--until', '2020-01-01'], /must be in the future/],
      [['logs', 'hello', '--since', 'soon'], /--since must be a time such as/],
      [['status', 'helo'], /did you mean "hello"/],
      [['start'], /name a job, or a --tag/],
      [['dance'], /there is no command "dance"|Unknown/],
      [['stop', '--tag', 'nobody'], /no job has the tag/],
    ] as const) {
      const answer = await jobctl(...args);
      assert.equal(answer.code, 64, `${args.join(' ')}: ${answer.stderr}`);
      assert.match(answer.stderr, words);
    }
  });

  test('a name that no job can have is that of an unknown job, whichever command gets it', async () => {
    const commands = [
      ...['--job', '--kill-job', '--rehearse', '--slow-start'].map((option) => ['run-job', option]),
      ...['start', 'stop', 'restart', 'reset', 'resume', 'logs', 'history', 'next', 'why', 'status'].map((command) => [
        'jobctl',
        command,
      ]),
      ...['pause', 'snooze'].map((command) => ['jobctl', command, '--for', '1h']),
    ];
    // The last one is the lock of what delivers notices.
    for (const name of ['../hello', '@notices']) {
      for (const [program = '', ...words] of commands) {
        const { code, stdout, stderr } = await house.run(program, [...words, name]);
        const what = `${program} ${words.join(' ')} ${name}: ${stdout}${stderr}`;
        assert.equal(code, 64, what);
        assert.match(stderr, /there is no job/, what);
      }
    }
  });

  test('check-jobs-icinga keeps its sentence and lists what fails', async () => {
    await house.run('run-job', ['fails']);
    const check = await house.run('check-jobs-icinga', ['-j', 'f*']);
    assert.equal(check.code, 2);
    assert.match(check.stdout, /^FAILING JOBS: fails \| /);
    await house.run('run-job', ['hello']);
    assert.match((await house.run('check-jobs-icinga', ['--jobs', 'hell?'])).stdout, /^JOBS OK \| /);
  });
});
