import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argvOf } from '../../../src/run/world/argv.ts';
import { bareWorld, type FixedWorld, type WorldRequest, worldOf } from '../../../src/run/world/world.ts';
import { user } from '../../fakes/host.ts';

const callers = {
  PATH: '/home/alice/bin:/usr/local/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'de_DE.UTF-8',
  HOME: '/root',
  USER: 'root',
  SHELL: '/bin/zsh',
  LD_PRELOAD: '/tmp/evil.so',
  SSH_AUTH_SOCK: '/tmp/agent',
  http_proxy: 'http://proxy',
  NODE_OPTIONS: '--require /tmp/evil.js',
  PROCESS_CONTROL_TRIGGER: 'cron',
  PROCESS_CONTROL_WRAPPER: 'cookie',
  PWD: '/root/bin',
  OLDPWD: '/root',
  GONE: undefined,
};

const fixed: FixedWorld = {
  user: { ...user, shell: '/usr/sbin/nologin' },
  searchPath: '/usr/local/bin:/usr/bin',
  locale: { file: '/etc/default/locale', variables: { LANG: 'en_GB.UTF-8', LC_TIME: 'C' } },
  passEnvironment: [],
  callers,
};
const plain = { environment: {}, passEnvironment: [] };
const at = (job: Partial<WorldRequest['job']>, world: Partial<FixedWorld> = {}, isDirectory = true) =>
  worldOf({
    job: { ...plain, ...job },
    fixed: { ...fixed, ...world },
    runPath: 'a/b',
    isDirectory: () => isDirectory,
  });

const world = at({ environment: { LANG: 'de', EXTRA: '010' } });

const basis = {
  PATH: '/usr/local/bin:/usr/bin',
  LANG: 'en_GB.UTF-8',
  LC_TIME: 'C',
  HOME: '/home/svc',
  USER: 'svc',
  LOGNAME: 'svc',
  SHELL: '/bin/sh',
  PWD: '/home/svc',
};

test('the job gets the variables of the configuration, the service user and its file, and none of the caller', () => {
  assert.deepEqual(world.environment, { ...basis, LANG: 'de', EXTRA: '010', PROCESS_CONTROL_RUN_ID: 'a/b' });
});

test('the job gets the caller’s variables that its file or the configuration lists', () => {
  const passing = at({ passEnvironment: ['SSH_AUTH_SOCK', 'PATH', 'NOT_SET'] }, { passEnvironment: ['http_proxy'] });
  assert.deepEqual(passing.environment, {
    ...basis,
    PATH: '/home/alice/bin:/usr/local/bin',
    SSH_AUTH_SOCK: '/tmp/agent',
    http_proxy: 'http://proxy',
    PROCESS_CONTROL_RUN_ID: 'a/b',
  });
});

test('the job file overrides the caller, but not the variable that marks the run', () => {
  const job = { environment: { PROCESS_CONTROL_RUN_ID: 'mine', LANG: 'fr' }, passEnvironment: ['LANG'] };
  assert.equal(at(job).environment.PROCESS_CONTROL_RUN_ID, 'a/b');
  assert.equal(at(job).environment.LANG, 'fr');
});

test('a program that belongs to no run gets the same environment without the mark', () => {
  assert.deepEqual(
    bareWorld(fixed, () => true),
    { environment: basis, workingDirectory: '/home/svc' },
  );
});

test('the job starts in the home of the service user, in / if there is none, or in its working_directory', () => {
  assert.equal(at({}).workingDirectory, '/home/svc');
  assert.equal(at({}, {}, false).workingDirectory, '/');
  assert.equal(at({ workingDirectory: '/srv' }, {}, false).workingDirectory, '/srv');
});

test('the programs for limits and niceness precede the command, which is looked up in the PATH of the job', () => {
  const programs = {
    find: (name: string, searchPath: string) => ({ is: 'found' as const, path: `${searchPath.split(':')[1]}/${name}` }),
  };
  const answer = argvOf(
    { text: 'dump -a', words: ['dump', '-a'] },
    { nice: 10, limits: { nofile: 64, fileSize: 1024 }, noNewPrivileges: true, privateTmp: false },
    world,
    programs,
  );
  assert.deepEqual(answer, {
    is: 'ready',
    argv: [
      '/usr/bin/prlimit',
      '--nofile=64',
      '--fsize=1024',
      '--',
      '/usr/bin/nice',
      '-n',
      '10',
      '/usr/bin/setpriv',
      '--no-new-privs',
      '--',
      '/usr/bin/dump',
      '-a',
    ],
  });
});
