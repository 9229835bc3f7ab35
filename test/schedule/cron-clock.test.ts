/** The steps of cron's clock start what cron's simulated main loop starts, however the wall clock moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cronClock, cronStep } from '../../src/schedule/cron-clock.ts';
import { parseExpression } from '../../src/schedule/expression.ts';
import { matchesMinute } from '../../src/schedule/next.ts';
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
        .filter(({ localMinute }) => matchesMinute(line, localMinute))
        .map(() => at * 60_000);
    });
    assert.deepEqual(starts, playCron(made, { startMs: 0, wallMinutes }));
  });
  fc.assert(property, { numRuns: 300 });
});

const base = 30_000_000;

/** The looks after a clock that is level with the wall has moved by some minutes. */
function looksAfter(minutes: number) {
  const { clock, looks } = cronStep(cronClock(base), base + minutes);
  const counted = { all: 0, wildcard: 0, fixed: 0 };
  for (const { lines } of looks) counted[lines] += 1;
  return { ...counted, virtual: clock.virtualMinute - base, last: (looks.at(-1)?.localMinute ?? 0) - base };
}

test('cron makes up for all lines up to 5 minutes, for fixed ones up to 3 hours, and begins anew beyond', () => {
  assert.deepEqual(looksAfter(0), { all: 0, wildcard: 0, fixed: 0, virtual: 0, last: -base });
  assert.deepEqual(looksAfter(1), { all: 1, wildcard: 0, fixed: 0, virtual: 1, last: 1 });
  assert.deepEqual(looksAfter(5), { all: 5, wildcard: 0, fixed: 0, virtual: 5, last: 5 });
  assert.deepEqual(looksAfter(6), { all: 0, wildcard: 1, fixed: 6, virtual: 6, last: 6 });
  assert.deepEqual(looksAfter(180), { all: 0, wildcard: 1, fixed: 180, virtual: 180, last: 180 });
  assert.deepEqual(looksAfter(181), { all: 1, wildcard: 0, fixed: 0, virtual: 181, last: 181 });
});

test('a clock that is set back by less than 3 hours runs only lines with a star until it has caught up', () => {
  assert.deepEqual(looksAfter(-5), { all: 0, wildcard: 1, fixed: 0, virtual: 0, last: -5 });
  assert.deepEqual(looksAfter(-6), { all: 0, wildcard: 1, fixed: 0, virtual: 0, last: -6 });
  assert.deepEqual(looksAfter(-179), { all: 0, wildcard: 1, fixed: 0, virtual: 0, last: -179 });
  assert.deepEqual(looksAfter(-180), { all: 1, wildcard: 0, fixed: 0, virtual: -180, last: -180 });
  assert.deepEqual(looksAfter(-181), { all: 1, wildcard: 0, fixed: 0, virtual: -181, last: -181 });
});
