import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { processIdentity } from '../../../src/system/process/proc.ts';
import { askToEnd, killAll, livingOf, untilNoneLives, within } from '../../../src/system/process/sweep.ts';
import { endProcess } from './launching.ts';

/**
 * A shell in a session of its own that runs a script in the name of a run, once the script has
 * printed something.
 */
async function start(context: TestContext, runId: string, script: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', script], {
    env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_RUN_ID: runId },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  context.after(() => {
    for (const { pid } of livingOf({ runId })) endProcess(pid);
  });
  await once(child.stdout ?? child, 'data');
  return child;
}

const leaderOf = ({ pid }: ChildProcess) => processIdentity(pid ?? 0) ?? { pid: 0, startTicks: '' };

test('a process with an empty environment is found below its parent', async (context) => {
  const runId = randomUUID();
  const shell = await start(context, runId, 'env -i setsid sleep 600 & echo; wait');
  assert.equal(livingOf({ runId }).length, 2);
  assert.equal(livingOf({ runId, except: shell.pid ?? 0 }).length, 0);
  assert.equal(livingOf({ runId: `${runId}-other` }).length, 0);
});

test('TERM reaches processes that left the group, with and without ps for tree-kill, and many at once', async (context) => {
  const path = process.env.PATH;
  const planted = mkdtempSync(join(tmpdir(), 'planted-'));
  writeFileSync(join(planted, 'ps'), `#!/bin/sh\n: >${planted}/was-run\n`, { mode: 0o755 });
  context.after(() => {
    process.env.PATH = path;
    rmSync(planted, { recursive: true });
  });
  for (const [searched, count] of [
    [path, 3],
    ['/nonexistent', 3],
    [`${planted}:${path}`, 3],
    [path, 25],
  ] as const) {
    process.env.PATH = searched;
    const runId = randomUUID();
    const script = `i=0; while [ $i -lt ${count} ]; do setsid sleep 600 & i=$((i+1)); done; echo; wait`;
    const leader = leaderOf(await start(context, runId, script));
    const asked = await askToEnd({ runId, leader });
    assert.equal(asked.size, count + 1);
    assert.deepEqual(await untilNoneLives({ runId, leader }, 60_000), []);
  }
  assert.equal(existsSync(join(planted, 'was-run')), false, 'a ps of the caller');
});

test('a suspended process is continued to end', async (context) => {
  const runId = randomUUID();
  const shell = await start(context, runId, 'echo; kill -STOP $$; echo never');
  await askToEnd({ runId, leader: leaderOf(shell) });
  const [, signal] = await once(shell, 'exit');
  assert.equal(signal, 'SIGTERM');
});

test('a run within the run is first ended by its own run-job', async (context) => {
  const runId = randomUUID();
  await start(context, `${runId}/inner`, 'echo; sleep 600; true');
  assert.equal((await askToEnd({ runId })).size, 0);
  assert.deepEqual((await killAll({ runId }, new Set())).survivors, []);
  assert.equal(livingOf({ runId }).length, 0);
});

test('KILL counts each process beside the leader once, with those that were asked', async (context) => {
  const runId = randomUUID();
  const shell = await start(context, runId, 'trap "" TERM; sleep 600 & echo; wait');
  const asked = await askToEnd({ runId, leader: leaderOf(shell) });
  assert.equal((await killAll({ runId, leader: leaderOf(shell) }, asked)).swept, 1);
});

test('a pid that another process has since is not signalled', async (context) => {
  const runId = randomUUID();
  const stranger = await start(context, randomUUID(), 'echo; sleep 600; true');
  const former = { pid: stranger.pid ?? 0, startTicks: '1' };
  await askToEnd({ runId, leader: former });
  await killAll({ runId, leader: former }, new Set());
  assert.ok(processIdentity(stranger.pid ?? 0));
  assert.equal(stranger.exitCode ?? stranger.signalCode, null);
  endProcess(stranger.pid ?? 0);
});

test('a wait is bounded', async () => {
  assert.equal(await within(1, new Promise(() => {})), false);
  assert.equal(await within(60_000, Promise.resolve()), true);
});
