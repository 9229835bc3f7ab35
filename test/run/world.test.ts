import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argvOf, worldOf } from '../../src/run/world.ts';
import { user } from '../fakes/machine.ts';

const inherited = {
  PATH: '/usr/local/bin:/usr/bin',
  LANG: 'C.UTF-8',
  HOME: '/root',
  USER: 'root',
  NODE_OPTIONS: '--require /tmp/evil.js',
  PROCESS_CONTROL_TRIGGER: 'cron',
  PROCESS_CONTROL_WRAPPER: 'cookie',
  PWD: '/root/bin',
  OLDPWD: '/root',
  GONE: undefined,
};

const world = worldOf({
  job: { environment: { LANG: 'de', EXTRA: '010' } },
  user,
  inherited,
  runPath: 'a/b',
  isDirectory: () => true,
});

test('the job gets what run-job inherited, less what is Node’s and ours, as the service user', () => {
  assert.deepEqual(world.environment, {
    PATH: '/usr/local/bin:/usr/bin',
    LANG: 'de',
    HOME: '/home/svc',
    USER: 'svc',
    LOGNAME: 'svc',
    SHELL: '/bin/sh',
    PWD: '/home/svc',
    EXTRA: '010',
    PROCESS_CONTROL_RUN_ID: 'a/b',
  });
});

test('a job file can neither hide its run nor change what marks it', () => {
  const job = { environment: { PROCESS_CONTROL_RUN_ID: 'mine' } };
  assert.equal(
    worldOf({ job, user, inherited: {}, runPath: 'a', isDirectory: () => true }).environment.PROCESS_CONTROL_RUN_ID,
    'a',
  );
});

test('it starts in the home of the service user, in / when there is none, or where the job says', () => {
  const at = (isDirectory: boolean, job: object) =>
    worldOf({ job: { environment: {}, ...job }, user, inherited: {}, runPath: 'a', isDirectory: () => isDirectory })
      .workingDirectory;
  assert.equal(at(true, {}), '/home/svc');
  assert.equal(at(false, {}), '/');
  assert.equal(at(false, { workingDirectory: '/srv' }), '/srv');
});

test('limits and niceness come before the program, which is looked up in the PATH of the job', () => {
  const programs = {
    find: (name: string, searchPath: string) => ({ is: 'found' as const, path: `${searchPath.split(':')[1]}/${name}` }),
  };
  const answer = argvOf(
    { text: 'dump -a', words: ['dump', '-a'] },
    { nice: 10, limits: { nofile: 64, fileSize: 1024 } },
    world,
    programs,
  );
  assert.deepEqual(answer, {
    is: 'ready',
    argv: ['/usr/bin/prlimit', '--nofile=64', '--fsize=1024', '--', '/usr/bin/nice', '-n', '10', '/usr/bin/dump', '-a'],
  });
});
