/** Days outlive the lines that they were made from. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { allDays, dayLinesOf, daysOf } from '../../../src/run/history/days.ts';
import type { HistoryEvent } from '../../../src/run/history/event.ts';
import { formatEvent, parseEvents } from '../../../src/run/history/event-lines.ts';
import { historyStore } from '../../../src/system/state/history-file.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 10, 1);

function ended(atMs: number, durationMs: number, code = 0): HistoryEvent {
  const streak = { failures: 0 };
  return { event: 'ended', run: `r${atMs}`, atMs, outcome: { kind: 'exited', code }, durationMs, streak, attempt: 1 };
}

const trigger = { by: 'clock' } as const;
const skipped = (atMs: number): HistoryEvent => ({
  ...{ event: 'skipped', run: `s${atMs}`, atMs, trigger, host: 'h' },
  outcome: { kind: 'skipped', reason: 'paused', words: 'x', allowed: false },
});

test('a day has its ends by outcome, its durations, and the first failure', () => {
  const events = [
    ...Array.from({ length: 20 }, (_, n) => ended(startMs + n * 1000, (n + 1) * 100)),
    ended(startMs + 50_000, 5000, 3),
    ended(startMs + 60_000, 6000, 3),
    skipped(startMs + 70_000),
    ended(startMs + dayMs, 7),
  ];
  assert.deepEqual(daysOf(events), [
    {
      ...{ day: '2026-11-01', fromMs: startMs, toMs: startMs + 70_000 },
      ...{ success: 20, failure: 2, skipped: 1, missed: 0 },
      took: { sumMs: 32_000, minMs: 100, p50Ms: 1100, p95Ms: 5000, maxMs: 6000 },
      firstFailure: { run: `r${startMs + 50_000}`, atMs: startMs + 50_000 },
    },
    {
      ...{ day: '2026-11-02', fromMs: startMs + dayMs, toMs: startMs + dayMs },
      ...{ success: 1, failure: 0, skipped: 0, missed: 0 },
      took: { sumMs: 7, minMs: 7, p50Ms: 7, p95Ms: 7, maxMs: 7 },
    },
  ]);
});

const event = fc
  .record({
    minutes: fc.integer({ min: 1, max: 600 }),
    durationMs: fc.nat(10_000),
    kind: fc.constantFrom('ok', 'failed', 'skip'),
  })
  .map(
    ({ minutes, durationMs, kind }) =>
      (atMs: number) =>
        [
          atMs + minutes * 60_000,
          kind === 'skip'
            ? skipped(atMs + minutes * 60_000)
            : ended(atMs + minutes * 60_000, durationMs, kind === 'ok' ? 0 : 1),
        ] as const,
  );

test('wherever a history is cut, and however often a line is written, the days say the same', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 2, maxLength: 60 }), fc.nat(), fc.boolean(), (makers, cut, isTwice) => {
      let atMs = startMs;
      const events = makers.map((make) => {
        const [next, made] = make(atMs);
        atMs = next;
        return made;
      });
      const at = cut % events.length;
      const lines = dayLinesOf(events.slice(0, at).map(formatEvent).join(''));
      const countsOf = (days: ReturnType<typeof allDays>) =>
        days.map(({ day, success, failure, skipped: left, missed, took, firstFailure }) => [
          ...[day, success, failure, left, missed, took?.sumMs, took?.minMs, took?.maxMs, firstFailure?.run],
        ]);
      const whole = countsOf(allDays('', events));
      assert.deepEqual(countsOf(allDays(isTwice ? lines + lines : lines, events.slice(at))), whole);
      // Killed between writing the lines and dropping the events.
      assert.deepEqual(countsOf(allDays(lines, events)), whole);
    }),
    { numRuns: 300 },
  );
});

test('days that were kept stay known after the clock was set back, and when events were written out of order', () => {
  const counts = (kept: string, events: readonly HistoryEvent[]) =>
    allDays(kept, events).map(({ day, success, failure }) => [day, success, failure]);
  const ahead = [ended(startMs + 400 * dayMs, 1), ended(startMs + 400 * dayMs + 1000, 1, 3)];
  const now = [ended(startMs, 1), ended(startMs + 1000, 1)];
  const lines = dayLinesOf(ahead.map(formatEvent).join(''));
  const both = [
    ['2026-11-01', 2, 0],
    ['2027-12-06', 1, 1],
  ];
  assert.deepEqual(counts(lines, now), both);
  // Killed between writing the lines and dropping the events.
  assert.deepEqual(counts(lines, [...ahead, ...now]), both);
  // A second start wrote its skip after the end of the run, with a time before it.
  const ran = dayLinesOf([ended(startMs + 500, 1), ended(startMs + 1001, 1)].map(formatEvent).join(''));
  assert.deepEqual(counts(ran, [skipped(startMs + 1000), ended(startMs + 2000, 1)]), [['2026-11-01', 3, 0]]);
});

test('what a rotation drops is kept by day, and a line that can not be kept is not dropped', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'days-'));
  after(() => rmSync(directory, { recursive: true }));
  const store = historyStore({ stateDirectory: directory, rotateBytes: 512 * 1024, predecessorDirectories: [] });
  let count = 0;
  const fill = () => {
    for (let bytes = 0; bytes < 530 * 1024; count++) {
      const line = formatEvent(ended(startMs + count * 60_000, 100));
      bytes += line.length;
      store.append('a', line);
    }
    store.rotate('a', dayLinesOf);
  };
  for (let round = 0; round < 4; round++) fill();
  const days = allDays(store.kept('a'), parseEvents(store.read('a')));
  assert.equal(
    days.reduce((sum, { success }) => sum + success, 0),
    count,
  );
  // A file in the place of the folder: nothing can be kept.
  rmSync(path.join(directory, 'history-days'), { recursive: true });
  writeFileSync(path.join(directory, 'history-days'), '');
  const before = readFileSync(path.join(directory, 'history/a.jsonl.1'), 'utf8');
  fill();
  assert.equal(readFileSync(path.join(directory, 'history/a.jsonl.1'), 'utf8'), before);
});
