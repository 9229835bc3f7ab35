import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from '../../src/text/duration.ts';
import { parseSize } from '../../src/text/size.ts';

test('a duration is the sum of its parts', () => {
  assert.equal(parseDuration('1d2h3m4s'), 86_400 + 2 * 3600 + 3 * 60 + 4);
  assert.equal(parseDuration('90s'), 90);
  assert.equal(parseDuration('0s'), 0);
});

test('ambiguous texts are no durations', () => {
  for (const text of [
    '',
    '10',
    's',
    '1.5h',
    '30m2h',
    '1h1h',
    '-1s',
    '+1s',
    '1 h',
    '1H',
    '1ms',
    '1w',
    '1h\n',
    '１s',
    '1e3s',
    'soon',
  ]) {
    assert.equal(parseDuration(text), undefined, JSON.stringify(text));
  }
});

test('every duration in whole seconds can be written', () => {
  const parts = fc.tuple(fc.nat(9999), fc.nat(23), fc.nat(59), fc.nat(59));
  fc.assert(
    fc.property(parts, ([d, h, m, s]) => {
      assert.equal(parseDuration(`${d}d${h}h${m}m${s}s`), ((d * 24 + h) * 60 + m) * 60 + s);
    }),
  );
});

test('a size is bytes, or powers of 1024', () => {
  assert.deepEqual(['0', '1000', '1K', '512M', '2G', '1T'].map(parseSize), [0, 1000, 1024, 2 ** 29, 2 ** 31, 2 ** 40]);
});

test('ambiguous texts are no sizes', () => {
  for (const text of ['', 'M', '1.5G', '10 M', '10MB', '10MiB', '10m', '-1', '1K\n', '1_000']) {
    assert.equal(parseSize(text), undefined, JSON.stringify(text));
  }
});
