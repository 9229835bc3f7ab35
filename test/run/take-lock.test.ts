import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviseOn, takeLock } from '../../src/run/take-lock.ts';
import type { LockHolder } from '../../src/system/system.ts';
import { fakeMachine } from '../fakes/machine.ts';

const orphaned: LockHolder = { state: 'orphaned', runId: 'old', pids: [5, 6], deadlineSinceBootMs: 1_000_000 };
const order = { job: { slug: 'backup', killGraceSeconds: 10 }, run: 'new' };

const cases: readonly [string, Partial<LockHolder>, number, number, ReturnType<typeof adviseOn>][] = [
  ['a run that goes on is left alone, past its timeout too', { state: 'running' }, 9000, 2_000_000, 'refuse'],
  ['so is one that can not be looked into', { state: 'unknown' }, 9000, 2_000_000, 'refuse'],
  ["so is the predecessor's", { state: 'predecessor' }, 9000, 2_000_000, 'refuse'],
  ['what a dead run-job has left gets the time its reaper needs', {}, 2999, 2_000_000, 'wait'],
  ['what is past its timeout then is ended', {}, 3001, 1_000_000, 'end'],
  ['what still has time is a matter for people', {}, 3001, 999_999, 'refuse'],
];

for (const [title, holder, waitedMs, sinceBootMs, advice] of cases) {
  test(title, () => assert.equal(adviseOn({ ...orphaned, ...holder }, { waitedMs, sinceBootMs }), advice));
}

test('what an orphaned run has left after its timeout is ended with the grace of the job, and the next run begins', async () => {
  const machine = fakeMachine();
  machine.locks.holders.set('backup', orphaned);
  const taking = takeLock(order, machine);
  await machine.clock.advance(3200);
  const taken = await taking;
  assert.equal(taken.is, 'held');
  assert.deepEqual(machine.sweeper.swept, [{ runId: 'old', graceMs: 10_000 }]);
  assert.match(taken.swept ?? '', /^run old had lost its run-job .*: 5 forever, 6 forever$/);
});

test('what can not be killed is tried once, and keeps the lock', async () => {
  const machine = fakeMachine();
  machine.sweeper.canNotKill = true;
  machine.locks.holders.set('backup', orphaned);
  const taking = takeLock(order, machine);
  await machine.clock.advance(10_000);
  const taken = await taking;
  assert.deepEqual(taken.is === 'busy' && taken.holder.pids, [5, 6]);
  assert.equal(machine.sweeper.swept.length, 1);
});

test('an orphaned run without a timeout keeps the lock until a person decides', async () => {
  const machine = fakeMachine();
  const { deadlineSinceBootMs: _none, ...endless } = orphaned;
  machine.locks.holders.set('backup', endless);
  const taking = takeLock(order, machine);
  await machine.clock.advance(3200);
  assert.equal((await taking).is, 'busy');
  assert.deepEqual(machine.sweeper.swept, []);
});
