import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { describe, type TestContext, test } from 'node:test';
import { createLauncher } from '../../../src/system/process/launcher.ts';
import type { Launch } from '../../../src/system/types/process.ts';
import { containments, launchesProgram, programs, Scene, underReaper, underShell } from './launching.ts';

// What the test itself was started with, as every program does before anything else.
createRequire(import.meta.url)('../../../../dist/boot.cjs').closeLeaks();

for (const [name, launcher] of containments) {
  describe(`under the ${name}`, () => {
    const sh = async (context: TestContext, script: string, changes: Partial<Launch> = {}) => {
      const scene = new Scene(context);
      const command = await scene.sh(launcher, script, changes);
      const status = await command.ended;
      return { scene, status, stdout: scene.stdout() };
    };

    for (const code of [0, 3, 126, 127, 137, 255]) {
      test(`a command that exits with ${code} has exited with ${code}`, async (context) => {
        assert.deepEqual((await sh(context, `exit ${code}`)).status, { is: 'exited', code });
      });
    }

    test('a job has no descriptors but its input, its output and the lock', async (context) => {
      const { stdout } = await sh(context, 'ls /proc/$$/fd');
      assert.deepEqual(stdout.trim().split('\n'), ['0', '1', '2', '3']);
    });

    test('a job whose background processes may outlive it does not have the lock', async (context) => {
      const { stdout } = await sh(context, 'ls /proc/$$/fd', { keepsLock: false });
      assert.deepEqual(stdout.trim().split('\n'), ['0', '1', '2']);
    });

    test('locks that the job shares with others are inherited like its own', async (context) => {
      const fds = [openSync('/etc/passwd', 'r'), openSync('/etc/group', 'r')];
      context.after(() => {
        for (const fd of fds) closeSync(fd);
      });
      const links = 'for fd in /proc/$$/fd/*; do readlink $fd; done';
      const { stdout } = await sh(context, links, { sharedLockFds: fds });
      assert.deepEqual(stdout.match(/\/etc\/\w+/g), ['/etc/passwd', '/etc/group']);
      const without = await sh(context, links, { sharedLockFds: fds, keepsLock: false });
      assert.doesNotMatch(without.stdout, /lock|\/etc\//);
    });

    test('the input of a job is empty', async (context) => {
      assert.equal((await sh(context, 'cat; readlink /proc/$$/fd/0')).stdout, '/dev/null\n');
    });

    test('a job leads a session of its own', async (context) => {
      const { stdout } = await sh(context, 'exec ps -o pid= -o ppid= -o sid= -o tty= -p $$');
      assert.match(stdout.trim(), /^(\d+)\s+\d+\s+\d+\s+\?$/);
    });

    test('a job sees the environment it was given and nothing else', async (context) => {
      const environment = {
        GREETING: 'good = day\n',
        EMPTY: '',
        PROCESS_CONTROL_WRAPPER: 'secret',
        PERL5OPT: '-Mnonsense',
      };
      const { stdout } = await sh(context, 'exec /usr/bin/env -0', { environment });
      const seen = stdout.split('\0').filter((variable) => variable && !/^(PWD|OLDPWD|_|SHLVL)=/.test(variable));
      assert.deepEqual(seen.sort(), ['EMPTY=', 'GREETING=good = day\n', 'PERL5OPT=-Mnonsense']);
    });

    test('a job starts in its working directory with its umask', async (context) => {
      const { scene, stdout } = await sh(context, 'pwd; umask; : > made', { umask: 0o027 });
      assert.equal(stdout, `${scene.directory}\n0027\n`);
      assert.equal(statSync(path.join(scene.directory, 'made')).mode & 0o777, 0o640);
    });

    test('the leader is known by its pid and start time even if it has ended at once', async (context) => {
      const scene = new Scene(context);
      const command = await scene.start(launcher, ['/bin/true']);
      await command.ended;
      assert.ok(command.leader.pid > 1);
      assert.match(command.leader.startTicks, /^\d+$/);
    });

    test('arguments arrive as they are, bytes and blanks and all', async (context) => {
      const scene = new Scene(context);
      const argv = ['/usr/bin/printf', '%s|', '', ' a  b ', '$HOME', 'ä\n', '-n'] as const;
      await (await scene.start(launcher, argv)).ended;
      assert.equal(scene.stdout(), '| a  b |$HOME|ä\n|-n|');
    });

    test('a script without an interpreter line is run by the shell', async (context) => {
      const scene = new Scene(context);
      const script = scene.program('echo "$0 $1"\nexit 4\n');
      const command = await scene.start(launcher, [script, 'one']);
      assert.deepEqual(await command.ended, { is: 'exited', code: 4 });
      assert.equal(scene.stdout(), `${script} one\n`);
    });

    describe("a command that can't be started names the stage", () => {
      const cases: readonly (readonly [string, (scene: Scene) => Partial<Launch>, RegExp, RegExp, number])[] = [
        [
          'a missing program',
          () => ({ argv: ['/nonexistent/program'] }),
          /^starting \/nonexistent\/program$/,
          /^no such file or directory$/,
          127,
        ],
        ['a directory', () => ({ argv: ['/usr'] }), /^starting \/usr$/, /^is a directory$/, 126],
        [
          'a file that is not executable',
          (scene) => ({ argv: [scene.program('#!/bin/sh\n', 0o644)] }),
          /^starting/,
          /^permission denied$/,
          126,
        ],
        [
          'a missing interpreter',
          (scene) => ({ argv: [scene.program('#!/no/such\n')] }),
          /^starting/,
          /^bad interpreter "\/no\/such": no such file or directory$/,
          126,
        ],
        [
          'the line ends of DOS',
          (scene) => ({ argv: [scene.program('#!/bin/sh\r\n')] }),
          /^starting/,
          /bad interpreter "\/bin\/sh\\r": no such file or directory \(.* DOS line endings/,
          126,
        ],
        [
          'a missing working directory',
          () => ({ workingDirectory: '/nonexistent' }),
          /^changing to the working directory \/nonexistent$/,
          /No such file/,
          125,
        ],
        [
          'a working directory that is a file',
          () => ({ workingDirectory: '/etc/passwd' }),
          /^changing to/,
          /Not a directory/,
          125,
        ],
        ['a NUL in an argument', () => ({ argv: ['/bin/echo', 'a\0b'] }), /^passing argument 1$/, /NUL/, 126],
        ['a NUL in the environment', () => ({ environment: { A: 'a\0b' } }), /^passing the variable A$/, /NUL/, 126],
        [
          'an environment beyond the kernel limit',
          () => ({ environment: { BIG: 'x'.repeat(200_000) } }),
          /^starting/,
          /200\d{3} bytes/,
          126,
        ],
      ];
      for (const [what, changes, stage, reason, exitCode] of cases) {
        test(what, async (context) => {
          const scene = new Scene(context);
          const answer = await scene.launch(launcher, ['/bin/true'], changes(scene));
          assert.equal(answer.is, 'failed');
          assert.match(answer.stage, stage);
          assert.match(answer.reason, reason);
          assert.equal(answer.exitCode, exitCode);
          assert.equal(scene.lockIsHeld(), false);
        });
      }
    });
  });
}

test('the reaper distinguishes every signal from the exit code of a shell', async (context) => {
  for (const signal of [1, 9, 15, 34, 40, 64]) {
    const command = await new Scene(context).sh(underReaper, `kill -${signal} $$`);
    assert.deepEqual(await command.ended, { is: 'signalled', signal });
  }
});

test('under the shell a signal is an exit code above 128, real-time signals too', async (context) => {
  for (const signal of [1, 9, 15, 34, 40, 64]) {
    const command = await new Scene(context).sh(underShell, `kill -${signal} $$`);
    assert.deepEqual(await command.ended, { is: 'exited', code: 128 + signal });
  }
});

test("a reaper that can't work is replaced by the shell, and the command runs once", async (context) => {
  const scene = new Scene(context);
  const reapers = {
    'that is missing': '/nonexistent/reaper.pl',
    'that is not perl': scene.program('this is ( not perl'),
  };
  for (const [what, reaperPath] of Object.entries(reapers)) {
    const command = await scene.sh(createLauncher({ reaperPath }), `echo "${what}"; exit 3`);
    assert.deepEqual(await command.ended, { is: 'exited', code: 3 }, what);
  }
  assert.equal(scene.stdout(), 'that is missing\nthat is not perl\n');
});

test('perl -wc accepts the programs', () => {
  for (const name of ['reaper.pl', 'remaining-output.pl']) {
    const script = path.resolve(import.meta.dirname, '../../../../dist', name);
    const { stderr } = spawnSync('/usr/bin/perl', ['-wc', script], { encoding: 'utf8' });
    assert.match(stderr, /^\S+ syntax OK\n$/);
  }
});

describe('inherited state of run-job does not reach the job', () => {
  const starter = path.join(programs, 'starts-dirty.pl');
  // A shell can't undo that a signal was ignored before it, and Node does so only for those below
  // 32.
  for (const [name, places, ignored] of [
    ['reaper', {}, '0000000000000000'],
    [
      'shell',
      { perlPath: '/nonexistent/perl' },
      ['x64', 'arm64'].includes(process.arch) ? '8000008080000000' : '8000008000000000',
    ],
  ] as const) {
    test(`neither descriptors nor ignored and blocked signals, under the ${name}`, (context) => {
      const scene = new Scene(context);
      const seenBy = (...argv: [string, ...string[]]) => {
        const order = scene.order(argv, { places });
        const { stdout } = spawnSync(starter, [process.execPath, launchesProgram, order], { encoding: 'utf8' });
        return stdout.split('\n').filter((line) => /^(\d+|Sig.*)$/.test(line));
      };
      assert.deepEqual(seenBy('/bin/sh', '-c', 'ls /proc/$$/fd'), ['0', '1', '2', '3']);
      // Asked without a shell, which would clear its mask.
      const signals = seenBy('/bin/grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status');
      assert.deepEqual(signals, ['SigBlk:\t0000000000000000', `SigIgn:\t${ignored}`]);
    });
  }
});
