/** What `jobctl why` answers in each state that a job can be in: the first sentence, and commands that can be copied. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { House, until } from '../cli/house.ts';
import { copyable } from './copyable.ts';
import { CronHouse, noCron } from './cron.ts';

/** Years away from any test, in whatever zone. */
const rare = 'schedule: "0 0 1 1 *"\n';
const job = (command: string, more = '') => `name: J\ncommand: ${command}\n${rare}${more}`;
const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };

/** A day long the last tick is the one of this minute. */
function thisMinute(): string {
  const now = new Date();
  return `schedule: "${now.getMinutes()} ${now.getHours()} * * *"\n`;
}

const jobs: Readonly<Record<string, string>> = {
  fails: job(`sh -c 'echo copying; echo "no space left on device" >&2; exit 3'`),
  again: job('sh -c "echo refused; exit 1"'),
  silent: job('sh -c "exit 4"'),
  killed: job(`sh -c 'echo begun; kill -9 $$'`),
  slow: job(`sh -c 'echo "file 3 of 9"; exec sleep 1000'`, 'timeout: 1s\n'),
  ruled: job('echo "ERROR 7"', 'fail_on_output: ERROR\n'),
  missing: job('/usr/bin/no-such-program'),
  closed: job('/etc/passwd'),
  good: job('echo done'),
  manual: 'name: Manual\ncommand: echo by hand\n',
  unrun: 'name: Unrun\ncommand: echo by hand\n',
  off: `${job('echo done')}disabled: true\n`,
  offnow: job('echo done'),
  broken: 'name: Broken\ncomand: echo\n',
  breaks: job('echo done'),
  runs: job('sleep 1000'),
  retries: job('sh -c "exit 1"', 'max_task_failures: 2\nbackoff: {initial: 15m, max: 15m}\n'),
  paused: job('echo done'),
  tagged: job('echo done', 'tags: ["two words"]\n'),
  twice: job('echo done', 'tags: ["two words"]\n'),
  circuit: job('sh -c "echo broken; exit 1"', 'pause_after_failures: 1\n'),
  reset: job('sh -c "exit 1"'),
  stopped: job('sleep 1000'),
  gone: job('echo done'),
  changed: job('echo done'),
  never: 'name: Never\ncommand: echo done\nschedule: "0 0 30 2 *"\n',
  boots: 'name: Boots\ncommand: echo done\nschedule: "@reboot"\n',
  zoned: job('echo done', 'time_zone: Asia/Tokyo\n'),
  interrupted: job('sleep 1000'),
};

const at = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
const by = String.raw`\(started by pc-test\)`;
const nextYear = String.raw`\d{4}-(?:01-01|12-31) \d\d:00:00`;

