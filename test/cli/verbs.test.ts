/** Each verb of jobctl on jobs, services and instances in each of their states, by name and by tag: the exit code, and what is said first. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Ended, ended, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const job = (command: string, more = '') => `name: N\ncommand: ${command}\nkill_grace: 1s\n${more}`;
const service = (more = '') => `name: S\nservice: true\ninstances: 2\ncommand: sleep 1000\nstop_timeout: 2s\n${more}`;
const lasting = 'sh -c "echo begun; sleep 1000"';
const hourly = 'schedule: "0 * * * *"\n';

/** The name says what it is and how; each has a tag of its own, `t-NAME`. */
const jobs: Readonly<Record<string, string>> = {
  idle: job('echo hello', hourly),
  running: job(lasting),
  paused: job('echo hello', hourly),
  'paused-by-tag': job('echo hello', hourly),
  disabled: job('echo hello', `${hourly}disabled: true\n`),
  'broken-idle': job('echo hello'),
  'broken-running': job(lasting),
  'gone-idle': job('echo hello'),
  'gone-running': job(lasting),
  up: service('health_check: {command: /bin/true}\n'),
  down: service('health_check: {command: /bin/true}\n'),
  off: service('disabled: true\n'),
  'broken-up': service('health_check: {command: /bin/true}\n'),
  'broken-down': service(),
  'gone-down': service(),
};
const tagged = Object.fromEntries(Object.entries(jobs).map(([slug, text]) => [slug, `${text}tags: t-${slug}\n`]));

/** `by name` unless it begins with a plus: then by the tag of its own. */
type Row = readonly [target: string, code: number, words: RegExp];

