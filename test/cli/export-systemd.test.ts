import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { House, isRoot } from './house.ts';

const jobs = {
  nightly: 'name: Nightly\ncommand: echo 1\nschedule: "0 3 * * *"\n',
  'new-york': 'name: Zoned\ncommand: echo 1\nschedule: "15 3 * * *"\ntime_zone: America/New_York\ncatch_up: last\n',
  boot: 'name: Boot\ncommand: echo 1\nschedule: "@reboot"\n',
  by_hand: 'name: By hand\ncommand: echo 1\n',
  off: 'name: Off\ncommand: echo 1\nschedule: "0 3 * * *"\ndisabled: true\n',
  web: 'name: Web\nservice: true\ncommand: sleep 9\n',
};
const verifier = existsSync('/usr/bin/systemd-analyze');

describe('cron-generate --target systemd', { skip: isRoot ? false : 'needs root' }, () => {
  const house = new House(jobs);
  const units = house.path('units');
  mkdirSync(units);
  after(() => house.remove());
  const generate = (...args: string[]) => house.run('cron-generate', ['--target', 'systemd', ...args], { as: 'root' });
  const named = () => readdirSync(units).filter((name) => /\.(?:timer|service|target)$/.test(name));
  const text = (name: string) => readFileSync(path.join(units, name), 'utf8');

  test('a timer for each line of the crontab is written, and enabled by two links', async () => {
    assert.equal((await generate('--output', units, '--check')).code, 2);
    assert.deepEqual(named(), [], '--check writes nothing');
    const { code, stderr } = await generate('--output', units);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /systemctl daemon-reload && systemctl restart process-control\.target/);
    assert.deepEqual(named(), [
      'process-control-boot.target',
      ...['process-control-catch-up.service', 'process-control-catch-up.timer'],
      ...['process-control-ensure.service', 'process-control-ensure.timer'],
      ...['process-control.target', 'process-control@.service'],
      ...['process-control@new-york.timer', 'process-control@nightly.timer'],
    ]);
    assert.match(text('process-control-boot.target'), /^Wants=process-control@boot\.service$/m);
    assert.match(text('process-control.target'), /^Wants=process-control@nightly\.timer$/m);
    assert.match(text('process-control@new-york.timer'), /^OnCalendar=\*-\*-\* \*:00,15:00 UTC$/m);
    assert.match(
      text('process-control@.service'),
      new RegExp(`run-job --due --job %i --config ${house.configFile}$`, 'm'),
    );
    assert.equal(
      readlinkSync(path.join(units, 'timers.target.wants/process-control.target')),
      '../process-control.target',
    );
    assert.equal(
      readlinkSync(path.join(units, 'multi-user.target.wants/process-control-boot.target')),
      '../process-control-boot.target',
    );
    const again = await generate('--output', units, '--detailed-exitcode');
    assert.deepEqual([again.code, again.stderr], [0, '']);
  });

  test('systemd finds no fault in the units', { skip: verifier ? false : 'needs systemd-analyze' }, () => {
    const timers = named().filter((name) => !name.includes('@.'));
    // A verified timer does not look into the service that it starts.
    const files = [...timers, 'process-control@.service'].map((name) => path.join(units, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['--man=no', 'verify', ...files], { encoding: 'utf8' });
    const faults = stderr.split('\n').filter((line) => line.includes('process-control'));
    assert.deepEqual([status, faults], [0, []], stderr);
  });

  test('printed they are the same', async () => {
    const { stdout, code } = await generate();
    assert.equal(code, 0);
    for (const name of named()) assert.ok(stdout.includes(`# /etc/systemd/system/${name}\n${text(name)}`), name);
  });

  test('a timer goes with its job, and what others wrote stays', async () => {
    rmSync(house.path('jobs/nightly.yaml'));
    writeFileSync(path.join(units, 'process-control-web.service'), '[Service]\n');
    const { code, stderr } = await generate('--output', units);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /systemctl stop process-control@nightly\.timer && systemctl daemon-reload/);
    assert.ok(!named().includes('process-control@nightly.timer'));
    assert.equal(text('process-control-web.service'), '[Service]\n');
    house.job('nightly', jobs.nightly);
    writeFileSync(path.join(units, 'process-control@nightly.timer'), '[Timer]\nOnCalendar=hourly\n');
    const refused = await generate('--output', units);
    assert.equal(refused.code, 78);
    assert.match(refused.stderr, /process-control@nightly\.timer was not written for the jobs of/);
    assert.equal(text('process-control@nightly.timer'), '[Timer]\nOnCalendar=hourly\n');
  });

  test('a broken job keeps the timer of its last good line', async () => {
    rmSync(path.join(units, 'process-control@nightly.timer'));
    await house.run('cron-generate', [], { as: 'root' });
    house.job('nightly', 'name: Nightly\ncommand: echo 1\nschedule: "61 3 * * *"\n');
    const { code } = await generate('--output', units);
    assert.equal(code, 1);
    assert.match(text('process-control@nightly.timer'), /^OnCalendar=\*-\*-\* 03:00:00$/m);
  });

  test('options of the crontab do not go with it, and sudo writes only where systemd reads', async () => {
    for (const args of [
      ['--diff'],
      ['--plan'],
      ['--install'],
      ['--adopt'],
      ['--check'],
      ['--allow-loss', 'locks'],
      ['x'],
    ])
      assert.equal((await generate(...args)).code, 64, args.join(' '));
    const sudo = await house.run('cron-generate', ['--target', 'systemd', '--output', units], {
      as: 'root',
      environment: { SUDO_USER: 'alice' },
    });
    assert.equal(sudo.code, 77);
  });
});
