/**
 * A process that carries the marks of a dead run is of that run only if it is the service user's,
 * or one that the service user became by sudo.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { after, test } from 'node:test';
import { randomUuid } from '../../../src/system/file/random.ts';
import { orphansOf } from '../../../src/system/lock/holder.ts';
import { newOwnerName, parseOwnerName } from '../../../src/system/lock/owner.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root';
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process of this user that carries the marks of the run. */
async function marked(run: string, uid: number): Promise<number> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; exec sleep 600'], {
    env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_RUN_ID: run },
    stdio: ['ignore', 'pipe', 'ignore'],
    ...{ uid, gid: uid },
  });
  children.push(child);
  await once(child.stdout, 'data');
  assert.ok(child.pid);
  return child.pid;
}

test('the processes of a run without its run-job are found', { skip }, async () => {
  const run = randomUuid();
  const [serviceUser, stranger] = [65533, 65534];
  // The name of this process, with a start time that it does not have: an owner that is dead.
  const owner = parseOwnerName(newOwnerName().replace(/^((?:[^.]+\.){4})[^.]+/, '$11'));
  assert.ok(owner);
  const foundBy = (uid: number | undefined) =>
    orphansOf({ owner, facts: { runId: run }, ...(uid !== undefined && { uid }) });

  const strangers = await marked(run, stranger);
  assert.equal(foundBy(serviceUser), undefined, 'a stranger alone does not make the run live');
  assert.deepEqual(foundBy(undefined)?.pids, [strangers], 'its marks are those of the run');
  const own = await marked(run, serviceUser);
  const roots = await marked(run, 0);
  const found = foundBy(serviceUser);
  assert.equal(found?.state, 'orphaned');
  assert.deepEqual([...found.pids].sort(), [own, roots].sort());
});
