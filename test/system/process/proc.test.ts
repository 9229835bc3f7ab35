import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  bootId,
  commandLineOf,
  environmentOf,
  isAlive,
  isOver,
  listProcesses,
  parseStat,
  pidNamespace,
  processesOfRun,
  processIdentity,
  readProcess,
  runIdsIn,
  variableIn,
} from '../../../src/system/process/proc.ts';

/** A child that has certainly become `sleep`; it ends with the test. */
async function sleeper(t: TestContext, environment: Record<string, string> = {}, detached = false) {
  const child = spawn('sh', ['-c', 'echo; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin', ...environment },
    detached,
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { child, pid: pidOf(child) };
}

function pidOf(child: ChildProcess): number {
  assert.ok(child.pid !== undefined);
  return child.pid;
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 60_000;
  while (!holds()) {
    assert.ok(performance.now() < giveUpMs, 'the condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A pid and a start time that belong together. */
function identityOf(pid: number) {
  const identity = processIdentity(pid);
  assert.ok(identity);
  return identity;
}

test('a process lives until it is killed, and a later one with its pid has another identity', async (t) => {
  const { child, pid } = await sleeper(t);
  const identity = identityOf(pid);
  assert.equal(isAlive(identity), true);
  assert.equal(isAlive({ pid, startTicks: String(Number(identity.startTicks) - 1) }), false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isAlive(identity), false);
});

test('a suspended process is alive', async (t) => {
  const { child, pid } = await sleeper(t);
  child.kill('SIGSTOP');
  await until(() => readProcess(pid)?.state === 'T');
  assert.equal(isAlive(identityOf(pid)), true);
});

test('a zombie is not alive and not listed', async (t) => {
  const script = '$| = 1; my $child = fork; exit unless $child; print $child; sleep 600';
  const parent = spawn('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  await until(() => readProcess(pid)?.state === 'Z');
  assert.equal(isAlive(identityOf(pid)), false);
  assert.equal(
    listProcesses().some((found) => found.pid === pid),
    false,
  );
});

test('a process whose first thread has ended while others run is not over', () => {
  const stat = parseStat('7 (x) Z 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99 0');
  assert.ok(stat);
  assert.equal(isOver(stat), false);
  assert.equal(isOver({ ...stat, threads: 1 }), true);
});

test('fields are found after any program name', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15 }), (name) => {
      const stat = parseStat(`42 (${name}) S 1 40 39 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 12345 0\n`);
      assert.deepEqual(stat, {
        pid: 42,
        name,
        state: 'S',
        parent: 1,
        group: 40,
        session: 39,
        threads: 2,
        startTicks: '12345',
        isKernel: false,
      });
    }),
  );
  assert.equal(parseStat(''), undefined);
  assert.equal(parseStat('42 (cut of'), undefined);
});

test('a real program may have brackets and a line break in its name', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'proc-'));
  t.after(() => rm(directory, { recursive: true }));
  const odd = path.join(directory, ') R 1\n(');
  symlinkSync('/bin/sleep', odd);
  const child = spawn(odd, ['600'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await until(() => readProcess(pidOf(child))?.name === ') R 1\n(');
  assert.equal(readProcess(pidOf(child))?.parent, process.pid);
});

test('a process belongs to every run on the path of ids it was started with', async (t) => {
  const [outer, inner] = [randomUUID(), randomUUID()];
  const { pid } = await sleeper(t, { PROCESS_CONTROL_RUN_ID: `${outer}/${inner}` });
  const found = (runId: string) => processesOfRun({ runId }).map((one) => one.pid);
  assert.deepEqual(found(outer), [pid]);
  assert.deepEqual(found(inner), [pid]);
  const parts = [outer.slice(1), outer.slice(0, -1), `${outer}/${inner}`, `${inner}/`, ''];
  for (const other of parts) assert.ok(!found(other).includes(pid), `${other}`);
});

