import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { cut, table } from '../../../src/report/text/table.ts';

const columns = [
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'TOOK', align: 'right', expendable: 1 },
  { title: 'RUNS', expendable: 2 },
  { title: 'NOTE' },
] as const;

const rows = [
  ['backup-of-the-shop', 'failing', '2.1 s', '..x..x', 'failed with exit code 3; 4 failures in a row'],
  ['mail', 'ok', '12 min', '......', ''],
].map((row) => row.map((text) => ({ text })));

const at = (width: number) => table(columns, rows, { width }).split('\n').slice(0, -1);

test('without a limit nothing is cut, numbers stand at the right, and no line ends with a blank', () => {
  assert.deepEqual(at(Number.POSITIVE_INFINITY), [
    'JOB                 STATE      TOOK  RUNS    NOTE',
    'backup-of-the-shop  failing   2.1 s  ..x..x  failed with exit code 3; 4 failures in a row',
    'mail                ok       12 min  ......',
  ]);
});

test('the last column gives way first, then whole columns, then the name', () => {
  assert.deepEqual(at(70), [
    'JOB                 STATE      TOOK  RUNS    NOTE',
    'backup-of-the-shop  failing   2.1 s  ..x..x  failed with exit code 3;…',
    'mail                ok       12 min  ......',
  ]);
  assert.deepEqual(at(52), [
    'JOB               STATE      TOOK  NOTE',
    'backup-of-the-s…  failing   2.1 s  failed with exit…',
    'mail              ok       12 min',
  ]);
  assert.deepEqual(at(50), [
    'JOB               STATE    NOTE',
    'backup-of-the-s…  failing  failed with exit code…',
    'mail              ok',
  ]);
  assert.deepEqual(at(40), [
    'JOB               STATE    NOTE',
    'backup-of-the-s…  failing  failed with…',
    'mail              ok',
  ]);
  assert.deepEqual(at(30), ['JOB       STATE    NOTE', 'backup-…  failing  failed with…', 'mail      ok']);
});

test('a column in which nothing stands is left out', () => {
  assert.equal(table(columns, [[{ text: 'mail' }]], { width: 80 }), 'JOB\nmail\n');
});

test('colours count for nothing', () => {
  const style = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const plain = table(columns, rows, { width: 60 });
  const styled = table(
    columns,
    rows.map((row) => row.map((cell) => ({ ...cell, style }))),
    { width: 60 },
  );
  assert.equal(styled.replaceAll(/\u001b\[\d+m/g, '').replaceAll(/ +$/gm, ''), plain);
});

test('no line is wider than the terminal, whatever stands in a cell', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constant('日本語のジョブ'),
    fc.constant('👩‍👩‍👧‍👦👩‍👩‍👧‍👦'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1 }),
      fc.integer({ min: 30, max: 200 }),
      (texts, width) => {
        const three = [{ title: 'JOB' }, { title: 'TAGS', expendable: 1 }, { title: 'NOTE' }];
        const made = table(
          three,
          texts.map((row) => row.map((cell) => ({ text: cell.replaceAll(/\s/g, ' ') }))),
          { width },
        );
        for (const line of made.split('\n')) assert.ok(stringWidth(line) <= width, JSON.stringify(line));
      },
    ),
  );
});

test('a cut text has at most so many columns, and no half of a character', () => {
  assert.equal(cut('backup', 6), 'backup');
  assert.equal(cut('backup', 5), 'back…');
  assert.equal(cut('日本語', 6), '日本語');
  assert.equal(cut('日本語', 5), '日本…');
  assert.equal(cut('日本語', 4), '日…');
  assert.equal(cut('backup', 0), '');
});
