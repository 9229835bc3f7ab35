/**
 * Nobody but the rightful owners can decide what root and the service user run: each attack is
 * tried.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Request } from '../../src/config/sources.ts';
import { files as machineFiles } from '../../src/system/file/files.ts';
import type { Caller, User } from '../../src/system/types/user.ts';
import { users as machineUsers } from '../../src/system/user/users.ts';
import { formatProblem } from '../../src/text/problem.ts';
import { type FakeFile, memoryFiles, memoryUsers } from '../fakes/files.ts';

const users = memoryUsers(
  { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/sh' },
  { name: 'process-control', uid: 900, gid: 900, home: '/', shell: '/bin/sh' },
  { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' } satisfies User,
);

interface Attempt {
  readonly files: Readonly<Record<string, FakeFile>>;
  readonly named?: string;
  readonly uid?: number;
  readonly euid?: number;
  readonly environment?: Caller['environment'];
}

function told({ files, named, uid = 0, euid = uid, environment = {} }: Attempt): string {
  const request: Request = { named };
  const result = loadConfig(
    { files: memoryFiles(files), users, caller: { uid, euid, pid: 1, hostName: 'web1', environment } },
    request,
  );
  return (result.ok ? ['accepted', ...result.warnings.map(formatProblem)] : result.problems.map(formatProblem)).join(
    '\n',
  );
}

const text = 'job_directory: /jobs\n';
const alices = {
  '/home/alice': { kind: 'directory', uid: 1000, mode: 0o755 },
  '/home/alice/pc.yaml': { text, uid: 1000 },
} as const;

const attempts: readonly [string, Attempt, string][] = [
  [
    'a file that belongs to somebody else',
    { files: { '/opt/pc.yaml': { text, uid: 1000 } }, named: '/opt/pc.yaml' },
    'this configuration belongs to uid 1000; it must belong to root',
  ],
  [
    'a file that everyone can write',
    { files: { '/opt/pc.yaml': { text, mode: 0o646 } }, named: '/opt/pc.yaml' },
    'this configuration can be written by everyone: chmod o-w',
  ],
  [
    'a file that a group can write',
    { files: { '/opt/pc.yaml': { text, mode: 0o664 } }, named: '/opt/pc.yaml' },
    'this configuration can be written by a group: chmod g-w',
  ],
  [
    'a file of root in a directory that everyone can write, sticky or not',
    { files: { '/tmp': { kind: 'directory', mode: 0o1777 }, '/tmp/pc.yaml': { text } }, named: '/tmp/pc.yaml' },
    'the directory /tmp can be written by everyone: keep the configuration where only root can write',
  ],
  [
    'a file of root far below such a directory',
    { files: { '/tmp': { kind: 'directory', mode: 0o1777 }, '/tmp/a/b/pc.yaml': { text } }, named: '/tmp/a/b/pc.yaml' },
    'the directory /tmp can be written by everyone: keep the configuration where only root can write',
  ],
  [
    'a file of root in a directory that everyone can write, and that is only ours',
    { files: { '/srv': { kind: 'directory', mode: 0o777 }, '/srv/pc.yaml': { text } }, named: '/srv/pc.yaml' },
    'the directory /srv can be written by everyone: chmod o-w',
  ],
  [
    'a file of the caller below /tmp: nobody is told to change /tmp',
    {
      files: {
        '/tmp': { kind: 'directory', mode: 0o1777 },
        '/tmp/home': { kind: 'directory', uid: 1000 },
        '/tmp/home/pc.yaml': { text, uid: 1000 },
      },
      named: '/tmp/home/pc.yaml',
      uid: 1000,
    },
    'the directory /tmp can be written by everyone: keep the configuration where only you can write',
  ],
  [
    "a file of root in somebody's home",
    {
      files: { '/home/alice': { kind: 'directory', uid: 1000, mode: 0o755 }, '/home/alice/pc.yaml': { text } },
      named: '/home/alice/pc.yaml',
    },
    'the directory /home/alice belongs to uid 1000; it must belong to root',
  ],
  [
    'a link to a file in a directory that everyone can write',
    {
      files: {
        '/tmp': { kind: 'directory', mode: 0o1777 },
        '/tmp/pc.yaml': { text },
        '/opt/pc.yaml': { target: '/tmp/pc.yaml' },
      },
      named: '/opt/pc.yaml',
    },
    'the directory /tmp can be written by everyone: keep the configuration where only root can write',
  ],
  [
    'a file of /proc',
    { files: { '/proc/self/cmdline': { text } }, named: '/proc/self/cmdline' },
    'a configuration file may not be in /proc',
  ],
  [
    'a file of /proc, spelt otherwise',
    { files: { '//proc/self/cmdline': { text } }, named: '//proc/self/cmdline' },
    'a configuration file may not be in /proc',
  ],
  [
    'a link into /proc',
    {
      files: { '/opt/pc.yaml': { target: '/proc/self/environ' }, '/proc/self/environ': { text } },
      named: '/opt/pc.yaml',
    },
    'a configuration file may not be in /proc',
  ],
  [
    'a name with a line break',
    { files: {}, named: '/opt/a\nb.yaml' },
    'a configuration file may not have control characters in its name',
  ],
  [
    'a FIFO',
    { files: { '/opt/pc.yaml': { refused: 'this is a FIFO, not a file' } }, named: '/opt/pc.yaml' },
    'this is a FIFO, not a file',
  ],
  [
    'a file of the caller, while the machine has a configuration',
    { files: { ...alices, '/etc/process-control.yaml': { text } }, named: '/home/alice/pc.yaml', uid: 1000 },
    'the directory /home/alice belongs to uid 1000; it must belong to root',
  ],
  [
    'a file of the caller, through sudo',
    {
      files: { '/etc/process-control-mine.yaml': { text, uid: 1000 } },
      named: '/etc/process-control-mine.yaml',
      uid: 1000,
      environment: { SUDO_UID: '1001' },
    },
    'this configuration belongs to uid 1000; it must belong to root',
  ],
  [
    'a file of the caller, through a variable that sudo let pass',
    {
      files: { '/etc/process-control-mine.yaml': { text, uid: 1000 } },
      uid: 0,
      environment: { SUDO_UID: '1000', PROCESS_CONTROL_CONFIG: '/etc/process-control-mine.yaml' },
    },
    'this configuration belongs to uid 1000; it must belong to root',
  ],
  [
    "a file of the caller in a directory of somebody else's",
    {
      files: { '/home/bob': { kind: 'directory', uid: 1001 }, '/home/bob/pc.yaml': { text, uid: 1000 } },
      named: '/home/bob/pc.yaml',
      uid: 1000,
    },
    'the directory /home/bob belongs to uid 1001; it must belong to root or uid 1000',
  ],
  [
    'a file of the caller that a group can write',
    {
      files: { ...alices, '/home/alice/pc.yaml': { text, uid: 1000, mode: 0o664 } },
      named: '/home/alice/pc.yaml',
      uid: 1000,
    },
    'this configuration can be written by a group: chmod g-w',
  ],
  [
    'a file of the caller of a set-uid program',
    { files: alices, named: '/home/alice/pc.yaml', uid: 1000, euid: 900 },
    'the directory /home/alice belongs to uid 1000; it must belong to root',
  ],
];

for (const [what, attempt, reason] of attempts) {
  test(`is refused: ${what}`, () => {
    const answer = told(attempt);
    assert.ok(answer.endsWith(`: ${reason}`), answer);
    assert.ok(!answer.includes('\n'), answer);
  });
}

test("through sudo the caller's own configuration is refused, not skipped", () => {
  const files = {
    '/home/alice': { kind: 'directory', uid: 1000 },
    '/home/alice/.config/process-control/process-control.yaml': { text, uid: 1000 },
  } as const;
  const answer = told({ files, uid: 1000, environment: { SUDO_USER: 'bob' } });
  assert.match(answer, /through sudo a configuration of your own does not count; make it \/etc\/process-control.yaml$/);
});

test("through sudo a caller can't choose the directories of another user", () => {
  const caller = {
    uid: 1000,
    euid: 1000,
    pid: 1,
    hostName: 'web1',
    environment: { SUDO_UID: '1001', HOME: '/evil', XDG_CONFIG_HOME: '/evil' },
  };
  const result = loadConfig({ files: memoryFiles({}), users, caller });
  assert.equal(result.ok && result.value.jobDirectory, '/home/alice/.config/process-control/jobs');
});

test('a file of the caller is read if only root and the caller can write it', () => {
  assert.equal(told({ files: alices, named: '/home/alice/pc.yaml', uid: 1000 }), 'accepted');
});

test('a file of root is read for every caller, also through a link and through sudo', () => {
  const files = { '/opt/real.yaml': { text }, '/etc/process-control.yaml': { target: '/opt/real.yaml' } };
  assert.equal(told({ files }), 'accepted');
  assert.equal(told({ files, uid: 1000, environment: { SUDO_UID: '5' } }), 'accepted');
});

test('on a real host a configuration below /tmp is refused, whoever wrote it', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'trust-'));
  after(() => rmSync(home, { recursive: true }));
  mkdirSync(path.join(home, 'etc'));
  const file = path.join(home, 'etc/process-control.yaml');
  writeFileSync(file, text);
  symlinkSync('/proc/self/cmdline', path.join(home, 'link'));
  const uid = process.getuid?.() ?? 0;
  const places = { systemFile: '/nonexistent/pc.yaml', dropInDirectory: '/nonexistent/pc.d' };
  const answer = (named: string) => {
    const result = loadConfig(
      {
        files: machineFiles,
        users: machineUsers,
        caller: { uid, euid: uid, pid: 1, hostName: 'web1', environment: {} },
      },
      { named, ...places },
    );
    return result.ok ? 'accepted' : result.problems.map(formatProblem).join('\n');
  };
  assert.equal(
    answer(file),
    `${file}: the directory /tmp can be written by everyone: keep the configuration where only root can write`,
  );
  assert.equal(answer(path.join(home, 'link')), `${path.join(home, 'link')}: a configuration file may not be in /proc`);
});
