import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiSigns, blockSigns, stripsText, stripText } from '../../../src/report/text/strip.ts';
import type { StripItem } from '../../../src/run/history/strip.ts';

const success = (durationMs?: number): StripItem => ({
  run: 'x',
  is: 'success',
  startedMs: 0,
  ...(durationMs !== undefined && { durationMs }),
});
const other = (is: StripItem['is']): StripItem => ({ run: 'x', is, startedMs: 0 });
const text = (...items: readonly StripItem[]) => stripText(items, blockSigns);

test('runs of the usual length have the same low bar; a longer run stands out', () => {
  assert.equal(text(...[60, 61, 59, 60].map((seconds) => success(seconds * 1000))), '▃▃▃▃');
  assert.equal(text(...[60, 61, 120, 600].map((seconds) => success(seconds * 1000))), '▂▂▃█');
  assert.equal(text(...[60, 61, 59, 180].map((seconds) => success(seconds * 1000))), '▃▃▃█');
});

test('differences of less than a second are not shown', () => {
  assert.equal(text(...[20, 90, 60, 300].map(success)), '▁▁▁▁');
});

test('each end of a run has its own sign, also in ASCII', () => {
  const items = (['failure', 'missed', 'skipped', 'running', 'other'] as const).map(other);
  assert.equal(stripText(items, blockSigns), '✗○·▸–');
  assert.equal(stripText(items, asciiSigns), 'xo->~');
});

test('a strip has one character for each run, whatever was recorded', () => {
  const item = fc.oneof(
    fc.double({ noNaN: true }).map((ms) => success(ms)),
    fc.constant(success()),
    fc.constantFrom('failure', 'missed', 'skipped', 'running', 'other').map((is) => other(is as StripItem['is'])),
  );
  fc.assert(
    fc.property(fc.array(item), (items) => {
      assert.equal([...stripText(items, blockSigns)].length, items.length);
      assert.match(stripText(items, asciiSigns), /^[ -~]*$/);
      assert.equal(stripText(items, asciiSigns).length, items.length);
    }),
  );
});

test('the strips of several jobs end together, with the number of runs where it has room', () => {
  const strips = [
    { job: 'backup', items: [success(10), success(10), other('failure')] },
    { job: 'a-job-with-a-name-of-many-words', items: [success(10)] },
  ];
  const terminal = { columns: 80, isColoured: false, isUnicode: true };
  assert.equal(
    stripsText(strips, terminal),
    'backup                ▁▁✗  3 runs, 1 failed or missed\n' + 'a-job-with-a-name-o…    ▁  1 run\n\n',
  );
  assert.equal(
    stripsText(strips, { columns: 24, isColoured: false, isUnicode: false }),
    'backup            ..x\na-job-with-a-...    .\n\n',
  );
  assert.match(stripsText(strips, { ...terminal, isColoured: true }), /▁\u001b\[31m✗\u001b\[39m/);
  assert.equal(stripsText(strips.slice(1), terminal), '', 'one job needs no overview');
});
