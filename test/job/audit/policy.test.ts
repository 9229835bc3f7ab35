import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateJobText } from '../../../src/job/load.ts';

function said(keys: string): readonly string[] {
  const bytes = Buffer.from(`name: a\ncommand: b\n${keys}\n`);
  const result = validateJobText({ file: 'job.yaml', bytes }, {});
  return (result.ok ? result.warnings : result.problems).map(({ message }) => message);
}

for (const source of ['(a+)+$', String.raw`^(\w+\s?)*$`, '(.*,)*x', '(?:a*)*b', '(x+y*)+', '(a+){9}']) {
  test(`an expression that repeats a repetition gets a warning: ${source}`, () => {
    assert.match(said(`fail_on_output: '${source}'`).join(), /repeats a repetition/);
  });
}

for (const source of ['^ERROR', '(a|b)+', '(ab+c)*', String.raw`\(a+\)+`, '([0-9]+,)*', '[+*]+', 'a+b+c+', '(a?)b*']) {
  test(`a harmless expression gets no warning: ${source}`, () => {
    assert.deepEqual(said(`fail_on_output: '${source}'`), []);
  });
}

test('retries without limit and without a wait get a warning', () => {
  assert.match(said('max_task_failures: -1\nbackoff: {initial: 0s}').join(), /without a pause, for ever/);
  assert.deepEqual(said('max_task_failures: -1\nbackoff: {initial: 1s}'), []);
  assert.deepEqual(said('max_task_failures: 2\nbackoff: {initial: 0s}'), []);
});

test('an initial wait above the maximum gets a warning', () => {
  assert.match(said('max_task_failures: 3\nbackoff: {initial: 10m}').join(), /"initial" is more than "max"/);
});
