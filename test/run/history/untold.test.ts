/** People who were not told: by which channel, and until when the history says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeFailedOf } from '../../../src/report/latest-runs.ts';
import { carriedAfter } from '../../../src/run/history/carried.ts';
import type { HistoryEvent } from '../../../src/run/history/event.ts';
import { formatEvent } from '../../../src/run/history/event-lines.ts';
import { readHistory, readRecentHistory } from '../../../src/run/history/record.ts';
import { FakeHistory } from '../../fakes/host.ts';

const mail = 'mail to ops@example.org';
const outcome = { kind: 'exited', code: 3 } as const;

function store(...events: readonly HistoryEvent[]) {
  const history = new FakeHistory();
  for (const event of events) history.append('a', formatEvent(event));
  return history;
}

const ended = (run: string, atMs: number): HistoryEvent => {
  return { event: 'ended', run, atMs, outcome, durationMs: 1, streak: { failures: 1 }, attempt: 1 };
};
const failed = (channel: string, run = 'r'): HistoryEvent => {
  return { event: 'notice-failed', run, atMs: 5, channel, reason: 'refused' };
};
const delivered = (channel: string, run = 'r'): HistoryEvent => ({ event: 'notice-delivered', run, atMs: 6, channel });

const untold = (history: FakeHistory) => noticeFailedOf(readHistory('a', { history })).noticeFailed?.words;

test('one channel that comes through says nothing about another one', () => {
  const both = [ended('r', 1), failed(mail), failed('webhook')];
  assert.equal(untold(store(...both)), `${mail}: refused; webhook: refused`);
  assert.equal(untold(store(...both, delivered('webhook'))), `${mail}: refused`);
  assert.equal(untold(store(...both, delivered(mail))), 'webhook: refused');
  assert.equal(untold(store(...both, delivered('webhook'), delivered(mail))), undefined);
  assert.equal(untold(store(...both, failed('webhook'))), `${mail}: refused; webhook: refused`, 'told once');
});

test('a delivery about a run that is out of sight counts too, channel by channel', () => {
  const history = store(ended('r', 1), failed(mail), failed('webhook'));
  const carried = carriedAfter(readHistory('a', { history }), { kind: 'exited', code: 0 }, 1);
  const skips = Array.from({ length: 60 }, (_, index): HistoryEvent => {
    const trigger = { by: 'clock' } as const;
    const skip = { kind: 'skipped', reason: 'paused', words: 'paused', allowed: true } as const;
    return { event: 'skipped', run: `s${index}`.padEnd(200, 'x'), atMs: 8, trigger, host: 'h', outcome: skip };
  });
  for (const event of [
    ...skips,
    { ...ended('later', 9), outcome: { kind: 'exited', code: 0 }, carried } as HistoryEvent,
  ])
    history.append('a', formatEvent(event));
  const words = (recent = readRecentHistory('a', [], { history })) => noticeFailedOf(recent).noticeFailed?.words;
  assert.equal(words(), `${mail}: refused; webhook: refused`);
  assert.ok(!readRecentHistory('a', [], { history }).runs.some(({ run }) => run === 'r'), 'it is out of sight');
  history.append('a', formatEvent(delivered(mail)));
  assert.equal(words(), 'webhook: refused');
  assert.equal(untold(history), words());
  history.append('a', formatEvent(delivered('webhook')));
  assert.equal(words(), undefined);
  assert.equal(untold(history), undefined);
});
