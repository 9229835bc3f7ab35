import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCrontab, readLine, withoutUsers } from '../../src/crontab/reader.ts';
import { cronReader } from '../../src/system/cron/crontab-check.ts';

const entry = (schedule: string) => `${schedule} root /usr/bin/true`;

/** [text of the line, what it is, or a part of the problem] */
const lines: readonly (readonly [string, string])[] = [
  ['', 'nothing'],
  [' \t ', 'nothing'],
  ['# a comment', 'comment'],
  ['  # täglich', 'comment'],
  ['# 100% \\ fine', 'comment'],
  ['MAILTO=""', 'setting'],
  ["MAILTO=''", 'setting'],
  ['PATH=/usr/bin:/bin', 'setting'],
  ['GREETING=good morning', 'setting'],
  // Debian's cron ignores a whole file for a setting without a value, which cronie accepts.
  ['MAILTO=', 'the value of MAILTO'],
  ['MAILTO= ', 'the value of MAILTO'],
  ['MAILTO=x ', 'the value of MAILTO'],
  ["GREETING='it''s'", 'the value of GREETING'],
  ['GREETING="a', 'the value of GREETING'],
  ['NAME = value', 'neither a comment'],
  ['"NAME"=value', 'neither a comment'],
  // cronie runs the entries below in that zone, Debian's cron in the host's.
  ['CRON_TZ=Europe/Berlin', "Debian's cron does not know CRON_TZ"],
  ['RANDOM_DELAY=5', "Debian's cron does not know RANDOM_DELAY"],
  [entry('* * * * *'), 'entry'],
  [entry('*/5 0-23/2 1,15 jan-MAR mon-5'), 'entry'],
  [entry('00 05 * * 7'), 'entry'],
  [entry('*/1 */23 */31 */12 */7'), 'entry'],
  [entry('*/59 0-23/23 1-31/31 1-12/12 0-7/7'), 'entry'],
  [entry('0 */24 * * *'), 'bad hour'],
  [`* * * * * root ${'x'.repeat(885)}`, 'entry'],
  [`* * * * * root ${'x'.repeat(886)}`, 'more than 900'],
  ['# a comment with \r, \x1b and \0', 'comment'],
  ['60 * * * * root printf 50%', 'bad minute'],
  ['\t5  5\t* * *  root   true', 'entry'],
  ['@reboot root true', 'entry'],
  ['* * * * * svc$ true', 'entry'],
  ['* * * * * svc@example.org true >/dev/null 2>&1', 'entry'],
  // Both accept @daily, but the generated crontab has only five terms.
  ['@daily root true', 'neither a comment'],
  ['@every_second root true', 'neither a comment'],
  ['* * * * * true', 'neither a comment'],
  ['* * * * root true', 'neither a comment'],
  ['* * * * root /bin/true x', 'bad day of week'],
  ['* * * * * root * true', 'neither a comment'],
  ['0 * * * * * true', '"*" is not a user name'],
  ['* * * * * 1000 true', '"1000" is not a user name'],
  ['* * * * * root true %stdin', '% ends a command'],
  ['* * * * * root printf a\\b', '% ends a command'],
  ['* * * * * root true\r', 'a control character'],
  ['* * * * * root true\0', 'a control character'],
  ['* * * * * root tr\u00fce', 'not ASCII'],
  ['\ufeff* * * * * root true', 'neither a comment'],
  [`* * * * * root ${'x'.repeat(900)}`, 'more than 900'],
  ['-* * * * * root true', 'bad minute'],
  // Both daemons silently read 0 here.
  [entry('0~59 * * * *'), 'bad minute'],
  [entry('0#3 * * * *'), 'bad minute'],
  [entry('1-5-7 * * * *'), 'bad minute'],
  [entry('4294967296 * * * *'), 'bad minute'],
  [entry('0/5 * * * *'), 'bad minute'],
  [entry('*/0 * * * *'), 'bad minute'],
  [entry('*/60 * * * *'), 'bad minute'],
  [entry('0, * * * *'), 'bad minute'],
  [entry('60 * * * *'), 'bad minute'],
  // A range that runs backwards is an empty set: the line would never run.
  [entry('0 22-6 * * *'), 'bad hour'],
  [entry('0 24 * * *'), 'bad hour'],
  [entry('0 0 0 * *'), 'bad day of month'],
  [entry('0 0 * 0 *'), 'bad month'],
  [entry('0 0 * mon *'), 'bad month'],
  [entry('0 0 jan * *'), 'bad day of month'],
  [entry('0 0 * * fri-mon'), 'bad day of week'],
  [entry('0 0 * * sat-sun'), 'bad day of week'],
  [entry('0 0 * * sunday'), 'bad day of week'],
  [entry('0 0 * * 8'), 'bad day of week'],
];

