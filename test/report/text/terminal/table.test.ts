import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { measure, table } from '../../../../src/report/text/terminal/table.ts';

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

const at = (width: number) => {
  const { titles, rows: lines } = table(measure(columns, rows), { width });
  return [titles, ...lines];
};

test('without a limit nothing is cut, numbers stand at the right, and no line ends with a blank', () => {
  assert.deepEqual(at(Number.POSITIVE_INFINITY), [
    'JOB                 STATE      TOOK  RUNS    NOTE',
    'backup-of-the-shop  failing   2.1 s  ..x..x  failed with exit code 3; 4 failures in a row',
    'mail                ok       12 min  ......',
  ]);
});

test('the last column gives way first, then the name, then whole columns', () => {
  assert.deepEqual(at(70), [
    'JOB                 STATE      TOOK  RUNS    NOTE',
    'backup-of-the-shop  failing   2.1 s  ..x..x  failed with exit code 3;…',
    'mail                ok       12 min  ......',
  ]);
  assert.deepEqual(at(59), [
    'JOB               STATE      TOOK  RUNS    NOTE',
    'backup-of-the-s…  failing   2.1 s  ..x..x  failed with exi…',
    'mail              ok       12 min  ......',
  ]);
  assert.deepEqual(at(52), [
    'JOB               STATE      TOOK  NOTE',
    'backup-of-the-s…  failing   2.1 s  failed with exit…',
    'mail              ok       12 min',
  ]);
  assert.deepEqual(at(30), ['JOB      STATE    NOTE', 'backup…  failing  failed with…', 'mail     ok']);
});

test('a column in which nothing stands is left out', () => {
  assert.deepEqual(table(measure(columns, [[{ text: 'mail' }]]), { width: 80 }), { titles: 'JOB', rows: ['mail'] });
});

test('colours count for nothing', () => {
  const style = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const styled = rows.map((row) => row.map((cell) => ({ ...cell, style })));
  const plain = table(measure(columns, rows), { width: 60 });
  const coloured = table(measure(columns, styled), { width: 60 }).rows.map((line) =>
    line.replaceAll(/\u001b\[\d+m/g, '').replace(/ +$/, ''),
  );
  assert.deepEqual(coloured, plain.rows);
});

test('no line is wider than the terminal, whatever stands in a cell', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constant('日本語のジョブ'),
    fc.constant('👩‍👩‍👧‍👦👩‍👩‍👧‍👦'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(text, { minLength: 4, maxLength: 4 }), { minLength: 1 }),
      fc.integer({ min: 24, max: 200 }),
      fc.constantFrom('unicode' as const, 'ascii' as const),
      (texts, width, ellipsis) => {
        const four = [{ title: 'JOB' }, { title: 'STATE' }, { title: 'TAGS', expendable: 1 }, { title: 'NOTE' }];
        const cells = texts.map((row) => row.map((cell) => ({ text: cell.replaceAll(/\s/g, ' ') })));
        const { titles, rows: lines } = table(measure(four, cells), { width, ellipsis });
        assert.equal(lines.length, texts.length);
        for (const line of [titles, ...lines]) assert.ok(stringWidth(line) <= width, JSON.stringify(line));
      },
    ),
  );
});
