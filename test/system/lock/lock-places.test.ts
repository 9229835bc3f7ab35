/**
 * The lock on an unusual host: other namespaces, full and read-only disks, foreign files, the
 * predecessor.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { jobLocks } from '../../../src/system/lock/lock.ts';
import { newOwnerName } from '../../../src/system/lock/owner.ts';
import { commandLineOf, listProcesses } from '../../../src/system/process/proc.ts';
import type { LockAnswer } from '../../../src/system/types/lock.ts';
import { Asker, held, hold, lacks, program, refused, runDirectory, unavailable, until } from './lock-holders.ts';

/** A process that sees itself as pid 1 of its own host. */
const ownPids = 'unshare --pid --fork --kill-child --mount-proc'.split(' ');
/** The same, but it sees the pids of everybody in /proc, which say nothing about it. */
const ownPidsForeignProc = 'unshare --pid --fork --kill-child'.split(' ');
const nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups'.split(' ');
const noPidNamespaces = lacks('unshare', '--pid', '--fork', '--mount-proc', 'true');
const noMounts = lacks('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt');

function locksIn(directory: string) {
  return jobLocks({ runDirectory: directory, say: (remark) => assert.fail(remark) });
}

/**
 * Runs the program in a mount namespace of its own, after these commands; `$1` is the directory.
 */
function mounted(script: string, directory: string): readonly string[] {
  return ['unshare', '--mount', 'sh', '-ec', `${script}; shift; exec "$@"`, 'mounted', directory];
}

async function unavailableHere(directory: string): Promise<string> {
  const answer = await locksIn(directory).acquire('job', 'r');
  assert.ok(answer.is === 'unavailable', JSON.stringify(answer));
  return `${answer.stage}: ${answer.reason}`;
}

test('a holder in another pid namespace keeps the lock, and status says why no more is known', {
  skip: noPidNamespaces,
}, async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, prefix: ownPids });
  const seen = await refused(t, { directory });
  assert.equal(seen.state, 'unknown');
  assert.match(seen.reason ?? '', /of another pid namespace/);
  assert.match(seen.runId ?? '', /^run-\d+$/);
  assert.deepEqual(locksIn(directory).holder('job'), seen);
  await holder.release();
  await held(t, { directory });
});

test('a holder outside keeps the lock from run-jobs in a pid namespace, with and without their own /proc', {
  skip: noPidNamespaces,
}, async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory });
  for (const prefix of [ownPids, ownPidsForeignProc]) {
    assert.equal((await refused(t, { directory, prefix })).state, 'unknown');
  }
  await holder.kill();
  await held(t, { directory, prefix: ownPids });
});

test('a holder with a foreign /proc is never taken for the process that has its pid there', {
  skip: noPidNamespaces,
}, async (t) => {
  const directory = runDirectory(t);
  const holder = await hold(t, { directory, prefix: ownPidsForeignProc });
  assert.equal((await refused(t, { directory })).state, 'unknown');
  assert.equal((await refused(t, { directory, prefix: ownPidsForeignProc })).state, 'unknown');
  await holder.release();
  await held(t, { directory, prefix: ownPidsForeignProc });
});

test('a holder with a foreign /proc is not an orphan for run-jobs beside it with their own', {
  skip: noPidNamespaces,
}, (t) => {
  const directory = runDirectory(t);
  const script = `
    mkfifo "$0/silent"; sleep 600 > "$0/silent" &
    "$@" > "$0/answer" < "$0/silent" &
    until grep -q is "$0/answer"; do sleep 0.02; done
    mount -t proc proc /proc
    "$@" < /dev/null`;
  const inside = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, directory];
  const environment = { PATH: process.env.PATH, PROCESS_CONTROL_WRAPPER: 'a-cookie' };
  const output = execFileSync('unshare', [...inside, process.execPath, program, directory, 'job'], {
    timeout: 120_000,
    env: environment,
  });
  const answer = JSON.parse(output.toString()) as LockAnswer;
  assert.equal(answer.is === 'busy' && answer.holder.state, 'unknown', output.toString());
});

test('an owner that /proc hides is not taken for dead', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  mkdirSync(path.join(directory, 'job.run'));
  writeFileSync(path.join(directory, 'job.run', newOwnerName()), '{"runId":"hidden"}\n{}\n');
  for (const at of ['', 'job.run']) chownSync(path.join(directory, at), 65534, 65534);
  const hiding = mounted('mount -t proc -o hidepid=2 proc /proc', directory);
  const seen = await refused(t, { directory, prefix: [...hiding, ...nobody] });
  assert.equal(seen.state, 'unknown');
  assert.equal(seen.wrapper, undefined);
});

