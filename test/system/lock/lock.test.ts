import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { jobLocks } from '../../../src/system/lock/lock.ts';
import { newOwnerName } from '../../../src/system/lock/owner.ts';
import { processIdentity, readProcess } from '../../../src/system/process/proc.ts';
import {
  Asker,
  childOf,
  endSession,
  held,
  hold,
  keeperOf,
  lacks,
  markedBy,
  refused,
  runDirectory,
  until,
} from './lock-holders.ts';

/** The locks of this process in a directory. */
function locksIn(directory: string, remarks: string[] = []) {
  return jobLocks({ runDirectory: directory, say: (remark) => remarks.push(remark) });
}

async function heldHere(directory: string, remarks: string[] = []) {
  const answer = await locksIn(directory, remarks).acquire('job', 'this-run');
  assert.ok(answer.is === 'held', JSON.stringify(answer));
  return answer.lock;
}

test('a second run-job learns the holder of the lock, with its run, command and log', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'] });
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'running');
  assert.equal(seen.runId, `run-${holder.pid}`);
  assert.deepEqual(seen.wrapper, processIdentity(holder.pid));
  assert.deepEqual(seen.leader, processIdentity(holder.job));
  assert.equal(seen.logPath, '/var/log/x.log');
  assert.equal(seen.deadlineSinceBootMs, 123);
  assert.ok(Math.abs((seen.startedMs ?? 0) - Date.now()) < 60_000);
  assert.deepEqual(locksIn(directory).holder('job'), seen);
});

test('a released lock is free, and only the file of the kernel lock is left', async (t) => {
  const directory = runDirectory(t);
  const lock = await heldHere(directory);
  assert.equal((await locksIn(directory).acquire('job', 'other')).is, 'busy');
  await lock.release();
  await lock.release();
  assert.equal(locksIn(directory).holder('job'), undefined);
  assert.deepEqual(readdirSync(directory), ['job.flock']);
  await (await heldHere(directory)).release();
});

test('looking creates no file, not even the directory', (t) => {
  const directory = path.join(runDirectory(t), 'absent');
  assert.equal(locksIn(directory).holder('job'), undefined);
  assert.equal(existsSync(directory), false);
});

test("the run directory is made when it is missing; other users can read the record but can't open the kernel lock", async (t) => {
  const directory = path.join(runDirectory(t), 'run', 'process-control');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const lock = await heldHere(directory);
  const modeOf = (...names: string[]) => statSync(path.join(directory, ...names)).mode & 0o7777;
  assert.equal(modeOf(), 0o755);
  assert.equal(modeOf('job.run'), 0o755);
  assert.equal(modeOf('job.run', readdirSync(path.join(directory, 'job.run'))[0] ?? ''), 0o644);
  assert.equal(modeOf('job.flock'), 0o600);
  await lock.release();
});

test('locks of different names are independent', async (t) => {
  const directory = runDirectory(t);
  const names = ['a', 'a.run', 'a.lock', 'a.flock', '@a'];
  for (const name of names) {
    const answer = await locksIn(directory).acquire(name, 'r');
    assert.ok(answer.is === 'held', name);
    // One that is kept would make its directory again after the test.
    t.after(() => answer.lock.release());
  }
});

test('a name that is not a file name throws', async (t) => {
  for (const name of ['', '.', '..', '../x', 'a/b', 'a\0', '.hidden']) {
    await assert.rejects(locksIn(runDirectory(t)).acquire(name, 'r'), /not the name of a lock/, name);
  }
});

test('killed with its job: the lock is free at once', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory });
  await holder.kill();
  assert.equal(locksIn(directory).holder('job'), undefined);
  await held(t, { directory });
});

test('killed without its job: busy until the job has ended, free as soon as it has', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'] });
  await holder.kill();
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'orphaned');
  assert.ok(seen.pids.includes(holder.job));
  assert.deepEqual(seen.leader?.pid, holder.job);
  assert.deepEqual(locksIn(directory).holder('job'), seen);
  endSession(holder.job);
  await held(t, { directory });
});

test('killed, and its job has closed all descriptors and lost its parent: the marks of the run keep the lock', async (t) => {
  const directory = runDirectory(t);
  const script = 'exec 3>&-; setsid sleep 600 & kill -9 $PPID; exit';
  const holder = await hold(t, { directory, command: ['sh', '-c', script] });
  const daemon = await markedBy(`run-${holder.pid}`, 'sleep');
  t.after(() => process.kill(daemon, 'SIGKILL'));
  await holder.kill();
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'orphaned');
  assert.deepEqual(seen.pids, [daemon]);
});

