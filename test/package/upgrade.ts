/**
 * An upgrade while jobs run: nothing is killed, nothing is started twice, and what began with the
 * old programs ends with them.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Machine, noMachine, packageFile, repository, until } from './machine.ts';

/**
 * A job of two commands, so that one starts after the upgrade; it fails, so that a mail is sent.
 */
const job = `name: Long
command:
  - sh -c 'echo begun; until test -e /run/go-on; do sleep 0.1; done'
  - sh -c 'echo second command; exit 9'
failmail: {from_address: jobs@example.org, to_address: ops@example.org}
`;

/** Changes of a later version that no run of the old programs could load. */
const foreign = `
  sed -i '1s/^/globalThis.isNext=true;/' usr/share/process-control/boot.cjs
  for name in usr/share/process-control/*.cjs; do
    sed -i '1s/^(function([a-z_,]*){/&if(!globalThis.isNext)throw new Error("of another version");/' $name
  done
  grep -lc 'of another version' usr/share/process-control/deliver-notices.cjs usr/share/process-control/winston-log.cjs
  printf '#!/usr/bin/perl\\nexit 3;\\n' >usr/share/process-control/reaper.pl`;

describe('an upgrade', { skip: noMachine }, () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot();
    machine.install(packageFile);
    machine.write('/usr/sbin/sendmail', '#!/bin/sh\ncat >>/var/log/process-control/mails\n', '755');
    machine.write('/var/lib/process-control/long.yaml', job);
    machine.write(
      '/var/lib/process-control/short.yaml',
      'name: Short\ncommand: /bin/echo short\nschedule: "5 4 * * *"\n',
    );
    machine.must('cron-generate');
  });
  after(() => machine.close());

  test('over a job that runs: it goes on, it is not started again, and its end is recorded by the programs that it began with, and mailed by the new ones', async () => {
    const crontab = machine.read('/etc/cron.d/process-control');
    machine.begin('run-job --job long');
    const status = () => machine.sh('run-job --status long').stdout;
    const log = '/var/log/process-control/long/latest.log';
    await until('the job runs', () => machine.sh(`grep -c begun ${log}`).code === 0);
    const [pid] = /pid: \d+/.exec(status()) ?? [];
    assert.ok(pid, status());

    const reaper = machine.read('/usr/share/process-control/reaper.pl');
    machine.install(machine.remake('1.0.1', foreign));
    assert.equal(machine.must('dpkg-query -W process-control'), 'process-control\t1.0.1\n');
    assert.ok(status().includes(pid), status());
    assert.equal(machine.sh('run-job --job long').code, 75);
    // The new programs tell of that one.
    machine.must('rm -f /var/log/process-control/mails');

    machine.must('touch /run/go-on');
    await until('the job has ended', () => /last status: failure/.test(status()) && !/status: running/.test(status()));
    assert.match(machine.read(log), /\tINFO\tsecond command\n/);
    assert.match(machine.must('jobctl history long'), /exit code 9/);
    await until('its run-job is gone', () => machine.sh('pgrep -f "[b]oot.cjs run-job --job long"').code === 1);
    // The new programs send the mail below a reaper of their own; until now it was one that would have harmed the run.
    machine.write('/usr/share/process-control/reaper.pl', reaper, '755');
    const mails = () => machine.sh('cat /var/log/process-control/mails').stdout;
    await until('the mail', () => /^Subject: Fail Mail : Long .*exit code 9/m.test(mails()));
    assert.equal(machine.must('ls /var/log/process-control/long | grep -vc latest'), '1\n');
    assert.equal(machine.read('/etc/cron.d/process-control'), crontab);
  });

  test('a configuration that people changed stays', () => {
    machine.must('echo "# ours" >>/etc/process-control.yaml');
    const mine = machine.read('/etc/process-control.yaml');
    machine.install(machine.remake('1.0.2', 'true'));
    assert.equal(machine.read('/etc/process-control.yaml'), mine);
  });

  test('the programs never use a cache of the earlier version', () => {
    const bundles = machine
      .must('cd /usr/share/process-control && ls *.cjs | grep -vE "^(boot|bake)"')
      .trim()
      .split('\n');
    const newer = machine
      .must('cd /usr/share/process-control && find . -name "*.cache" -newer /root/next/DEBIAN/control')
      .trim()
      .split('\n');
    assert.deepEqual(newer.map((name) => name.slice(2)).sort(), bundles.map((name) => `${name}.cache`).sort());
    machine.must('run-job --job short');
  });

  test('an upgrade that fails leaves programs that run', () => {
    const broken = machine.remake('1.0.3', "printf '#!/bin/sh\\nexit 1\\n' >DEBIAN/preinst");
    assert.notEqual(machine.sh(`dpkg -i ${broken}`).code, 0);
    machine.must('run-job --job short');
    machine.must('cron-generate --check');
  });

  test('a removal that fails leaves the crontab as it was', () => {
    const crontab = machine.read('/etc/cron.d/process-control');
    machine.must("sed -i 's/^rm -f .*cache$/exit 1/' /var/lib/dpkg/info/process-control.prerm");
    assert.notEqual(machine.sh('dpkg --remove process-control').code, 0);
    assert.equal(machine.read('/etc/cron.d/process-control'), crontab);
    machine.must('run-job --job short');
  });
});

const { properties } = JSON.parse(readFileSync(path.join(repository, 'schema/job.schema.json'), 'utf8')) as {
  properties: object;
};
const noServices = 'service' in properties ? false : 'this version has no services';

describe('a service', { skip: noMachine || noServices }, () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot();
    machine.install(packageFile);
    machine.write('/var/lib/process-control/web.yaml', "name: Web\nservice: true\ncommand: sh -c 'exec sleep 86399'\n");
    machine.must('cron-generate && run-job --ensure');
    await until('it is up', () => machine.sh('jobctl status web').code === 0);
  });
  after(() => machine.close());

  const instances = () => machine.sh('pgrep -x -f "sleep 86399"').stdout.trim();

  test('goes on through an upgrade, and is not started a second time', () => {
    const before = instances();
    assert.match(before, /^\d+$/);
    machine.install(machine.remake('1.0.1', foreign));
    machine.must('run-job --ensure && run-job --ensure');
    assert.equal(instances(), before);
    assert.equal(machine.sh('jobctl status web').code, 0);
  });

  test('that dies after the upgrade is started again by its old supervisor', async () => {
    const before = instances();
    machine.must(`kill -9 ${before}`);
    await until('it is up again', () => /^\d+$/.test(instances()) && instances() !== before);
  });

  test('stops when the package is removed, and is desired up again after a new installation', async () => {
    machine.must('apt-get remove -y process-control');
    assert.equal(instances(), '');
    machine.install(packageFile);
    assert.equal(instances(), '');
    machine.must('cron-generate && run-job --ensure');
    await until('it is up', () => /^\d+$/.test(instances()));
  });
});
