import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { type ListedJob, listing } from '../../../src/report/text/listing.ts';

const nowMs = Date.UTC(2026, 10, 30, 12);
const formatTime = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
const run = (is: 'success' | 'failure', durationMs = 500) => ({ run: 'r', is, startedMs: 0, durationMs });

const jobs: readonly ListedJob[] = [
  { slug: 'off', state: 'disabled', tags: [], note: '' },
  {
    slug: 'mail',
    state: 'ok',
    lastMs: nowMs - 180_000,
    tookMs: 63,
    nextMs: nowMs + 420_000,
    strip: [run('success', 60), run('success', 63)],
    tags: ['shop'],
    note: '',
  },
  {
    slug: 'backup-of-the-orders-database',
    state: 'failing',
    lastMs: nowMs - 36_000_000,
    tookMs: 2100,
    nextMs: nowMs + 50_400_000,
    strip: [run('success', 900), run('failure'), run('failure')],
    tags: ['database', 'night'],
    note: 'failed with exit code 3; 4 failures in a row; notice failed: webhook at hooks.example.org: connect ECONNREFUSED',
  },
  { slug: 'report', state: 'running', lastMs: nowMs - 5000, tags: [], note: 'pid 77' },
];

const at = (columns: number, { isColoured = false, isUnicode = true } = {}) =>
  listing(jobs, { nowMs, formatTime, terminal: { columns, isColoured, isUnicode } }).split('\n').slice(0, -1);

test('what needs a person comes first, then what runs, what is well, and what is off', () => {
  assert.deepEqual(at(220), [
    'JOB                            STATE     LAST        TOOK  NEXT      RUNS  TAGS            NOTE',
    'backup-of-the-orders-database  failing   10 h ago   2.1 s  in 14 h   ▃✗✗   database night  failed with exit code 3; 4 failures in a row; notice failed: webhook at hooks.example.org: connect ECONNREFUSED',
    'report                         running   5 s ago                                           pid 77',
    'mail                           ok        3 min ago  63 ms  in 7 min  ▁▁    shop',
    'off                            disabled',
    '4 jobs: 1 failing, 1 running, 1 ok, 1 disabled',
  ]);
});

test('at 80 columns the tags give way, and notes stand below their rows', () => {
  assert.deepEqual(at(80), [
    'JOB                            STATE     LAST        TOOK  NEXT      RUNS',
    'backup-of-the-orders-database  failing   10 h ago   2.1 s  in 14 h   ▃✗✗',
    '  failed with exit code 3; 4 failures in a row; notice failed: webhook at',
    '  hooks.example.org: connect ECONNREFUSED',
    'report                         running   5 s ago',
    '  pid 77',
    'mail                           ok        3 min ago  63 ms  in 7 min  ▁▁',
    'off                            disabled',
    '4 jobs: 1 failing, 1 running, 1 ok, 1 disabled',
  ]);
});

test('at 40 columns the name, the state and the last run are left, and the totals are folded', () => {
  assert.deepEqual(at(40), [
    'JOB                  STATE     LAST',
    'backup-of-the-orde…  failing   10 h ago',
    '  failed with exit code 3; 4 failures in',
    '  a row; notice failed: webhook at',
    '  hooks.example.org: connect',
    '  ECONNREFUSED',
    'report               running   5 s ago',
    '  pid 77',
    'mail                 ok        3 min ago',
    'off                  disabled',
    '4 jobs: 1 failing, 1 running, 1 ok,',
    '  1 disabled',
  ]);
});

test('a program gets whole times and every word, in ASCII and without colours', () => {
  assert.equal(
    listing(jobs.slice(1, 2), { nowMs, formatTime }),
    'JOB   STATE  LAST                  TOOK  NEXT                 RUNS  TAGS\n' +
      'mail  ok     2026-11-30 11:57:00  63 ms  2026-11-30 12:07:00  ..    shop\n' +
      '1 job: 1 ok\n',
  );
});

test('without UTF-8 everything is ASCII', () => {
  for (const columns of [24, 40, 80, 200])
    for (const line of at(columns, { isUnicode: false })) assert.match(line, /^[ -~]*$/);
});

test('colours mean states, and take no room', () => {
  const coloured = at(200, { isColoured: true });
  assert.ok(coloured.some((line) => line.includes('\u001b[31mfailing\u001b[39m')));
  assert.ok(coloured.some((line) => line.includes('\u001b[31m✗\u001b[39m')));
  assert.ok(coloured.at(-1)?.includes('\u001b[31m1 failing\u001b[39m'));
  assert.deepEqual(
    coloured.map((line) => line.replaceAll(/\u001b\[\d+m/g, '').trimEnd()),
    at(200),
  );
});

test('no jobs are no table', () => {
  assert.equal(listing([], { nowMs, formatTime }), '0 jobs\n');
});

test('no line is wider than the terminal, and hostile text can not steer it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '\u001b[2J\u001b]0;owned\u0007',
      'a\nok  ok',
      '\u202egnp.exe',
      '日本語のジョブ日本語のジョブ',
      '\u009b31m',
    ),
  );
  const job = fc.record({
    slug: fc.stringMatching(/^[a-z0-9_][a-z0-9_.-]{0,60}$/),
    state: fc.constantFrom('failing', 'ok', 'running', 'paused', 'UP', 'never-run'),
    lastMs: fc.integer(),
    tookMs: fc.nat(),
    nextMs: fc.integer(),
    strip: fc.array(fc.constantFrom(run('success', 70_000), run('failure')), { maxLength: 12 }),
    tags: fc.array(hostile, { maxLength: 3 }),
    note: hostile,
  }) as fc.Arbitrary<ListedJob>;
  fc.assert(
    fc.property(fc.array(job, { maxLength: 8 }), fc.integer({ min: 24, max: 220 }), (some, columns) => {
      const terminal = { columns, isColoured: false, isUnicode: true };
      const text = listing(some, { nowMs, formatTime: () => '2026-11-30 12:00:00', terminal });
      const lines = text.split('\n').slice(0, -1);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      for (const line of lines) assert.ok(stringWidth(line) <= columns, JSON.stringify(line));
      assert.match(lines.find((line) => line.startsWith(`${some.length} job`)) ?? '', /^\d+ jobs?/);
    }),
  );
});
