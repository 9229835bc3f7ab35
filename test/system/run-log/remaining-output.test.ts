import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { makePipes } from '../../../src/system/pipe/pipes.ts';
import { commandLineOf, pids } from '../../../src/system/process/proc.ts';
import { readOn } from '../../../src/system/run-log/remaining-output.ts';
import { scratch, until } from './capturing.ts';

const isMine = (pid: number) => commandLineOf(pid) === 'run-job: output of remaining processes';

test('without perl the output is dropped, but no process dies or blocks', async (t) => {
  const directory = scratch(t);
  const pipes = makePipes(directory);
  const [stdoutFd, stderrFd] = pipes.map((pipe) => pipe.openWriter()) as [number, number];
  const child = spawn('/bin/sh', ['-c', 'read go; seq 1 500000 && seq 1 500000 >&2'], {
    stdio: ['pipe', stdoutFd, stderrFd],
  });
  for (const fd of [stdoutFd, stderrFd]) closeSync(fd);
  const before = pids().filter(isMine);
  const logPath = path.join(directory, 'job.log');
  assert.deepEqual(readOn(pipes, { logPath, maxBytes: undefined, perlPath: '/nonexistent/perl' }), { is: 'dropped' });
  const readers = pids().filter((pid) => isMine(pid) && !before.includes(pid));
  for (const pipe of pipes) pipe.close();
  child.stdin?.end('go\n');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await until(() => !pids().some((pid) => readers.includes(pid) && isMine(pid)));
  assert.ok(!existsSync(path.join(directory, 'job.remaining.log')));
  assert.equal(process.exitCode ?? 0, 0);
});
