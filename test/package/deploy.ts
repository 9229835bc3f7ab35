/**
 * The examples for configuration management, run by the real tools against an installed package.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, noMachine, packageFile, requires } from './machine.ts';

const examples = '/usr/share/doc/process-control/examples/deploy';
const crontab = '/etc/cron.d/process-control';
const jobFile = '/var/lib/process-control/disk-usage.yaml';
const line = /^15 6 \* \* \* process-control \/usr\/bin\/run-job --job disk-usage$/m;

/** The steps that each tool must support. */
interface Tool {
  readonly name: string;
  readonly needs: string;
  /** A directory with the example and its job file, as people copy it. */
  readonly directory: string;
  readonly apply: string;
  readonly look: string;
  /** The output of a run that changed nothing. */
  readonly unchanged: RegExp;
}

const tools: readonly Tool[] = [
  {
    name: 'Ansible',
    needs: 'ansible-playbook',
    directory: '/srv/ansible',
    apply: 'cd /srv/ansible && ansible-playbook -i localhost, -c local jobs.yml 2>&1',
    look: 'cd /srv/ansible && ansible-playbook -i localhost, -c local jobs.yml --check --diff 2>&1',
    unchanged: /\bchanged=0 .*failed=0/,
  },
  {
    name: 'Puppet',
    needs: 'puppet',
    directory: '/srv/jobs',
    apply: 'puppet apply --color=false --detailed-exitcodes /srv/jobs/jobs.pp 2>&1; test $? -le 2',
    look: 'puppet apply --color=false --noop --show_diff /srv/jobs/jobs.pp 2>&1',
    unchanged: /^(?!.*(?:executed|created|changed))/s,
  },
];

for (const { name, needs, directory, apply, look, unchanged } of tools) {
  describe(`${name}, with the example of the documentation`, { skip: noMachine || requires(needs) }, () => {
    let machine: Machine;
    before(async () => {
      machine = await Machine.boot();
      machine.install(packageFile);
      machine.must(`mkdir -p ${directory} && cp ${examples}/* ${directory}`);
    });
    after(() => machine.close());

    test('a rehearsal changes nothing', () => {
      machine.must(look);
      assert.deepEqual([machine.has(jobFile), machine.has(crontab)], [false, false]);
    });

    test('the first run brings the job and its line', () => {
      machine.must(apply);
      assert.equal(machine.must(`stat -c '%U:%G %a' ${jobFile}`), 'root:root 644\n');
      assert.match(machine.read(crontab), line);
    });

    test('the second run changes nothing', () => {
      const before = machine.must(`stat -c %y ${crontab} ${jobFile}`);
      assert.match(machine.must(apply), unchanged);
      assert.equal(machine.must(`stat -c %y ${crontab} ${jobFile}`), before);
    });

    test('a job file with a problem is not installed', () => {
      const good = machine.read(jobFile);
      machine.must(`sed -i 's/^command:/comand:/' ${directory}/disk-usage.yaml`);
      const refused = machine.sh(apply);
      assert.notEqual(refused.code, 0);
      assert.match(refused.said, /unknown key \\*"comand\\*"; did you mean \\*"command/);
      assert.equal(machine.read(jobFile), good);
      assert.match(machine.read(crontab), line);
    });

    test('a change of the schedule arrives in the crontab', () => {
      machine.must(
        `sed -i 's/^comand:/command:/; s/^schedule:.*/schedule: "45 7 * * *"/' ${directory}/disk-usage.yaml`,
      );
      machine.must(apply);
      assert.match(machine.read(crontab), /^45 7 \* \* \* process-control /m);
    });
  });
}
