import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { RunDirectory } from '../../../src/system/lock/directory.ts';
import { newOwnerName } from '../../../src/system/lock/owner.ts';

const facts = { runId: 'r', startedMs: 0, kernelLock: '0:0' };

/** A contender for NAME.run, whose calls of proper-lockfile the test makes one by one. */
function contender(t: TestContext, place: string) {
  const owner = newOwnerName();
  const directory = new RunDirectory(place, owner);
  directory.stage(facts);
  t.after(() => directory.unstage());
  const calls = directory.fileSystem(() => readdirSync(place));
  const call = (make: (done: (error: unknown) => void) => void): string => {
    let code = '';
    make((error) => {
      code = error instanceof Error && 'code' in error ? String(error.code) : '';
    });
    return code;
  };
  return {
    owner,
    directory,
    judge: () => call(calls.stat),
    remove: () => call(calls.rmdir),
    appear: () => call(calls.mkdir),
    exit: calls.rmdirSync,
  };
}

function placeWithDeadOwner(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lock-directory-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const place = path.join(directory, 'job.run');
  mkdirSync(place);
  writeFileSync(path.join(place, newOwnerName()), '');
  return place;
}

test('a late breaker harms neither the first one nor the order', (t) => {
  const place = placeWithDeadOwner(t);
  const late = contender(t, place);
  const first = contender(t, place);
  assert.equal(late.judge(), '');
  assert.equal(first.judge(), '');
  assert.equal(first.remove(), '');
  assert.equal(first.appear(), '');
  assert.equal(late.remove(), '');
  assert.deepEqual(readdirSync(place), [first.owner]);
  assert.equal(late.appear(), 'EEXIST');
  assert.deepEqual(readdirSync(place), [first.owner]);
});

test('a release removes only its own file, even when another run has the place by then', (t) => {
  const place = placeWithDeadOwner(t);
  rmSync(place, { recursive: true });
  const first = contender(t, place);
  const next = contender(t, place);
  assert.equal(first.appear(), '');
  rmSync(place, { recursive: true });
  assert.equal(next.appear(), '');
  assert.equal(first.remove(), '');
  assert.deepEqual(readdirSync(place), [next.owner]);
});

test('an empty directory is free, and a lock never exists without an owner', (t) => {
  const place = placeWithDeadOwner(t);
  rmSync(place, { recursive: true });
  mkdirSync(place);
  const only = contender(t, place);
  assert.equal(only.appear(), '');
  assert.deepEqual(readdirSync(place), [only.owner]);
  only.exit();
  assert.deepEqual(readdirSync(place), [only.owner], 'a process that ends leaves its lock to be judged');
});

test('a removed record is not rewritten', (t) => {
  const place = placeWithDeadOwner(t);
  rmSync(place, { recursive: true });
  const one = contender(t, place);
  one.appear();
  rmSync(place, { recursive: true });
  mkdirSync(place);
  assert.throws(() => one.directory.rewrite(facts), /ENOENT/);
  assert.equal(one.judge(), 'ENOENT');
  assert.deepEqual(readdirSync(place), []);
});
