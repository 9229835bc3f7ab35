/** When the snapshot of a job has to be taken again although nothing in its files has changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStillTrue } from '../../../src/cli/web/latest/still-true.ts';
import type { JobSnapshot } from '../../../src/report/snapshot.ts';
import { job, nowMs } from './scene.ts';

const minuteMs = 60_000;
const quiet: JobSnapshot = { ...job('backup', []), nextMs: nowMs + 30 * minuteMs, dueMs: nowMs + 30 * minuteMs };
const overdue = { tickMs: nowMs - minuteMs, overdueMs: minuteMs };
const pause = { target: { job: 'backup' }, atMs: 0, by: 'ada', reason: 'x' };

test('a quiet job is looked at again after five minutes, and when its next start has come', () => {
  assert.equal(isStillTrue(quiet, nowMs, nowMs + 4 * minuteMs), true);
  assert.equal(isStillTrue(quiet, nowMs, nowMs + 5 * minuteMs), false);
  assert.equal(isStillTrue(quiet, nowMs + 29 * minuteMs, nowMs + 30 * minuteMs), false);
  assert.equal(isStillTrue(quiet, nowMs + 1, nowMs), false, 'the clock was set back');
});

const cases: readonly (readonly [string, Partial<JobSnapshot>, boolean])[] = [
  ['it runs', { activity: { is: 'running' } }, false],
  ['a run waits for its turn', { next: { run: 'x' } } as never, false],
  ['it holds a lock that others hold too', { locks: [{ name: 'database' }] }, false],
  ['it is a service', { service: {} as never }, false],
  ['its history is hidden', { historyHidden: 'permission denied' }, false],
  ['notices wait', { undelivered: { count: 1, sinceMs: 0, forMs: 1 } }, false],
  ['its start is due and has not come', { dueMs: nowMs - 1000 }, false],
  ['its pause has no end', { paused: pause as never }, true],
  ['its pause ends later', { paused: { ...pause, untilMs: nowMs + 10 * minuteMs } as never }, true],
  ['its pause has ended', { paused: { ...pause, untilMs: nowMs + 500 } as never }, false],
  ['it was overdue less than a minute ago', { overdue, dueMs: nowMs - minuteMs }, true],
];
for (const [name, more, expected] of cases)
  test(`a second after the look, ${name}: ${expected ? 'still true' : 'look again'}`, () => {
    assert.equal(isStillTrue({ ...quiet, ...more }, nowMs, nowMs + 1000), expected);
  });

test('how long a job is overdue is told by the minute, and a broken file is read again', () => {
  const late = { ...quiet, overdue, dueMs: nowMs - minuteMs };
  assert.equal(isStillTrue(late, nowMs, nowMs + minuteMs), false);
  const { slug, tags, activity, lastStatus, health, state, streak, totals } = quiet;
  const broken = {
    slug,
    tags,
    activity,
    lastStatus,
    health,
    state,
    streak,
    totals,
    file: 'broken',
    problems: [],
  } as const;
  assert.equal(isStillTrue(broken, nowMs, nowMs + 1000), false);
});
