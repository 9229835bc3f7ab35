import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { relativeText, shortDuration } from '../../../src/report/text/relative.ts';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

test('a duration has one unit, and minutes beside a few hours', () => {
  for (const [ms, words] of [
    [0, '0 ms'],
    [20.4, '20 ms'],
    [99.6, '0.1 s'],
    [240, '0.2 s'],
    [1000, '1 s'],
    [2140, '2.1 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [3599 * second, '59 min'],
    [3599.6 * second, '1 h'],
    [90 * minute, '1 h 30 min'],
    [10 * hour + 30 * minute, '10 h'],
    [47 * hour, '47 h'],
    [3.9 * day, '3 d'],
    [4000 * day, '4000 d'],
  ] as const)
    assert.equal(shortDuration(ms), words, `${ms}`);
});

test('an instant is in the past, in the future, or now', () => {
  assert.equal(relativeText(5000, 5999), 'now');
  assert.equal(relativeText(5999, 5000), 'now');
  assert.equal(relativeText(0, 3 * minute + 59_900), '3 min ago');
  assert.equal(relativeText(2 * second + 300, 0), 'in 2 s');
  assert.equal(relativeText(53 * minute, 0), 'in 53 min');
});

test('a duration takes at most ten characters within a year, and a longer one never has a smaller number of minutes', () => {
  const minutesOf = (words: string) =>
    [...words.matchAll(/([\d.]+) (ms|s|min|h|d)/g)].reduce((sum, [, number, unit]) => {
      const size = { ms: 1 / 60_000, s: 1 / 60, min: 1, h: 60, d: 1440 }[unit ?? ''] ?? 0;
      return sum + Number(number) * size;
    }, 0);
  const ms = fc.oneof(
    fc.double({ min: 0, max: 120_000, noNaN: true }),
    fc.double({ min: 0, max: 366 * day, noNaN: true }),
  );
  fc.assert(
    fc.property(ms, ms, (one, other) => {
      const [short, long] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(shortDuration(long).length <= 10);
      // A second is the most that rounding may add.
      assert.ok(minutesOf(shortDuration(short)) <= minutesOf(shortDuration(long)) + 1e-9);
    }),
  );
});
