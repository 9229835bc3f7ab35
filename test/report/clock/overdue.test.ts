import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueOf, type OverdueQuestion, overdueOf } from '../../../src/report/clock/overdue.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { expression } from '../../schedule/expressions.ts';

const nowMs = Date.parse('2026-11-25T10:40:00Z');
const minute = 60_000;
const hour = 60 * minute;
const tick = (time: string) => Date.parse(`2026-11-25T${time}:00Z`);

const job = { slug: 'backup', schedule: expression('*/30 * * * *'), enabled: true, tags: ['night'], timing: {} };
const question: OverdueQuestion = {
  account: { sinceMs: tick('10:00'), claimed: new Set(), isNew: false },
  nowMs,
  changedMs: 0,
  pauses: [],
  zones: zonesOn('UTC'),
  delayMs: 0,
  hasStart: () => false,
};

function overdue(
  changes: Partial<OverdueQuestion>,
  ofJob: Partial<typeof job> & { timing?: { timeZone?: string } } = {},
) {
  return overdueOf({ ...job, ...ofJob }, { ...question, ...changes });
}

test('a job is overdue since its first tick that nobody has had', () => {
  assert.deepEqual(overdue({}), { tickMs: tick('10:30'), overdueMs: 10 * minute });
  assert.deepEqual(overdue({ account: { ...question.account, sinceMs: tick('07:00') } })?.tickMs, tick('07:30'));
});

test('a start is overdue from one minute after its time on, splay included', () => {
  const at = (nowMs: number, delayMs = 0) => overdue({ nowMs, delayMs })?.overdueMs;
  const tickMs = tick('10:30');
  assert.equal(at(tickMs), undefined, 'cron has not woken yet');
  assert.equal(at(tickMs + minute - 1), undefined);
  assert.equal(at(tickMs + minute), minute);
  assert.equal(at(tickMs + minute, 1), undefined, 'splay');
  assert.equal(at(tickMs + minute + 1, 1), minute, 'splay');
  assert.equal(due({ nowMs: tickMs + 1 }), tickMs, 'the due time is the tick itself');
});

test('what has been started, is delayed, off or new is not overdue', () => {
  const { account } = question;
  assert.equal(overdue({ account: { ...account, claimed: new Set([tick('10:30')]) } }), undefined, 'claimed');
  assert.equal(overdue({ account: { ...account, sinceMs: tick('10:30') } }), undefined, 'settled');
  assert.equal(overdue({ delayMs: 11 * minute }), undefined, 'splay');
  assert.equal(overdue({}, { enabled: false }), undefined, 'disabled');
  assert.equal(overdueOf({ slug: 'a', enabled: true, tags: [], timing: {} }, question), undefined, 'no schedule');
  assert.equal(overdue({ account: { ...account, isNew: true }, changedMs: tick('10:31') }), undefined, 'a new file');
});

test('a job that has never run is overdue since its file was put there', () => {
  const account = { ...question.account, isNew: true, sinceMs: nowMs };
  assert.equal(overdue({ account, changedMs: tick('08:10') })?.tickMs, tick('08:30'));
});

test('no tick of a pause is overdue, ticks after it are', () => {
  const account = { ...question.account, sinceMs: tick('08:00') };
  const pause = { target: { job: 'backup' }, atMs: tick('08:10'), by: 'ada' };
  assert.equal(overdue({ account, pauses: [pause] }), undefined, 'no end');
  assert.equal(overdue({ account, pauses: [{ ...pause, untilMs: tick('10:00') }] })?.tickMs, tick('10:00'));
  assert.equal(overdue({ account, pauses: [{ ...pause, untilMs: nowMs + hour }] }), undefined);
  assert.equal(overdue({ account, pauses: [{ ...pause, target: { tag: 'night' } }] }), undefined, 'by tag');
  assert.equal(
    overdue({ account, pauses: [{ ...pause, target: { job: 'other' } }] })?.tickMs,
    tick('08:30'),
    'of another job',
  );
  assert.equal(
    overdue({ account, pauses: [{ ...pause, atMs: tick('09:10') }] })?.tickMs,
    tick('08:30'),
    'what was missed before it',
  );
});

test('a schedule is read in the zone of its job', () => {
  const daily = { schedule: expression('30 5 * * *'), timing: { timeZone: 'America/New_York' } };
  assert.deepEqual(overdue({}, daily), { tickMs: tick('10:30'), overdueMs: 10 * minute });
  assert.equal(overdue({}, { ...daily, timing: {} }), undefined);
});

test('a cron that has been dead for a year is found at once', () => {
  const account = { ...question.account, sinceMs: nowMs - 365 * 24 * hour };
  assert.equal(overdue({ account }, { schedule: expression('* * * * *') })?.tickMs, nowMs - 365 * 24 * hour + minute);
});

function due(changes: Partial<OverdueQuestion>, ofJob: Partial<typeof job> = {}): number | undefined {
  return dueOf({ ...job, ...ofJob }, { ...question, ...changes });
}

test('a job is due at the first tick without a start: in the past when it is overdue', () => {
  const { account } = question;
  assert.equal(due({}), tick('10:30'));
  assert.equal(due({ account: { ...account, claimed: new Set([tick('10:30')]) } }), tick('11:00'), 'claimed');
  assert.equal(due({ hasStart: () => true }), tick('11:00'), 'started without a claim');
  assert.equal(due({}, { enabled: false }), undefined, 'disabled');
  assert.equal(dueOf({ slug: 'a', enabled: true, tags: [], timing: {} }, question), undefined, 'no schedule');
});

test('a splay delays the due time, which never moves on before the tick is claimed', () => {
  const { account } = question;
  const delayMs = 15 * minute;
  assert.equal(due({ delayMs, nowMs: tick('10:29') }), tick('10:45'), 'before the tick');
  assert.equal(due({ delayMs }), tick('10:45'), 'after the tick, before its start');
  assert.equal(due({ delayMs, nowMs: tick('10:50') }), tick('10:45'), 'after its start');
  const claimed = new Set([tick('10:30')]);
  assert.equal(due({ delayMs, account: { ...account, claimed } }), tick('11:15'), 'claimed, and waiting for its splay');
});

test('a pause moves the due time behind its end; without an end nothing is due', () => {
  const pause = { target: { job: 'backup' }, atMs: tick('10:35'), by: 'ada' };
  const byTag = { target: { tag: 'night' }, atMs: tick('10:36'), untilMs: tick('14:10'), by: 'ada' };
  assert.equal(due({ pauses: [pause] }), undefined, 'no end');
  assert.equal(due({ pauses: [{ ...pause, untilMs: tick('12:00') }] }), tick('12:00'), 'a tick at its end');
  assert.equal(due({ pauses: [{ ...pause, untilMs: tick('12:10') }] }), tick('12:30'));
  assert.equal(due({ pauses: [{ ...pause, untilMs: tick('12:00') }, byTag] }), tick('14:30'), 'two');
  assert.equal(due({ pauses: [{ ...pause, untilMs: tick('10:38') }] }), tick('10:30'), 'over: the missed tick again');
});

test('a job that cron does not know yet is due from when its file came', () => {
  const account = { ...question.account, isNew: true, sinceMs: nowMs };
  assert.equal(due({ account, changedMs: tick('10:31') }), tick('11:00'));
  assert.equal(due({ account, changedMs: tick('08:10') }), tick('08:30'));
});
