import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { triggerWords } from '../../../src/report/text/history.ts';
import type { Ended, HistoryEvent } from '../../../src/run/history/event.ts';
import { formatEvent, parseEvents, readEvents } from '../../../src/run/history/event-lines.ts';
import { foldHistory, unfinishedRuns } from '../../../src/run/history/history.ts';
import { earlierHistory } from '../../../src/run/history/predecessor.ts';
import { extendStreak, mailedFailures } from '../../../src/run/history/streak.ts';
import {
  exitCodeWords,
  healthOf,
  lastedWords,
  type Outcome,
  outcomeWords,
  statusOf,
} from '../../../src/run/outcome/outcome.ts';

const trigger = { by: 'clock' } as const;

function started(run: string, atMs: number): HistoryEvent {
  return { event: 'started', run, atMs, trigger, jobSha256: 'x', logPath: `/log/${run}`, host: 'h' };
}

function ended(run: string, atMs: number, code: number, streak = { failures: 0 }): Ended {
  return { event: 'ended', run, atMs, outcome: { kind: 'exited', code }, durationMs: 5, streak, attempt: 1 };
}

test('a torn last line and lines of a later version are skipped', () => {
  const whole = formatEvent(started('a', 1)) + formatEvent(ended('a', 2, 0));
  const later = '{"event":"teleported","run":"b","atMs":3}\n';
  assert.equal(parseEvents(`${whole}${later}{"event":"star`).length, 2);
});

test('a history that is cut anywhere gives no event that was not written', () => {
  const text = [started('a', 1), ended('a', 2, 1), started('b', 3), ended('b', 4, 0)].map(formatEvent).join('');
  fc.assert(
    fc.property(fc.nat(text.length), (at) => {
      const whole = text.slice(0, at).split('\n').length - 1;
      const seen = parseEvents(text.slice(0, at)).length;
      assert.ok(seen === whole || seen === whole + 1);
    }),
  );
});

test('arbitrary bytes never throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseEvents(`{"event":${text}`))));
});

test('the streak counts failures in a row and a success ends it', () => {
  const events = [1, 1, 0, 1].flatMap((code, i) => [started(`r${i}`, i * 10), ended(`r${i}`, i * 10 + 5, code)]);
  // Only the first recorded streak is used; the rest is counted.
  const history = foldHistory(events);
  assert.deepEqual(history.streak, { failures: 1, failedRuns: 1, failingSinceMs: 35, lastSuccessMs: 25 });
  assert.equal(history.lastStatus, 'failure');
});

