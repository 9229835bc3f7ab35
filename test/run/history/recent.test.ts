/** Reading the end of a history tells what reading all of it tells; sums go on when lines are rotated away. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { snapshotJob } from '../../../src/report/snapshot.ts';
import { carriedAfter } from '../../../src/run/history/carried.ts';
import type { HistoryEvent } from '../../../src/run/history/event.ts';
import { readEvent } from '../../../src/run/history/event-decoder.ts';
import { formatEvent } from '../../../src/run/history/event-lines.ts';
import { emptyHistory, foldHistory, type History } from '../../../src/run/history/history.ts';
import { readHistory, readRecentHistory, recordSkip, rotateHistory } from '../../../src/run/history/record.ts';
import { hasEnded } from '../../../src/run/history/run-record.ts';
import { extendStreak } from '../../../src/run/history/streak.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import { historyStore } from '../../../src/system/state/history-file.ts';
import { FakeHistory } from '../../fakes/host.ts';

const trigger = { by: 'clock' } as const;
const minuteMs = 60_000;

type Step =
  | { readonly is: 'run'; readonly outcome: Outcome; readonly isToldOf: boolean }
  | { readonly is: 'skip'; readonly reason: 'paused' | 'running' }
  | { readonly is: 'missed' | 'reset' | 'killed' };

const outcomes: readonly Outcome[] = [
  { kind: 'exited', code: 0 },
  { kind: 'exited', code: 3 },
  { kind: 'timed-out', afterSeconds: 5 },
  { kind: 'stopped', signal: 15, by: 'ada', person: true },
];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ is: fc.constant('run'), outcome: fc.constantFrom(...outcomes), isToldOf: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('skip'), reason: fc.constantFrom('paused', 'running') }) },
  fc.record({ is: fc.constantFrom('missed', 'reset', 'killed') }),
) as fc.Arbitrary<Step>;

/** Writes what run-job would write for each step. */
function write(store: FakeHistory, steps: readonly Step[]): void {
  const add = (...events: readonly HistoryEvent[]) => {
    for (const event of events) store.append('a', formatEvent(event));
  };
  for (const [index, each] of steps.entries()) {
    const run = `r${index}`;
    const atMs = (index + 1) * minuteMs;
    const started = {
      event: 'started',
      run,
      atMs,
      trigger,
      jobSha256: 'x',
      logPath: `/log/${run}`,
      host: 'h',
    } as const;
    switch (each.is) {
      case 'run': {
        const { outcome } = each;
        add(started);
        const before = readHistory('a', { history: store });
        const streak = extendStreak(before.streak, outcome, atMs + 1000);
        const carried = carriedAfter(before, outcome, 1000);
        add({ event: 'ended', run, atMs: atMs + 1000, outcome, durationMs: 1000, streak, carried, attempt: 1 });
        if (!each.isToldOf) add({ event: 'notice-failed', run, atMs: atMs + 2000, channel: 'mail', reason: 'refused' });
        break;
      }
      case 'skip': {
        const outcome = { kind: 'skipped', reason: each.reason, words: 'x', allowed: false } as const;
        add({ event: 'skipped', run, atMs, trigger, host: 'h', outcome });
        break;
      }
      case 'missed':
        add({
          event: 'missed',
          run,
          atMs,
          host: 'h',
          outcome: { kind: 'missed', tickMs: atMs - 500, count: 2, words: 'x' },
        });
        break;
      case 'reset':
        add({ event: 'steered', run: '', atMs, action: 'reset', by: 'ada' });
        break;
      case 'killed':
        add(started, { event: 'interrupted', run, atMs: atMs + 3000 });
        break;
      default:
        each satisfies never;
    }
  }
}

const job = { slug: 'a', name: 'A', tags: [], disabled: false };
const snapshotOf = (history: History) => snapshotJob({ job, holder: undefined, history, paused: undefined, nowMs: 0 });

test('a snapshot made of the end of a history is the one made of all of it', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 90 }), (steps) => {
      const store = new FakeHistory();
      write(store, steps);
      const recent = readRecentHistory('a', [], { history: store });
      const all = readHistory('a', { history: store });
      assert.ok(recent.runs.length <= all.runs.length);
      assert.deepEqual(snapshotOf(recent), snapshotOf(all));
      assert.deepEqual(recent.totals, all.totals);
      const last = readRecentHistory('a', [], { history: store }, 1);
      assert.deepEqual({ ...snapshotOf(last), strip: [] }, { ...snapshotOf(all), strip: [] });
      assert.deepEqual(last.totals, all.totals);
    }),
    { numRuns: 40 },
  );
});

test('a run that somebody asks for is found, however many came and went since', () => {
  const store = new FakeHistory();
  const run = { is: 'run', outcome: { kind: 'exited', code: 0 }, isToldOf: true } as const;
  store.append(
    'a',
    formatEvent({ event: 'waiting', run: 'waits', atMs: 1, trigger, host: 'h', words: 'for its turn' }),
  );
  write(
    store,
    Array.from({ length: 60 }, () => run),
  );
  const idsOf = (wanted: readonly string[]) =>
    readRecentHistory('a', wanted, { history: store }).runs.map((one) => one.run);
  assert.ok(!idsOf([]).includes('waits'));
  assert.ok(idsOf(['waits']).includes('waits'));
});

