import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { columnsOf, cut, folded, sentence } from '../../../../src/report/text/terminal/fold.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.lorem({ maxCount: 30 }),
  fc.constant('日本語の ジョブ'),
  fc.constant('👩‍👩‍👧‍👦 👩‍👩‍👧‍👦'),
);

test('a cut text has at most so many columns, and no half of a character', () => {
  assert.equal(cut('backup', 6), 'backup');
  assert.equal(cut('backup', 5), 'back…');
  assert.equal(cut('backup', 5, 'ascii'), 'ba...');
  assert.equal(cut('日本語', 6), '日本語');
  assert.equal(cut('日本語', 5), '日本…');
  assert.equal(cut('日本語', 4), '日…');
  assert.equal(cut('backup', 0), '');
  assert.equal(cut('backup', 2, 'ascii'), '');
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 40 }), fc.constantFrom('unicode', 'ascii'), (text, width, how) =>
      assert.ok(stringWidth(cut(text, width, how)) <= width),
    ),
  );
});

test('a folded text keeps every word, indents the later lines, and cuts words only where they are too long', () => {
  assert.deepEqual(folded('failed with exit code 3', 12), ['failed with', 'exit code 3']);
  assert.deepEqual(folded('  failed with exit code 3', 14, 2), ['  failed with', '  exit code 3']);
  assert.deepEqual(folded('/var/log/process-control', 10), ['/var/log/p', 'rocess-con', 'trol']);
  assert.deepEqual(folded('a /var/log/process', 10), ['a', '/var/log/p', 'rocess']);
  assert.deepEqual(folded('', 10), ['']);
  assert.deepEqual(folded('anything', Number.POSITIVE_INFINITY, 2), ['anything']);
  fc.assert(
    fc.property(anyText, fc.integer({ min: 8, max: 60 }), fc.integer({ min: 0, max: 4 }), (text, width, indent) => {
      const lines = folded(text, width, indent);
      for (const line of lines) assert.ok(stringWidth(line) <= width, JSON.stringify(line));
      assert.equal(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
    }),
  );
});

test('columns of ASCII text, and of the signs of a strip, are counted as those of any other', () => {
  assert.equal(columnsOf('▁▂▃▄▅▆▇█✗○·▸–…'), stringWidth('▁▂▃▄▅▆▇█✗○·▸–…'));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => assert.equal(columnsOf(text), stringWidth(text))),
  );
});

test('a sentence keeps paths whole, and no word of others can steer the terminal', () => {
  assert.deepEqual(sentence('see /var/log/process-control for more', 2, 12), [
    'see',
    '  /var/log/process-control',
    '  for more',
  ]);
  assert.deepEqual(sentence('/var/log/process-control', 2, 12), ['/var/log/process-control']);
  assert.deepEqual(sentence('said \u001b[2J', 2), ['said \\u001b[2J']);
});
