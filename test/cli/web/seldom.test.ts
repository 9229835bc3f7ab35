/** The page's own log: a reader who makes the same thing fail again and again does not fill it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seldom } from '../../../src/cli/web/answer/seldom.ts';

test('the same words come once a minute, with their count; many different ones are counted together', () => {
  let nowMs = 0;
  const said: string[] = [];
  const tell = seldom((words) => said.push(words), { monotonicMs: () => nowMs });
  for (let count = 0; count < 1000; count += 1) tell('disk full');
  tell('other');
  assert.deepEqual(said.splice(0), ['disk full', 'other']);
  nowMs = 60_000;
  tell('disk full');
  assert.deepEqual(said.splice(0), ['disk full (999 more times since it was said last)']);
  nowMs = 200_000;
  for (let count = 0; count < 1000; count += 1) tell(`odd ${count}`);
  assert.ok(said.length <= 21, said.join('\n'));
  assert.equal(said.at(-1), 'more problems of other kinds');
  nowMs = 300_000;
  tell('well?');
  assert.ok(
    said.some((words) => /^more problems of other kinds \(9\d\d more times/.test(words)),
    said.join('\n'),
  );
});