test('sums never fall, whichever first lines of a history are gone', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const store = new FakeHistory();
      write(store, [...steps, { is: 'run', outcome: { kind: 'exited', code: 0 }, isToldOf: true }]);
      const text = store.read('a');
      const lines = text.split('\n').slice(0, -1);
      const whole = readHistory('a', { history: store }).totals;
      const lastEnd = lines.findLastIndex((line) => line.includes('"event":"ended"'));
      for (let gone = 1; gone <= lastEnd; gone++) {
        const rest = new FakeHistory();
        rest.append('a', `${lines.slice(gone).join('\n')}\n`);
        assert.deepEqual(readHistory('a', { history: rest }).totals, whole);
      }
    }),
    { numRuns: 60 },
  );
});

test('a history of 1.0, whose lines carry nothing, is read whole and counted', () => {
  const store = new FakeHistory();
  for (let index = 0; index < 100; index++) {
    const run = `run-with-a-long-name-${index}`.padEnd(150, 'x');
    const streak = { failures: 0, lastSuccessMs: index };
    const outcome = { kind: 'exited', code: 0 } as const;
    store.append('a', formatEvent({ event: 'ended', run, atMs: index, outcome, durationMs: 5, streak, attempt: 1 }));
  }
  const recent = readRecentHistory('a', [], { history: store });
  assert.equal(recent.runs.length, 100);
  assert.deepEqual(recent.totals, { success: 100, failure: 0, skipped: 0, missed: 0, durationMs: 500 });
  assert.deepEqual(emptyHistory.totals, foldHistory([]).totals);
});

test('what was before a thousand skips is still known', () => {
  const store = new FakeHistory();
  const failed = { is: 'run', outcome: { kind: 'exited', code: 3 }, isToldOf: true } as const;
  write(store, [failed, failed]);
  const host = { history: store, hostName: 'h', clock: { nowMs: () => 5 } } as never;
  for (let index = 0; index < 1000; index++) {
    const name = { slug: 'a', run: `s${index}`, trigger };
    recordSkip(name, host, { reason: 'paused', words: 'the job is paused', allowed: false });
  }
  const lines = store.read('a').split('\n');
  assert.ok(lines.filter((line) => line.includes('"summary"')).length < 1000 / 30);
  // The first half has been rotated away.
  const rest = new FakeHistory();
  rest.append('a', lines.slice(500).join('\n'));
  const { streak, lastStatus, totals } = readHistory('a', { history: rest });
  assert.deepEqual([streak.failures, lastStatus, totals.skipped, totals.failure], [2, 'failure', 1000, 2]);
  assert.deepEqual(readRecentHistory('a', [], { history: store }).totals, totals);
  const recent = readRecentHistory('a', [], { history: store });
  assert.ok(recent.runs.some(hasEnded), 'the last run that has ended is there');
});

test('before a history of 1.0 is rotated, what is counted in it is written down', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'history-'));
  try {
    mkdirSync(path.join(directory, 'history'));
    const line = (index: number) => {
      const streak = { failures: 0, lastSuccessMs: index };
      const outcome = { kind: 'exited', code: 0 } as const;
      const run = `r${index}`.padEnd(300, 'x');
      return formatEvent({ event: 'ended', run, atMs: index, outcome, durationMs: 5, streak, attempt: 1 });
    };
    const lines = Array.from({ length: 2600 }, (_, index) => line(index));
    writeFileSync(path.join(directory, 'history/a.jsonl.1'), lines.slice(0, 1000).join(''));
    writeFileSync(path.join(directory, 'history/a.jsonl'), lines.slice(1000).join(''));
    const store = historyStore({ stateDirectory: directory, rotateBytes: 512 * 1024, predecessorDirectories: [] });
    const before = readHistory('a', { history: store }).totals;
    assert.ok(before.success > 1600);
    rotateHistory('a', { history: store }, { run: 'r', atMs: 1 });
    assert.match(readFileSync(path.join(directory, 'history/a.jsonl.1'), 'utf8'), /"event":"summary"/);
    assert.deepEqual(readHistory('a', { history: store }).totals, before);
    assert.deepEqual(readRecentHistory('a', [], { history: store }).totals, before);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the line of a run that succeeded is read as every other line is', () => {
  const whole = fc.nat({ max: 2 ** 31 });
  const totals = fc.record({ success: whole, failure: whole, skipped: whole, missed: whole, durationMs: whole });
  const some = fc.record({ run: fc.string(), atMs: whole, durationMs: whole, lastSuccessMs: whole, totals });
  fc.assert(
    fc.property(some, ({ run, atMs, durationMs, lastSuccessMs, totals: sums }) => {
      const event: HistoryEvent = {
        ...{ event: 'ended', run, atMs, outcome: { kind: 'exited', code: 0 }, durationMs },
        ...{ streak: { failures: 0, lastSuccessMs }, carried: { totals: sums, lastStatus: 'success' }, attempt: 1 },
      };
      const line = formatEvent(event).trim();
      const plain = readEvent(line);
      // A blank more, and the line is no longer that of the short way.
      const decoded = readEvent(line.replace('{', '{ '));
      assert.ok(plain.is === 'event' && decoded.is === 'event' && plain.event.event === 'ended');
      assert.equal(plain.event.isPlain, JSON.stringify(run) === `"${run}"` ? true : undefined);
      const { isPlain: _mark, ...fields } = plain.event;
      assert.deepEqual(fields, decoded.event);
    }),
  );
  const odd =
    '{"event":"ended","run":"r","atMs":007,"outcome":{"kind":"exited","code":0},"durationMs":1,"streak":{"failures":0,"lastSuccessMs":1},"carried":{"totals":{"success":1,"failure":0,"skipped":0,"missed":0,"durationMs":1},"lastStatus":"success"},"attempt":1}';
  assert.equal(readEvent(odd).is, 'unreadable', 'no JSON');
  assert.equal(readEvent(odd.replace('007', '7')).is, 'event');
});