const unknown: readonly Row[] = [
  ['nobody', 64, /^jobctl: there is no job "nobody"\n$/],
  ['+nobody', 64, /^jobctl: no job has the tag "t-nobody"\n$/m],
  ['up.7', 64, /^jobctl: there is no (?:job )?"?up\.7/],
];
const gone: readonly Row[] = [
  [
    'gone-idle',
    64,
    /^jobctl: there is no job "gone-idle": its file is gone; what is on record: jobctl history gone-idle\n$/,
  ],
  [
    'gone-down',
    64,
    /^jobctl: there is no job "gone-down": its file is gone; what is on record: jobctl history gone-down\n$/,
  ],
  [
    'gone-down.1',
    64,
    /^jobctl: there is no job "gone-down\.1": the file of gone-down is gone; what is on record: jobctl history/,
  ],
];
const notPaused: readonly Row[] = ['up', '+up', 'up.1', 'down', 'off', 'broken-up', '+broken-up', 'broken-down.0'].map(
  (target) => [target, 64, /^jobctl: \S+ is a service, which is not paused but stopped: jobctl stop/m],
);
const problem = /its file has problems/;

/** In this order: those that only look, those that are refused, those that change something. */
const table: Readonly<Record<string, readonly Row[]>> = {
  status: [
    ['idle', 0, /^job: +idle - N$/m],
    ['running', 0, /^state: +running$/m],
    ['+running', 0, /^running {2}running {2}\S+ \S+ {2}> +t-running +pid \d+\n1 job: 1 running\n/m],
    ['paused', 3, /^paused: +by \S+ until it is resumed: moving; to end that: jobctl resume paused$/m],
    ['+paused', 0, /^paused {2}paused {2}\S+ \S+ +[\d.]+ m?s {2}\. +t-paused +by \S+ until it is resumed: moving/m],
    [
      '+paused-by-tag',
      0,
      /^paused-by-tag {2}paused +t-paused-by-tag +by tag t-paused-by-tag by \S+ until it is resumed: all of it\n/m,
    ],
    ['disabled', 3, /^disabled: +in its file/m],
    ['+disabled', 0, /^disabled {2}disabled +t-disabled\n/m],
    ['broken-idle', 1, problem],
    ['broken-running', 1, /^activity: +running since/m],
    ['+broken-running', 1, /^broken-running {2}running/m],
    ['gone-running', 1, /^gone-running: its file is gone\n/],
    ['up', 0, /^state: +UP since/m],
    ['up.0', 0, /^up\.0 +up/m],
    ['down', 3, /^desired: +down, stopped by \S+ at .*: no need$/m],
    ['down.1', 3, /^state: +DOWN/m],
    ['off', 3, /^desired: +down: it is disabled in its file$/m],
    ['broken-up', 0, /^file: +has problems and is not followed/m],
    ['broken-down', 3, /^file: +has problems/m],
    ...gone,
  ],
  logs: [
    ['idle', 0, /INFO\thello\n/],
    ['+idle', 0, /INFO\thello\n/],
    ['running', 0, /INFO\tbegun\n/],
    ['paused-by-tag', 1, /^jobctl: paused-by-tag has no log yet\n$/],
    ['broken-running', 0, /INFO\tbegun\n/],
    ['+broken-running', 0, /INFO\tbegun\n/],
    ['gone-idle', 0, /^jobctl: gone-idle: its file is gone; this is what is on record$/m],
    ['gone-running', 0, /INFO\tbegun\n/],
    ['up', 0, /^==> up\.0 <==\n[^=]*=+\n.*sleep 1000 [\s\S]*^==> up\.1 <==\n/m],
    ['+up', 0, /^==> up\.0 <==\n[^=]*=+\n.*sleep 1000 [\s\S]*^==> up\.1 <==\n/m],
    ['up.1', 0, /INFO\tsleep 1000 \(\d+\)\n/],
    ['down', 1, /^==> down\.0 <==\n==> down\.1 <==\njobctl: down\.0 has no log yet\n/],
    ['down.1', 1, /^jobctl: down\.1 has no log yet\n$/],
    ['broken-up.0', 0, /sleep 1000/],
    ['gone-down', 0, /^jobctl: gone-down: its file is gone; this is what is on record$/m],
    ['gone-down.1', 0, /^jobctl: gone-down: its file is gone; this is what is on record$/m],
    ...unknown,
  ],
  history: [
    ['idle', 0, /succeeded, after .*, by \S+\n/],
    ['running', 0, /is running, by \S+\n/],
    ['paused', 0, /was paused by \S+ until resumed: moving\n/],
    ['+paused-by-tag', 0, /was paused by \S+ until resumed \(tag t-paused-by-tag\): all of it\n/],
    ['disabled', 0, /^jobctl: disabled has never run\n$/],
    ['broken-running', 0, /is running/],
    ['gone-idle', 0, /succeeded/],
    ['up', 0, /up was started by \S+\n/],
    ['up.0', 0, /up was started by \S+\n/],
    ['+down', 0, /down was stopped by \S+ \(tag t-down\): no need\n/],
    ['gone-down.0', 0, /gone-down was stopped by \S+\n/],
    ...unknown,
  ],
  next: [
    ['idle', 0, /^\d{4}-\S+ \d\d:00:00 {2}idle {2}in /],
    ['running', 0, /^- +running {2}has no schedule: only people and other jobs start it\n/],
    ['paused', 0, /will be skipped: paused by \S+ until it is resumed: moving\n/],
    ['+paused-by-tag', 0, /will be skipped: paused by tag t-paused-by-tag by/],
    ['disabled', 0, /^- +disabled {2}is disabled in its file: only people and other jobs start it\n/],
    ['broken-idle', 0, /^- +broken-idle {2}its file has problems, so it is not run: \S+broken-idle\.yaml:/],
    ['broken-running', 0, /^- +broken-running {2}its file has problems, and its run goes on: /],
    ['gone-running', 0, /^- +gone-running {2}its file is gone; its run goes on\n/],
    ['up', 0, /^- +up {2}is a service: it is kept up/],
    ['up.1', 0, /^- +up {2}is a service: it is kept up/],
    ['+down', 0, /^- +down {2}is a service that was stopped by \S+ at .*: no need\n/],
    ['off', 0, /^- +off {2}is a service that is disabled in its file, so it is down\n/],
    ['broken-up', 0, /^- +broken-up {2}its file has problems, and it goes on as it is: /],
    ['broken-down', 0, /^- +broken-down {2}its file has problems, so it is not started: /],
    ...gone,
    ...unknown,
  ],
  failed: [
    ['idle', 0, /^idle is not failing\n$/],
    ['broken-idle', 1, /^broken-idle: its file has problems, so it is not run: /],
    ['broken-running', 1, /^broken-running: its file has problems, and its run goes on: /],
    ['gone-running', 1, /^gone-running: its file is gone; its run goes on\n/],
    ['broken-up', 1, /^broken-up: its file has problems, and it goes on as it is: /],
    ['up.0', 0, /^up is not failing\n$/],
    ['+down', 0, /down is not failing\n/],
    ...gone,
    ...unknown,
  ],
  'resume --reason done': [
    ['idle', 0, /^idle was not paused\n$/],
    ['+idle', 0, /^tag t-idle: was not paused\n/],
    [
      'paused-by-tag',
      1,
      /^jobctl: paused-by-tag is still paused by tag t-paused-by-tag by \S+ .*; to end that: jobctl resume --tag/,
    ],
    ['broken-running', 0, /^broken-running was not paused\n$/],
    ...notPaused,
    ...gone,
    ...unknown,
  ],
  'pause --reason x': [
    ['idle', 0, /^idle paused by \S+ until it is resumed: x\n$/],
    ['+running', 0, /^tag t-running: paused by \S+ until it is resumed: x\n/],
    ['paused', 0, /^paused paused by .*: x\npaused this replaces another pause: paused by \S+ .*: moving\n$/],
    ['broken-running', 0, /^broken-running paused by/],
    ['+gone-running', 0, /^tag t-gone-running: paused by/],
    ...notPaused,
    ...gone,
    ...unknown,
  ],
  'resume --reason again': [
    ['idle', 0, /^idle resumed\n$/],
    ['+running', 0, /^tag t-running: resumed\n$/],
    ['broken-running', 0, /^broken-running resumed\n$/],
    ['+gone-running', 0, /^tag t-gone-running: resumed\n$/],
  ],
  'snooze --for 10s': [
    ...['idle', 'running', 'broken-running', 'gone-running'].map(
      (target): Row => [target, 64, /only the probes of services can be snoozed\n$/],
    ),
    ['up', 0, /^the probes of up are suspended until/],
    ['+up', 0, /^the probes of up are suspended until/],
    ['up.1', 0, /^the probes of up\.1 are suspended until/],
    ['down', 64, /^jobctl: down is down, so it has no probes to snooze\n$/],
    ['off', 64, /^jobctl: off has no "health_check" that could be snoozed\n$/],
    ['broken-up', 0, /^the probes of broken-up are suspended until/],
    ...gone,
    ...unknown,
  ],
  'reset --reason known': [
    ['idle', 0, /^idle reset: 0 failures in a row forgotten\n$/],
    ['+broken-running', 0, /^broken-running reset: /],
    ['up', 0, /^up reset: what had failed or finished is started again\n$/],
    ['+down', 0, /^down reset: it was stopped by \S+ at .*: no need, so nothing is started; jobctl start down\n/],
    ['down.0', 0, /^down\.0 reset: it was stopped by .*, so nothing is started; jobctl start down\n/],
    ['off', 0, /^off reset: it is disabled in its file, so nothing is started\n$/],
    ['broken-down', 0, /^broken-down reset: its file has problems, so nothing is started until that is fixed\n$/],
    ...gone,
    ...unknown,
  ],
  'start --reason s': [
    ['idle', 0, /^\d{8}-\d{6}-\w+\n$/],
    ['+idle', 0, /^\d{8}-\d{6}-\w+\n/],
    ['running', 75, /^jobctl: running is running already \(run \S+\)\n$/],
    ['paused', 75, /^jobctl: paused is paused by \S+ .*; to end that: jobctl resume paused\n$/],
    [
      '+paused-by-tag',
      75,
      /^jobctl: paused-by-tag is paused by tag .*; to end that: jobctl resume --tag t-paused-by-tag\n$/m,
    ],
    [
      '+disabled',
      0,
      /^disabled is not started: it is disabled in its file; jobctl start disabled runs it all the same\n/,
    ],
    ['disabled', 0, /^\d{8}-\d{6}-\w+\n$/],
    ['broken-idle', 78, /^jobctl: broken-idle has an invalid file: /],
    ['broken-running', 78, /^jobctl: broken-running has an invalid file: /],
    ['gone-running', 64, /^jobctl: gone-running can't be started: its file is gone\n$/],
    ['up', 0, /^up will be kept up; jobctl status up\n$/],
    ['down.1', 64, /^jobctl: down was stopped as a whole, so down\.1 stays down; jobctl start down\n$/],
    ['off', 64, /^jobctl: off is disabled in its file: remove "disabled: true"\n$/],
    ['+off', 0, /^off is not started: it is disabled in its file\n/],
    ['broken-up.0', 78, /^jobctl: broken-up\.0 can't be started, and goes on as it is: its file has problems: /],
    ['broken-down', 78, /^jobctl: broken-down can't be started, and is not running: its file has problems: /],
    ...gone,
    ...unknown,
  ],
  'restart --reason r': [
    ['+paused', 0, /^paused does not run, so it is not restarted\n/],
    ['paused', 75, /^jobctl: paused is paused by/],
    ['+disabled', 0, /^disabled does not run, so it is not restarted\n/],
    ['broken-running', 78, /^jobctl: broken-running has an invalid file: .*; its run goes on\n$/],
    ['+gone-running', 64, /^jobctl: gone-running can't be started: its file is gone; its run goes on\n/m],
    ['up.0', 0, /^up\.0 is being restarted; jobctl status up\n$/],
    ['+down', 0, /^down is not restarted: it was stopped by \S+ at .*: no need\n/],
    ['+off', 0, /^off is not restarted: it is disabled in its file\n/],
    ['off', 64, /^jobctl: off is disabled in its file/],
    ['broken-up', 78, /^jobctl: broken-up can't be restarted, and goes on as it is: /],
    ['+broken-down', 0, /^broken-down is not restarted: it was stopped by/],
    ...gone,
    ...unknown,
  ],
  'stop --reason enough': [
    ['idle', 0, /^No running process found for job idle\.\n$/],
    ['running', 0, /^Killing process ID \d+ of job running\.\nrunning has ended\.\n$/],
    ['+broken-running', 0, /^Killing process ID \d+ of job broken-running\.\nbroken-running has ended\.\n/],
    ['gone-running', 0, /^Killing process ID \d+ of job gone-running\.\ngone-running has ended\.\n$/],
    ['up.0', 0, /^up\.0 will be kept down\nup\.0 has ended\.\n$/],
    ['+up', 0, /^up will be kept down\nup has ended\.\n/],
    ['down', 0, /^down will be kept down\ndown was not running\.\n$/],
    ['broken-up', 0, /^broken-up will be kept down\nbroken-up has ended\.\n$/],
    ...gone,
    ...unknown,
  ],
};

describe('each verb on each kind of target in each of its states', () => {
  const house = new ServiceHouse(tagged);
  const jobctl = (...args: string[]): Promise<Ended> => house.run('jobctl', args);
  const isOver = async () => (await jobctl('status', 'idle')).stdout.includes('activity:           idle');
  before(async () => {
    for (const slug of ['idle', 'paused', 'gone-idle']) assert.equal((await house.run('run-job', [slug])).code, 0);
    for (const slug of ['running', 'broken-running', 'gone-running']) {
      await jobctl('start', slug);
      await until(`${slug} to have begun`, async () => (await jobctl('logs', slug)).stdout.includes('INFO\tbegun'));
    }
    for (const slug of ['up', 'broken-up', 'broken-down', 'gone-down'])
      assert.equal((await jobctl('start', slug, '--wait')).code, 0);
    for (const slug of ['broken-down', 'gone-down']) assert.equal((await jobctl('stop', slug)).code, 0);
    await jobctl('stop', '--tag', 't-down', '--reason', 'no need');
    await jobctl('pause', 'paused', '--reason', 'moving');
    await jobctl('pause', '--tag', 't-paused-by-tag', '--reason', 'all of it');
    for (const slug of ['broken-idle', 'broken-running']) house.job(slug, 'name: B\nbogus: 1\n');
    for (const slug of ['broken-up', 'broken-down']) house.job(slug, 'name: B\nservice: true\nbogus: 1\n');
    for (const slug of ['gone-idle', 'gone-running', 'gone-down']) rmSync(house.path(`jobs/${slug}.yaml`));
    await house.run('cron-generate', [], { as: 'root' });
  });
  after(async () => {
    for (const slug of ['running', 'broken-running', 'gone-running', 'broken-up']) await jobctl('stop', slug);
    await house.end();
  });

  for (const [line, rows] of Object.entries(table)) {
    const [verb = '', ...options] = line.split(' ');
    test(`jobctl ${line}`, async () => {
      for (const [target, code, words] of rows) {
        const who = target.startsWith('+') ? ['--tag', `t-${target.slice(1)}`] : [target];
        const answer = await jobctl(verb, ...who, ...options);
        const told = answer.stdout + answer.stderr;
        assert.equal(answer.code, code, `${line} ${target}: ${told}`);
        assert.match(told, words, `${line} ${target}`);
        assert.ok(!/undefined|\[object/.test(told), `${line} ${target}: ${told}`);
        if (verb === 'start' && target.endsWith('idle')) await until('the run to have ended', isOver);
      }
    });
  }

  test('who changed something, and why, stands in its history', async () => {
    for (const [slug, words] of [
      [
        'idle',
        /was paused by \S+ until resumed: x\n[\s\S]*was resumed by \S+: again\n[\s\S]*was reset by \S+: known\n/,
      ],
      ['idle', /was started by \S+ \(run \S+\) \(tag t-idle\): s\n/],
      [
        'running',
        /was paused by \S+ until resumed \(tag t-running\): x\n[\s\S]*was resumed by \S+ \(tag t-running\): again\n/,
      ],
      ['running', /was stopped with SIGTERM by \S+: enough, after/],
      ['broken-running', /was stopped with SIGTERM by \S+: enough, after/],
      ['up', /up was snoozed by \S+ until/],
      ['up', /up was snoozed by \S+ until \S+ \S+ \(tag t-up\)\n/],
      [
        'up',
        /up\.0 was restarted by \S+: r\n[\s\S]*up\.0 was stopped by \S+: enough\n[\s\S]*up was stopped by \S+ \(tag t-up\): enough\n/,
      ],
      ['down', /down was reset by \S+ \(tag t-down\): known\n/],
      ['broken-up', /broken-up was stopped by \S+: enough\n/],
    ] as const)
      assert.match((await jobctl('history', slug, '-n', '100')).stdout, words, slug);
    const refused = (await jobctl('history', 'down', '-n', '100')).stdout;
    assert.doesNotMatch(refused, /down\.1 was started/, 'what was refused is not on record');
  });
});

describe('a service has no run to follow, and lines are counted over all runs', () => {
  const house = new ServiceHouse({
    web: service(),
    many: job('sh -c "echo one; echo two"'),
  });
  after(() => house.end());

  test('run-job --follow and --slow-start of a service say what to type instead', async () => {
    for (const args of [
      ['web', '--follow'],
      ['--follow', '--job', 'web'],
    ]) {
      const answer = await house.run('run-job', args);
      assert.deepEqual([answer.code, answer.stdout], [64, '']);
      assert.equal(
        answer.stderr,
        'run-job: web is a service, so there is no run to follow; its output: jobctl logs web.0 --follow\n',
      );
    }
    assert.match(
      (await house.run('run-job', ['web', '--slow-start'])).stderr,
      /web is a service; it has no slow_start_command/,
    );
    assert.equal((await house.status('web')).supervisor, undefined, 'nothing was started');
    const followed = await house.run('jobctl', ['logs', 'web', '-f']);
    assert.deepEqual(
      [followed.code, followed.stderr],
      [64, 'jobctl: web has a log for each instance; name one: jobctl logs web.0 --follow\n'],
    );
  });

  test('run-job of a service that has a supervisor says so', async () => {
    const supervisor = house.spawn('run-job', ['web']);
    const end = ended(supervisor);
    await house.untilUp('web');
    const second = await house.run('run-job', ['web']);
    assert.deepEqual([second.code, second.stderr], [0, 'run-job: web has a supervisor; jobctl status web\n']);
    assert.equal((await house.run('jobctl', ['stop', 'web'])).code, 0);
    await end;
  });

  test('jobctl logs -n with --since shows so many lines in all, the newest of them, also of compressed logs', async () => {
    for (let run = 0; run < 3; run += 1) assert.equal((await house.run('run-job', ['many'])).code, 0);
    const names = house.logs('many');
    assert.equal(names.length, 3);
    const shown = async (lines: number) => {
      const { stdout, stderr, code } = await house.run('jobctl', ['logs', 'many', '--since', '1h', '-n', `${lines}`]);
      assert.equal(code, 0, stderr);
      return stdout.split('\n').filter(Boolean);
    };
    const all = await shown(1000);
    for (const lines of [1, 5, 9, 12, all.length]) assert.deepEqual(await shown(lines), all.slice(-lines), `${lines}`);
    const [first = ''] = [...names].sort();
    const file = house.path(`log/many/${first}`);
    const text = readFileSync(file);
    rmSync(file);
    writeFileSync(`${file}.gz`, gzipSync(text), { mode: 0o644 });
    for (const lines of [5, 12, all.length]) assert.deepEqual(await shown(lines), all.slice(-lines), `${lines}`);
  });
});
