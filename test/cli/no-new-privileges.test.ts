/** A job that must not gain rights does not, by any set-uid program; and one without the key still can. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { whole } from '../waiting.ts';
import { House, isRoot, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

describe('no_new_privileges', { skip: isRoot ? false : 'needs root: it makes a set-uid program' }, () => {
  const house = new House({});
  after(() => house.remove());
  const program = house.path('setuid-id');
  copyFileSync('/usr/bin/id', program);
  chmodSync(program, 0o4755);
  const euid = async (slug: string, more: string) => {
    house.job(slug, `name: A\ncommand: ${program} -u\n${more}`);
    assert.equal((await house.run('run-job', [slug])).code, 0);
    return /INFO\t(\d+)$/m.exec(house.log(slug))?.[1];
  };

  test('true: a set-uid program runs as the service user', async () => {
    assert.equal(await euid('bound', 'no_new_privileges: true\n'), String(house.service.uid));
    assert.equal(
      await euid('bound-too', 'no_new_privileges: true\nnice: 5\nlimits: {nofile: 100}\n'),
      String(house.service.uid),
    );
  });

  test('without it the program gets its rights', async () => {
    assert.equal(await euid('free', ''), '0');
  });

  test('the kernel says it of the job, its children, and an instance with its probe', async () => {
    house.job('tells', "name: A\ncommand: sh -c 'grep NoNewPrivs /proc/self/status'\nno_new_privileges: true\n");
    await house.run('run-job', ['tells']);
    assert.match(house.log('tells'), /INFO\tNoNewPrivs:\t1$/m);
    const services = new ServiceHouse({});
    try {
      const file = `${services.play}/probe`;
      services.job(
        'web',
        `name: Web\nservice: true\ncommand: /bin/sleep 1000\nno_new_privileges: true\nhealth_check: {command: /bin/cp -f /proc/self/status ${file}, interval: 1, initial_interval: 0, timeout: 60}\n`,
      );
      await services.ensure();
      const up = await services.untilUp('web');
      assert.match(readFileSync(`/proc/${up.instances[0]?.pid}/status`, 'utf8'), /^NoNewPrivs:\t1$/m);
      // The copy is as read-only as what it copies, so each probe replaces it (-f).
      const text = await until('what the probe has written', () => whole(file));
      assert.match(text, /^NoNewPrivs:\t1$/m);
    } finally {
      await services.end();
    }
  });
});
