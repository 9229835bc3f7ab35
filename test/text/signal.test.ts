/** Signals are read and named from one table. */
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { signalName, signalNumber } from '../../src/text/signal.ts';

test('a signal is read with and without SIG, and every name has the number that this system gives it', () => {
  assert.equal(signalNumber('TERM'), 15);
  for (const [name, number] of Object.entries(constants.signals)) {
    const read = signalNumber(name);
    if (read === undefined) continue;
    assert.equal(read, number);
    assert.equal(signalNumber(name.slice('SIG'.length)), number);
  }
  for (const word of ['term', 'SIGSIGTERM', 'NOSUCH', '', '15', 'constructor'])
    assert.equal(signalNumber(word), undefined);
});

test('a number is named as people write it, and an unknown one by itself', () => {
  assert.equal(signalName(9), 'SIGKILL');
  assert.equal(signalName(31), 'SIGSYS');
  assert.equal(signalName(34), 'signal 34');
});
