/** The steps of cron's clock start what cron's simulated main loop starts, for any steps and suspends of the wall clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cronClock, cronStep } from '../../src/schedule/cron-clock.ts';
import { parseExpression } from '../../src/schedule/expression.ts';
import { matchingMinutes } from '../../src/schedule/next.ts';
import { playCron } from './cron-loop.ts';
import { schedule } from './schedules.ts';

const jump = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: -400, max: 400 }));

test('a clock that steps: the same starts as cron', () => {
  const property = fc.property(schedule, fc.array(jump, { minLength: 50, maxLength: 400 }), (made, jumps) => {
    let wall = Date.UTC(2026, 2, 28) / 60_000;
    const wallMinutes = [wall, ...jumps.map((by) => (wall += by))];
    const parsed = parseExpression(made.text);
    assert.ok(parsed.ok);
    const line = parsed.expression;
    const kind = line.minuteStar || line.hourStar ? 'wildcard' : 'fixed';
    let clock = cronClock(wallMinutes[0] ?? 0);
    const starts = wallMinutes.flatMap((minute, at) => {
      const step = cronStep(clock, minute);
      clock = step.clock;
      return step.looks
        .filter(({ lines }) => lines === 'all' || lines === kind)
        .flatMap(({ localMinute }) => [...matchingMinutes(line, localMinute, localMinute)])
        .map(() => at * 60_000);
    });
    assert.deepEqual(starts, playCron(made, { startMs: 0, wallMinutes }));
  });
  fc.assert(property, { numRuns: 300 });
});
