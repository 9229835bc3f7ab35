import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueFailmail } from '../../src/notify/failmail.ts';

const failmail = { fromAddress: 'Fail Mail <jobs@example.org>', toAddress: 'ops@example.org' };

test('each failure from the Nth in a row on is mailed, and no other run', () => {
  const rows: readonly [threshold: number, failuresInARow: number, due: boolean][] = [
    [1, 0, false],
    [1, 1, true],
    [1, 2, true],
    [3, 2, false],
    [3, 3, true],
    [3, 4, true],
    [3, 0, false],
    [0, 0, false],
    [0, 1, true],
  ];
  for (const [failureThresholdForMail, failures, due] of rows) {
    const policy = { failmail, failureThresholdForMail };
    assert.equal(dueFailmail(policy, failures), due ? failmail : undefined, `${failureThresholdForMail} ${failures}`);
  }
});

test('a job without failmail mails nobody', () => {
  assert.equal(dueFailmail({ failureThresholdForMail: 1 }, 5), undefined);
});