for (const [text, expected] of lines) {
  test(`the crontab line ${JSON.stringify(text.slice(0, 60))} is: ${expected}`, () => {
    const line = readLine(text);
    if (line.is === 'problem') assert.ok(line.message.includes(expected), line.message);
    else assert.equal(line.is, expected);
  });
}

test('an entry is its five fields, its user and its command', () => {
  assert.deepEqual(readLine(' */5\t0 * *   1 svc  /bin/sh -c "a  b" '), {
    is: 'entry',
    schedule: '*/5 0 * * 1',
    user: 'svc',
    command: '/bin/sh -c "a  b" ',
  });
});

test('a problem has the number of its line', () => {
  assert.deepEqual(
    readCrontab('# fine\n\n* * * * root true\n').problems.map(({ line }) => line),
    [3],
  );
});

test('a file without a newline at its end is refused, because one daemon ignores the line and the other the file', () => {
  const [problem] = readCrontab('# x\n* * * * * root true').problems;
  assert.deepEqual([problem?.line, /newline/.test(problem?.message ?? '')], [2, true]);
});

test('a file of 10,000 lines is read and one of 10,001 is not', () => {
  assert.deepEqual(readCrontab(`${entry('* * * * *')}\n`.repeat(10_000)).problems, []);
  assert.match(readCrontab(`${entry('* * * * *')}\n`.repeat(10_001)).problems[0]?.message ?? '', /10000 lines/);
});

test("comments of more than 32,768 bytes in a row are refused, because cronie can't read on after them", () => {
  const comments = `# ${'x'.repeat(97)}\n`.repeat(327);
  assert.deepEqual(readCrontab(comments).problems, []);
  assert.equal(readCrontab(`${comments}# ${'x'.repeat(97)}\n`).problems[0]?.line, 328);
  assert.deepEqual(readCrontab(`${comments}A=b\n${comments}`).problems, []);
});

const debian = /-n\s+\(dry run/.test(String(spawnSync('crontab', ['-h']).stderr));
const notDebian = debian ? false : "needs Debian's crontab -n";

test("Debian's crontab refuses the lines for which a file is said to be ignored, and takes the others", {
  skip: notDebian,
}, () => {
  const wrong = lines.flatMap(([text]) => {
    const line = readLine(text);
    // Only a line with a user column can be made one of a user's crontab, which has none.
    const own = /^[^=]* root /.test(text) ? text.replace(' root ', ' ') : text;
    if (line.is !== 'problem' || (own === text && !text.includes('='))) return [];
    const { status } = spawnSync('crontab', ['-n', '-'], { input: `${own}\n` });
    return (status === 0) === line.taken ? [] : [{ text, taken: line.taken, status }];
  });
  assert.deepEqual(wrong, []);
});

test("Debian's crontab accepts every text that our parser accepts", { skip: notDebian }, () => {
  const piece = fc.constantFrom(
    '*',
    '*/5',
    '0',
    '7',
    '59',
    '1-5',
    '5-1',
    '1,2',
    'mon',
    'jan-feb',
    '@reboot',
    '*/60',
    '31',
    '0/2',
    '1,',
  );
  const random = fc.array(piece, { minLength: 5, maxLength: 6 }).map((parts) => `${parts.join(' ')} root true`);
  const setting = fc.tuple(
    fc.constantFrom('A', '_b', '9', 'A '),
    fc.constantFrom('', '""', 'x', "'x'", '"', 'x y', '"x" y', '#'),
  );
  const text = fc.oneof(
    random,
    setting.map(([name, value]) => `${name}=${value}`),
    fc.string({ maxLength: 12, unit: fc.constantFrom('*', ' ', '#', '=', '"', 'a', '1', '\t', "'", '@', '-') }),
  );
  const accepted = fc.sample(text, { numRuns: 20_000, seed: 1 }).filter((line) => readLine(line).is !== 'problem');
  assert.ok(accepted.length > 500, `only ${accepted.length} lines to ask about`);
  assert.ok(accepted.filter((line) => readLine(line).is === 'entry').length > 30);
  for (let at = 0; at < accepted.length; at += 9000) {
    const file = `${accepted.slice(at, at + 9000).join('\n')}\n`;
    assert.equal(cronReader.problemIn(withoutUsers(file)), undefined);
  }
});

test("Debian's crontab refuses lines for which cron ignores a whole file", { skip: notDebian }, () => {
  for (const bad of ['0/5 * * * * root true\n', 'A=\n', '* * * * * root true', `${'# x\n'.repeat(10_001)}`]) {
    assert.notEqual(cronReader.problemIn(withoutUsers(bad)), undefined, bad.slice(0, 40));
  }
});
