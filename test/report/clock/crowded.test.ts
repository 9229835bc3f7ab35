import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crowdedText, StartsPerMinute } from '../../../src/report/clock/crowded.ts';
import type { UpcomingTick } from '../../../src/report/clock/upcoming.ts';
import { dayMs, minuteMs, utc } from '../../../src/zone/zone.ts';

const tick = (tickMs: number, more: Partial<UpcomingTick> = {}) =>
  ({ job: 'a', tickMs, startMs: tickMs, ...more }) as UpcomingTick;

const count = (ticks: readonly UpcomingTick[]) => {
  const minutes = new StartsPerMinute();
  for (const one of [...ticks].sort((a, b) => a.tickMs - b.tickMs)) minutes.add(one);
  return minutes.crowded();
};

test('the minute with the most starts comes first, then the earlier one, and one start is no crowd', () => {
  const minutes = [0, 0, 5, 7, 7, 7, 9, 9].map((minute) => tick(minute * minuteMs));
  assert.deepEqual(count(minutes), [
    { atMs: 7 * minuteMs, starts: 3 },
    { atMs: 0, starts: 2 },
    { atMs: 9 * minuteMs, starts: 2 },
  ]);
  assert.equal(
    crowdedText(count(minutes), utc),
    'Crowded minutes: 3 starts at 1970-01-01 00:07, 2 at 00:00, 2 at 00:09\n',
  );
  assert.equal(
    crowdedText(count([0, 0, dayMs, dayMs].map((ms) => tick(ms))), utc),
    'Crowded minutes: 2 starts at 1970-01-01 00:00, 2 at 1970-01-02 00:00\n',
  );
  assert.equal(crowdedText(count([tick(0)]), utc), '');
});

test('a start counts where its splay puts it, and a tick that a pause skips does not count', () => {
  const late = { startMs: 3 * minuteMs + 20_000 };
  assert.deepEqual(count([tick(0, late), tick(0), tick(3 * minuteMs)]), [{ atMs: 3 * minuteMs, starts: 2 }]);
  assert.deepEqual(count([tick(0, { paused: {} as never }), tick(0)]), []);
});

test('putting finished minutes away changes no count', () => {
  const some = fc.array(fc.record({ minute: fc.nat(300), splay: fc.nat(20) }), { minLength: 4000, maxLength: 12_000 });
  fc.assert(
    fc.property(some, (starts) => {
      const counts = new Map<number, number>();
      for (const { minute, splay } of starts) counts.set(minute + splay, (counts.get(minute + splay) ?? 0) + 1);
      const most = [...counts].filter(([, number]) => number > 1).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      assert.deepEqual(
        count(starts.map(({ minute, splay }) => tick(minute * minuteMs, { startMs: (minute + splay) * minuteMs }))),
        most.slice(0, 10).map(([minute, number]) => ({ atMs: minute * minuteMs, starts: number })),
      );
    }),
    { numRuns: 5 },
  );
});