test('a killed pid namespace leaves no lock behind; its job alone keeps it', { skip: noPidNamespaces }, async (t) => {
  const directory = runDirectory(t);
  const gone = await hold(t, { directory, prefix: ownPids });
  await gone.kill();
  await held(t, { directory });

  const script = 'exec 9<&0; "$@" <&9 & wait $!; sleep 600';
  const holder = new Asker(t, {
    directory,
    command: ['sleep', '600'],
    prefix: [...ownPids, 'sh', '-c', script, 'init'],
  });
  assert.equal((await holder.answer()).is, 'held');
  await holder.next();
  // Only the run-job inside; the job and the first process of the namespace live on.
  holder.child.stdin?.write('exit');
  await until('its run-job has ended', () =>
    listProcesses().every((one) => !commandLineOf(one.pid).startsWith(`${process.execPath} ${program} ${directory}`)),
  );
  assert.equal((await refused(t, { directory })).state, 'unknown');
  await holder.kill();
  await held(t, { directory });
});

test('a holder in another pid namespace keeps the lock although NAME.flock was deleted', {
  skip: noPidNamespaces,
}, async (t) => {
  const directory = runDirectory(t);
  // Started here and looked at from inside: there /proc does not show who has the deleted file.
  const holder = await hold(t, { directory });
  rmSync(path.join(directory, 'job.flock'));
  for (let asking = 0; asking < 2; asking++) {
    assert.equal((await refused(t, { directory, prefix: ownPids })).state, 'unknown');
  }
  await holder.release();
  await held(t, { directory, prefix: ownPids });
});

test('a pid that was given to another process keeps no lock', {
  skip: noPidNamespaces || lacks('test', '-w', '/proc/sys/kernel/ns_last_pid'),
}, (t) => {
  const directory = runDirectory(t);
  // Input would end the first one: what it reads stays open and silent.
  const script = `
    mkfifo "$0/silent"; sleep 600 > "$0/silent" &
    "$@" > "$0/answer" < "$0/silent" & holder=$!
    until grep -q is "$0/answer"; do sleep 0.02; done
    kill -9 $holder; wait $holder
    echo $((holder - 1)) > /proc/sys/kernel/ns_last_pid
    sleep 600 & [ $! = $holder ] || echo "pid $! instead of $holder"
    kill -0 $holder && "$@" < /dev/null`;
  const [unshare = '', ...how] = ownPids;
  const asking = [process.execPath, program, directory, 'job'];
  const output = execFileSync(unshare, [...how, 'sh', '-c', script, directory, ...asking], { timeout: 120_000 });
  assert.match(output.toString(), /^\{"is":"held"/);
});

test('a full disk is reported with the step that failed, and no file is left behind', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  const fill = 'mount -t tmpfs -o size=16k,mode=755 none "$1"; dd if=/dev/zero of="$1/full" bs=4k 2>/dev/null || true';
  const said = await unavailable(t, { directory, prefix: mounted(fill, directory) });
  assert.match(said, /^making .*\.job\.o\..*ENOSPC/);
  const listing = `ls -A "$1" > "$1.after"`;
  const again = mounted(`${fill}; "$2" "$3" "$4" "$5" < /dev/null > /dev/null || true; ${listing}`, directory);
  await unavailable(t, { directory, prefix: again });
  t.after(() => rmSync(`${directory}.after`));
  assert.equal(execFileSync('cat', [`${directory}.after`]).toString(), 'full\njob.flock\n');
});

test('a disk without a free inode is reported', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  const prefix = mounted('mount -t tmpfs -o nr_inodes=2,mode=755 none "$1"', directory);
  assert.match(await unavailable(t, { directory, prefix }), /^making .*ENOSPC/);
  const none = mounted('mount -t tmpfs -o nr_inodes=1,mode=755 none "$1"', directory);
  assert.match(await unavailable(t, { directory, prefix: none }), /^opening .*job\.flock.*ENOSPC/);
});

test('on a disk that fills up while the lock is held the record is still rewritten', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  const link = `${directory}/full`;
  const prefix = mounted('mount -t tmpfs -o size=20k,mode=755 none "$1"', directory);
  const fill = ['sh', '-c', `dd if=/dev/zero of=${link} bs=4k; exec sleep 600`];
  const holder = await hold(t, { directory, prefix, command: fill });
  await holder.release();
  assert.deepEqual(holder.remarks, []);
});

test('a read-only disk is reported', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  const prefix = mounted('mount -t tmpfs -o ro,mode=755 none "$1"', directory);
  assert.match(await unavailable(t, { directory, prefix }), /^opening .*job\.flock: EROFS/);
});

test('a missing flock(1) is reported, and no lock is taken without it', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  for (const [script, reason] of [
    ['mount --bind /dev/null /usr/bin/flock', /EACCES/],
    ['printf "#!/bin/sh\\nexit 65\\n" > "$1/x"; chmod 755 "$1/x"; mount --bind "$1/x" /usr/bin/flock', /ended with 65/],
    ['printf "#!/bin/sh\\nkill -9 \\$\\$\\n" > "$1/x"; mount --bind "$1/x" /usr/bin/flock', /ended with SIGKILL/],
  ] as const) {
    assert.match(await unavailable(t, { directory, prefix: mounted(script, directory) }), reason);
  }
  assert.deepEqual(readdirSync(directory).sort(), ['job.flock', 'x']);
});

