import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunRecord } from '../../../src/run/history/run-record.ts';
import { stripOf } from '../../../src/run/history/strip.ts';

const run = (startedMs: number): RunRecord => ({
  ...{ run: `run-${startedMs}`, startedMs, durationMs: 5, outcome: { kind: 'exited', code: 0 } },
});
const missed = (tickMs: number): RunRecord => ({
  ...{ run: `missed-${tickMs}`, startedMs: tickMs },
  outcome: { kind: 'missed', tickMs, count: 1, words: 'cron did not start it' },
});
const starts = (runs: readonly RunRecord[]) => stripOf(runs).map(({ startedMs }) => startedMs);

test('a missed tick stands before the runs after it, although it goes on record later', () => {
  assert.deepEqual(starts([run(10), run(60), missed(20), run(70), missed(30), run(80)]), [10, 20, 30, 60, 70, 80]);
  assert.deepEqual(starts([missed(20), missed(30), run(40)]), [20, 30, 40]);
  assert.deepEqual(starts([run(40), missed(50)]), [40, 50]);
});

test('runs stay in the order of the record, also when the clock was set back', () => {
  const startsMs = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 10 });
  fc.assert(
    fc.property(startsMs, fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 3 }), (ran, late) => {
      const runs = [...ran.map(run), ...late.map(missed)].slice(-10);
      const strip = stripOf(runs);
      const kept = (is: (item: { readonly is: string }) => boolean) =>
        strip.filter(is).map(({ startedMs }) => startedMs);
      assert.deepEqual(
        kept(({ is }) => is !== 'missed'),
        runs.filter(({ outcome }) => outcome?.kind !== 'missed').map(({ startedMs }) => startedMs),
      );
      assert.equal(strip.length, runs.length);
    }),
  );
});
