import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { type HistoryEntry, historyText } from '../../../src/report/text/history.ts';

const formatTime = () => '2026-11-30 12:00:00';
const entries = [
  {
    job: 'backup',
    is: 'run',
    run: {
      run: '20261130-120000-0a1b2c3d',
      startedMs: 0,
      outcome: { kind: 'failed', exitCode: 3 },
      words: 'failed with exit code 3',
      warning: 'a warning with many words that a narrow terminal has no room for',
    },
  },
  { job: 'web', is: 'service', entry: { atMs: 0, words: 'web is UP, was STARTING' } },
  { job: 'backup', is: 'steered', step: { event: 'steered', atMs: 0, action: 'reset', by: 'ada\u001b[2J' } },
] as unknown as readonly HistoryEntry[];

const terminal = { columns: 100, isColoured: false, isUnicode: true };

test('names, times, runs and words stand in columns of their own', () => {
  const lines = historyText(entries, { formatTime, named: true }).split('\n');
  assert.match(
    lines[0] ?? '',
    /^backup {2}2026-11-30 12:00:00 {2}20261130-120000-0a1b2c3d {2}failed with exit code 3, /,
  );
  assert.equal(lines[1], 'web     2026-11-30 12:00:00  -                         web is UP, was STARTING');
  assert.equal(lines[2], 'backup  2026-11-30 12:00:00  -                         was reset by ada\\u001b[2J');
});

test('without runs there is no column for them', () => {
  assert.equal(
    historyText(entries.slice(1, 2), { formatTime, named: false }),
    '2026-11-30 12:00:00  web is UP, was STARTING\n',
  );
});

test('at a terminal long words go on below each other, and a failure is red', () => {
  const text = historyText(entries.slice(0, 1), { formatTime, named: false, terminal });
  assert.deepEqual(text.split('\n'), [
    '2026-11-30 12:00:00  20261130-120000-0a1b2c3d  failed with exit code 3, a warning with many words',
    '                                               that a narrow terminal has no room for',
    '',
  ]);
  const coloured = historyText(entries, { formatTime, named: false, terminal: { ...terminal, isColoured: true } });
  assert.equal(coloured.replaceAll(/\u001b\[(31|39)m/g, '').split('\n')[0], text.split('\n')[0]);
  assert.match(coloured, /0a1b2c3d {2}\u001b\[31mfailed .*words\u001b\[39m\n/);
  assert.doesNotMatch(coloured, /\u001b\[31m.*web is UP/);
  for (let columns = 24; columns < 120; columns += 7)
    for (const line of historyText(entries, { formatTime, named: true, terminal: { ...terminal, columns } }).split(
      '\n',
    ))
      assert.ok(stringWidth(line) <= columns, line);
});
