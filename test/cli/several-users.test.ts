/** Two service users on one host, each with a configuration, jobs and a crontab of its own: neither touches the other's, and one view shows both. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { users } from '../../src/system/user/users.ts';
import { House, isRoot, repository } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const backup = users.find('backup');
const noScene = isRoot && canHaveOwnEtc && backup !== undefined ? false : 'needs root, unshare -m and the user backup';

describe('several service users on one host', { skip: noScene }, () => {
  const house = new House({
    report: 'name: Report\ncommand: id -un\nschedule: "0 3 * * *"\ntags: [night]\n',
    fails: 'name: Fails\ncommand: /bin/false\n',
  });
  const etc = new OwnEtc(house.path('own-etc'));
  const second = (name: string) => house.path(`backup/${name}`);
  const configFile = '/etc/process-control-backup.yaml';
  after(() => house.remove());

  before(() => {
    for (const name of ['', 'jobs', 'run', 'state', 'log']) mkdirSync(second(name), { mode: 0o755 });
    for (const name of ['run', 'state', 'log']) chownSync(second(name), backup?.uid ?? -1, backup?.gid ?? -1);
    writeFileSync(second('jobs/dump.yaml'), 'name: Dump\ncommand: id -un\nschedule: "0 2 * * *"\ntags: [night]\n');
    etc.copy('process-control.yaml', house.configFile);
    etc.write('process-control-backup.yaml', configOf(second('crontab')));
  });

  function configOf(crontab: string): string {
    const places = ['jobs', 'run', 'state', 'log'].map(
      (name) => `${name === 'jobs' ? 'job' : name === 'log' ? 'output' : name}_directory: ${second(name)}`,
    );
    const runner = path.join(repository, 'bin/run-job');
    return ['user: backup', ...places, `output_crontab: ${crontab}`, `runner_path: ${runner}`, ''].join('\n');
  }

  /** As root in that /etc, without a variable that names a configuration. */
  const run = (program: string, ...args: readonly string[]) =>
    house.run(program, args, { as: 'root', outer: etc.under([]), environment: { PROCESS_CONTROL_CONFIG: '' } });

  test('each crontab has the jobs of its configuration, under its user, and its lines name it', async () => {
    assert.equal((await run('cron-generate')).code, 0);
    assert.equal((await run('cron-generate', '--config', configFile)).code, 0);
    const usual = readFileSync(house.path('etc/crontab'), 'utf8');
    const other = readFileSync(second('crontab'), 'utf8');
    assert.match(usual, new RegExp(`^0 3 \\* \\* \\* +${house.service.name} .*run-job --job report$`, 'm'));
    assert.match(other, new RegExp(`^0 2 \\* \\* \\* +backup .*run-job --job dump --config ${configFile}$`, 'm'));
    assert.ok(!usual.includes('dump') && !other.includes('report'));
  });

  test('each job runs as its user, and leaves its log and its history there', async () => {
    const first = await run('run-job', '--job', 'report');
    assert.equal(first.code, 0, first.stderr);
    assert.equal((await run('run-job', '--job', 'dump', '--config', configFile)).code, 0);
    assert.match(house.log('report'), new RegExp(`\tINFO\t${house.service.name}\n`));
    assert.match(readFileSync(second('log/dump/latest.log'), 'utf8'), /\tINFO\tbackup\n/);
    assert.equal(statSync(second('state/history/dump.jsonl')).uid, backup?.uid);
  });

  test('one service user may not run, stop or pause the jobs of the other', async () => {
    for (const args of [
      ['start', 'dump'],
      ['stop', 'dump'],
      ['pause', 'dump'],
    ]) {
      const { code, stderr } = await house.run('jobctl', [...args, '--config', configFile], { outer: etc.under([]) });
      assert.equal(code, 77, stderr);
      assert.match(stderr, /only backup and root may do this/);
    }
  });

  test('jobctl status --all-configs shows all, also for a user without rights', async () => {
    for (const as of ['root', 'service'] as const) {
      const { stdout, stderr, code } = await house.run('jobctl', ['status', '--all-configs'], {
        ...{ as, outer: etc.under([]), environment: { PROCESS_CONTROL_CONFIG: '' } },
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^report +ok /m);
      assert.match(stdout, /^backup\/dump +ok /m);
      assert.match(stdout, /^3 jobs: /m);
    }
    const { stdout, code } = await run('jobctl', 'status', '--all-configs', '--json', '--tag', 'night');
    assert.equal(code, 0);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { config: string; job: { slug: string } });
    assert.deepEqual(
      found.map(({ config, job }) => [config, job.slug]),
      [
        [null, 'report'],
        [configFile, 'dump'],
      ],
    );
  });

  test('a failed job of any of them is seen in the exit code', async () => {
    await run('run-job', '--job', 'fails');
    const { stdout, code } = await run('jobctl', 'status', '--all-configs');
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^fails +failing /m);
    assert.equal((await run('jobctl', 'status', '--all-configs', '--tag', 'night')).code, 0);
  });

  test('a configuration that is broken hides none of the others', async () => {
    etc.write('process-control-broken.yaml', 'user: nobody-of-this-name\n');
    try {
      const { stdout, stderr, code } = await run('jobctl', 'status', '--all-configs');
      assert.match(stdout, /^backup\/dump +ok /m);
      assert.match(stderr, /process-control-broken\.yaml/);
      assert.match(stderr, /the jobs of \/etc\/process-control-broken\.yaml are not among these/);
      assert.equal(code, 78);
    } finally {
      etc.remove('process-control-broken.yaml');
    }
  });

  test('a name, and a tag that no job has, are refused', async () => {
    assert.match((await run('jobctl', 'status', 'dump', '--all-configs')).stderr, /leave out "dump"/);
    assert.match((await run('jobctl', 'status', '--all-configs', '--tag', 'no')).stderr, /no job has the tag "no"/);
    assert.equal((await run('jobctl', 'status', '--all-configs', '--watch')).code, 64);
  });

  test('a crontab of one configuration is not replaced by that of another', async () => {
    etc.write('process-control-backup.yaml', configOf(house.path('etc/crontab')));
    const before = readFileSync(house.path('etc/crontab'), 'utf8');
    const { code, stderr } = await run('cron-generate', '--config', configFile);
    assert.notEqual(code, 0);
    assert.match(stderr, /has the jobs of another configuration; .*--adopt/);
    assert.equal(readFileSync(house.path('etc/crontab'), 'utf8'), before);
  });
});
