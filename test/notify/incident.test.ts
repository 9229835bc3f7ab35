import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { consider, incidentWords, type News, type NoticePolicy, type NoticeState } from '../../src/notify/incident.ts';
import type { HistoryEvent } from '../../src/run/history/event.ts';
import { foldHistory } from '../../src/run/history/history.ts';
import type { Outcome } from '../../src/run/outcome/outcome.ts';

const calm: NoticeState = { streak: { failures: 0 }, skips: 0 };

/** Outcomes of runs and ticks, one letter each. */
const outcomes: Readonly<Record<string, Outcome>> = {
  F: { kind: 'exited', code: 3 },
  S: { kind: 'exited', code: 0 },
  T: { kind: 'timed-out', afterSeconds: 60 },
  I: { kind: 'interrupted' },
  /** A collision that counts as a failure, one that does not, a pause. */
  K: { kind: 'skipped', reason: 'running', words: 'still running', allowed: false },
  k: { kind: 'skipped', reason: 'running', words: 'still running', allowed: true },
  p: { kind: 'skipped', reason: 'paused', words: 'paused by ada', allowed: true },
  d: { kind: 'skipped', reason: 'not-due', words: 'no tick now', allowed: true },
  M: { kind: 'missed', tickMs: 0, count: 2, words: 'the machine was off' },
  B: { kind: 'not-started', stage: 'configuration', reason: 'a.yaml:1:1: …', code: 78 },
};

function eventOf(letter: string, index: number, before: readonly HistoryEvent[]): HistoryEvent {
  const outcome = outcomes[letter];
  const common = { run: `r${index}`, atMs: (index + 1) * 60_000 };
  const called = { ...common, trigger: { by: 'clock' }, host: 'db1' } as const;
  switch (outcome?.kind) {
    case 'skipped':
      return { event: 'skipped', ...called, outcome };
    case 'not-started':
      return { event: 'not-started', ...called, outcome };
    case 'missed':
      return { event: 'missed', ...common, host: 'db1', outcome };
    case 'interrupted':
      return { event: 'interrupted', ...common };
    default: {
      const made = outcome ?? { kind: 'interrupted' };
      const { streak } = foldHistory([...before, { event: 'not-started', ...called, outcome: made as never }]);
      return { event: 'ended', ...common, outcome: made, durationMs: 1000, attempt: 1, streak };
    }
  }
}

function eventsOf(letters: string): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (const [index, letter] of [...letters].entries()) events.push(eventOf(letter, index, events));
  return events;
}

function replay(letters: string, policy: Partial<NoticePolicy> = {}) {
  let state = calm;
  const news = eventsOf(letters).map((event) => {
    const considered = consider(event, state, { after: 1, pauses: false, ...policy });
    state = considered.state;
    return considered.news;
  });
  return { state, news };
}

/**
 * One letter for each event: O for an incident that opens, C for one that closes, a dot for
 * neither.
 */
function incidents(letters: string, policy: Partial<NoticePolicy> = {}): string {
  const { news } = replay(letters, policy);
  const letter = (each: readonly News[]) =>
    each.flatMap(({ is }) => (is === 'failure' ? ['O'] : is === 'recovery' ? ['C'] : [])).join('') || '.';
  return news.map(letter).join('');
}

test('failures in a row are news once when the incident opens and once when it is over', () => {
  const rows: readonly [history: string, opened: string, after?: number][] = [
    ['SSS', '...'],
    ['FFFF', 'O...'],
    ['FFFS', 'O..C'],
    ['FSFS', 'OCOC'],
    ['FFFFS', '..O.C', 3],
    ['FFSFF', '.....', 3],
    ['FFSFFFS', '.....OC', 3],
    // Each way to fail is one failure in a row.
    ['FTIKS', '..O.C', 3],
    // An outcome that leaves the status as it was neither lengthens nor ends an incident.
    ['FkpdMFF', '......O', 3],
    ['FpkdMS', 'O....C'],
    // A broken file is news at once, and once; in an incident too, since its recipients may be
    // others.
    ['BBB', 'O..', 3],
    ['FFFBBB', '..OO..', 3],
    ['BBFBS', 'O..OC'],
  ];
  for (const [history, opened, after = 1] of rows)
    assert.equal(incidents(history, { after }), opened, `${history} ${after}`);
});

test('a failure that pauses the job is news in an open incident too', () => {
  const { state } = replay('FFF');
  const [event] = eventsOf('F');
  assert.ok(event !== undefined);
  const { news } = consider(event, state, { after: 1, pauses: true });
  assert.deepEqual(news, [
    { is: 'end', status: 'failure' },
    { is: 'failure', pauses: true },
    { is: 'failed-run', inARow: 1 },
  ]);
});

