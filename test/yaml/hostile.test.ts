/** Hostile texts: each gets a few problems, quickly, and never an exception. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { validateJobText } from '../../src/job/load.ts';
import { formatProblem, type Problem } from '../../src/text/problem.ts';

function problemsOf(text: string | Uint8Array): readonly Problem[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const result = validateJobText({ file: 'job.yaml', bytes }, {});
  return result.ok ? result.warnings : result.problems;
}

const job = 'name: a\ncommand: b\n';
const limitBytes = 256 * 1024;
const hostile: readonly [string, string, RegExp][] = [
  ['nested lists without end', `name: ${'['.repeat(limitBytes - 10)}`, /nested too deeply/],
  ['nested lists', `${job}tags: ${'['.repeat(5000)}${']'.repeat(5000)}`, /nested/],
  ['nested dashes', `${job}tags: \n ${'- '.repeat(5000)}a`, /nested/],
  ['nested complex keys', `name: a\n${'? '.repeat(100_000)}`, /nested|plain text/],
  [
    'thirty thousand unknown keys',
    `name: x\n${Array.from({ length: 30_000 }, (_, i) => `k${i.toString(36)}:`).join('\n')}`,
    /unknown key/,
  ],
  ['fifty thousand doubled keys', `name: x\n${'a: b\n'.repeat(50_000)}`, /"a" is given twice/],
  ['forty thousand aliases of nothing', `name: x\n${'a: *x\n'.repeat(40_000)}`, /must be in quotes/],
  ['forty thousand aliases', `_a: &a b\n${job}tags: [${'*a, '.repeat(40_000)}]`, /aliases/],
  ['few aliases of much', `_a: &a [${'x,'.repeat(900)}]\n${job}tags: [*a, *a, *a]`, /stand for too many values/],
  ['a long alias', `_a: &a [${'x,'.repeat(60_000)}]\n${job}tags: *a`, /^$/],
  ['a hundred thousand bad escapes', `${job}description: "${'\\x'.repeat(100_000)}"`, /backslash/],
  ['a hundred thousand tabs', '\t\n'.repeat(100_000), /tabs|nothing/],
  ['sixty thousand documents', `name: x\n${'---\n'.repeat(60_000)}`, /one document/],
  ['a line of 256 KiB', `${job}description: ${'x'.repeat(250_000)}`, /^$/],
  ['a name of 256 KiB', `command: b\nname: ${'x'.repeat(250_000)}`, /at most 200 characters/],
  ['a key of 256 KiB', `${job}${'k'.repeat(250_000)}: 1`, /./],
  ['a command of 256 KiB', `name: a\ncommand: ${'"a" '.repeat(60_000)}`, /./],
  ['many quotes in a command', `name: a\ncommand: a ${`'"'`.repeat(50_000)}`, /^$/],
];

for (const [what, text, message] of hostile) {
  test(`gets few problems: ${what}`, () => {
    const problems = problemsOf(text);
    assert.ok(problems.length <= 101, `${problems.length} problems`);
    assert.match(problems.map((problem) => problem.message).join('\n'), message);
    for (const problem of problems) assert.ok(formatProblem(problem).length < 1000);
  });
}

/** Checks that a problem is one printable line with a place inside the text. */
function assertTold(bytes: Uint8Array): void {
  const lines = new TextDecoder().decode(bytes).split('\n');
  for (const problem of problemsOf(bytes)) {
    assert.match(formatProblem(problem), /^job\.yaml:\d+:\d+: [^\p{Cc}]+$/u);
    const line = lines[(problem.line ?? 0) - 1];
    assert.ok(line !== undefined, `line ${problem.line} of ${lines.length}`);
    assert.ok((problem.column ?? 0) <= line.length + 1, `column ${problem.column} of ${line.length}`);
  }
}

test('random bytes throw no exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), assertTold), { numRuns: 2000 });
});

test("text of YAML's special characters throws no exception", () => {
  const piece = fc.constantFrom(
    ...[
      'name',
      'command',
      'tags',
      'timeout',
      'environment',
      'failmail',
      'x',
      '_x',
      '<<',
      '__proto__',
      '1',
      '010',
      '.inf',
      'yes',
      '~',
    ],
    ...[
      ': ',
      ':',
      '- ',
      '? ',
      '\n',
      '\n  ',
      '\n\t',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '|',
      '>',
      '*',
      '&a ',
      '*a',
      '!',
      '!!str ',
    ],
    ...['---\n', '...\n', '%YAML 1.1\n', '#', ' #', '@', '`', '\\', '\r\n', '\u00e4', '\u{1f69a}', '\ufeff'],
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => new TextEncoder().encode(pieces.join('')));
  fc.assert(fc.property(text, assertTold), { numRuns: 2000 });
});

test('a good file with one changed character throws no exception', () => {
  const good = `${job}schedule: "*/5 * * * *"\nenvironment: {A: 010}\ntags: [a, 'b']\ntimeout: 2h30m\nfailmail:\n  to_address: a@example.org\n`;
  const change = fc.tuple(fc.nat(good.length), fc.string({ unit: 'grapheme', maxLength: 3 }), fc.nat(3));
  fc.assert(
    fc.property(change, ([at, inserted, removed]) => {
      assertTold(new TextEncoder().encode(good.slice(0, at) + inserted + good.slice(at + removed)));
    }),
    { numRuns: 1500 },
  );
});
