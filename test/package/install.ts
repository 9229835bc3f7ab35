/**
 * The life of the package on a host: installed, used as the README says, removed, installed again,
 * purged.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, noMachine, packageFile, requires, until, version } from './machine.ts';

const job = `name: Say hello
command: sh -c 'id -un; id -Gn; pwd'
schedule: "* * * * *"
`;

describe('the package, from its installation to its purge', { skip: noMachine }, () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot();
    machine.install(packageFile);
  });
  after(() => machine.close());

  test('every program runs, and has its man page and its completion', () => {
    const programs = machine.must('dpkg -L process-control | sed -n "s|^/usr/bin/||p"').trim().split('\n');
    assert.deepEqual(programs.sort(), ['check-jobs-icinga', 'cron-generate', 'job-scheduler', 'jobctl', 'run-job']);
    for (const program of programs) {
      assert.equal(machine.must(`${program} --version`), `${program} ${version}\n`);
      assert.match(
        machine.must(`man ${program} 2>/dev/null | col -b || zcat /usr/share/man/man*/${program}.*`),
        /EXIT STATUS/,
      );
      assert.ok(machine.has(`/usr/share/bash-completion/completions/${program}`), program);
    }
    for (const page of ['process-control.yaml', 'process-control-job'])
      assert.ok(machine.has(`/usr/share/man/man5/${page}.5.gz`));
  });

  test('it brings a unit for job-scheduler that nothing has enabled, and no process', () => {
    const unit = '/lib/systemd/system/process-control-scheduler.service';
    assert.match(machine.read(unit), /^ExecStart=\/usr\/bin\/job-scheduler$/m);
    assert.equal(machine.must('find /etc/systemd /var/lib/systemd -path "*.wants/process-control-scheduler*"'), '');
    assert.equal(machine.must('pgrep -f "[b]oot.cjs job-scheduler" || true'), '');
  });

  test('the alert rules, the dashboard and the page that each alert leads to are there to be read', () => {
    const documents = '/usr/share/doc/process-control';
    const rules = machine.read(`${documents}/examples/prometheus/process-control.rules.yaml`);
    assert.ok(machine.has(`${documents}/examples/prometheus/grafana-dashboard.json`));
    assert.ok(machine.has(`${documents}/examples/prometheus/process-control.rules-test.yaml`));
    const pages = new Set([...rules.matchAll(/runbook_url: file:\/\/([^#\s]+)#/g)].map(([, page = '']) => page));
    assert.deepEqual([...pages], [`${documents}/docs/how-to/monitoring.md`]);
    for (const page of pages) assert.match(machine.read(page), /^### JobOverdue$/m);
  });

  test('the service user can write logs, locks and state and nothing else of the package', () => {
    const writable = machine.must(
      'for path in $(dpkg -L process-control) /var/lib/process-control /var/lib/process-control-state /var/log/process-control /run/process-control; do ' +
        'setpriv --reuid=process-control --regid=process-control --init-groups test -w "$path" && [ ! -h "$path" ] && echo "$path"; done; true',
    );
    assert.deepEqual(writable.trim().split('\n'), [
      '/var/lib/process-control-state',
      '/var/log/process-control',
      '/run/process-control',
    ]);
    assert.equal(
      machine.must('stat -c "%U:%G %a" /var/lib/process-control /var/log/process-control'),
      'root:root 755\nprocess-control:adm 2750\n',
    );
    assert.match(machine.must('getent passwd process-control'), /:\/var\/lib\/process-control:\/usr\/sbin\/nologin$/m);
  });

  test("the programs have the code cache of this host's node", () => {
    assert.notEqual(machine.must('ls /usr/share/process-control/run-job.cjs.cache'), '');
  });

  test("a job file, cron-generate, and cron starts the job as the service user: the README's words are enough", async () => {
    machine.write('/var/lib/process-control/hello.yaml', job);
    machine.must('cron-generate --validate /var/lib/process-control/hello.yaml');
    assert.equal(machine.sh('cron-generate --check --diff').code, 2);
    machine.must('cron-generate');
    machine.must('cron-generate --check');
    machine.startCron();
    await until('cron has run the job', () => machine.sh('jobctl history hello').stdout.includes('succeeded'));
    const log = machine.read('/var/log/process-control/hello/latest.log');
    assert.match(log, /\tINFO\tprocess-control\n.*\tINFO\tprocess-control\n.*\tINFO\t\/var\/lib\/process-control\n/s);
    assert.match(machine.must('check-jobs-icinga'), /^JOBS OK/);
    assert.match(machine.must('run-job --status hello'), /last status: success/);
  });

  test('the sudoers example lets a group run run-job and jobctl as the service user, and nothing else', {
    skip: requires('sudo'),
  }, () => {
    machine.must('groupadd job-operators && useradd --groups job-operators olga');
    machine.must(
      'install -m 440 /usr/share/doc/process-control/examples/sudoers /etc/sudoers.d/process-control && visudo -c',
    );
    const as = (line: string) => machine.sh(`setpriv --reuid=olga --regid=olga --init-groups sudo -n ${line}`);
    assert.equal(as('-u process-control run-job --job hello').code, 0);
    assert.equal(as('-u process-control jobctl pause hello --for 1h --reason test').code, 0);
    assert.match(machine.sh('jobctl status hello').stdout, /paused: +by olga/);
    assert.equal(as('-u process-control jobctl resume hello').code, 0);
    for (const line of [
      '-u process-control sh -c id',
      '-u process-control cron-generate --check',
      'run-job --job hello',
      'jobctl status',
      '-u process-control PROCESS_CONTROL_CONFIG=/tmp/mine run-job --job hello',
    ]) {
      const refused = as(line);
      assert.equal(refused.code, 1, `${line}: ${refused.said}`);
      assert.match(refused.stderr, /^sudo: /m, line);
    }
    // A configuration of one's own would be another way to choose the command.
    machine.write('/home/olga/mine.yaml', 'job_directory: /home/olga/jobs\n');
    machine.must('chown -R olga: /home/olga');
    assert.equal(as('-u process-control run-job --config /home/olga/mine.yaml --job hello').code, 78);
  });

  test('removed: cron starts nothing, and files that people made stay', () => {
    machine.write('/etc/cron.d/other', '# not ours\n');
    machine.must('apt-get remove -y process-control');
    assert.equal(machine.must('ls -A /etc/cron.d | grep process-control || true'), '');
    for (const file of [
      '/etc/cron.d/other',
      '/etc/process-control.yaml',
      '/var/lib/process-control/hello.yaml',
      '/var/log/process-control/hello/latest.log',
      '/var/lib/process-control-state/history/hello.jsonl',
    ])
      assert.ok(machine.has(file), file);
    assert.equal(machine.must('find /usr -name "*process-control*" -newer /etc/cron.d/other'), '');
    assert.equal(machine.must('ls -d /usr/share/process-control /usr/bin/run-job 2>/dev/null || true'), '');
  });

  test('installed again: the history goes on', () => {
    machine.install(packageFile);
    assert.match(machine.must('jobctl history hello -n 1000'), /succeeded/);
    machine.must('cron-generate');
    assert.match(machine.read('/etc/cron.d/process-control'), /run-job --job hello/);
  });

  test('a crontab that another program wrote under this name survives the removal', () => {
    machine.write('/etc/cron.d/process-control', '# mine\n');
    machine.must('apt-get remove -y process-control');
    assert.equal(machine.read('/etc/cron.d/process-control'), '# mine\n');
    machine.must('rm /etc/cron.d/process-control');
  });

  test('purged: job files and the user stay, and nothing else', () => {
    machine.must('apt-get purge -y process-control');
    const left = machine
      .made('process-control', '/etc', '/var', '/usr')
      .filter((file) => !file.startsWith('/var/lib/dpkg/'));
    assert.deepEqual(left.toSorted(), ['/etc/sudoers.d/process-control', '/var/lib/process-control']);
    assert.equal(machine.must('ls -A /var/lib/process-control'), 'hello.yaml\n');
    assert.match(machine.must('getent passwd process-control'), /^process-control:/);
    assert.equal(machine.sh('dpkg-query -W process-control').code, 1);
  });
});