test('killed, its job has closed all descriptors, and NAME.run was deleted: NAME.flock still knows the marks', async (t) => {
  const directory = runDirectory(t);
  const script = 'exec 3>&-; setsid sleep 600 & kill -9 $PPID; exit';
  const holder = await hold(t, { directory, command: ['sh', '-c', script] });
  const daemon = await markedBy(`run-${holder.pid}`, 'sleep');
  t.after(() => process.kill(daemon, 'SIGKILL'));
  await holder.kill();
  rmSync(path.join(directory, 'job.run'), { recursive: true });
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'orphaned');
  assert.deepEqual(seen.pids, [daemon]);
  assert.deepEqual(locksIn(directory).holder('job'), seen);
});

test('killed, and its job has left a process without marks: the kernel lock keeps it, and no orphan is named', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sh', '-c', 'env -i setsid sleep 600'] });
  const daemon = await keeperOf(path.join(directory, 'job.flock'), 'sleep');
  t.after(() => process.kill(daemon, 'SIGKILL'));
  await holder.kill();
  endSession(holder.job);
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'unknown');
  assert.deepEqual(seen.pids, [daemon]);
  assert.match(seen.reason ?? '', /job\.flock is locked/);
});

test('killed between fork and exec of its job: the lock is not free', { skip: lacks('strace', '-V') }, async (t) => {
  const directory = runDirectory(t);
  const holder = new Asker(t, {
    directory,
    command: ['sleep', '600'],
    prefix: 'strace -f -qq -o /dev/null -P /bin/sh -e trace=execve -e inject=execve:delay_enter=5000000'.split(' '),
  });
  assert.equal((await holder.answer()).is, 'held');
  const wrapper = await childOf(holder.pid);
  const forked = await childOf(wrapper);
  t.after(() => endSession(forked));
  // "node" on Node 20 and 22, "MainThread" on 24, "node-MainThread" on 26; another name once it has
  // become the job.
  const wrapperName = readProcess(wrapper)?.name;
  process.kill(wrapper, 'SIGKILL');
  assert.ok(wrapperName !== undefined && readProcess(forked)?.name === wrapperName, 'the window was missed');
  assert.equal((await refused(t, { directory })).state, 'orphaned');
});

test('a suspended holder still has the lock', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory });
  holder.child.kill('SIGSTOP');
  await until('it is stopped', () => readProcess(holder.pid)?.state === 'T');
  assert.equal((await refused(t, { directory })).state, 'running');
});

test('TERM, when run-job handles it, neither ends run-job nor unlocks its job', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'], environment: { SURVIVES_TERM: '1' } });
  holder.child.kill('SIGTERM');
  assert.equal(await holder.next(), 'TERM');
  assert.equal((await refused(t, { directory })).state, 'running');
  await holder.release();
});

test('TERM without a handler ends run-job and does not unlock the job that lives on', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'] });
  holder.child.kill('SIGTERM');
  assert.deepEqual(await once(holder.child, 'exit'), [null, 'SIGTERM']);
  assert.equal((await refused(t, { directory })).state, 'orphaned');
});

test('an exit without a release unlocks nothing while the job lives', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'] });
  holder.child.stdin?.write('exit');
  assert.deepEqual(await once(holder.child, 'exit'), [0, null]);
  assert.equal(readdirSync(path.join(directory, 'job.run')).length, 1);
  assert.equal((await refused(t, { directory })).state, 'orphaned');
});

/** A run-job that stops before a system call until `go`. */
async function parked(t: TestContext, { directory, before }: { directory: string; before: string }) {
  const gate = path.join(runDirectory(t), 'go');
  const asker = new Asker(t, { directory, environment: { PARKS: `${before}:${gate}` } });
  assert.equal(await asker.next(), 'parked');
  return Object.assign(asker, { go: () => writeFileSync(gate, '') });
}

test('when two run-jobs break the lock of a dead holder at once, one gets it', async (t) => {
  const directory = runDirectory(t);
  await (await hold(t, { directory })).kill();
  const slow = await parked(t, { directory, before: 'unlinkSync' });
  assert.equal((await refused(t, { directory })).state, 'unknown');
  slow.go();
  assert.equal((await slow.answer()).is, 'held');
});

test('when two break it at once, one gets it even if the file of the kernel lock is deleted in between', async (t) => {
  const directory = runDirectory(t);
  await (await hold(t, { directory })).kill();
  const slow = await parked(t, { directory, before: 'unlinkSync' });
  rmSync(path.join(directory, 'job.flock'));
  assert.match((await refused(t, { directory })).reason ?? '', /was deleted, is still locked/);
  slow.go();
  assert.equal((await slow.answer()).is, 'held');
});

test('when the file of the kernel lock is deleted before it is locked, the file that exists in the end is locked', async (t) => {
  const directory = runDirectory(t);
  const file = path.join(directory, 'job.flock');
  const slow = await parked(t, { directory, before: 'spawnSync' });
  rmSync(file);
  slow.go();
  assert.equal(await slow.next(), 'parked', 'in front of the second attempt');
  assert.equal((await slow.answer()).is, 'held');
  assert.equal(existsSync(file), true);
});

