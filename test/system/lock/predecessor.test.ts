import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { jobLocks } from '../../../src/system/lock/lock.ts';

const base = mkdtempSync(path.join(os.tmpdir(), 'pc-predecessor-'));
const runDirectory = path.join(base, 'run');
const shared = path.join(base, 'tmp');
mkdirSync(runDirectory);
mkdirSync(shared);
chmodSync(shared, 0o1777);
after(() => rmSync(base, { recursive: true }));

const locks = jobLocks({ runDirectory, predecessorDirectory: shared, say: () => undefined });
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'needs root: it gives a file to somebody else' };

test('where the predecessor kept its locks in a directory that everyone can write, its live PID file is a lock', async () => {
  const file = path.join(shared, 'job.lock');
  writeFileSync(file, String(process.pid));
  const answer = await locks.acquire('job', 'r1');
  assert.equal(answer.is === 'busy' && answer.holder.state, 'predecessor');
  assert.equal(locks.holder('job')?.state, 'predecessor');
  rmSync(file);
  const free = await locks.acquire('job', 'r2');
  assert.equal(free.is, 'held');
  if (free.is === 'held') await free.lock.release();
});

test("other users can't block a job with a file of their own there", rootOnly, async () => {
  const file = path.join(shared, 'planted.lock');
  writeFileSync(file, String(process.pid));
  chownSync(file, 65_534, 65_534);
  mkdirSync(path.join(shared, 'folder.lock'));
  chownSync(path.join(shared, 'folder.lock'), 65_534, 65_534);
  for (const slug of ['planted', 'folder']) {
    const answer = await locks.acquire(slug, 'r1');
    assert.equal(answer.is, 'held', slug);
    if (answer.is === 'held') await answer.lock.release();
  }
});

test('a live PID file is a lock before the first run has made the run directory', async () => {
  const file = path.join(shared, 'early.lock');
  writeFileSync(file, String(process.pid));
  const absent = path.join(base, 'absent');
  const early = jobLocks({ runDirectory: absent, predecessorDirectory: shared, say: () => undefined });
  assert.equal(early.holder('early')?.state, 'predecessor');
  rmSync(file);
});
