import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineSearch } from '../../../src/system/run-log/line-search.ts';

test('the first matching line is found, each line by itself', () => {
  const lines = ['start', 'ERROR: one', 'ERROR: two'];
  assert.deepEqual(lineSearch.find('^ERROR', lines), { is: 'found', line: 'ERROR: one' });
  assert.deepEqual(lineSearch.find('start\\s+ERROR', lines), { is: 'nowhere' });
  assert.deepEqual(lineSearch.find('^$', []), { is: 'nowhere' });
});

test('two expressions in turn are both answered, for new lines each time', () => {
  for (const line of ['a/b', 'c/d', 'a/b']) {
    assert.equal(lineSearch.find('^a/', [line]).is, line === 'a/b' ? 'found' : 'nowhere');
    assert.equal(lineSearch.find('^c/', [line]).is, line === 'c/d' ? 'found' : 'nowhere');
  }
});

test('an expression that would run for ever is ended, and the next one is searched as before', () => {
  const line = `${'a'.repeat(60)}!`;
  assert.deepEqual(lineSearch.find('(a+)+$', [line]), { is: 'too-slow' });
  assert.deepEqual(lineSearch.find('a!$', [line]), { is: 'found', line });
});