test('failmail counts each failed run and each collision in a row, and a broken file once', () => {
  const counts = (letters: string) =>
    replay(letters).news.map((news) => {
      const failed = news.find((each) => each.is === 'failed-run');
      return failed === undefined ? '.' : String(failed.inARow);
    });
  const rows: readonly [history: string, mailed: string][] = [
    ['SFFSF', '.12.1'],
    ['FTIKS', '1234.'],
    ['KKSK', '12.1'],
    ['FkpdMF', '1....2'],
    ['FBBBF', '12..5'],
    ['BBSB', '1..1'],
  ];
  for (const [history, mailed] of rows) assert.equal(counts(history).join(''), mailed, history);
});

test('a reset by a person starts the count of failures again', () => {
  const { state } = replay('FFF');
  const reset: HistoryEvent = { event: 'steered', run: '', atMs: 500_000, action: 'reset', by: 'ada' };
  const after = consider(reset, state, { after: 1, pauses: false });
  const killed: HistoryEvent = { event: 'interrupted', run: 'r9', atMs: 600_000 };
  const { news } = consider(killed, after.state, { after: 1, pauses: false });
  assert.deepEqual(news.at(-1), { is: 'failed-run', inARow: 1 });
});

test('skips in a row are a warning once, until the job has run again', () => {
  const warned = (letters: string) =>
    replay(letters, { skipThreshold: 3 })
      .news.map((each) => (each.some(({ is }) => is === 'warning') ? 'W' : '.'))
      .join('');
  assert.equal(warned('kkkkk'), '..W..');
  assert.equal(warned('KKKSKKK'), '..W...W');
  assert.equal(warned('kkSkk'), '.....');
  assert.equal(warned('kkpdk'), '....W', 'a pause is no skip, and no run either');
  assert.equal(
    replay('kkkkk')
      .news.flat()
      .filter(({ is }) => is === 'warning').length,
    0,
  );
});

test('each skip is news, except pauses and ticks that are not due', () => {
  const skips = replay('Kkpd').news.map((each) => each.some(({ is }) => is === 'skipped'));
  assert.deepEqual(skips, [true, true, false, false]);
});

test('what was missed, took too long, left something or lost output is a warning', () => {
  assert.deepEqual(replay('M').news, [[{ is: 'warning', words: 'missed 2 runs: the machine was off' }]]);
  const [end] = eventsOf('S');
  assert.ok(end?.event === 'ended');
  const doubtful = { ...end, warning: 'took 2 h, longer than 1 h', lostBytes: 20, survivors: ['7 sleep'] };
  const { news } = consider(doubtful, calm, { after: 1, pauses: false });
  assert.deepEqual(
    news.flatMap((each) => (each.is === 'warning' ? [each.words] : [])),
    ['took 2 h, longer than 1 h', 'log incomplete: 20 bytes of output lost', 'could not be killed: 7 sleep'],
  );
});

test('a message that it is over says how often and how long it failed', () => {
  const { news } = replay('FFFS');
  const recovery = news.at(-1)?.find(({ is }) => is === 'recovery');
  assert.deepEqual(recovery, { is: 'recovery', failures: 3, sinceMs: 60_000 });
  assert.equal(incidentWords({ failures: 3, sinceMs: 60_000 }, 240_000), '3 failures in 3 minutes');
  assert.equal(incidentWords({ failures: 1, sinceMs: 60_000 }, 0), '1 failure in 0 s');
});

test('whatever happens, openings and recoveries take turns, and none opens below the threshold', () => {
  const letters = fc.array(fc.constantFrom(...'FSTIKkpdM'), { maxLength: 60 }).map((each) => each.join(''));
  fc.assert(
    fc.property(letters, fc.integer({ min: 1, max: 5 }), (history, after) => {
      const shown = incidents(history, { after });
      assert.match(shown.replaceAll('.', ''), /^(?:OC)*O?$/);
      let failures = 0;
      for (const [index, letter] of [...history].entries()) {
        if ('FTI'.includes(letter)) failures += 1;
        if (letter === 'S') failures = 0;
        if (shown[index] === 'O') assert.equal(failures, after);
        if (shown[index] === 'C') assert.equal(letter, 'S');
      }
    }),
  );
});

test('the news is the same when the state is written and read between any two events', () => {
  const letters = fc.array(fc.constantFrom(...'FSKkpMB'), { maxLength: 30 }).map((each) => each.join(''));
  fc.assert(
    fc.property(letters, fc.integer({ min: 1, max: 4 }), (history, after) => {
      let text = JSON.stringify(calm);
      const news = eventsOf(history).map((event) => {
        const considered = consider(event, JSON.parse(text) as NoticeState, { after, pauses: false, skipThreshold: 2 });
        text = JSON.stringify(considered.state);
        return considered.news;
      });
      assert.deepEqual(news, replay(history, { after, skipThreshold: 2 }).news);
    }),
  );
});