/** After the name of the job: the sentence, then the commands, `--config FILE` left out. */
const states: readonly (readonly [slug: string, sentence: string, commands: readonly string[]])[] = [
  [
    'fails',
    `ran at ${at} ${by} and failed with exit code 3 after [\\d.]+ s: no space left on device`,
    ['jobctl logs fails', 'jobctl start fails'],
  ],
  [
    'silent',
    `ran at ${at} ${by} and failed with exit code 4 after [\\d.]+ s; it printed nothing`,
    ['jobctl logs silent', 'jobctl start silent'],
  ],
  [
    'killed',
    `ran at ${at} ${by} and failed: ended by SIGKILL, after [\\d.]+ s; it last printed "begun"`,
    ['jobctl logs killed', 'sudo dmesg --ctime', 'jobctl start killed'],
  ],
  [
    'slow',
    `ran at ${at} ${by} and timed out after 1 s(?: and ended after [\\d.]+ s)?; it last printed "file 3 of 9"`,
    ['jobctl logs slow', 'jobctl start slow'],
  ],
  [
    'ruled',
    `ran at ${at} ${by} and failed by fail_on_output: .*, after [\\d.]+ s; it last printed "ERROR 7"`,
    ['jobctl logs ruled', 'jobctl start ruled'],
  ],
  [
    'missing',
    `was not started at ${at} ${by}: .*/usr/bin/no-such-program: no such file or directory`,
    ['jobctl logs missing', 'jobctl check JOBS/missing.yaml', 'jobctl start missing'],
  ],
  [
    'closed',
    `was not started at ${at} ${by}: .*/etc/passwd: permission denied.*`,
    ['jobctl logs closed', 'jobctl start closed'],
  ],
  ['good', `ran at ${at} ${by} and succeeded after [\\d.]+ s`, []],
  [
    'manual',
    `ran at ${at} ${by} and succeeded after [\\d.]+ s; it has no schedule: only people and other jobs start it`,
    [],
  ],
  [
    'unrun',
    'will not run: it has no schedule: only people and other jobs start it',
    ['jobctl start unrun', 'sudo cron-generate'],
  ],
  ['off', 'will not run: its file has "disabled: true"', ['sudo cron-generate', 'jobctl start off']],
  [
    'offnow',
    `has not run yet, and will run at ${nextYear}: the crontab still has "0 0 1 1 \\*"`,
    ['sudo cron-generate'],
  ],
  [
    'broken',
    'will not run: its file has problems, so it is not run: .*/broken.yaml:2:1: unknown key "comand"; did you mean "command"\\?',
    ['jobctl check JOBS/broken.yaml', 'sudo cron-generate'],
  ],
  [
    'breaks',
    'will not run: its file has problems, so it is not run: .*/breaks.yaml:2:1: unknown key "comand".*',
    ['jobctl check JOBS/breaks.yaml'],
  ],
  ['runs', `has been running for .*, since ${at} ${by}`, ['jobctl logs runs']],
  [
    'retries',
    `has been running for .*: attempt 1 failed with exit code 1, attempt 2 at ${at}`,
    ['jobctl logs retries'],
  ],
  ['paused', 'will not run: it is paused by pc-test until it is resumed: upgrade', ['jobctl resume paused']],
  ['tagged', `will not run: it is paused by tag two words by pc-test until ${at}`, [`jobctl resume --tag 'two words'`]],
  [
    'twice',
    `will not run: it is paused by pc-test until it is resumed, and paused by tag two words by pc-test until ${at}|will not run: it is paused by tag two words by pc-test until ${at}, and paused by pc-test until it is resumed`,
    ['jobctl resume twice', `jobctl resume --tag 'two words'`],
  ],
  [
    'circuit',
    'will not run: it is paused by process-control until it is resumed: it failed once .* with exit code 1',
    ['jobctl logs circuit', 'jobctl reset circuit'],
  ],
  [
    'reset',
    `ran at ${at} ${by} and failed with exit code 1 after [\\d.]+ s; it printed nothing, and pc-test reset that at ${at} \\(known\\)`,
    [],
  ],
  ['stopped', `ran at ${at} ${by} and was stopped with SIGTERM by pc-test after [\\d.]+ s: wrong day`, []],
  [
    'gone',
    'will not run: there is no .*/gone.yaml, but /etc/cron.d/process-control still has its line, so each start by cron fails',
    ['sudo cron-generate'],
  ],
  [
    'changed',
    `has not run yet, and will run at ${nextYear}: the crontab still has "0 0 1 1 \\*"`,
    ['sudo cron-generate'],
  ],
  ['new', 'will not run: its line is not in /etc/cron.d/process-control yet', ['sudo cron-generate']],
  [
    'never',
    'will not run: its file has problems, so it is not run: .*can never run: no month of "2" has a day of "30"',
    ['jobctl check JOBS/never.yaml', 'sudo cron-generate'],
  ],
  ['boots', `ran at ${at} and succeeded after [\\d.]+ s|has not run yet, and will run after the next boot`, []],
  ['zoned', `has not run yet, and will run at ${nextYear}`, []],
  [
    'interrupted',
    `ran at ${at} ${by} and was interrupted: its run-job was killed or the machine went down.*`,
    ['jobctl logs interrupted', 'jobctl start interrupted'],
  ],
  ['skipped', `was skipped at ${at}: still running for .* \\(pid \\d+, run \\S+\\)`, ['jobctl stop skipped']],
  ['over', `was skipped at ${at}: still running for .*`, ['jobctl start over']],
  ['queued', `waits since ${at}.*`, ['jobctl logs queued']],
  ['full', `was skipped at ${at}: .*`, ['jobctl status full']],
  ['shares', `was skipped at ${at}: the lock "database" is held by job holds: .*`, ['jobctl status holds']],
  ['resumed', `was skipped at ${at}: paused by pc-test until it is resumed.*`, ['jobctl start resumed']],
  ['halted', `was skipped at ${at}: paused by pc-test until it is resumed.*`, ['jobctl resume halted']],
];

interface Told {
  readonly answer: string;
  readonly advice: readonly { readonly say: string; readonly run: readonly string[] }[];
  readonly commands: readonly string[];
  readonly clock?: { readonly line: string };
  readonly findings: readonly { readonly is: string }[];
}

