/**
 * A program of ours that another one starts is one that SIGUSR1 does not end, from its first moment
 * on.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { startAsOwn } from '../../../src/system/program/own-program.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'own-program-'));
after(() => rmSync(directory, { recursive: true }));

test('SIGUSR1 is ignored before the program begins, and its arguments and pid stay the same', async () => {
  const script = path.join(directory, 'program');
  writeFileSync(script, 'kill -USR1 $$; printf "%s\\n" "$$" "$@"; pwd\n');
  // In place of Node, which has no moment for us between its start and its handler.
  process.execPath = '/bin/sh';
  process.execArgv = [];
  process.argv[1] = script;
  const args = ['a b', '$HOME', '', '*', '--config', '/x'];
  const child = startAsOwn({ name: 'prune-logs', args }, ['ignore', 'pipe', 'inherit']);
  assert.ok(child.stdout);
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.deepEqual([code, signal], [0, null]);
  assert.equal(printed, [child.pid, 'prune-logs', ...args, '/', ''].join('\n'));
});
