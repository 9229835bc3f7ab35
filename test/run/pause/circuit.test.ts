import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { policyOf } from '../../../src/job/keys/policy.ts';
import type { Streak } from '../../../src/run/history/event.ts';
import { extendStreak } from '../../../src/run/history/streak.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import { circuitPause, reasonToPause } from '../../../src/run/pause/circuit.ts';

const policy = policyOf({ pause_after_failures: 3, unrecoverable_exit_codes: [77] });
const failed: Outcome = { kind: 'exited', code: 1 };
const skipped: Outcome = { kind: 'skipped', reason: 'running', words: '', allowed: false };
const stopped: Outcome = { kind: 'stopped', signal: 15, by: 'ada' };

function streakOf(...outcomes: readonly Outcome[]): Streak {
  return outcomes.reduce((streak, outcome, at) => extendStreak(streak, outcome, at), { failures: 0 } as Streak);
}

function reason(...outcomes: readonly [...Outcome[], Outcome]): string | undefined {
  return reasonToPause(outcomes.at(-1) as Outcome, policy, streakOf(...outcomes));
}

test('the last failure that pause_after_failures allows pauses the job', () => {
  assert.equal(reason(failed, failed), undefined);
  const words = 'it failed 3 times in a row (pause_after_failures: 3), the last time it failed with exit code 1';
  assert.equal(reason(failed, failed, failed), words);
});

test('a success resets the count', () => {
  assert.equal(reason(failed, failed, { kind: 'exited', code: 0 }, failed), undefined);
});

test('skips and stops neither count nor reset the count', () => {
  assert.equal(reason(failed, skipped, stopped, skipped), undefined);
  assert.equal(reason(failed, failed, skipped, stopped), undefined);
  assert.notEqual(reason(failed, skipped, failed, stopped, failed), undefined);
});

test('an unrecoverable exit code pauses the job at once', () => {
  const words = 'it failed with exit code 77, which is one of its unrecoverable_exit_codes';
  assert.equal(reason({ kind: 'exited', code: 77 }), words);
  assert.equal(reason({ kind: 'exited', code: 77, accepted: true }), undefined);
});

test('a job without these keys is never paused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 255 }), fc.nat(1_000_000), (code, failedRuns) => {
      const none = reasonToPause({ kind: 'exited', code }, policyOf({}), { failures: failedRuns, failedRuns });
      assert.equal(none, undefined);
    }),
  );
});

test('a pause without an end stays as it is; one that ends by itself is replaced', () => {
  const made = { target: { job: 'backup' }, atMs: 5, by: 'process-control', reason: 'why', circuit: true };
  const persons = { target: { job: 'backup' }, atMs: 1, by: 'ada' };
  const pause = (present?: Parameters<typeof circuitPause>[3]) => circuitPause('backup', 'why', 5, present);
  assert.deepEqual(pause(), made);
  assert.equal(pause(persons), undefined);
  assert.deepEqual(pause({ ...persons, untilMs: 10 }), made);
  assert.deepEqual(pause({ target: { tag: 'db' }, atMs: 1, by: 'ada' }), made);
});
