import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { policyOf } from '../../src/job/keys/policy.ts';
import { attemptWords, backoffMs, nextAttemptAfterMs } from '../../src/run/attempts.ts';
import type { Outcome } from '../../src/run/outcome/outcome.ts';

const failed: Outcome = { kind: 'exited', code: 1 };
const thrice = policyOf({ max_task_failures: 3, unrecoverable_exit_codes: [77, 124, 127, 137] });

const rows: readonly [string, Outcome, number, number | undefined][] = [
  ['a success is not tried again', { kind: 'exited', code: 0 }, 1, undefined],
  ['a code that counts as success is not tried again', { kind: 'exited', code: 3, accepted: true }, 1, undefined],
  ['a failure is tried again after the first wait', failed, 1, 30_000],
  ['a second failure is tried again after a longer wait', failed, 2, 60_000],
  ['the last failure that is allowed is not tried again', failed, 3, undefined],
  ['a broken rule is tried again', { kind: 'broke-rule', rule: 'min_duration', words: '' }, 1, 30_000],
  ['a command that a signal ended is tried again', { kind: 'signalled', signal: 11 }, 1, 30_000],
  [
    'a program that is not executable is tried again',
    { kind: 'not-started', stage: '', reason: '', code: 126 },
    1,
    30_000,
  ],
  ['a command that left background processes is tried again', { kind: 'left-processes', count: 1 }, 1, 30_000],
  ['a run that was stopped is not tried again', { kind: 'stopped', signal: 15, by: 'ada' }, 1, undefined],
  ['an unrecoverable exit code is not tried again', { kind: 'exited', code: 77 }, 1, undefined],
  ['an unrecoverable timeout is not tried again', { kind: 'timed-out', afterSeconds: 5 }, 1, undefined],
  ['an unrecoverable signal is not tried again', { kind: 'signalled', signal: 9 }, 1, undefined],
  [
    'an unrecoverable missing program is not tried again',
    { kind: 'not-started', stage: '', reason: '', code: 127 },
    1,
    undefined,
  ],
];

for (const [title, outcome, number, expected] of rows) {
  test(title, () => assert.equal(nextAttemptAfterMs(number, outcome, false, thrice), expected));
}

test('while processes that could not be killed live, no attempt follows', () => {
  assert.equal(nextAttemptAfterMs(1, failed, true, thrice), undefined);
});

test('with max_task_failures: -1 there is always another attempt', () => {
  const endless = policyOf({ max_task_failures: -1, backoff: { initial: '10s', factor: 3, max: '2m' } });
  const waits = [1, 2, 3, 4, 1000].map((number) => nextAttemptAfterMs(number, failed, false, endless));
  assert.deepEqual(waits, [10_000, 30_000, 90_000, 120_000, 120_000]);
});

test('the waits grow up to the maximum of backoff and never get shorter', () => {
  const seconds = fc.nat(10_000);
  fc.assert(
    fc.property(
      seconds,
      fc.double({ min: 1, max: 100, noNaN: true }),
      seconds,
      fc.nat(5000),
      (initial, factor, max, n) => {
        const backoff = { initialSeconds: initial, factor, maxSeconds: max };
        const [wait, later] = [backoffMs(backoff, n + 1), backoffMs(backoff, n + 2)];
        assert.ok(wait <= later && later <= max * 1000 && wait >= 0);
      },
    ),
  );
});

test('an attempt is named with the number of attempts that are allowed', () => {
  assert.equal(attemptWords(2, thrice), 'attempt 2 of 3');
  assert.equal(attemptWords(7, { maxFailures: Number.POSITIVE_INFINITY }), 'attempt 7');
});