test('a process that calls execve again and again is seen in every look', async (t) => {
  const again = 'exec sh -c "$0" "$0"';
  const runId = randomUUID();
  const child = spawn('sh', ['-c', again, again], { stdio: 'ignore', env: { PROCESS_CONTROL_RUN_ID: runId } });
  t.after(() => child.kill('SIGKILL'));
  await until(() => processesOfRun({ runId }).length === 1);
  for (let look = 0; look < 250; look++) assert.equal(processesOfRun({ runId }).length, 1, `look ${look}`);
});

test('a process that was started without a variable is known by one look', async (t) => {
  const child = spawn('/bin/sleep', ['600'], { stdio: 'ignore', env: {} });
  t.after(() => child.kill('SIGKILL'));
  await until(() => readProcess(pidOf(child))?.name === 'sleep');
  let pauses = 0;
  t.mock.method(Atomics, 'wait', () => {
    pauses++;
    return 'timed-out';
  });
  assert.deepEqual(environmentOf(pidOf(child)), Buffer.alloc(0));
  assert.equal(pauses, 0);
});

test('a thread of the kernel is distinguished from a process', (t) => {
  if (readProcess(2)?.name !== 'kthreadd') return t.skip('needs a /proc that shows the kernel');
  assert.equal(readProcess(2)?.isKernel, true);
  assert.equal(readProcess('self')?.isKernel, false);
});

test('a variable whose name only ends like the mark does not count', async (t) => {
  const runId = randomUUID();
  await sleeper(t, { NOT_PROCESS_CONTROL_RUN_ID: runId });
  assert.deepEqual(processesOfRun({ runId }), []);
});

test('a child that has not become the job yet is known by the mark of its run-job', async (t) => {
  const wrapperCookie = randomUUID();
  const { pid } = await sleeper(t, { PROCESS_CONTROL_WRAPPER: wrapperCookie });
  const found = processesOfRun({ runId: 'none', wrapperCookie });
  assert.deepEqual(
    found.map((one) => one.pid),
    [pid],
  );
});

test('a process without marks belongs to a run by its session, unless the pid of the leader was reused', async (t) => {
  const { pid } = await sleeper(t, {}, true);
  const leader = identityOf(pid);
  const later = { pid, startTicks: String(Number(leader.startTicks) + 1) };
  assert.equal(processesOfRun({ runId: 'none', leader }).length, 1);
  assert.equal(processesOfRun({ runId: 'none', leader: later }).length, 0);
});

test('a process in the session of a run that carries the mark of another run belongs to the other', async (t) => {
  const { pid } = await sleeper(t, { PROCESS_CONTROL_RUN_ID: 'other' }, true);
  assert.equal(processesOfRun({ runId: 'none', leader: identityOf(pid) }).length, 0);
});

test('the environment is read as it was at the start', async (t) => {
  const { pid } = await sleeper(t, { GREETING: 'grüß=gott', PROCESS_CONTROL_RUN_ID: 'a/b/c' });
  const environment = environmentOf(pid);
  assert.ok(environment);
  assert.equal(variableIn(environment, 'GREETING'), 'grüß=gott');
  assert.equal(variableIn(environment, 'ABSENT'), undefined);
  assert.deepEqual(runIdsIn(environment), ['a', 'b', 'c']);
});

test('a missing process has no identity', () => {
  const none = 2 ** 22 + 1;
  assert.equal(readProcess(none), undefined);
  assert.equal(processIdentity(none), undefined);
  assert.equal(environmentOf(none), undefined);
  assert.equal(commandLineOf(none), `[${none}]`);
});

test('this process knows itself, its boot and its namespace', () => {
  assert.equal(processIdentity('self')?.pid, process.pid);
  assert.match(bootId(), /^[0-9a-f]{32}$/);
  assert.match(pidNamespace() ?? '', /^\d+$/);
  assert.match(commandLineOf(process.pid), /node/);
});
