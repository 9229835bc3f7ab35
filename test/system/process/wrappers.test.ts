/**
 * A record in the run directory can name any process; only one that is this user's, started when it
 * says, and carries the mark is signalled.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { processIdentity } from '../../../src/system/process/proc.ts';
import { wrappers } from '../../../src/system/process/wrappers.ts';
import type { ProcessIdentity } from '../../../src/system/types/process.ts';

const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that has begun to sleep, and what it is known by. */
async function sleeper(environment: Readonly<Record<string, string>>, under: readonly string[] = []) {
  const command = [...under, '/bin/sh', '-c', 'echo ready; exec sleep 600'];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  const wrapper = processIdentity(child.pid ?? 0);
  assert.ok(wrapper);
  return { child, wrapper };
}

const mark = { PROCESS_CONTROL_WRAPPER: 'a-mark' };

function kill(wrapper: ProcessIdentity, wrapperMark: string | undefined = mark.PROCESS_CONTROL_WRAPPER): void {
  wrappers.kill({ state: 'running', wrapper, pids: [], ...(wrapperMark && { wrapperMark }) });
}

test('a run-job of this user is signalled', async () => {
  const { child, wrapper } = await sleeper(mark);
  const ended = once(child, 'exit');
  kill(wrapper);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});

test('a process without the mark, one with that of another run-job, a later one with its number, and one of another user are left alone', async () => {
  const unmarked = await sleeper({});
  const another = await sleeper({ PROCESS_CONTROL_WRAPPER: 'another-mark' });
  const later = await sleeper(mark);
  const isRoot = process.getuid?.() === 0;
  const foreign = isRoot ? await sleeper(mark, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']) : later;
  kill(unmarked.wrapper);
  kill(another.wrapper);
  // A record without a mark names no process.
  kill(another.wrapper, '');
  kill({ ...later.wrapper, startTicks: String(Number(later.wrapper.startTicks) - 1) });
  if (isRoot) kill(foreign.wrapper);
  // One that is signalled after them has ended, so theirs would have come.
  const last = await sleeper(mark);
  const ended = once(last.child, 'exit');
  kill(last.wrapper);
  await ended;
  for (const { child, wrapper } of [unmarked, another, later, foreign]) {
    assert.equal(child.exitCode ?? child.signalCode, null);
    assert.deepEqual(processIdentity(wrapper.pid), wrapper);
  }
});
