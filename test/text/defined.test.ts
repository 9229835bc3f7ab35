/** An optional key has a value or is not there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../../src/text/defined.ts';

test('only a key without a value is left out', () => {
  const left = defined({ name: undefined, count: 0, words: '', none: null, flag: false });
  assert.deepEqual(left, { count: 0, words: '', none: null, flag: false });
  assert.deepEqual(Object.keys(left), ['count', 'words', 'none', 'flag']);
});
