import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Newest, selectEntries } from '../../src/report/history-view.ts';
import { entryMs, type HistoryEntry, isFailure } from '../../src/report/text/history.ts';
import type { Outcome } from '../../src/run/outcome/outcome.ts';

const minute = 60_000;

function run(
  startedMs: number,
  durationMs: number,
  outcome: Outcome | undefined = { kind: 'exited', code: 0 },
  more = {},
): HistoryEntry {
  const ended = outcome === undefined ? {} : { outcome, durationMs, endedMs: startedMs + durationMs };
  return { job: 'a', is: 'run', run: { run: `r${startedMs}`, startedMs, words: '', ...ended, ...more } };
}
const running = (startedMs: number): HistoryEntry => ({
  job: 'a',
  is: 'run',
  run: { run: 'now', startedMs, words: '' },
});

test('what failed or was missed, died or was given up is a failure; a skip, a stop by a person and a restart are none', () => {
  const skip = { kind: 'skipped', reason: 'running', words: '', allowed: false } as const;
  const rows: readonly (readonly [HistoryEntry, boolean])[] = [
    [run(1, 1), false],
    [run(1, 1, { kind: 'exited', code: 2 }), true],
    [run(1, 1, { kind: 'interrupted' }), true],
    [run(1, 1, { kind: 'missed', tickMs: 1, count: 1, words: '' }), true],
    [run(1, 1, skip), false],
    [run(1, 1, { kind: 'stopped', signal: 15, by: 'ada', person: true }), false],
    [run(1, 1, { kind: 'stopped', signal: 15, by: 'a signal to run-job' }), true],
    [running(1), false],
    [{ job: 'w', is: 'service', entry: { atMs: 1, words: '', died: true } }, true],
    [{ job: 'w', is: 'service', entry: { atMs: 1, words: '', state: 'FAILED' } }, true],
    [{ job: 'w', is: 'service', entry: { atMs: 1, words: '', state: 'DEGRADED' } }, false],
    [{ job: 'w', is: 'service', entry: { atMs: 1, words: '', action: 'stop', by: 'ada' } }, false],
  ];
  for (const [entry, is] of rows) assert.equal(isFailure(entry), is, JSON.stringify(entry));
});

test('a run belongs to a span of time when any of it does, also while it goes on', () => {
  const entries = [run(0, 10 * minute), run(20 * minute, minute), running(30 * minute)];
  const started = (sinceMs: number, untilMs: number) =>
    selectEntries(entries, { sinceMs, untilMs }, 90 * minute).map((entry) => entryMs(entry) / minute);
  assert.deepEqual(started(5 * minute, 100 * minute), [0, 20, 30]);
  assert.deepEqual(started(11 * minute, 100 * minute), [20, 30]);
  assert.deepEqual(started(60 * minute, 100 * minute), [30]);
  assert.deepEqual(started(0, 19 * minute), [0]);
});

test('slow is more than twice the usual and 10 s more, or beyond warn_duration; usual takes three successful runs', () => {
  const slow = (entries: readonly HistoryEntry[], nowMs = 0) =>
    selectEntries(entries, { slow: true }, nowMs).map((entry) => [
      entryMs(entry),
      entry.is === 'run' ? entry.usualMs : 0,
    ]);
  const usual = [run(1, 60_000), run(2, 62_000), run(3, 58_000)];
  assert.deepEqual(slow([...usual, run(4, 119_000), run(5, 126_000)]), [[5, 62_000]]);
  assert.deepEqual(slow([run(1, 1000), run(2, 1000), run(3, 1000), run(4, 9000), run(5, 11_001)]), [[5, 1000]]);
  assert.deepEqual(slow([run(1, 1000), run(2, 1000), run(3, 900_000)]).length, 1);
  assert.deepEqual(slow([run(1, 1000), run(2, 900_000)]), []);
  assert.deepEqual(slow([run(1, 5000, undefined, { warning: 'took longer' })]), [[1, undefined]]);
  assert.deepEqual(slow([...usual, running(4)], 500_000), [[4, 60_000]]);
});

test('of many jobs the newest entries are kept, whatever the order they come in', () => {
  const newest = new Newest(3);
  for (let job = 0; job < 3000; job += 1)
    newest.add([run((job * 7919) % 3000, 1), run(((job * 7919) % 3000) + 0.5, 1)]);
  assert.equal(newest.seen, 6000);
  assert.deepEqual(newest.entries().map(entryMs), [2998.5, 2999, 2999.5]);
});
