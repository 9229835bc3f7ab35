/** A small storm of contenders; `npm run storm -- SECONDS CONTENDERS` makes a long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StormSettings, storm } from '../../storm/storm.ts';

async function survived(settings: StormSettings): Promise<void> {
  const result = await storm(settings);
  const told = JSON.stringify(result, null, 2);
  assert.equal(result.crashes, '', told);
  assert.equal(result.overlaps, 0, told);
  assert.equal(result.survivors, 0, told);
  assert.notEqual(result.freeAfterMs, -1, told);
  assert.ok(result.runs > 0 && result.kills > 0, told);
}

test('run-jobs that are killed, stopped and stalled anywhere never let two runs overlap', () =>
  survived({ seconds: 4, contenders: 10 }));

test('… not even while NAME.run is deleted again and again', () =>
  survived({ seconds: 2, contenders: 8, takenAway: 'run' }));

test('… nor while NAME.flock is deleted again and again', () =>
  survived({ seconds: 2, contenders: 8, takenAway: 'flock' }));

test('… nor while both are deleted again and again', () => survived({ seconds: 2, contenders: 8, takenAway: 'both' }));

test('without the lock the jobs of the storm notice that they overlap', async () => {
  const result = await storm({ seconds: 1, contenders: 4, withoutLock: true });
  assert.ok(result.overlaps > 0, JSON.stringify(result));
});
