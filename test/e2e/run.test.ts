/** From a line that cron fires to the log, the history and the status; and the morning after a move from the Python process-control. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, repository, until } from '../cli/house.ts';
import { CronHouse, noCron, patienceMs } from './cron.ts';

const runJob = path.join(repository, 'bin/run-job');

test('a line fires: the job runs as the service user, leaves its log and its history, and sub-jobs have their own', {
  skip: noCron,
}, async () => {
  const house = new House({}, { crontab: '/etc/cron.d/process-control' });
  house.job('child', 'name: Child\ncommand: /bin/echo from the child\n');
  house.job(
    'parent',
    `name: Parent\nschedule: "* * * * *"\ncommand:\n  - sh -c 'id -un; echo trigger=$PROCESS_CONTROL_TRIGGER; pwd'\n  - ${runJob} --config ${house.configFile} child\n`,
  );
  house.job('broken', 'name: Broken\nschedule: "61 * * * *"\ncommand: /bin/true\n');
  const cron = await CronHouse.open(house);
  try {
    writeFileSync(house.path('cron.d/foreign'), 'this is no crontab\n');
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 1, 'the broken job is reported');
    assert.match(generated.stderr, /broken\.yaml:2:12: .*minute/);
    cron.start();
    const history = (slug: string) => {
      const file = house.path(`state/history/${slug}.jsonl`);
      return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
    };
    await until('the run to end', () => history('parent').some(({ event }) => event === 'ended'), patienceMs);
    // cron's minutes are seconds here, so its next starts may stand between the two.
    const started = history('parent').find(({ event }) => event === 'started');
    const ended = history('parent').find(({ event }) => event === 'ended');
    assert.equal(started?.event === 'started' && started.trigger.by, 'clock');
    assert.deepEqual(ended?.event === 'ended' && ended.outcome, { kind: 'exited', code: 0 });
    const log = house.log('parent');
    for (const line of [house.service.name, 'trigger=', house.service.home])
      assert.ok(log.includes(`\tINFO\t${line}\n`), log);
    assert.match(house.log('child'), /from the child/);
    const child = history('child').find(({ event }) => event === 'started');
    assert.equal(child?.event === 'started' && child.trigger.by, 'job');
    assert.match((await house.run('run-job', ['--status', 'parent'])).stdout, /last status: success/);
    assert.deepEqual(history('broken'), []);
  } finally {
    await cron.close();
    house.remove();
  }
});

test('a host of the Python process-control is taken over: configuration, jobs, crontab, state and a run under way', {
  skip: noCron,
}, async () => {
  const house = new House({}, { crontab: '/etc/cron.d/process-control' });
  const { path: at } = { path: (name: string) => house.path(name) };
  const old = [
    'cron_template: |',
    '    # Generated from {source}',
    '    {schedule} {user} {command}',
    `runner_path: ${runJob}`,
    `user: ${house.service.name}`,
    'default_job_config:',
    '    failmail:',
    '        from_address: "Fail Mail <fail@example.org>"',
    '        to_address: "fail@example.org"',
    '    timeout: 10',
    `job_directory: ${at('jobs')}`,
    'logging:',
    '    version: 1',
    '    formatters: {runjob: {format: "run-job[%(process)d]: %(message)s"}}',
    '    handlers: {syslog: {address: /dev/log, class: logging.handlers.SysLogHandler, facility: daemon, formatter: runjob}}',
    '    loggers: {process-control: {handlers: [syslog], level: DEBUG}}',
    '    disable_existing_loggers: false',
    'output_crontab: /etc/cron.d/process-control',
    `output_directory: ${at('log')}`,
    `run_directory: ${at('run')}`,
    `state_directory: ${at('state')}`,
  ];
  writeFileSync(house.configFile, `${old.join('\n')}\n`);
  house.job('good', 'name: Good\nschedule: "* * * * *"\ncommand: /bin/echo taken over\n');
  house.job('running', 'name: Running\nschedule: "* * * * *"\ncommand: /bin/echo twice\n');
  house.job('half_done', 'name: Half done\nschedule: "*/5 * * * *"\ncomand: /bin/true\n');
  house.job('off', 'name: Off\nschedule: "* * * * *"\ncommand: /bin/false\ndisabled: yes\n');
  mkdirSync(at('cron.d'), { recursive: true });
  const line = (slug: string, schedule: string) =>
    `# Generated from ${at(`jobs/${slug}.yaml`)}\n${schedule} ${house.service.name} /usr/bin/run-job --job ${slug}\n`;
  writeFileSync(
    at('cron.d/process-control'),
    `${line('good', '*/10 * * * *') + line('half_done', '*/7 * * * *')}# Skipping disabled job off\n`,
  );
  writeFileSync(
    at('state/good.yaml'),
    "history:\n- {status: started, time: '2026-11-20 10:00:00'}\n- {status: failed, time: '2026-11-20 10:00:09'}\nlast_completion_status: failure\n",
  );
  writeFileSync(at('run/running.lock'), String(process.pid));
  const cron = await CronHouse.open(house);
  try {
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 1, generated.stderr);
    const text = readFileSync(at('cron.d/process-control'), 'utf8');
    assert.match(text, /^\* \* \* \* \* pc-test \S+\/run-job --job good --config \S+$/m);
    // Its file has a mistake, so the line that the predecessor wrote stays, rendered anew.
    assert.match(text, /^\*\/7 \* \* \* \* pc-test \S+\/run-job --job half_done --config \S+$/m);
    assert.match(text, /^# Skipping disabled job off$/m);
    assert.match((await house.run('run-job', ['-s', 'good'])).stdout, /last status: failure/);
    cron.start();
    await until(
      'the next run',
      async () => /last status: success/.test((await house.run('run-job', ['-s', 'good'])).stdout),
      patienceMs,
    );
    const history = (await house.run('jobctl', ['history', 'good'])).stdout;
    assert.match(history, /python-2026-11-20T10:00:00\.000Z {2}failed/);
    await until(
      'the tick of the job that is running',
      async () => {
        // Its minutes are seconds here, so that line is soon not among the last twenty.
        const { stdout } = await house.run('jobctl', ['history', 'running', '--lines', '1000']);
        return /still running under the Python process-control/.test(stdout);
      },
      patienceMs,
    );
    assert.ok(!existsSync(at('log/running')));
  } finally {
    await cron.close();
    house.remove();
  }
});