describe('why answers for each state of a job', { skip: noCron }, () => {
  const house = new House(jobs, { crontab: '/etc/cron.d/process-control' });
  let cron: CronHouse;
  const jobctl = (...args: string[]) => house.run('jobctl', args);
  const plain = (command: string) =>
    command.replaceAll(` --config ${house.configFile}`, '').replaceAll(house.path('jobs'), 'JOBS');
  const ask = (...args: string[]) => {
    const { stdout, stderr } = cron.inside('jobctl', ['why', '--json', ...args]);
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Told;
  };

  before(async () => {
    cron = await CronHouse.open(house, { speed: 1 });
    // Their tick is the minute that runs now; the clock starts them by hand of this test.
    const now = thisMinute();
    const daily = (command: string, more = '') => `name: D\ncommand: ${command}\n${now}${more}`;
    house.job('skipped', daily('sleep 1000'));
    house.job('over', daily('sleep 1000'));
    house.job('queued', daily('sleep 1000', 'cron_collision_policy: QUEUE\n'));
    house.job('full', daily('sleep 1000', 'cron_collision_policy: QUEUE\n'));
    house.job('holds', 'name: H\ncommand: sleep 1000\nlocks: [database]\n');
    house.job('shares', daily('echo done', 'locks: [database]\n'));
    house.job('resumed', daily('echo done'));
    house.job('halted', daily('echo done'));
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 1, generated.stderr);
    cron.start();
    for (const slug of ['skipped', 'over', 'queued', 'full', 'holds', 'runs', 'retries', 'stopped', 'interrupted'])
      assert.equal((await jobctl('start', slug)).code, 0, slug);
    for (const slug of ['resumed', 'halted', 'paused']) await jobctl('pause', slug, '--reason', 'upgrade');
    for (const slug of ['skipped', 'over', 'shares', 'resumed', 'halted'])
      await house.run('run-job', ['--job', slug], byClock);
    house.spawn('run-job', ['--job', 'queued'], byClock);
    assert.equal((await jobctl('start', 'full')).code, 0);
    for (const slug of ['queued', 'full'])
      await until(`${slug} to wait`, async () => /waits/.test((await jobctl('status', slug)).stdout));
    await house.run('run-job', ['--job', 'full'], byClock);
    await jobctl('resume', 'resumed');
    await jobctl('stop', 'over');
    for (const slug of ['fails', 'silent', 'killed', 'slow', 'ruled', 'missing', 'closed', 'good', 'manual', 'circuit'])
      await house.run('run-job', [slug]);
    await house.run('run-job', ['reset']);
    await jobctl('reset', 'reset', '--reason', 'known');
    await jobctl('pause', '--tag', 'two words', '--for', '2h');
    await jobctl('pause', 'twice');
    await jobctl('stop', 'stopped', '--reason', 'wrong day');
    const { activity } = JSON.parse((await jobctl('status', 'interrupted', '--json')).stdout);
    process.kill(activity.pid, 'SIGKILL');
    await until('nobody to hold its lock', async () => {
      const { stdout } = await jobctl('status', 'interrupted', '--json');
      return JSON.parse(stdout).activity.is === 'idle';
    });
    rmSync(house.path('jobs/gone.yaml'));
    house.job('changed', job('echo done').replace('0 0 1 1', '0 3 5 6'));
    house.job('offnow', `${job('echo done')}disabled: true\n`);
    house.job('breaks', job('echo done').replace('command', 'comand'));
    house.job('new', job('echo done'));
  });

  after(async () => {
    for (const slug of ['skipped', 'queued', 'queued', 'full', 'full', 'holds', 'runs', 'retries'])
      await jobctl('stop', slug);
    await cron?.close();
    house.remove();
  });

  for (const [slug, sentence, commands] of states)
    test(slug, () => {
      const told = ask(slug);
      assert.match(told.answer, new RegExp(`^${slug} (?:${sentence})$`));
      assert.deepEqual(told.commands.map(plain), commands, JSON.stringify(told.advice));
      const text = cron.inside('jobctl', ['why', slug]).stdout;
      // What was asked first may be some seconds older.
      const first = text.split('\n')[0]?.replaceAll(/\d/g, '');
      if (!/for /.test(told.answer)) assert.equal(first, told.answer.replaceAll(/\d/g, ''));
      for (const command of told.commands) assert.ok(text.includes(`\n    ${command}\n`), text);
      for (const command of told.commands) assert.equal(copyable(command, house), undefined);
      if (slug !== 'gone' && slug !== 'broken' && slug !== 'breaks' && slug !== 'never') assert.ok(told.clock, 'clock');
    });
});
