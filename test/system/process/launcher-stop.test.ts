import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { createLauncher } from '../../../src/system/process/launcher.ts';
import { commandLineOf, pids, readProcess } from '../../../src/system/process/proc.ts';
import { containments, Scene, underReaper, underShell, until } from './launching.ts';

/** escapes.pl says what each of them does to live on. */
const roles = [
  'plain',
  'ignores-term',
  'stopped',
  'orphan',
  'own-group',
  'daemon',
  'daemon-with-output',
  'breeder',
  'hopper',
  'many-hoppers',
];

/**
 * Left the session, the tree and the environment of their run, or never live long enough to be
 * looked at and then signalled.
 */
const unseenBySweeps = ['daemon-unmarked', 'daemon-on-term', 'hopper-sessions'];

describe('after a stop no process is left', () => {
  for (const [name, launcher] of containments) {
    for (const role of name === 'reaper' ? [...roles, ...unseenBySweeps] : roles) {
      test(`of ${role}, under the ${name}`, async (context) => {
        const scene = new Scene(context);
        const command = await scene.escapes(launcher, [role]);
        const { survivors, swept } = await command.stop(100);
        assert.deepEqual(survivors, []);
        // TERM may meet the one hopper that lives just then.
        assert.ok(swept > 0 || role === 'hopper');
        assert.deepEqual(scene.alive(), []);
        assert.equal(scene.lockIsHeld(), false);
      });
    }
  }

  test('of all of them together, under the reaper', async (context) => {
    const scene = new Scene(context);
    const crowd = Array.from({ length: 4 }, () => 'hopper-sessions');
    const command = await scene.escapes(underReaper, [...roles, ...unseenBySweeps, ...crowd]);
    assert.deepEqual((await command.stop(100)).survivors, []);
    assert.deepEqual(scene.alive(), []);
  });

  test('but a daemon that gave up session, tree and environment, where there is no perl for the reaper', async (context) => {
    const scene = new Scene(context);
    const command = await scene.escapes(underShell, [...roles, 'daemon-unmarked']);
    assert.deepEqual((await command.stop(100)).survivors, []);
    assert.deepEqual(
      scene.alive().map(({ pid }) => commandLineOf(pid).split(' ').at(-1)),
      ['stay'],
    );
  });
});

for (const [name, launcher] of containments) {
  describe(`under the ${name}`, () => {
    test('a job that cleans up on TERM ends by itself', async (context) => {
      const scene = new Scene(context);
      const command = await scene.sh(
        launcher,
        'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.02; done',
      );
      await until(() => scene.stdout().includes('ready'));
      await command.stop(10_000);
      assert.deepEqual(await command.ended, { is: 'exited', code: 5 });
      assert.equal(scene.stdout(), 'ready\nbye\n');
    });

    test('a suspended job is continued to clean up', async (context) => {
      const scene = new Scene(context);
      const command = await scene.sh(launcher, 'trap "echo bye; exit" TERM; echo ready; kill -STOP $$; echo never');
      await until(() => scene.alive().some(({ state, pid }) => state === 'T' && commandLineOf(pid).includes('trap')));
      await command.stop(60_000);
      assert.equal(scene.stdout(), 'ready\nbye\n');
    });

    test('no process gets TERM twice', async (context) => {
      const scene = new Scene(context);
      const stubborn = '$SIG{TERM} = sub { syswrite STDOUT, "term\\n" }; syswrite STDOUT, "ready\\n"; sleep 1 while 1';
      const command = await scene.sh(
        launcher,
        `perl -e '${stubborn}' & setsid perl -e '${stubborn}' & wait; wait; wait`,
      );
      await until(() => scene.stdout() === 'ready\nready\n');
      const stopped = command.stop(60_000);
      await until(() => scene.stdout() === 'ready\nready\nterm\nterm\n');
      await command.stop(100);
      await stopped;
      assert.equal(scene.stdout(), 'ready\nready\nterm\nterm\n');
      assert.deepEqual(scene.alive(), []);
    });

    test('a command without background processes leaves none', async (context) => {
      const command = await new Scene(context).sh(launcher, 'exit 0');
      await command.ended;
      assert.deepEqual(await command.leftovers(60_000), []);
    });

    test('a process that ends by itself in a moment is not left over', async (context) => {
      const scene = new Scene(context);
      const command = await scene.sh(launcher, '(sleep 0.3; echo late) & exit 0');
      await command.ended;
      assert.deepEqual(await command.leftovers(60_000), []);
      assert.equal(scene.stdout(), 'late\n');
    });

    test('a background process is left over, holds the lock, and is gone after a stop', async (context) => {
      const scene = new Scene(context);
      const command = await scene.sh(launcher, 'setsid sh -c "sleep 600; true" "$0" & exit 3');
      assert.deepEqual(await command.ended, { is: 'exited', code: 3 });
      await until(() => scene.alive().length === 1);
      const left = await command.leftovers(0);
      assert.ok(left.some(({ pid, command }) => pid === scene.alive()[0]?.pid && command.includes(scene.tag)));
      assert.ok(scene.lockIsHeld());
      assert.deepEqual((await command.stop(1000)).survivors, []);
      assert.deepEqual(scene.alive(), []);
      assert.equal(scene.lockIsHeld(), false);
    });

    test('an abandoned background process lives on without the lock', async (context) => {
      const scene = new Scene(context);
      // It says so itself: between fork and exec there are moments in which /proc has no words of a
      // process.
      const script = 'setsid sh -c "echo ready; sleep 600; true" "$0" & exit 0';
      const command = await scene.sh(launcher, script, { keepsLock: false });
      await command.ended;
      await until(() => scene.stdout() === 'ready\n');
      command.abandon();
      await until(() => !scene.lockIsHeld());
      assert.equal(scene.alive().length, 1);
    });

    test('a job that closes all its descriptors still holds the lock', async (context) => {
      const scene = new Scene(context);
      const command = await scene.sh(launcher, 'echo ready; exec 3>&- sleep 600');
      await until(() => scene.stdout() === 'ready\n');
      assert.ok(scene.lockIsHeld());
      await command.stop(1000);
      assert.equal(scene.lockIsHeld(), false);
    });
  });
}

