/** job-scheduler is killed at random: each tick has one start, or is on record as missed (test/storm/scheduler.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedulerStorm } from '../storm/scheduler.ts';
import { noSetClock } from './scheduler-house.ts';

test('kill -9 at random moments: no tick twice, none lost', { skip: noSetClock }, async (context) => {
  const result = await schedulerStorm({ ticks: 60, jobs: 3 });
  context.diagnostic(JSON.stringify(result));
  const { twice, lost, recordedTwice, startedAndMissed } = result;
  assert.deepEqual(
    { twice, lost, recordedTwice, startedAndMissed },
    { twice: [], lost: [], recordedTwice: [], startedAndMissed: [] },
  );
  assert.ok(result.started > 0);
});
