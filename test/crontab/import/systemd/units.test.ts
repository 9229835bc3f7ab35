// biome-ignore-all lint/suspicious/noTemplateCurlyInString: systemd puts variables in for them.
/** The syntax of unit files: lines, words, specifiers, time spans, files of variables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentFile } from '../../../../src/crontab/import/systemd/environment-file.ts';
import { execCommands } from '../../../../src/crontab/import/systemd/exec.ts';
import { expand } from '../../../../src/crontab/import/systemd/specifiers.ts';
import { spanSeconds, spanText } from '../../../../src/crontab/import/systemd/time-span.ts';
import { listOf, readUnit } from '../../../../src/crontab/import/systemd/unit-file.ts';
import { unitWords } from '../../../../src/crontab/import/systemd/words.ts';
import { parseDuration } from '../../../../src/text/duration.ts';

test('a line that ends with a backslash goes on, also over comments; ; and # begin comments', () => {
  const text = '\ufeff# one\n[A]\n  ; two\nK = a \\\n# between\n; too\n  b\\\\\nL=#no comment\n[B]\nK=\nM=\\\n\nN=1\n';
  const { assignments, problems } = readUnit({ file: 'f', text });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    assignments.map(({ section, key, value, line }) => [section, key, value, line]),
    [
      ['A', 'K', 'a    b\\\\', 4],
      ['A', 'L', '#no comment', 8],
      ['B', 'K', '', 10],
      ['B', 'M', '', 11],
      ['B', 'N', '1', 13],
    ],
  );
});

test('lines outside of sections and lines that are no assignments are problems; the line ends of Windows are none', () => {
  const { problems } = readUnit({ file: 'f', text: 'A=1\n[S]\r\n[S]\nB=1\r\nC\n' });
  assert.deepEqual(
    problems.map(({ line }) => line),
    [1, 5],
  );
});

test('an empty value drops those before it', () => {
  const { assignments } = readUnit({ file: 'f', text: '[S]\nK=1\nL=2\nK=\nL=3\n' });
  assert.deepEqual(
    listOf(assignments, 'S', 'K', 'L').map(({ value }) => value),
    ['3'],
  );
});

test('words have quotes and escapes anywhere', () => {
  const rows: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['a  "b c"\t\'d e\'', ['a', 'b c', 'd e']],
    ['"\\x41\\101\\u00e9\\s\\t" \\"', ['AA\u00e9 \t', '"']],
    ["x'y z'w ''", ['xy zw', '']],
    ['\\d \\\\', ['\\d', '\\']],
    ['"open', undefined],
    ['', []],
  ];
  for (const [text, words] of rows) assert.deepEqual(unitWords(text), words, text);
});

const unit = {
  name: 'a-b@c-d\\x2de.service',
  manager: { name: 'root', uid: 0, home: '/root', isSystem: true },
  hostName: 'h.example.org',
};

test('specifiers stand for what systemd puts in', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['%n|%N', 'a-b@c-d\\x2de.service|a-b@c-d\\x2de'],
    ['%p|%P|%j', 'a-b|a/b|b'],
    ['%i|%I|%f', 'c-d\\x2de|c/d-e|/c/d-e'],
    ['%h|%u|%U|%%i', '/root|root|0|%i'],
    ['%H|%l|%t|%S', 'h.example.org|h|/run|/var/lib'],
  ];
  for (const [text, expected] of rows) assert.deepEqual(expand(text, unit), { ok: true, text: expected }, text);
  assert.deepEqual(expand('x%', unit), { ok: false, specifier: '%' });
  assert.deepEqual(expand('%d/key', unit), { ok: false, specifier: '%d' });
});

test('commands are split at ; and have prefixes and variables', () => {
  const variables = new Map([
    ['ONE', 'one'],
    ['TWO', "two 'two and a half'"],
  ]);
  const words = (value: string) => {
    const read = execCommands(value, { unit, variables });
    return typeof read === 'string' ? read : read.map((one) => one.words);
  };
  assert.deepEqual(words('/bin/a $TWO ; -/bin/b "${TWO}" \\; ";"'), [
    ['/bin/a', 'two', 'two and a half'],
    ['/bin/b', "two 'two and a half'", ';', ';'],
  ]);
  assert.deepEqual(words(':/bin/a $ONE ${ONE} $$'), [['/bin/a', '$ONE', '${ONE}', '$$']]);
  assert.deepEqual(words('/bin/a x$ONE $NONE ${NONE} $$ONE'), [['/bin/a', 'x$ONE', '', '$ONE']]);
  assert.match(String(words('|/bin/a')), /shell of the user/);
  assert.match(String(words('/bin/a %d')), /%d has no value/);
  const home = execCommands(`/bin/a \${HOME}`, { unit, variables });
  assert.ok(typeof home !== 'string');
  assert.match(home[0]?.checks[0] ?? '', /Which value is meant by \$\{HOME\}/);
});

test('time spans are those of systemd.time', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['90', 90],
    ['5min 20s', 320],
    ['1h30min', 5400],
    ['1.5h', 5400],
    ['2 weeks', 1_209_600],
    ['300ms', 0.3],
    ['infinity', Number.POSITIVE_INFINITY],
    ['soon', undefined],
    ['', undefined],
    ['1 fortnight', undefined],
    [`${'1'.repeat(50)}!`, undefined],
  ];
  for (const [text, seconds] of rows) assert.equal(spanSeconds(text), seconds, text);
  for (const seconds of [1, 59, 60, 90, 119, 120, 3600, 5400, 7200, 86_400, 90_061])
    assert.equal(parseDuration(spanText(seconds)), seconds);
});

test('a file of variables has quotes, comments and lines that go on', () => {
  const text = '# c\nA=1\nB = "x \\" y"\n; d\nC=\'a b\' \nD=one\\\n two\n\n';
  assert.deepEqual(
    [...(environmentFile(text) as Map<string, string>)],
    [
      ['A', '1'],
      ['B', 'x " y'],
      ['C', 'a b'],
      ['D', 'one two'],
    ],
  );
  assert.equal(environmentFile('A=1\nexport B=2\n'), 2);
  assert.equal(environmentFile('A="1\n'), 1);
});