test("a job can't escape by suspending its reaper, even before the reaper has reported the start", async (context) => {
  const scene = new Scene(context);
  const command = await scene.sh(underReaper, 'kill -STOP $PPID; echo ready; sleep 600; true');
  await until(() => scene.stdout() === 'ready\n');
  assert.deepEqual((await command.stop(1000)).survivors, []);
  assert.deepEqual(scene.alive(), []);
});

test("a job can't begin, and suspend its reaper, before the reaper has said that it exists", async (context) => {
  const scene = new Scene(context);
  // A reaper that is slow to say so, as on a busy host.
  const reaperPath = path.join(scene.directory, 'slow.pl');
  const text = readFileSync(path.join(import.meta.dirname, '../../../../src/system/process/reaper.pl'), 'utf8');
  const slow = text.replace('report("forked $pid "', 'select undef, undef, undef, 0.5; report("forked $pid "');
  assert.notEqual(slow, text);
  writeFileSync(reaperPath, slow);
  const command = await scene.sh(createLauncher({ reaperPath }), 'kill -STOP $PPID; echo ready; sleep 600; true');
  await until(() => scene.stdout() === 'ready\n');
  assert.deepEqual((await command.stop(1000)).survivors, []);
  assert.deepEqual(scene.alive(), []);
});

test('no signal that a job may send to its own reaper by mistake disturbs it', async (context) => {
  const scene = new Scene(context);
  const command = await scene.sh(
    underReaper,
    'for s in HUP INT QUIT TERM USR1 USR2 PIPE ALRM TSTP; do kill -$s $PPID; done; exit 3',
  );
  assert.deepEqual(await command.ended, { is: 'exited', code: 3 });
});

test('the reaper leaves no zombie of 200 orphans', async (context) => {
  const scene = new Scene(context);
  const command = await scene.sh(underReaper, 'for i in $(seq 200); do (true &); done; echo ready; sleep 600; true');
  await until(() => scene.stdout() === 'ready\n');
  const reaper = readProcess(command.leader.pid)?.parent;
  const zombies = () => pids().filter((pid) => readProcess(pid)?.parent === reaper && readProcess(pid)?.state === 'Z');
  await until(() => zombies().length === 0);
  await command.stop(0);
});

test("the reaper's name tells an operator what it is", async (context) => {
  const scene = new Scene(context);
  const command = await scene.sh(underReaper, 'exec sleep 600');
  const reaper = readProcess(command.leader.pid)?.parent ?? 0;
  assert.ok(commandLineOf(reaper).startsWith(`run-job: reaper of ${scene.runId} `));
  await command.stop(0);
});

test('the output ends when the job has closed it, although the reaper lives on', async (context) => {
  const scene = new Scene(context);
  const fifo = path.join(scene.directory, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const readFd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const stdoutFd = openSync(fifo, 'w');
  const command = await scene.sh(underReaper, 'exec >&- 2>&-; sleep 600; true', { stdoutFd, stderrFd: stdoutFd });
  closeSync(stdoutFd);
  const output = new Socket({ fd: readFd }).resume();
  await once(output, 'end');
  assert.ok(scene.alive().length > 0);
  await command.stop(0);
});
