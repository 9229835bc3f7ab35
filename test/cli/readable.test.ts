/** What the service user can't read must be told before a run fails of it: by root's programs, with who, which right, on what, and the way out. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { afterEach, describe, test } from 'node:test';
import { House, isRoot } from './house.ts';

const job = (name: string) =>
  `name: ${name}\ncommand: /bin/true\nschedule: "5 0 * * *"\nfailmail: {to_address: root}\n`;

describe('what the service user may not read', { skip: isRoot ? false : 'needs root' }, () => {
  let house: House;
  afterEach(() => house.remove());
  const root = { as: 'root' } as const;
  const fresh = () => {
    house = new House({ open: job('Open'), closed: job('Closed') });
    return house;
  };

  test('a job file: generate, check and why say so, and the other job gets its line', async () => {
    const { service } = fresh();
    const path = (name: string) => house.path(name);
    chmodSync(path('jobs/closed.yaml'), 0o600);
    const generated = await house.run('cron-generate', [], root);
    const said = new RegExp(
      `closed\\.yaml: .*${service.name}, who runs the jobs, may not read .*closed\\.yaml .*chgrp ${service.gid} .*chmod g\\+r `,
    );
    assert.match(generated.stderr, said);
    assert.notEqual(generated.code, 0);
    const crontab = readFileSync(path('etc/crontab'), 'utf8');
    assert.match(crontab, /--job open/);
    assert.doesNotMatch(crontab, /--job closed/);
    const checked = await house.run('jobctl', ['check'], root);
    assert.match(checked.stdout + checked.stderr, said);
    assert.notEqual(checked.code, 0);
    assert.match((await house.run('jobctl', ['why', 'closed'], root)).stdout, said);
    assert.match((await house.run('jobctl', ['status'], root)).stdout, /closed +invalid .*this user may not read it/);
    // The advice is one that works.
    execFileSync('sh', ['-c', /chgrp .*$/m.exec(generated.stderr)?.[0] ?? 'false']);
    assert.equal((await house.run('cron-generate', [], root)).code, 0);
  });

  test('by a group of its own it is open', async () => {
    fresh();
    chmodSync(house.path('jobs/closed.yaml'), 0o640);
    chownSync(house.path('jobs/closed.yaml'), 0, house.service.gid);
    const { code, stderr } = await house.run('cron-generate', [], root);
    assert.equal(code, 0, stderr);
  });

  test('by the bits of its own group, or an ACL, it is closed, though everybody else may read it', async () => {
    fresh();
    const file = house.path('jobs/closed.yaml');
    const said = new RegExp(`${house.service.name}, who runs the jobs, may not read .*closed\\.yaml`);
    chownSync(file, 0, house.service.gid);
    chmodSync(file, 0o604);
    assert.match((await house.run('cron-generate', [], root)).stderr, said);
    const checked = await house.run('jobctl', ['check'], root);
    assert.match(checked.stdout + checked.stderr, said);
    // The kernel keeps nothing of this where the file system has no ACLs.
    chownSync(file, 0, 0);
    chmodSync(file, 0o644);
    if (spawnSync('setfacl', ['-m', `u:${house.service.uid}:-`, file]).status !== 0) return;
    assert.match((await house.run('cron-generate', [], root)).stderr, said);
    execFileSync('setfacl', ['-b', file]);
    assert.equal((await house.run('cron-generate', [], root)).code, 0);
  });

  for (const [what, close] of [
    ['the job directory', () => chmodSync(house.path('jobs'), 0o700)],
    ['a configuration file', () => chmodSync(house.configFile, 0o600)],
    ['a directory above', () => chmodSync(house.directory, 0o750)],
    [
      'where a link leads',
      () => {
        mkdirSync(house.path('closed'), { mode: 0o700 });
        renameSync(house.path('jobs'), house.path('closed/jobs'));
        symlinkSync(house.path('closed/jobs'), house.path('jobs'));
      },
    ],
  ] as const) {
    test(`${what}: no crontab is made, and the way out is told`, async () => {
      fresh();
      close();
      for (const command of [['cron-generate'], ['jobctl', 'check'], ['jobctl', 'why', 'open']] as const) {
        const [program, ...args] = command;
        const { code, stdout, stderr } = await house.run(program, args, root);
        assert.notEqual(code, 0);
        assert.match(
          stdout + stderr,
          new RegExp(`${house.service.name}, who runs the jobs, may not (?:read|list|enter) .*chmod g`),
        );
      }
      assert.equal(existsSync(house.path('etc/crontab')), false);
    });
  }
});
