import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpression } from '../../src/schedule/expression.ts';
import { longestGapMs } from '../../src/schedule/longest-gap.ts';
import { matchingMinutes } from '../../src/schedule/next.ts';
import { greatest } from '../../src/text/width.ts';
import { schedule } from './schedules.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** 2026-11-30, a Monday. */
const monday = Date.UTC(2026, 10, 30) / dayMs;

function gapOf(schedule: string, fromDay = monday): number | undefined {
  const answer = parseExpression(schedule);
  assert.ok(answer.ok, schedule);
  return longestGapMs(answer.expression, fromDay);
}

const table: readonly (readonly [schedule: string, gapMs: number | undefined])[] = [
  ['* * * * *', minuteMs],
  ['*/5 * * * *', 5 * minuteMs],
  ['*/7 * * * *', 7 * minuteMs],
  ['5 * * * *', hourMs],
  ['0 2 * * *', dayMs],
  ['0 2,14 * * *', 12 * hourMs],
  ['0 2,4 * * *', 22 * hourMs],
  ['*/5 8-17 * * 1-5', 2 * dayMs + 14 * hourMs + 5 * minuteMs],
  ['0 0 * * 0', 7 * dayMs],
  ['0 0 1 * *', 31 * dayMs],
  ['0 0 31 * *', 61 * dayMs],
  ['0 0 1 1 *', 365 * dayMs],
  ['0 0 29 2 *', 1461 * dayMs],
  ['@reboot', undefined],
  ['@daily', dayMs],
];

test('the longest time between two ticks', () => {
  for (const [schedule, expected] of table) assert.equal(gapOf(schedule), expected, schedule);
});

test('between two leap days of 2096 and 2104 lie eight years', () => {
  assert.equal(gapOf('0 0 29 2 *', Date.UTC(2095, 0, 1) / dayMs), Date.UTC(2104, 1, 29) - Date.UTC(2096, 1, 29));
});

test('no two neighbours among the ticks of a year lie farther apart, and two lie so far apart', () => {
  fc.assert(
    fc.property(schedule, ({ text }) => {
      const answer = parseExpression(text);
      assert.ok(answer.ok, text);
      const ticks = [...matchingMinutes(answer.expression, monday * 1440, (monday + 367) * 1440 - 1)];
      const days = new Set(ticks.map((minute) => Math.floor(minute / 1440)));
      const gaps = ticks.slice(1).map((minute, at) => minute - (ticks[at] ?? 0));
      // With the ticks of one day only, the longest gap reaches into a year beyond.
      fc.pre(days.size > 1);
      assert.equal(longestGapMs(answer.expression, monday), greatest(gaps) * minuteMs, text);
    }),
    { numRuns: 60 },
  );
});