test('no clock decides: a holder is alive or dead whatever the clock of the next run-job says', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory });
  const truth = Date.now;
  for (const stepMs of [-3_600_000, 11_000, 400 * 86_400_000, -Date.now()]) {
    t.mock.method(Date, 'now', () => truth() + stepMs);
    assert.equal((await locksIn(directory).acquire('job', 'r')).is, 'busy', `${stepMs}`);
    t.mock.restoreAll();
  }
  await holder.kill();
  t.mock.method(Date, 'now', () => truth() - 3_600_000);
  await (await heldHere(directory)).release();
});

test('a clock that jumps while the lock is held does not unlock it', async (t) => {
  const directory = runDirectory(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const remarks: string[] = [];
  const lock = await heldHere(directory, remarks);
  const truth = Date.now;
  for (const stepMs of [48 * 3_600_000, -48 * 3_600_000, 0]) {
    t.mock.method(Date, 'now', () => truth() + stepMs);
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
    assert.equal(locksIn(directory).holder('job')?.state, 'running');
  }
  assert.deepEqual(remarks, []);
  await lock.release();
});

test('a clock that libfaketime sets decides nothing either', {
  skip: lacks('faketime', '-f', '-1d', 'true'),
}, async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory });
  for (const step of ['-400d', '+400d']) {
    assert.equal((await refused(t, { directory, prefix: ['faketime', '-f', step] })).state, 'running', step);
  }
  await holder.kill();
  await held(t, { directory, prefix: ['faketime', '-f', '-400d'] });
});

test('an owner of another boot is dead, even when its pid exists', async (t) => {
  const directory = runDirectory(t);
  const [, , ...rest] = newOwnerName().split('.');
  plantOwner(directory, ['o', 'ab'.repeat(16), ...rest].join('.'));
  assert.equal(locksIn(directory).holder('job'), undefined);
  await (await heldHere(directory)).release();
});

test('an owner whose pid another process has is dead', async (t) => {
  const directory = runDirectory(t);
  const [tag, boot, namespace, pid, startTicks, nonce] = newOwnerName().split('.');
  plantOwner(directory, [tag, boot, namespace, pid, Number(startTicks) - 1, nonce].join('.'));
  assert.equal(locksIn(directory).holder('job'), undefined);
  await (await heldHere(directory)).release();
});

test('an unreadable owner file does not lock for ever', async (t) => {
  const directory = runDirectory(t);
  for (const text of ['', '{', '[]\n[]\n', 'null\nnull\n', '{"runId":7}\n{"leader":{"pid":"x"}}\n']) {
    const [, , ...rest] = newOwnerName().split('.');
    plantOwner(directory, ['o', 'ab'.repeat(16), ...rest].join('.'), text);
    await (await heldHere(directory)).release();
  }
});

test('files of a run-job that was killed while it published are removed', async (t) => {
  const directory = runDirectory(t);
  const dead = newOwnerName().replace(/\.\d+\.(\d+)\.([0-9a-f]+)$/, `.${2 ** 22}.$1.$2`);
  const alive = newOwnerName();
  for (const owner of [dead, alive]) mkdirSync(path.join(directory, `.job.${owner}`));
  mkdirSync(path.join(directory, `.other.${dead}`));
  await (await heldHere(directory)).release();
  assert.deepEqual(readdirSync(directory).sort(), [`.job.${alive}`, `.other.${dead}`, 'job.flock'].sort());
});

test('NAME.run removed: the kernel lock keeps others out, and the directory is made again', async (t) => {
  const directory = runDirectory(t);
  const place = path.join(directory, 'job.run');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const remarks: string[] = [];
  const lock = await heldHere(directory, remarks);
  lock.record({ logPath: '/log' });
  rmSync(place, { recursive: true });
  t.mock.timers.tick(10_000);
  await new Promise(setImmediate);
  assert.match(remarks.join('\n'), /job\.run was removed while the run holds it/);
  assert.equal(locksIn(directory).holder('job')?.logPath, '/log');
  t.mock.timers.tick(10_000);
  rmSync(place, { recursive: true });
  t.mock.timers.tick(10_000);
  await new Promise(setImmediate);
  assert.equal(locksIn(directory).holder('job')?.state, 'running');
  await lock.release();
  assert.deepEqual(readdirSync(directory), ['job.flock']);
  assert.equal(remarks.length, 2);
});