test('if the oldest events are gone the first recorded streak is the base', () => {
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

test('a run that waits is listed, and is sorted by its start once it has started', () => {
  const waiting: HistoryEvent = { event: 'waiting', run: 'b', atMs: 5, trigger, host: 'h', words: 'still running' };
  const skipped = { kind: 'skipped', reason: 'queue-full', words: '', allowed: false } as const;
  const skip: HistoryEvent = { event: 'skipped', run: 'c', atMs: 7, trigger, host: 'h', outcome: skipped };
  const first = foldHistory([started('a', 1), waiting, skip]);
  assert.deepEqual(
    first.runs.map(({ run, startedMs, waitsFor }) => [run, startedMs, waitsFor]),
    [
      ['a', 1, undefined],
      ['b', 5, 'still running'],
      ['c', 7, undefined],
    ],
  );
  const later = foldHistory([started('a', 1), waiting, skip, ended('a', 8, 0), started('b', 9)]);
  assert.deepEqual(
    later.runs.map(({ run, startedMs }) => [run, startedMs]),
    [
      ['a', 1],
      ['c', 7],
      ['b', 9],
    ],
  );
});

test('failed attempts are shown while the run goes on and counted when it has ended', () => {
  const outcome = { kind: 'exited', code: 4 } as const;
  const failed: HistoryEvent = { event: 'attempt-failed', run: 'a', atMs: 2, attempt: 1, outcome, nextMs: 50 };
  const [running] = foldHistory([started('a', 1), failed]).runs;
  assert.deepEqual([running?.attempt, running?.failedAttempt], [1, { outcome, nextMs: 50 }]);
  const [over] = foldHistory([started('a', 1), failed, { ...ended('a', 60, 0), attempt: 2 }]).runs;
  assert.equal(over?.attempt, 2);
});

test('after a job was resumed the failures that paused it are not counted again', () => {
  const paused: HistoryEvent = { ...ended('b', 4, 1), paused: 'it failed twice' };
  const history = foldHistory([started('a', 1), ended('a', 2, 1), started('b', 3), paused]);
  assert.deepEqual(
    [history.streak.failures, history.streak.failedRuns, history.runs[1]?.paused],
    [1, undefined, 'it failed twice'],
  );
  assert.equal(foldHistory([ended('b', 4, 1), paused, started('c', 5), ended('c', 6, 1)]).streak.failedRuns, 1);
});

test('a reset ends the streak and keeps the last success; a pause is listed and changes nothing else', () => {
  const step = { event: 'steered', run: '', by: 'ada' } as const;
  const events: HistoryEvent[] = [
    ...[started('a', 1), ended('a', 2, 0, { failures: 0 })],
    ...[started('b', 3), ended('b', 4, 1, { failures: 1 })],
    { ...step, action: 'pause', atMs: 5 },
  ];
  const before = foldHistory(events);
  assert.deepEqual([before.streak.failures, before.lastStatus, before.steered?.length], [1, 'failure', 1]);
  const reset = foldHistory([...events, { ...step, action: 'reset', atMs: 6 }]);
  assert.equal(reset.streak.failures, 0);
  assert.equal(reset.streak.failingSinceMs, undefined);
  assert.equal(reset.streak.lastSuccessMs, before.streak.lastSuccessMs);
  assert.equal(reset.lastStatus, 'unknown');
  assert.equal(reset.runs.length, 2, 'no run is made of it');
  const again = foldHistory([...events, { ...step, action: 'reset', atMs: 6 }, started('c', 7), ended('c', 8, 1)]);
  assert.deepEqual([again.streak.failures, again.lastStatus], [1, 'failure']);
});

const skip = { kind: 'skipped', reason: 'running', words: 'still running' } as const;

/**
 * Outcomes that are no failure of the job: [title, outcome, `last status`, failures that failmail
 * counts].
 */
const saysNothing: readonly (readonly [string, Outcome, ReturnType<typeof statusOf>, number])[] = [
  ['a collision', { ...skip, allowed: false }, 'failure', 1],
  ['a collision with allow_overtime', { ...skip, allowed: true }, 'skipped', 0],
  ['a full queue', { ...skip, reason: 'queue-full', allowed: false }, 'failure', 1],
  ['a shared lock that is taken', { ...skip, reason: 'locked', allowed: false }, 'failure', 1],
  ['a passed deadline', { ...skip, reason: 'deadline', allowed: false }, 'failure', 1],
  ['a pause', { ...skip, reason: 'paused', allowed: true }, undefined, 0],
  ['a stop by a person', { kind: 'stopped', signal: 15, by: 'ada', person: true }, undefined, 0],
  ['a missed tick', { kind: 'missed', tickMs: 1, count: 1, words: 'the machine was off' }, undefined, 0],
];

for (const [title, outcome, status, mailed] of saysNothing) {
  test(`${title} leaves the streak as it was`, () => {
    assert.equal(healthOf(outcome), undefined);
    assert.equal(statusOf(outcome), status);
    for (const before of [
      { failures: 0 },
      { failures: 0, lastSuccessMs: 4 },
      { failures: 2, failedRuns: 2, failingSinceMs: 3 },
    ]) {
      const { collisions = 0, ...after } = extendStreak(before, outcome, 9);
      assert.deepEqual(after, before);
      assert.equal(collisions, mailed);
      assert.equal(mailedFailures({ ...after, collisions }), before.failures + mailed);
    }
    assert.deepEqual(extendStreak({ failures: 0, collisions: 3 }, { kind: 'exited', code: 0 }, 9), {
      ...{ failures: 0, lastSuccessMs: 9 },
    });
  });
}

test('a stop by an unknown sender and a run that was replaced are failures', () => {
  assert.equal(healthOf({ kind: 'stopped', signal: 15, by: 'a signal to run-job' }), 'failure');
  assert.equal(healthOf({ kind: 'stopped', signal: 15, by: 'run r2', replacedBy: 'r2' }), 'failure');
  assert.equal(healthOf({ kind: 'stopped', signal: 15, by: 'run r2', replacedBy: 'r2', allowed: true }), undefined);
});

describe('what a later version has written is passed over', () => {
  const later = [
    { title: 'an outcome', event: { ...ended('b', 4, 1), outcome: { kind: 'evaporated', words: 'x' } } },
    { title: 'an outcome without a kind', event: { ...ended('b', 4, 1), outcome: { code: 3 } } },
    { title: 'no outcome at all', event: { ...ended('b', 4, 1), outcome: null } },
    { title: 'the name of a method', event: { ...ended('b', 4, 1), outcome: { kind: 'constructor' } } },
    {
      title: 'a skip of another kind',
      event: { event: 'skipped', run: 'b', atMs: 4, trigger, host: 'h', outcome: { kind: 'postponed' } },
    },
    {
      title: 'a start that failed in another way',
      event: { event: 'not-started', run: 'b', atMs: 4, trigger, host: 'h', outcome: { kind: 'forbidden' } },
    },
  ];
  for (const { title, event } of later) {
    test(`${title}: in the streak, the state and the listing`, () => {
      const before = [started('a', 1), ended('a', 2, 1, { failures: 1 })];
      const text = [...before, started('b', 3)].map(formatEvent).join('');
      const history = foldHistory(parseEvents(`${text}${JSON.stringify(event)}\n`));
      assert.deepEqual(history, foldHistory(before));
      // The next run must not record it as interrupted.
      assert.deepEqual(unfinishedRuns(history), []);
    });
  }

  test('an attempt with an unknown outcome changes nothing', () => {
    const attempt = {
      event: 'attempt-failed',
      run: 'a',
      atMs: 2,
      attempt: 1,
      outcome: { kind: 'evaporated' },
      nextMs: 9,
    };
    const events = parseEvents(`${formatEvent(started('a', 1))}${JSON.stringify(attempt)}\n`);
    assert.deepEqual(foldHistory(events), foldHistory([started('a', 1)]));
  });

  test('a run with an unknown trigger is listed without it', () => {
    const [run] = foldHistory(parseEvents(formatEvent({ ...started('a', 1), trigger: { by: 'moon' } } as never))).runs;
    assert.equal(triggerWords(run?.trigger), undefined);
  });

  test('an unknown decision of an operator changes nothing', () => {
    const line = JSON.stringify({ event: 'steered', run: '', atMs: 3, action: 'hide', by: 'ann' });
    assert.deepEqual(parseEvents(line), []);
  });
});

test('the sentence about an outcome names its duration and exit code once', () => {
  const rows: readonly (readonly [Outcome, number, string])[] = [
    [{ kind: 'exited', code: 0 }, 1200, 'succeeded after 1.2 s, exit code 0'],
    [{ kind: 'exited', code: 3 }, 1200, 'failed with exit code 3 after 1.2 s'],
    [{ kind: 'exited', code: 3, accepted: true }, 1200, 'succeeded with exit code 3 after 1.2 s, exit code 0'],
    [{ kind: 'exited', code: 0, accepted: false }, 1200, 'failed with exit code 0 after 1.2 s, exit code 1'],
    [{ kind: 'timed-out', afterSeconds: 5 }, 5004, 'timed out after 5 s, exit code 124'],
    [{ kind: 'timed-out', afterSeconds: 5 }, 13_200, 'timed out after 5 s and ended after 13 s, exit code 124'],
    [
      { kind: 'broke-rule', rule: 'min_duration', words: 'it ended after 1 s, sooner than 5 s' },
      1000,
      'failed by min_duration: it ended after 1 s, sooner than 5 s, exit code 1',
    ],
    [{ kind: 'signalled', signal: 9 }, 1200, 'failed: ended by SIGKILL after 1.2 s, exit code 137'],
    [{ kind: 'stopped', signal: 15, by: 'ann' }, 1200, 'was stopped with SIGTERM by ann after 1.2 s, exit code 143'],
  ];
  for (const [outcome, durationMs, words] of rows) {
    assert.equal(`${outcomeWords(outcome)}${lastedWords(outcome, durationMs)}${exitCodeWords(outcome)}`, words);
  }
});

test('a history that is read again after it has grown, been rotated or been cut gives the same events as a first reading', () => {
  const line = (run: string) =>
    formatEvent({ event: 'stop-requested', run, atMs: 1, by: 'ada' } satisfies HistoryEvent);
  const texts = [
    '',
    line('a'),
    line('a') + line('b'),
    `${line('a')}${line('b')}not an event\n`,
    `${line('a')}${line('b')}not an event\n${line('c').slice(0, 20)}`,
    `${line('a')}${line('b')}not an event\n${line('c')}${line('d').trimEnd()}`,
    line('b') + line('c'),
    `${line('a')}torn`,
    line('a'),
  ];
  const first = (text: string) => {
    readEvents('another one\n');
    return readEvents(text);
  };
  const expected = texts.map(first);
  readEvents('another one\n');
  assert.deepEqual(texts.map(readEvents), expected);
  assert.deepEqual(
    expected.map(({ events, unreadable }) => [events.map(({ run }) => run).join(''), unreadable]),
    [
      ['', 0],
      ['a', 0],
      ['ab', 0],
      ['ab', 1],
      ['ab', 1],
      ['abcd', 1],
      ['bc', 0],
      ['a', 0],
      ['a', 0],
    ],
  );
});
