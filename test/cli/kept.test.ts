/** What people and scripts knew of the Python process-control, and must go on working; the rest of it is tested where it belongs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { House } from './house.ts';

describe('kept from the Python process-control', () => {
  const house = new House(
    {
      blast: 'name: Blastoff job\ndescription: Counts down\ncommand: /bin/echo zero\ntag: space\n',
      off: 'name: Off\ncommand: /bin/echo by hand\nschedule: "* * * * *"\ndisabled: true\n',
      off11: 'name: Off in YAML 1.1\ncommand: /bin/true\nschedule: "* * * * *"\ndisabled: yes\n',
      bad: 'name: Bad\n',
      quoted: `name: Quoted\ncommand: /usr/bin/printf '%s|' "two words" it\\'s *.yaml $HOME\n`,
      breaks: 'name: Breaks\ncommand: |\n  /bin/echo one\n  /bin/echo two\n',
      minutes: 'name: Minutes\ncommand: sleep 600\ntimeout: 0.005\nkill_grace: 1s\n',
      defaulted: 'name: Defaulted\ncommand: env\nenvironment: {OWN: yes}\n',
      overtime: 'name: Overtime\ncommand: sleep 600\nallow_overtime: true\n',
      multi: 'name: Multi job\ncommand: [/bin/true]\ntag: [database, queue]\n',
    },
    { config: 'default_job_config:\n  timeout: 10\n  environment: {DEFAULT: "1"}' },
  );
  after(() => house.remove());

  test('a disabled job has no line in the crontab and can be run by hand', async () => {
    const { stdout } = await house.run('cron-generate', ['--output', '-'], { as: 'root' });
    for (const slug of ['off', 'off11']) assert.ok(stdout.includes(`# Skipping disabled job ${slug}\n`), stdout);
    assert.equal((await house.run('run-job', ['off'])).code, 0);
    assert.match(house.log('off'), /INFO\tby hand\n/);
  });

  test('--list-jobs prints a name a line, and a file with problems does not stop --status', async () => {
    const list = await house.run('run-job', ['-l']);
    assert.deepEqual(list.stdout.trimEnd().split('\n'), [
      'bad',
      'blast',
      'breaks',
      'defaulted',
      'minutes',
      'multi',
      'off',
      'off11',
      'overtime',
      'quoted',
    ]);
    const { stdout, code } = await house.run('run-job', ['-s']);
    assert.equal(code, 0);
    assert.ok(
      stdout.startsWith(
        'bad ***Invalid configuration***\nblast - Blastoff job\n\tCounts down\n\ttags: space\n\tlast status: unknown\n',
      ),
      stdout,
    );
    assert.ok(stdout.includes('multi - Multi job\n\ttags: database, queue\n\tlast status: unknown\n'), stdout);
  });

  test('a command is split as a shell would quote it and run without one', async () => {
    assert.equal((await house.run('run-job', ['quoted'])).code, 0);
    assert.match(house.log('quoted'), /INFO\ttwo words\|it's\|\*\.yaml\|\$HOME\|\n/);
  });

  test('a line break in a command is an error at its place', async () => {
    const run = await house.run('run-job', ['breaks']);
    assert.equal(run.code, 78);
    assert.match(run.stderr, /breaks\.yaml:2:\d+: .*line break/);
  });

  test('a timeout is in minutes', async () => {
    assert.match((await house.run('run-job', ['minutes'])).stderr, /timed out after 0\.3 s/);
  });

  test('default_job_config is merged key by key at the top level, and the job wins', async () => {
    assert.equal((await house.run('run-job', ['defaulted'])).code, 0);
    const log = house.log('defaulted');
    assert.ok(log.includes('\tOWN=yes\n') && !log.includes('DEFAULT=1'), log);
  });

  test('with allow_overtime a collision is no failure: last status skipped, exit code 0', async () => {
    const first = house.spawn('run-job', ['overtime']);
    const { until } = await import('./house.ts');
    await until('it to run', async () => (await house.run('run-job', ['-l', '-r'])).stdout.includes('overtime'));
    assert.equal((await house.run('run-job', ['overtime'])).code, 0);
    assert.match((await house.run('run-job', ['-s', 'overtime'])).stdout, /last status: skipped\n/);
    const gone = new Promise((resolve) => first.once('exit', resolve));
    await house.run('run-job', ['-k', 'overtime']);
    await gone;
  });

  test('the service user may be given as a uid, and the crontab has its name', async () => {
    const config = house.path('etc/uid.yaml');
    const text = readFileSync(house.configFile, 'utf8').replace(/^user: .*$/m, `user: ${house.service.uid}`);
    writeFileSync(config, text, { mode: 0o644 });
    house.job('scheduled', 'name: Scheduled\ncommand: /bin/true\nschedule: "30 12 * * *"\n');
    const { stdout } = await house.run('cron-generate', ['--config', config, '--output', '-'], { as: 'root' });
    assert.match(stdout, new RegExp(`^30 12 \\* \\* \\* ${house.service.name} \\S+/run-job --job scheduled`, 'm'));
    assert.equal((await house.run('run-job', ['--config', config, 'blast'])).code, 0);
  });

  test('output_crontab: console prints the crontab and writes nothing', async () => {
    const config = house.path('etc/console.yaml');
    const text = readFileSync(house.configFile, 'utf8').replace(/^output_crontab: .*$/m, 'output_crontab: console');
    writeFileSync(config, text, { mode: 0o644 });
    const { stdout } = await house.run('cron-generate', ['--config', config], { as: 'root' });
    assert.match(stdout, /^# Skipping disabled job off$/m);
    assert.ok(!existsSync(house.path('etc/crontab')));
  });

  test('logs lie in a directory of the job and are named by the UTC time of the start', async () => {
    await house.run('run-job', ['blast']);
    for (const name of house.logs('blast')) assert.match(name, /^blast-\d{8}-\d{6}(-\d+)?\.log$/);
  });

  test('check-jobs-icinga prints FAILING JOBS with the names and exits with 2', async () => {
    await house.run('run-job', ['minutes']);
    const check = await house.run('check-jobs-icinga', []);
    assert.equal(check.code, 2);
    assert.match(check.stdout, /^FAILING JOBS: .*minutes/);
  });
});
