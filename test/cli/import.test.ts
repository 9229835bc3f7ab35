/** `jobctl import` as people start it: what it prints, writes, refuses, and its exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

  test('--anacron reads an anacrontab, of root unless --user says otherwise, and its starts are not called equal', () => {
    const { status, stdout } = run(
      ['-', '--anacron', '--user', 'nobody'],
      'PATH=/bin\n7 15 weekly.report /opt/report\n',
    );
    assert.equal(status, 1);
    assert.match(
      stdout,
      /weekly\.report\.yaml\n[\s\S]*^schedule: "45 7 \* \* 0"\ncatch_up: last\ncatch_up_window: 8d$/m,
    );
    assert.match(stdout, /one starts at other times than now[\s\S]*nobody hears of failures/);
    assert.match(run(['-', '--anacron'], '1 5 x /opt/x\n').stdout, /sudo -n -u root/);
    assert.equal(run(['--systemd', '--anacron', 'x.timer']).status, 64);
  });

  test('it does not wait for a FIFO, and asks whose crontab it is', () => {
    spawnSync('mkfifo', [scene.path('fifo')]);
    const fifo = run([scene.path('fifo'), '--user', 'nobody']);
    assert.deepEqual([fifo.status, /a FIFO|pipe/i.test(fifo.stderr)], [64, true], fifo.stderr);
    assert.match(run(['-'], '0 1 * * * x\n').stderr, /whose crontab is it\?/);
  });

  describe('from hostile hands', () => {
    test('lines that cron could not read as they are become no job, each by its line, and the rest does', () => {
      const blanks = ' '.repeat(300_000);
      const input = `\ufeff0 1 * * * /opt/a\n0 1 * * * /opt/b${blanks}c\n0 1 * * * /opt/d\0\n0 1 * * * /opt/e\r\nA=${blanks}\n0 1 * * * ../../../etc/passwd\n`;
      const { status, stdout } = run(['-', '--user', 'nobody'], input);
      assert.equal(status, 1);
      const made = [...stdout.matchAll(/^--- .*\/jobs\/(.*)$/gm)].map(([, file]) => file);
      assert.deepEqual(made, ['passwd.yaml']);
      const lines = [...stdout.matchAll(/line (\d): no job is made: (.{20})/g)].map(([, line, words]) => [line, words]);
      assert.deepEqual(lines, [
        ['1', 'it begins with a byt'],
        ['2', 'it has more than 1,0'],
        ['3', 'it has a control cha'],
        ['4', 'it has a control cha'],
        ['5', 'it has more than 1,0'],
      ]);
    });

    test('a file whose name has a line break adds no line to a job file', () => {
      const file = scene.path('cron\ncommand: evil');
      writeFileSync(file, '0 1 * * * /opt/x\n');
      const { stdout } = run([file, '--user', 'nobody']);
      assert.match(stdout, /^# From \S+cron\\u000acommand: evil, line 1\.\nname: x\ncommand: \/opt\/x$/m);
    });

    test('root reads by a link of another user only what that user may read', () => {
      const nobody = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
      mkdirSync(scene.path('theirs'));
      writeFileSync(scene.path('secret'), '0 1 * * * /opt/x --token hush\n', { mode: 0o600 });
      symlinkSync(scene.path('secret'), scene.path('theirs/crontab'));
      writeFileSync(scene.path('theirs/own'), '0 1 * * * /opt/own\n', { mode: 0o600 });
      writeFileSync(scene.path('theirs/x.timer'), '[Timer]\nOnCalendar=daily\n');
      const exec = `[Service]\nType=oneshot\nUser=nobody\nEnvironmentFile=${scene.path('variables')}\nExecStart=/opt/x\n`;
      writeFileSync(scene.path('theirs/x.service'), exec);
      writeFileSync(scene.path('variables'), 'TOKEN=hush\n', { mode: 0o600 });
      for (const name of ['theirs', 'theirs/own', 'theirs/x.timer', 'theirs/x.service'])
        chownSync(scene.path(name), nobody, nobody);
      lchownSync(scene.path('theirs/crontab'), nobody, nobody);
      const refused = run([scene.path('theirs/crontab'), '--user', 'nobody']);
      assert.deepEqual([refused.status, refused.stdout, /read it as that user/.test(refused.stderr)], [64, '', true]);
      assert.equal(run([scene.path('theirs/own'), '--user', 'nobody']).status, 0);
      const timer = run(['--systemd', scene.path('theirs/x.timer')]);
      assert.match(timer.stdout, /can't be read: uid \d+, who owns the units, may not read it/);
      assert.doesNotMatch(timer.stdout, /hush/);
    });

    test('root writes no jobs where others can change them, or lead them elsewhere', () => {
      const nobody = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
      const input = '0 1 * * * /opt/w\n';
      for (const name of ['open', 'owned', 'owned/below', 'private']) mkdirSync(scene.path(name));
      chmodSync(scene.path('open'), 0o777);
      symlinkSync(scene.path('private'), scene.path('owned/link'));
      for (const name of ['owned']) chownSync(scene.path(name), nobody, nobody);
      for (const name of ['open', 'owned', 'owned/below', 'owned/link']) {
        const { status, stderr } = run(['-', '--user', 'nobody', '--write', '--to', scene.path(name)], input);
        assert.deepEqual([status, /can be changed by others than root/.test(stderr)], [1, true], name + stderr);
      }
      assert.deepEqual(readdirSync(scene.path('private')), []);
      assert.equal(run(['-', '--user', 'nobody', '--write', '--to', scene.path('private')], input).status, 0);
      assert.deepEqual(readdirSync(scene.path('private')), ['w.yaml']);
    });
  });

  describe('--systemd', () => {
    const unit = (name: string, text: string, mode = 0o644) => {
      mkdirSync(path.dirname(scene.path(name)), { recursive: true });
      writeFileSync(scene.path(name), text, { mode });
    };

    test('makes a job of a timer, its service and their drop-ins, which can be written and is valid', () => {
      unit('units/tidy.timer', '[Timer]\nOnCalendar=daily\nPersistent=true\n');
      unit('units/tidy.timer.d/10-later.conf', '[Timer]\nOnCalendar=\nOnCalendar=*-*-* 04:30\n');
      unit('units/tidy.timer.d/no', '[Timer]\nOnCalendar=hourly\n');
      unit(
        'units/tidy.service',
        '[Unit]\nDescription=Tidy up\n[Service]\nType=oneshot\nUser=nobody\nExecStart=/opt/tidy\n',
        0o600,
      );
      symlinkSync('/dev/null', scene.path('units/tidy.timer.d/20-off.conf'));
      const to = scene.path('tidy');
      mkdirSync(to);
      const { status, stdout, stderr } = run(['--systemd', scene.path('units/tidy.timer'), '--write', '--to', to]);
      assert.deepEqual([status, stderr], [0, ''], stdout);
      assert.match(
        stdout,
        /tidy\.timer: one job starts at the same times as now[\s\S]*under systemd[\s\S]*\n {2}sudo systemctl disable --now tidy\.timer\n$/,
      );
      const text = readFileSync(`${to}/tidy.yaml`, 'utf8');
      assert.match(
        text,
        /^# From \S+tidy\.timer, \S+10-later\.conf and tidy\.service\.\nname: Tidy up\ncommand: \/opt\/tidy\nschedule: "30 4 \* \* \*"\ncatch_up: last\n/,
      );
      // The service is for root only.
      assert.equal(statSync(`${to}/tidy.yaml`).mode & 0o777, 0o640);
      assert.equal(scene.generate(['--validate', `${to}/tidy.yaml`]).status, 0);
    });

    test('lists by line what becomes no job, and exits with 1; --json has the same', () => {
      unit('units/bad.timer', '[Timer]\nOnCalendar=daily\nOnCalendar=2030-01-01\n');
      unit('units/bad@.service', '[Service]\nUser=nobody\nType=oneshot\nExecStart=/opt/x\n');
      unit('units/bad.timer.d/unit.conf', '[Timer]\nUnit=bad@%N.service\n');
      const { status, stdout } = run(['--systemd', '--json', scene.path('units/bad.timer')]);
      const [source] = JSON.parse(stdout);
      assert.equal(status, 1);
      assert.match(source.problems[0].message, /OnCalendar=2030-01-01: cron knows no years/);
      assert.deepEqual([source.problems[0].file, source.problems[0].line], [scene.path('units/bad.timer'), 3]);
      assert.deepEqual([source.jobs[0].slug, source.commands], ['bad', ['sudo systemctl disable --now bad.timer']]);
    });

    test('refuses what is no timer, a template, a masked unit and a FIFO', () => {
      symlinkSync('/dev/null', scene.path('units/masked.timer'));
      spawnSync('mkfifo', [scene.path('units/fifo.timer')]);
      unit('units/t@.timer', '[Timer]\nOnCalendar=daily\n');
      for (const [name, words] of [
        ['x.service', /name its timer/],
        ['units/t@.timer', /name an instance/],
        ['units/masked.timer', /masked/],
        ['units/fifo.timer', /FIFO|pipe/i],
        ['units/none.timer', /no such file/],
      ] as const) {
        const { status, stderr } = run(['--systemd', name.includes('/') ? scene.path(name) : name]);
        assert.deepEqual([status, words.test(stderr)], [64, true], stderr);
      }
      assert.match(run(['--systemd']).stderr, /which timers\?/);
    });
  });
});