test('NAME.run removed and its place taken: it is retried until it succeeds, and reported once', async (t) => {
  const directory = runDirectory(t);
  const place = path.join(directory, 'job.run');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const remarks: string[] = [];
  const lock = await heldHere(directory, remarks);
  renameSync(place, path.join(directory, 'elsewhere'));
  writeFileSync(place, 'a file');
  for (let look = 0; look < 3; look++) {
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
  }
  assert.equal(remarks.length, 2);
  assert.match(remarks[1] ?? '', /can't be made again yet/);
  rmSync(place);
  t.mock.timers.tick(10_000);
  await new Promise(setImmediate);
  assert.equal(locksIn(directory).holder('job')?.state, 'running');
  await lock.release();
  assert.equal(existsSync(place), false);
});

for (const [what, takeAway] of Object.entries({
  'NAME.run': (directory: string) => rmSync(path.join(directory, 'job.run'), { recursive: true }),
  'NAME.flock': (directory: string) => rmSync(path.join(directory, 'job.flock')),
  'both files': (directory: string) => {
    rmSync(path.join(directory, 'job.run'), { recursive: true });
    rmSync(path.join(directory, 'job.flock'));
  },
  'the whole directory': (directory: string) => rmSync(directory, { recursive: true }),
})) {
  test(`${what} removed: no second run gets in while the first lives, and the first ends well`, async (t) => {
    const directory = runDirectory(t);
    const holder = await hold(t, { directory });
    takeAway(directory);
    // The second one makes the file anew; to the third it is an old one.
    for (let asking = 0; asking < 3; asking++) {
      const seen = await refused(t, { directory });
      assert.ok(seen.wrapper?.pid === holder.pid || seen.pids.includes(holder.pid), JSON.stringify(seen));
    }
    await holder.release();
    assert.deepEqual(holder.remarks, []);
    await held(t, { directory });
  });
}

test('everything removed and run-job killed: its job that has the lock open keeps others out', async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, command: ['sleep', '600'] });
  rmSync(directory, { recursive: true });
  await holder.kill();
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'unknown');
  assert.ok(seen.pids.includes(holder.job));
  endSession(holder.job);
  await held(t, { directory });
});

test('a copy of a lock file is not taken for the file that was locked', async (t) => {
  const directory = runDirectory(t);
  const file = path.join(directory, 'job.flock');
  await (await heldHere(directory)).release();
  const holder = await hold(t, { directory });
  const text = readFileSync(file);
  rmSync(path.join(directory, 'job.run'), { recursive: true });
  rmSync(file);
  writeFileSync(file, text, { mode: 0o600 });
  assert.deepEqual((await refused(t, { directory })).pids, [holder.pid]);
});

test("records of the lock are rewritten, longer or shorter, and can't crash the run", async (t) => {
  const directory = runDirectory(t);
  const remarks: string[] = [];
  const lock = await heldHere(directory, remarks);
  for (const logPath of ['/a', `/${'ü'.repeat(4000)}`, '/b']) {
    lock.record({ logPath, leader: { pid: 1, startTicks: '2' } });
    const seen = locksIn(directory).holder('job');
    assert.equal(seen?.logPath, logPath);
    assert.deepEqual(seen?.leader, { pid: 1, startTicks: '2' });
    assert.equal(seen?.runId, 'this-run');
  }
  rmSync(path.join(directory, 'job.run'), { recursive: true });
  lock.record({ logPath: '/c' });
  assert.match(remarks[0] ?? '', /record of the lock can't be written/);
  assert.equal(existsSync(path.join(directory, 'job.run')), false, 'a record alone is no lock');
  await lock.release();
  lock.record({ logPath: '/too late' });
  assert.doesNotMatch(readFileSync(path.join(directory, 'job.flock'), 'utf8'), /late/);
});

test('a link to the run directory is refused', async (t) => {
  const directory = runDirectory(t);
  const link = path.join(directory, 'link');
  symlinkSync(directory, link);
  const answer = await locksIn(link).acquire('job', 'r');
  assert.deepEqual(answer, {
    is: 'unavailable',
    stage: `checking the run directory ${link}`,
    reason: 'it is not a directory',
  });
});

test('a run directory that others can write to is refused', async (t) => {
  const directory = runDirectory(t);
  for (const mode of [0o777, 0o1777, 0o775, 0o757]) {
    chmodSync(directory, mode);
    const answer = await locksIn(directory).acquire('job', 'r');
    assert.ok(answer.is === 'unavailable');
    assert.match(answer.reason, /^others can write to it \(mode 0\d+\): chmod go-w it$/);
    assert.deepEqual(readdirSync(directory), []);
  }
});

/** An owner file as a run-job of another time or place would have left it. */
function plantOwner(directory: string, owner: string, text = '{"runId":"past"}\n{}\n'): void {
  mkdirSync(path.join(directory, 'job.run'));
  writeFileSync(path.join(directory, 'job.run', owner), text);
}
