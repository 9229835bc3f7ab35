/** A job with `private_tmp` sees a /tmp and /var/tmp of its own, which nobody else sees and which go with it; or it is not started. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { privateTmpTrial } from '../../src/run/world/private-tmp.ts';
import { trialRefusal } from '../../src/system/user/trial.ts';
import { whole, writtenPid } from '../waiting.ts';
import { House, isRoot, repository, until } from './house.ts';
import { tagged } from './processes.ts';
import { ServiceHouse } from './serving.ts';

const refusal = await trialRefusal(privateTmpTrial());
const skip = refusal === undefined ? false : `this host refuses it: ${refusal}`;
const needsRoot = skip || (isRoot ? false : 'needs root');

describe('private_tmp', { skip }, () => {
  const house = new House({});
  after(() => house.remove());
  const job = (slug: string, lines: readonly string[], more = '') => {
    const program = house.path(`${slug}.sh`);
    writeFileSync(program, ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(program, 0o755);
    house.job(slug, `name: A\ncommand: ${program} a 'b c' "" '$HOME'\nprivate_tmp: true\n${more}`);
  };
  const result = async (slug: string, options = {}) => {
    const { code, stderr } = await house.run('run-job', [slug], options);
    return { code, stderr, log: existsSync(house.path(`log/${slug}`)) ? house.log(slug) : '' };
  };
  /** A process of the job that says where it is, and waits. */
  const waits = (slug: string, more = '', lines: readonly string[] = []) => {
    const ready = house.path(`run/${slug}-ready`);
    const tag = `tag-${randomUUID()}`;
    job(slug, [`echo mine > /tmp/${tag}`, ...lines, `echo $$ > ${ready}`, `exec tail -f /dev/null ${tag}`], more);
    const pid = () => writtenPid(ready);
    const gone = () => until(`${slug} to be gone`, () => tagged(tag).length === 0);
    return { pid, gone, tag };
  };

  test('/tmp and /var/tmp are empty, writable, its own and invisible outside; arguments, environment and directory are as ever', async () => {
    const name = `pc-${randomUUID()}`;
    const outer = [`/tmp/${name}-outer`, `/var/tmp/${name}-outer`];
    for (const file of outer) writeFileSync(file, '');
    try {
      job('sees', [
        'echo "entries:$(ls -A /tmp /var/tmp | tr "\\n" " ")"',
        `for d in /tmp /var/tmp; do echo x > $d/${name} && stat -c "$d %a %s" $d/${name}; done`,
        'stat -f -c %T /tmp /var/tmp; df -B1 --output=size /tmp /var/tmp',
        'for word; do echo "word:$word"; done',
        'echo "in:$(pwd -P)"',
        'tr "\\0" "\\n" < /proc/self/environ | sort | sed s/^/env:/',
        'grep ^Cap /proc/self/status',
        'umount /tmp 2>/dev/null && echo unmounted',
        'id -u',
      ]);
      const { code, log } = await result('sees');
      assert.equal(code, 0, log);
      const lines = [...log.matchAll(/INFO\t(.*)$/gm)].map(([, text]) => text);
      assert.ok(lines.includes('entries:/tmp: /var/tmp: ') || lines.includes('entries:/tmp:  /var/tmp: '), log);
      assert.ok(lines.includes('/tmp 644 2') && lines.includes('/var/tmp 644 2'), log);
      assert.equal(lines.filter((line) => line === 'tmpfs' || line?.trim() === String(2 ** 30)).length, 4, log);
      assert.deepEqual(
        lines.filter((line) => line?.startsWith('word:')),
        ['word:a', 'word:b c', 'word:', 'word:$HOME'],
      );
      assert.ok(lines.includes(`in:${house.service.home}`), log);
      assert.ok(!lines.some((line) => /^env:(_|SHLVL|OLDPWD)=/.test(line ?? '')), log);
      const caps = lines.filter((line) => line?.startsWith('Cap'));
      assert.equal(caps.length, 5);
      for (const line of caps) assert.match(line ?? '', /:\s*0+$/);
      assert.ok(!lines.includes('unmounted'));
      assert.ok(lines.includes(String(house.service.uid)));
      for (const place of ['/tmp', '/var/tmp']) assert.equal(existsSync(`${place}/${name}`), false);
    } finally {
      for (const file of outer) rmSync(file);
    }
  });

  test('the environment is that of a job without the key', async () => {
    const environmentIn = async (slug: string, key: string) => {
      house.job(slug, `name: A\ncommand: /usr/bin/env\nenvironment: {PWD: /odd, A: "x y=z"}\n${key}`);
      const { log } = await result(slug);
      return [...log.matchAll(/INFO\t([A-Z_]+=.*)$/gm)]
        .map(([, text]) => text ?? '')
        .filter((text) => !/^(?:PROCESS_CONTROL_RUN_ID|TRACEPARENT)=/.test(text))
        .sort();
    };
    assert.deepEqual(await environmentIn('env-own', 'private_tmp: true\n'), await environmentIn('env-host', ''));
  });

  test('each command of a list begins with an empty /tmp', async () => {
    house.job(
      'list',
      `name: A\ncommand: [/usr/bin/touch /tmp/first, "/bin/sh -c 'ls -A /tmp'", /usr/bin/test ! -e /tmp/first]\nprivate_tmp: true\n`,
    );
    const { code, log } = await result('list');
    assert.equal(code, 0, log);
  });

  test('the exit code and the signal are those of the command', async () => {
    job('seven', ['exit 7']);
    assert.equal((await result('seven')).code, 7);
    job('dies', ['kill -KILL $$']);
    assert.equal((await result('dies')).code, 137);
  });

  test('limits, nice and no_new_privileges work together with private_tmp', async () => {
    job(
      'all',
      ['ulimit -n', 'nice', 'grep NoNewPrivs /proc/self/status', 'ls -A /tmp | wc -l'],
      'nice: 5\nlimits: {nofile: 99, file_size: 1M}\nno_new_privileges: true\n',
    );
    const { code, log } = await result('all');
    assert.equal(code, 0, log);
    for (const said of ['99', String(Math.min(19, os.getPriority() + 5)), 'NoNewPrivs:\t1', '0'])
      assert.ok(log.includes(`INFO\t${said}\n`), log);
  });

  test('a timeout ends all of it, however it hides, and its lock is free', async () => {
    const tag = `tag-${randomUUID()}`;
    job(
      'late',
      [`setsid env -i sh -c "trap '' TERM; exec tail -f /dev/null ${tag}" &`, `exec tail -f /dev/null ${tag}`],
      'timeout: 2s\nkill_grace: 1s\n',
    );
    assert.equal((await result('late')).code, 124);
    assert.deepEqual(tagged(tag), []);
    job('late', ['exit 0']);
    assert.equal((await result('late')).code, 0);
  });

  test('--kill-job sends TERM to the command itself; only one of it runs at a time', async () => {
    const waiting = waits('stops', 'kill_grace: 60s\n');
    const child = house.spawn('run-job', ['stops']);
    const exit = new Promise((resolve) => child.once('close', resolve));
    await waiting.pid();
    assert.equal((await house.run('run-job', ['stops'])).code, 75);
    assert.equal((await house.run('run-job', ['--kill-job', 'stops'])).code, 0);
    assert.equal(await exit, 143);
    await waiting.gone();
  });

  test('after kill -9 of run-job nothing of it is left, its /tmp included', async () => {
    const waiting = waits('killed');
    const child = house.spawn('run-job', ['killed']);
    const pid = await waiting.pid();
    const own = readlinkSync(`/proc/${pid}/ns/mnt`);
    assert.notEqual(own, readlinkSync('/proc/self/ns/mnt'));
    assert.match(readFileSync(`/proc/${pid}/root/tmp/${waiting.tag}`, 'utf8'), /mine/);
    child.kill('SIGKILL');
    await waiting.gone();
    assert.equal(existsSync(`/tmp/${waiting.tag}`), false);
    job('killed', [`test ! -e /tmp/${waiting.tag}`]);
    assert.equal(await until('the lock', async () => (await result('killed')).code === 0), true);
  });

  test('leftovers: allow keeps its /tmp as long as the process lives', async () => {
    const ready = house.path('run/stays-ready');
    const tag = `tag-${randomUUID()}`;
    job(
      'stays',
      [
        'echo kept > /tmp/kept',
        `(echo 1 > ${ready}; exec tail -f /dev/null ${tag} >/dev/null 2>&1) &`,
        `while [ ! -e ${ready} ]; do sleep 0.05; done`,
      ],
      'leftovers: allow\n',
    );
    assert.equal((await result('stays')).code, 0);
    const pid = await until('the process', () => tagged(tag)[0]);
    try {
      assert.equal(readFileSync(`/proc/${pid}/root/tmp/kept`, 'utf8'), 'kept\n');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  test('a file of a supplementary group stays readable, and set-uid programs gain nothing', {
    skip: needsRoot,
  }, async () => {
    const file = house.path('group-file');
    writeFileSync(file, 'for the group\n', { mode: 0o640 });
    chownSync(file, 0, 4);
    const setuid = house.path('setuid-id');
    writeFileSync(setuid, readFileSync('/usr/bin/id'));
    chmodSync(setuid, 0o4755);
    job('group', [`cat ${file}`, `${setuid} -u`]);
    const { uid, gid } = house.service;
    const outer = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--groups=4', '--'];
    const { code, log } = await result('group', { as: 'root', outer });
    assert.equal(code, 0, log);
    assert.match(log, /INFO\tfor the group$/m);
    assert.match(log, new RegExp(`INFO\t${uid}$`, 'm'));
  });

  test('where the kernel refuses, the job is not started, and a rehearsal says the same', {
    skip: needsRoot,
  }, async () => {
    const ran = house.path('run/ran');
    job('refused', [`echo 1 > ${ran}`]);
    const elsewhere = house.path('root');
    mkdirSync(elsewhere);
    // In a changed root no user may make a user namespace.
    const script = `mount --make-rprivate / && mount --rbind / ${elsewhere} && exec /usr/sbin/chroot ${elsewhere} "$@"`;
    const outer = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
    const run = await result('refused', { outer });
    assert.equal(run.code, 125, run.log);
    assert.match(run.log, /giving it a \/tmp of its own \(private_tmp\).*unshare.*Operation not permitted/);
    assert.equal(existsSync(ran), false);
    const rehearsal = await house.run('run-job', ['--rehearse', 'refused'], { outer });
    assert.equal(rehearsal.code, 125);
    assert.match(
      rehearsal.stdout,
      /can not be started: giving it a \/tmp of its own \(private_tmp\): .*Operation not permitted/,
    );
    const { stdout } = await house.run('jobctl', ['history', 'refused']);
    assert.match(stdout, /giving it a \/tmp of its own/);
  });

  test('a setting of the kernel that refuses it is named', { skip: needsRoot }, () => {
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const modules = ['system/user/trial.js', 'run/world/private-tmp.js'].map((name) =>
      JSON.stringify(path.join(repository, 'build/src', name)),
    );
    const ask = `import { trialRefusal } from ${modules[0]}; import { privateTmpTrial } from ${modules[1]};
      console.log(await trialRefusal(privateTmpTrial()));`;
    const node = [process.execPath, '--input-type=module', '--eval', ask];
    const said = execFileSync('unshare', ['--user', '--map-root-user', 'sh', '-c', forbid, 'sh', ...node], {
      encoding: 'utf8',
    });
    assert.match(said, /No space left on device \(this host has user\.max_user_namespaces = 0\)/);
  });

  test('a host without unshare refuses as well', async () => {
    assert.match((await trialRefusal(['/nonexistent/unshare'])) ?? '', /ENOENT/);
  });

  test('a rehearsal names the /tmp and /var/tmp of the job', async () => {
    job('told', ['exit 0']);
    const { code, stdout } = await house.run('run-job', ['--rehearse', 'told']);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^private_tmp: +a \/tmp and a \/var\/tmp of its own, 1G each$/m);
  });

  for (const place of ['/tmp', '/tmp/x', '/var/tmp/', '/srv/../tmp/x', '//tmp/x'])
    test(`working_directory ${place} is an error`, async () => {
      house.job('inside', `name: A\ncommand: /bin/true\nprivate_tmp: true\nworking_directory: ${place}\n`);
      const { code, stderr } = await result('inside');
      assert.equal(code, 78);
      assert.match(stderr, /"working_directory" is in the \/tmp of the host, which "private_tmp" hides/);
    });

  test('a directory that leads into /tmp by a link, and a program there, are never used', async () => {
    const inTmp = `/tmp/pc-${randomUUID()}`;
    mkdirSync(inTmp, { mode: 0o755 });
    try {
      writeFileSync(`${inTmp}/program`, '#!/bin/sh\nexit 0\n');
      chmodSync(`${inTmp}/program`, 0o755);
      house.job('program', `name: A\ncommand: ${inTmp}/program\nprivate_tmp: true\n`);
      const program = await result('program');
      assert.equal(program.code, 126);
      assert.match(program.log, /which private_tmp hides from it/);
      const link = house.path(`run/link-${randomUUID()}`);
      symlinkSync(inTmp, link);
      house.job('link', `name: A\ncommand: /bin/true\nprivate_tmp: true\nworking_directory: ${link}\n`);
      const linked = await result('link');
      assert.equal(linked.code, 125, linked.log);
      assert.match(linked.log, /cannot change directory/);
    } finally {
      rmSync(inTmp, { recursive: true });
    }
  });

  test('an instance has a /tmp of its own and its probe another; TERM ends the instance', async () => {
    const services = new ServiceHouse({});
    try {
      services.job(
        'web',
        `name: Web\nservice: true\ncommand: /usr/bin/perl ${services.serves}\nprivate_tmp: true\nhealth_check: {command: /bin/cp --no-clobber /proc/self/mountinfo ${services.play}/probe, interval: 1, initial_interval: 0, timeout: 60}\n`,
      );
      await services.ensure();
      const up = await services.untilUp('web');
      const pid = up.instances[0]?.pid;
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/mnt`), readlinkSync('/proc/self/ns/mnt'));
      assert.match(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), / \/tmp .* - tmpfs none /);
      const probe = await until('the probe', () => whole(`${services.play}/probe`));
      assert.match(probe, / \/var\/tmp .* - tmpfs none /);
    } finally {
      await services.end();
    }
  });
});
