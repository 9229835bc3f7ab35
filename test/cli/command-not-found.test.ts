/** A program that can't be started: the exit code and the words of a shell, the same in a run, a rehearsal and the history. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { House } from './house.ts';

describe('a command that can not be started', () => {
  const house = new House({});
  after(() => {
    chmodSync(house.path('closed'), 0o755);
    house.remove();
  });
  before(() => {
    for (const name of ['closed', 'open']) mkdirSync(house.path(name), { mode: 0o755 });
    writeFileSync(house.path('closed/hidden'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(house.path('open/plain'), 'text\n', { mode: 0o644 });
    chmodSync(house.path('open/plain'), 0o644);
    writeFileSync(house.path('open/dos'), '#!/bin/sh\r\n', { mode: 0o755 });
    mkdirSync(house.path('open/directory'));
    chmodSync(house.path('closed'), 0o000);
  });

  const closedFirst = `${house.path('closed')}:/usr/bin:/bin`;
  const opened = `/usr/bin:${house.path('open')}`;
  const rows: readonly [string, string, string, number, string][] = [
    ['a mistyped name', 'bakcup --all', '/usr/bin:/bin', 127, 'bakcup: command not found (PATH is /usr/bin:/bin)'],
    [
      'a mistyped name, and a closed directory in PATH',
      'bakcup',
      closedFirst,
      127,
      `bakcup: command not found (PATH is ${closedFirst}; permission denied in ${house.path('closed')})`,
    ],
    ['no PATH', 'tru', '', 127, 'tru: command not found (PATH is empty)'],
    ['a name that only a closed directory has', 'hidden', closedFirst, 127, 'hidden: command not found'],
    ['a path into a closed directory', house.path('closed/hidden'), '/bin', 126, 'permission denied'],
    ['a missing file', '/no/such/program', '/bin', 127, '/no/such/program: no such file or directory'],
    ['a path through a file', '/etc/passwd/x', '/bin', 127, '/etc/passwd/x: not a directory'],
    ['a directory', house.path('open'), '/bin', 126, 'is a directory'],
    ['a directory in PATH', 'directory', opened, 126, 'is a directory'],
    ['a file without the right to execute it', 'plain', opened, 126, 'permission denied'],
    ['a script with DOS line endings', 'dos', opened, 126, 'bad interpreter "/bin/sh\\r": no such file or directory'],
  ];
  for (const [what, command, searchPath, code, words] of rows) {
    test(`${what}: ${code}`, async () => {
      house.job('job', `name: Job\ncommand: ${command}\nenvironment: {PATH: "${searchPath}"}\n`);
      const run = await house.run('run-job', ['job']);
      assert.equal(run.code, code, run.stderr);
      assert.ok(run.stderr.includes(words), run.stderr);
      const history = await house.run('jobctl', ['history', 'job']);
      assert.ok(history.stdout.includes(words), history.stdout);
      const rehearsal = await house.run('run-job', ['--rehearse', 'job']);
      assert.equal(rehearsal.code, code, rehearsal.stdout);
      assert.ok(rehearsal.stdout.includes(words), rehearsal.stdout);
    });
  }

  test('a closed directory before the right one hides nothing', async () => {
    house.job('job', `name: Job\ncommand: "true"\nenvironment: {PATH: "${closedFirst}"}\n`);
    const run = await house.run('run-job', ['job']);
    assert.equal(run.code, 0, run.stderr);
  });
});
