/** What a job file says that not everybody may read is quoted to nobody else: not by histories, records, syslog or any command. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { House, isRoot, until } from './house.ts';

describe('the values of a private job file', { skip: isRoot ? false : 'needs root' }, () => {
  const house = new House({});
  after(async () => {
    await house.run('jobctl', ['stop', 'kept-up']);
    house.remove();
  });
  const put = (slug: string, text: string, mode: number) => {
    house.job(slug, text);
    chownSync(house.path(`jobs/${slug}.yaml`), 0, house.service.gid);
    chmodSync(house.path(`jobs/${slug}.yaml`), mode);
  };
  /** A user who is neither root nor the service user. */
  const stranger = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const jobs: Readonly<Record<string, string>> = {
    'its-path': 'command: bakcup\nenvironment: {PATH: "/usr/bin:/opt/s3cr3t/bin"}\n',
    'its-program': 'command: /opt/s3cr3t/bin/run\n',
    'its-word': 'command: s3cr3t-program\n',
    'its-directory': 'command: /bin/true\nworking_directory: /opt/s3cr3t\n',
    'its-variable': 'command: /bin/true\nenvironment: {S3CR3T_s3cr3t: "a\\0b"}\n',
    'its-slow-start': 'command: /bin/true\nslow_start_command: /opt/s3cr3t/bin/slow\n',
  };
  /** All that stands in the state directory where everybody may read it. */
  const publicState = () =>
    readdirSync(house.path('state'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
      .join('');

  for (const [slug, text] of Object.entries(jobs)) {
    test(`${slug}: whoever runs it hears it, nobody else does`, async () => {
      const args = slug === 'its-slow-start' ? [slug, '--slow-start'] : [slug];
      put(slug, `name: N\n${text}`, 0o644);
      const open = await house.run('run-job', args);
      const before = publicState();
      put(slug, `name: N\n${text}`, 0o640);
      const run = await house.run('run-job', args);
      assert.deepEqual([run.code, run.code === 0], [open.code, false], run.stderr);
      if (open.stderr.includes('s3cr3t')) {
        assert.match(run.stderr, /s3cr3t/);
        assert.match(before, /s3cr3t/, 'it is the privacy of the file that decides');
      }
      for (const command of [['history', slug], ['status'], ['history', slug, '--json'], ['failed', slug]]) {
        const told = await house.run('jobctl', [...command, ...(command[0] === 'history' ? ['-n', '1'] : [])], {
          as: 'root',
          under: stranger,
        });
        assert.doesNotMatch(told.stdout + told.stderr, /s3cr3t/i, command.join(' '));
      }
      const { stdout } = await house.run('jobctl', ['history', slug, '-n', '1'], { as: 'root', under: stranger });
      assert.match(stdout, /could not start|not started|not be started|was not started|failed/);
    });
  }

  test('a service whose program is not there', async () => {
    put('kept-up', 'name: K\nservice: true\ncommand: s3cr3t-server\nrespawn_limit: 1 60\nrestart_delay: 0\n', 0o640);
    await house.run('jobctl', ['start', 'kept-up']);
    const shown = async (...args: string[]) =>
      (await house.run('jobctl', args, { as: 'root', under: stranger })).stdout;
    await until('it to have failed', async () => /command not found/.test(await shown('history', 'kept-up')));
    assert.doesNotMatch(await shown('history', 'kept-up'), /s3cr3t/);
    assert.match(await shown('history', 'kept-up'), /\*\*\*: command not found/);
    const record = readFileSync(house.path('state/services/kept-up/supervised.json'), 'utf8');
    assert.doesNotMatch(record, /s3cr3t/);
  });
});
