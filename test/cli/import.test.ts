/** `jobctl import` as people start it: what it prints, writes, refuses, and its exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeTree } from './house.ts';
import { notRoot, Scene } from './scene.ts';

const jobctl = path.resolve(import.meta.dirname, '../../../bin/jobctl');

describe('jobctl import', { skip: notRoot }, () => {
  let scene: Scene;
  before(() => {
    scene = new Scene();
  });
  after(() => removeTree(scene.directory));

  const run = (args: readonly string[], input = '', environment = {}) => {
    const env = { ...scene.environment(), ...environment };
    const all = ['import', '--config', scene.path('config.yaml'), ...args];
    const { status, stdout, stderr } = spawnSync(jobctl, all, { input, encoding: 'utf8', env, timeout: 60_000 });
    return { status, stdout, stderr };
  };

  test('prints job files and the lines to take out, and writes nothing', () => {
    const { status, stdout, stderr } = run(['-', '--user', 'nobody'], '# Disk usage\n*/5 * * * * df -h /\nA=1\n');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(
      stdout,
      /^--- \S+\/jobs\/df\.yaml\n# From standard input, line 2\.\nname: Disk usage\ncommand: df -h \/\n/,
    );
    assert.match(stdout, /one job starts at the same times as now[\s\S]*^-\*\/5 \* \* \* \* df -h \/$/m);
    assert.ok(!existsSync(scene.path('jobs/df.yaml')));
  });

  test('--write writes valid files under free names, for the readers that the source had', () => {
    const crontab = scene.path('crontab');
    writeFileSync(crontab, '0 1 * * * /opt/a.sh x\n0 2 * * * /opt/a.sh y\n', { mode: 0o600 });
    const args = [crontab, '--user', 'nobody', '--write'];
    assert.equal(run(args).status, 0);
    const first = readFileSync(scene.path('jobs/a.yaml'), 'utf8');
    assert.match(readFileSync(scene.path('jobs/a-2.yaml'), 'utf8'), /\ncommand: \/opt\/a\.sh y\n/);
    assert.equal(statSync(scene.path('jobs/a.yaml')).mode & 0o777, 0o640);
    assert.equal(scene.generate(['--validate', scene.path('jobs/a.yaml'), scene.path('jobs/a-2.yaml')]).status, 0);
    assert.equal(run(args).status, 0);
    assert.equal(readFileSync(scene.path('jobs/a.yaml'), 'utf8'), first);
    assert.ok(existsSync(scene.path('jobs/a-3.yaml')));
  });

  test('a name that is taken by a planted link is not written through', () => {
    mkdirSync(scene.path('to'));
    symlinkSync(scene.path('victim'), scene.path('to/b.yaml'));
    run(['-', '--user', 'nobody', '--write', '--to', scene.path('to')], '0 1 * * * /opt/b\n');
    assert.ok(!existsSync(scene.path('victim')));
  });

  test('what is left to decide stands in the file or by its line, and the exit code is 1', () => {
    const input = 'CRON_TZ=UTC\n0 1 * * * /opt/c\n0 1 * * * /opt/d # % text\n0 99 * * * /opt/e\n';
    const { status, stdout } = run(['-', '--user', 'nobody'], input);
    assert.equal(status, 1);
    assert.match(stdout, /^# CHECK: CRON_TZ stands above/m);
    assert.match(stdout, /line 3: no job is made: its command has a #[\s\S]*line 4: no job is made: /);
  });

  test('--json has the same for programs, and --cron cronie takes CRON_TZ', () => {
    const { status, stdout } = run(
      ['-', '--user', 'root', '--json', '--cron', 'cronie'],
      'CRON_TZ=UTC\n0 1 * * * /opt/c\n0 99 * * * x\n',
    );
    assert.equal(status, 1);
    const [source] = JSON.parse(stdout);
    assert.equal(source.source, 'standard input');
    assert.match(source.jobs[0].text, /^time_zone: UTC$/m);
    assert.deepEqual([source.jobs[0].slug, source.jobs[0].line, source.problems[0].line], ['c', 2, 3]);
    assert.match(source.patch, /^-0 1 \* \* \* \/opt\/c$/m);
    assert.ok(source.environment.some(({ name }: { name: string }) => name === 'output'));
  });

  test('it does not wait for a FIFO, and asks whose crontab it is', () => {
    spawnSync('mkfifo', [scene.path('fifo')]);
    const fifo = run([scene.path('fifo'), '--user', 'nobody']);
    assert.deepEqual([fifo.status, /a FIFO|pipe/i.test(fifo.stderr)], [64, true], fifo.stderr);
    assert.match(run(['-'], '0 1 * * * x\n').stderr, /whose crontab is it\?/);
  });
});