test('a host without /proc is reported', { skip: noMounts }, async (t) => {
  const directory = runDirectory(t);
  const prefix = mounted('mount -t tmpfs none /proc', directory);
  assert.match(await unavailable(t, { directory, prefix }), /^taking the lock: ENOENT.*\/proc/);
});

test('a run directory of another user is refused, and so is a directory that may not be written', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
}, async (t) => {
  const directory = runDirectory(t);
  chownSync(directory, 65534, 65534);
  assert.match(await unavailableHere(directory), /belongs to uid 65534, not to the service user \(uid 0\)/);
  chmodSync(directory, 0o555);
  assert.match(await unavailable(t, { directory, prefix: nobody }), /^opening .*job\.flock: EACCES/);
  const absent = path.join(directory, 'absent');
  assert.match(await unavailable(t, { directory: absent, prefix: nobody }), /^checking the run directory .*: EACCES/);
});

for (const [what, put, said] of [
  [
    'a file in the place of the directory',
    (at) => writeFileSync(`${at}.run`, ''),
    /^reading .*job\.run: it is not a directory: remove it/,
  ],
  [
    'a link to nowhere in its place',
    (at) => symlinkSync('/nowhere', `${at}.run`),
    /^reading .*job\.run: it is not a directory: remove it/,
  ],
  [
    'a foreign file in it',
    (at) => mkdirSync(`${at}.run/x`, { recursive: true }),
    /"x" is none of our files: remove it/,
  ],
  ['a directory in the place of NAME.flock', (at) => mkdirSync(`${at}.flock`), /^opening .*job\.flock: EISDIR/],
  ['a link in its place', (at) => symlinkSync('/etc/passwd', `${at}.flock`), /^opening .*job\.flock: ELOOP/],
  [
    'a FIFO in its place',
    (at) => execFileSync('mkfifo', [`${at}.flock`]),
    /^opening .*job\.flock: it is a FIFO, not a file: remove it/,
  ],
  [
    'a directory in the place of a PID file',
    (at) => mkdirSync(`${at}.lock`),
    /^reading .*job\.lock: it is no PID file: remove it/,
  ],
  [
    'a link in its place (PID file)',
    (at) => symlinkSync('/etc/passwd', `${at}.lock`),
    /^reading .*job\.lock: it is no PID file: remove it/,
  ],
] as readonly (readonly [string, (at: string) => void, RegExp])[]) {
  test(`foreign files are neither taken for a lock nor removed: ${what}`, async (t) => {
    const directory = runDirectory(t);
    put(path.join(directory, 'job'));
    assert.match(await unavailableHere(directory), said);
    assert.match(await unavailableHere(directory), said, 'the second time as the first');
  });
}

test("a lock that can't be judged counts as held, with the reason", (t) => {
  const directory = runDirectory(t);
  writeFileSync(path.join(directory, 'job.run'), '');
  const seen = locksIn(directory).holder('job');
  assert.equal(seen?.state, 'unknown');
  assert.match(seen?.reason ?? '', /^reading .*it is not a directory: remove it/);
});

/** A living process with this command line, and the PID file that names it. */
async function predecessor(t: TestContext, { directory, commandLine }: { directory: string; commandLine: string }) {
  const child = spawn('bash', ['-c', `echo; exec -a "${commandLine}" sleep 600`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const file = path.join(directory, 'job.lock');
  writeFileSync(file, String(child.pid));
  return { child, file };
}

test('the PID file of the predecessor locks the job while its process lives, whatever clock it was written by', async (t) => {
  const directory = runDirectory(t);
  const { child, file } = await predecessor(t, { directory, commandLine: '/usr/bin/python3 /usr/bin/run-job' });
  for (const writtenS of [Date.now() / 1000, 86_400, Date.now() / 1000 + 86_400]) {
    utimesSync(file, writtenS, writtenS);
    const answer = await locksIn(directory).acquire('job', 'r');
    assert.ok(answer.is === 'busy');
    assert.equal(answer.holder.state, 'predecessor');
    assert.equal(answer.holder.wrapper?.pid, child.pid);
    assert.deepEqual(locksIn(directory).holder('job'), answer.holder);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  await held(t, { directory });
  assert.ok(readdirSync(directory).includes('job.lock'), 'the file belongs to the predecessor');
});

test('a PID file does not count when its pid belongs to another program that started later', async (t) => {
  const directory = runDirectory(t);
  const { file } = await predecessor(t, { directory, commandLine: 'nginx: worker process' });
  assert.equal(locksIn(directory).holder('job')?.state, 'predecessor', 'older than the file: it may be anything');
  const yesterdayS = Date.now() / 1000 - 86_400;
  utimesSync(file, yesterdayS, yesterdayS);
  await held(t, { directory });
});

test('a PID file without a pid does not count', async (t) => {
  const directory = runDirectory(t);
  for (const text of ['', '\n', 'x', '0', '-1', '99999999999', '1 2', `${2 ** 22}`]) {
    writeFileSync(path.join(directory, 'job.lock'), text);
    assert.equal(locksIn(directory).holder('job'), undefined, text);
  }
  await held(t, { directory });
});
