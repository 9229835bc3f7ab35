import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitCommand } from '../../src/job/command.ts';

function wordsOf(text: string): readonly string[] | string {
  const split = splitCommand(text);
  return split.ok ? split.command.words : split.problem.message;
}

const table: readonly [string, readonly string[]][] = [
  ['/bin/echo a  b\tc ', ['/bin/echo', 'a', 'b', 'c']],
  [`echo 'a b' "c d" e\\ f`, ['echo', 'a b', 'c d', 'e f']],
  [`echo a'b'"c"d`, ['echo', 'abcd']],
  [`echo "" ''`, ['echo', '', '']],
  [`echo "a\\"b\\\\c\\$d\\\`e"`, ['echo', 'a"b\\c$d`e']],
  [`echo "a\\b\\n"`, ['echo', 'a\\b\\n']],
  [`echo 'a\\b'`, ['echo', 'a\\b']],
  [`echo \\'a\\"`, ['echo', `'a"`]],
  [`echo "it's" 'say "x"'`, ['echo', "it's", 'say "x"']],
  ['echo $HOME *.txt | wc', ['echo', '$HOME', '*.txt', '|', 'wc']],
  ['echo #1', ['echo', '#1']],
  ['  echo  ', ['echo']],
  ['echo é 🚚', ['echo', 'é', '🚚']],
  ['echo last\n', ['echo', 'last']],
];

for (const [text, words] of table) {
  test(`${JSON.stringify(text)} is ${words.length} words`, () => assert.deepEqual(wordsOf(text), words));
}

test('the words are those that a POSIX shell makes of the same quotes', () => {
  const piece = fc.constantFrom('a', 'b', ' ', '\t', "'", '"', '\\', '\\"', "\\'", '\\\\', '\\$', 'é', '-', '=', '.');
  const lines = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join('')),
    { numRuns: 400, seed: 1 },
  );
  const split = lines.flatMap((text) => {
    const answer = splitCommand(`x ${text}`);
    return answer.ok ? [{ text, words: answer.command.words.slice(1) }] : [];
  });
  assert.ok(split.length > 100);
  const script = split.map(({ text }) => `set -- ${text}\nprintf '%s\\0' $# "$@"\n`).join('');
  const said = execFileSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
  assert.equal(
    said,
    split.map(({ words }) => [String(words.length), ...words].map((word) => `${word}\0`).join('')).join(''),
  );
});

test('unbalanced quotes are refused, as a shell does', () => {
  const piece = fc.constantFrom('a', ' ', "'", '"', '\\');
  const lines = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `x ${pieces.join('')}`),
    { numRuns: 60, seed: 2 },
  );
  for (const text of lines) {
    // A shell takes a backslash at the very end as text; we refuse it, because the line was
    // probably cut off.
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(text)) continue;
    const balanced = splitCommand(text).ok;
    assert.equal(balanced, shellAccepts(text), JSON.stringify(text));
  }
});

function shellAccepts(text: string): boolean {
  try {
    execFileSync('/bin/sh', ['-n', '-s'], { input: text, stdio: ['pipe', 'ignore', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}

test('any words are split again if each is in single quotes', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !/[\n\0]/.test(text));
  const words = fc
    .tuple(
      word.filter((text) => text !== ''),
      fc.array(word),
    )
    .map(([program, rest]) => [program, ...rest]);
  fc.assert(
    fc.property(words, (all) => {
      const text = all.map((w) => `'${w.replaceAll("'", "'\\''")}'`).join(' ');
      assert.deepEqual(wordsOf(text), all);
    }),
  );
});

test('no text throws an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
      const split = splitCommand(text);
      if (!split.ok) assert.ok(split.problem.index >= 0 && split.problem.index <= text.length);
    }),
    { numRuns: 2000 },
  );
});

const mistakes: readonly [string, number, RegExp][] = [
  ['a "b', 2, /" that is never closed/],
  ["a 'b", 2, /' that is never closed/],
  ["a 'b' 'c", 6, /' that is never closed/],
  ['a \\', 2, /ends with a backslash/],
  ['a\nb', 1, /line break/],
  ['a\n\n', 1, /line break/],
  ['', 0, /is empty/],
  [' \t', 0, /is empty/],
  ['"" a', 0, /empty program name/],
];

for (const [text, index, message] of mistakes) {
  test(`${JSON.stringify(text)} has a problem at character ${index}`, () => {
    const split = splitCommand(text);
    assert.ok(!split.ok);
    assert.equal(split.problem.index, index);
    assert.match(split.problem.message, message);
  });
}

const shellSyntax: readonly [string, readonly string[]][] = [
  ['a | b', ['|']],
  ['a && b', ['&']],
  ['a > b 2>&1', ['>', '&']],
  ['a; b', [';']],
  ['a *.txt b?', ['*', '?']],
  ['a $HOME $(b) `c` "$D" $1', ['$HOME', '$(', '(', ')', '`', '$D', '$1']],
  ["a '$HOME | *' \\$X \\*", []],
  ['a "x|y*z"', []],
  ['a costs 5$ $', []],
  ['a ~/b c~ ~', ['~']],
  ['a #b c#d', ['#']],
  ['a {b,c} {1..3} {x} {}', ['{']],
  ['[ -f x ]', []],
  ['a [ab].txt [x', ['[']],
  ['X=1 a', ['X=']],
  ['a X=1', []],
  ['curl https://example.org/?a=1&b=2', []],
];

for (const [text, expected] of shellSyntax) {
  test(`shell syntax in ${text}: ${expected.join(' ') || 'none'}`, () => {
    const split = splitCommand(text);
    assert.deepEqual(split.ok && [...split.shellSyntax], expected);
  });
}
