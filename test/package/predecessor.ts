/**
 * The upgrade from a package of the Python process-control: a stand-in with its name, paths,
 * configuration, crontab, state and a live run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, noMachine, packageFile, until } from './machine.ts';

const configuration = `cron_template: |
    # Generated from {source}
    {schedule} {user} {command}
runner_path: /usr/bin/run-job
user: jobs
job_directory: /var/lib/process-control
output_crontab: /etc/cron.d/process-control
output_directory: /var/log/process-control
run_directory: /run/process-control
state_directory: /var/cache/process-control
`;

/** The run of the predecessor that is under way: its lock is a file with its pid. */
const oldRunJob = `#!/bin/sh
echo $$ >/run/process-control/$2.lock
until test -e /run/go-on; do sleep 0.1; done
rm /run/process-control/$2.lock
`;

const control = `Package: process-control
Version: 0.9-1
Architecture: all
Maintainer: Somebody <somebody@example.org>
Description: the Python process-control
`;

/** Installs the stand-in and the files that a host in use has. */
function installPredecessor(machine: Machine): void {
  machine.must('useradd --system --create-home jobs');
  machine.write('/root/old/DEBIAN/control', control);
  machine.write('/root/old/DEBIAN/conffiles', '/etc/process-control.yaml\n');
  machine.write('/root/old/etc/process-control.yaml', configuration);
  machine.write('/root/old/usr/bin/run-job', oldRunJob, '755');
  machine.write('/root/old/usr/bin/cron-generate', '#!/bin/sh\n', '755');
  machine.write('/root/old/usr/lib/python3/dist-packages/processcontrol/__init__.py', '');
  machine.must('dpkg-deb -Zgzip --root-owner-group -b /root/old /root/old.deb && dpkg -i /root/old.deb');
  machine.must('install -d -o jobs /run/process-control /var/log/process-control/good /var/cache/process-control');
  machine.write(
    '/var/lib/process-control/good.yaml',
    'name: Good\nschedule: "*/10 * * * *"\ncommand: /usr/bin/id -un\n',
  );
  machine.write(
    '/var/lib/process-control/running.yaml',
    'name: Running\nschedule: "* * * * *"\ncommand: /bin/echo twice\n',
  );
  machine.write('/var/lib/process-control/half_done.yaml', 'name: Half\nschedule: "*/5 * * * *"\ncomand: /bin/true\n');
  const line = (slug: string, schedule: string) =>
    `# Generated from /var/lib/process-control/${slug}.yaml\n${schedule} jobs /usr/bin/run-job --job ${slug}\n`;
  machine.write(
    '/etc/cron.d/process-control',
    `${line('good', '*/10 * * * *')}${line('running', '* * * * *')}${line('half_done', '*/7 * * * *')}`,
  );
  machine.write(
    '/var/cache/process-control/good.yaml',
    "history:\n- {status: started, time: '2026-11-20 10:00:00'}\n- {status: failed, time: '2026-11-20 10:00:09'}\nlast_completion_status: failure\n",
  );
  machine.write('/var/log/process-control/good/good-20261120-100000.log', '2026-11-20 10:00:00,000\tINFO\told\n');
}

describe('the upgrade from the Python process-control', { skip: noMachine }, () => {
  let machine: Machine;
  let crontab: string;
  before(async () => {
    machine = await Machine.boot();
    installPredecessor(machine);
    crontab = machine.read('/etc/cron.d/process-control');
    machine.begin('setpriv --reuid=jobs --regid=jobs --clear-groups run-job --job running');
    await until('the old run goes on', () => machine.has('/run/process-control/running.lock'));
    machine.install(packageFile);
  });
  after(() => machine.close());

  test('its configuration stays, also when it was never edited, because it names the user of the jobs', () => {
    assert.equal(machine.read('/etc/process-control.yaml'), configuration);
    assert.match(machine.read('/etc/process-control.yaml.dpkg-dist'), /^user: process-control$/m);
    assert.equal(machine.sh('ls /etc/process-control.yaml.predecessor').code, 2);
  });

  test('its crontab stays until cron-generate runs, and its lines still work', () => {
    assert.equal(machine.read('/etc/cron.d/process-control'), crontab);
    machine.must("su -s /bin/sh jobs -c '/usr/bin/run-job --job good'");
    assert.match(machine.read('/var/log/process-control/good/latest.log'), /\tINFO\tjobs\n/);
  });

  test('the directories belong to the user of its configuration, also after a reboot', () => {
    const owners = () =>
      machine.must(
        'stat -c "%U:%G %a" /run/process-control /var/log/process-control /var/lib/process-control-state /var/lib/process-control',
      );
    const expected = 'jobs:jobs 755\njobs:adm 2750\njobs:jobs 755\nroot:root 755\n';
    assert.equal(owners(), expected);
    machine.must('mv /run/process-control /run/before && systemd-tmpfiles --create process-control.conf');
    assert.equal(owners(), expected);
    machine.must('rm -r /run/process-control && mv /run/before /run/process-control');
  });

  test('its logs and its history are read', () => {
    assert.ok(machine.has('/var/log/process-control/good/good-20261120-100000.log'));
    assert.match(machine.must('jobctl history good'), /python-2026-11-20T10:00:00\.000Z {2}failed/);
  });

  test('a job that it is running is not started a second time', async () => {
    assert.equal(machine.sh('run-job --job running').code, 75);
    machine.must('touch /run/go-on');
    await until('it has ended', () => !machine.has('/run/process-control/running.lock'));
    machine.must('run-job --job running');
  });

  test('cron-generate takes over the crontab, and a job with a problem keeps its line', () => {
    const generated = machine.sh('cron-generate');
    assert.equal(generated.code, 1);
    assert.match(generated.stderr, /half_done\.yaml:3:1: .*comand/);
    const text = machine.read('/etc/cron.d/process-control');
    for (const line of [
      '*/10 * * * * jobs /usr/bin/run-job --job good',
      '*/7 * * * * jobs /usr/bin/run-job --job half_done',
    ])
      assert.ok(text.includes(`\n${line}\n`), text);
  });

  test('none of its programs is left', () => {
    assert.equal(machine.sh('ls /usr/lib/python3/dist-packages/processcontrol').code, 2);
    assert.equal(machine.sh('dpkg --verify process-control').stdout, '??5?????? c /etc/process-control.yaml\n');
  });
});
