import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ended, formatEvent, type HistoryEvent, parseEvents } from '../../src/run/event.ts';
import { extendStreak, foldHistory } from '../../src/run/history.ts';
import { earlierHistory } from '../../src/run/predecessor.ts';

const trigger = { by: 'clock' } as const;

function started(run: string, atMs: number): HistoryEvent {
  return { event: 'started', run, atMs, trigger, jobSha256: 'x', logPath: `/log/${run}`, host: 'h' };
}

function ended(run: string, atMs: number, code: number, streak = { failures: 0 }): Ended {
  return { event: 'ended', run, atMs, outcome: { kind: 'exited', code }, durationMs: 5, streak, attempt: 1 };
}

test('a torn last line and lines of a later version are passed over', () => {
  const whole = formatEvent(started('a', 1)) + formatEvent(ended('a', 2, 0));
  const later = '{"event":"teleported","run":"b","atMs":3}\n';
  assert.equal(parseEvents(`${whole}${later}{"event":"star`).length, 2);
});

test('cutting a history anywhere never makes up an event', () => {
  const text = [started('a', 1), ended('a', 2, 1), started('b', 3), ended('b', 4, 0)].map(formatEvent).join('');
  fc.assert(
    fc.property(fc.nat(text.length), (at) => {
      const whole = text.slice(0, at).split('\n').length - 1;
      const seen = parseEvents(text.slice(0, at)).length;
      assert.ok(seen === whole || seen === whole + 1);
    }),
  );
});

test('arbitrary bytes are never an exception', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseEvents(`{"event":${text}`))));
});

test('the streak counts failures in a row and a success ends it', () => {
  const events = [1, 1, 0, 1].flatMap((code, i) => [started(`r${i}`, i * 10), ended(`r${i}`, i * 10 + 5, code)]);
  // Recorded streaks are only taken for the first; the rest is counted.
  const history = foldHistory(events);
  assert.deepEqual(history.streak, { failures: 1, failedRuns: 1, failingSinceMs: 35, lastSuccessMs: 25 });
  assert.equal(history.lastStatus, 'failure');
});

test('when the oldest events are gone, the recorded streak is the base', () => {
  const base = { failures: 41, failingSinceMs: 7 };
  const history = foldHistory([ended('x', 100, 1, base), started('y', 110), ended('y', 120, 1)]);
  assert.deepEqual(history.streak, { failures: 42, failedRuns: 1, failingSinceMs: 7 });
});

test('folding the whole history or only its end gives the same streak', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1), { minLength: 1, maxLength: 30 }), fc.nat(29), (codes, from) => {
      const events: Ended[] = [];
      let streak = foldHistory([]).streak;
      codes.forEach((code, i) => {
        streak = extendStreak(streak, { kind: 'exited', code }, i);
        events.push({ ...ended(`r${i}`, i, code), streak });
      });
      const tail = events.slice(Math.min(from, events.length - 1));
      assert.deepEqual(foldHistory(tail).streak, streak);
    }),
  );
});

test("the Python process-control's state is the history before ours", () => {
  const text = `history:
- status: started
  time: '2026-11-20 10:00:00.000001'
- status: completed
  time: '2026-11-20 10:00:05.500000'
- {status: started, time: '2026-11-21 10:00:00'}
- {status: failed, time: '2026-11-21 10:00:09'}
last_completion_status: failure
`;
  const history = earlierHistory(new TextEncoder().encode(text));
  assert.equal(history.lastStatus, 'failure');
  assert.equal(history.streak.failures, 1);
  assert.equal(history.streak.lastSuccessMs, Date.parse('2026-11-20T10:00:05.500Z'));
  assert.deepEqual(
    history.runs.map((r) => [r.startedMs, r.durationMs]),
    [
      [Date.parse('2026-11-20T10:00:00Z'), 5500],
      [Date.parse('2026-11-21T10:00:00Z'), 9000],
    ],
  );
  const next = foldHistory([started('a', 1), ended('a', 2, 1, { failures: 2 })], history);
  assert.equal(next.runs.length, 3);
});

test('a torn state file of the predecessor is used as far as it goes', () => {
  const history = earlierHistory(new TextEncoder().encode("history:\n- status: started\n  time: '2026-11-20 10:0"));
  assert.deepEqual([history.lastStatus, history.runs.length], ['unknown', 0]);
});
