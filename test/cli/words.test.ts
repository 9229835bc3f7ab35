/** What run-job says, and to whom: the terminal, its own log, the system log, nobody. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { ended, House, isRoot, repository } from './house.ts';

describe('the messages of run-job', () => {
  const house = new House({
    both: "name: Both\ncommand: sh -c 'echo to stdout; echo to stderr >&2; exit 2'\n",
    fine: 'name: Fine\ncommand: /bin/echo fine\n',
  });
  const ownLog = house.path('state/own.log');
  const logging = house.path('etc/logging.yaml');
  after(() => house.remove());

  test('at a terminal the output of the job is shown as it comes, and the log has it too', async () => {
    const identity = isRoot
      ? `setpriv --reuid=${house.service.uid} --regid=${house.service.gid} --init-groups -- `
      : '';
    const command = `${identity}${path.join(repository, 'bin/run-job')} --config ${house.configFile} both`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const shown = await ended(child);
    assert.equal(shown.code, 2);
    assert.match(shown.stdout, /to stdout\r\n/);
    assert.match(shown.stdout, /to stderr\r\n/);
    assert.match(shown.stdout, /run-job: both failed with exit code 2 \(log: /);
    assert.match(house.log('both'), /INFO\tto stdout\n/);
  });

  test('in a pipe it prints nothing of the job, and nothing at all when all is well', async () => {
    assert.deepEqual(await house.run('run-job', ['fine']), { code: 0, stdout: '', stderr: '' });
  });

  test('its own log is written through winston where the configuration says so', async () => {
    const { writeFileSync } = await import('node:fs');
    const text = `${readFileSync(house.configFile, 'utf8')}logging: {level: info, format: json, file: ${ownLog}, console: true}\n`;
    writeFileSync(logging, text, { mode: 0o644 });
    const byHand = await house.run('run-job', ['--config', logging, 'fine']);
    assert.equal(byHand.code, 0);
    assert.match(byHand.stderr, /fine succeeded/);
    const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };
    assert.equal((await house.run('run-job', ['--config', logging, 'fine'], byClock)).stderr, '');
    await house.run('run-job', ['--config', logging, 'both']);
    const entries = readFileSync(ownLog, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      entries.map(({ level, message }) => `${level}: ${message}`),
      ['info: fine succeeded', 'info: fine succeeded', 'error: both failed with exit code 2'],
    );
    assert.match(String(entries[0]?.run), /^\d{8}-\d{6}-/);
  });

  test('help of every program is a page with its flags, and its version has the name of the program', async () => {
    for (const program of ['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga']) {
      const help = await house.run(program, ['--help']);
      assert.deepEqual([help.code, help.stderr], [0, ''], program);
      assert.match(help.stdout, new RegExp(`^Usage: ${program}`));
      assert.match((await house.run(program, ['--version'])).stdout, new RegExp(`^${program} \\d+\\.\\d+\\.\\d+\\n$`));
    }
  });

  test('without its node or its programs the launcher says what to do, with 125', async () => {
    const { cpSync, mkdirSync } = await import('node:fs');
    mkdirSync(house.path('lonely'));
    cpSync(path.join(repository, 'bin/run-job'), house.path('lonely/run-job'));
    const run = await ended(spawn(house.path('lonely/run-job'), ['fine'], { stdio: ['ignore', 'pipe', 'pipe'] }));
    assert.equal(run.code, 125);
    assert.match(run.stderr, /^run-job: .* build process-control, or install it again\n$/);
  });

  test('a reader that goes away is no error', async () => {
    for (let i = 0; i < 200; i += 1)
      house.job(`many${i}`, `name: Many ${i}\ndescription: ${'x'.repeat(900)}\ncommand: /bin/true\n`);
    const child = house.spawn('run-job', ['--status']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await ended(child);
    assert.deepEqual([code, stderr], [0, '']);
  });
});
