import assert from 'node:assert/strict';
import test from 'node:test';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';
import { lintExpression } from '../../src/schedule/lint.ts';
import { lintClockChanges } from '../../src/schedule/lint-clock-changes.ts';
import type { ScheduleProblem } from '../../src/schedule/term.ts';
import { zoneNamed } from '../fakes/zones.ts';

function read(text: string): { expression: Expression; warnings: readonly ScheduleProblem[] } {
  const answer = parseExpression(text);
  assert.ok(answer.ok, text);
  return { ...answer, warnings: lintExpression(answer.expression) };
}

function said(problems: readonly ScheduleProblem[]): string[] {
  return problems.map(({ column, message }) => `${column}: ${message}`);
}

const odd: readonly [string, string][] = [
  ['0 0 13 * 5', '5: runs on days that match either "13" or "5": cron does not ask for both'],
  [
    '0 0 1-31 * 1',
    '5: runs every day, because cron runs a job when either day term matches and "1-31" always does; for every day write "0 0 * * *", and for "1" alone "0 0 * * 1"',
  ],
  [
    '0 0 13 * 0-6',
    '10: runs every day, because cron runs a job when either day term matches and "0-6" always does; for every day write "0 0 * * *", and for "13" alone "0 0 13 * *"',
  ],
  [
    '0 0 */2 * 1',
    '5: runs only on days that match both "*/2" and "1", because cron takes "*/2" for unrestricted: it starts with "*"',
  ],
  [
    '0 0 13 * */2',
    '10: runs only on days that match both "13" and "*/2", because cron takes "*/2" for unrestricted: it starts with "*"',
  ],
  ['* 2 * * *', '1: runs in every minute of hour "2"; once in the hour is "0 2 * * *"'],
  ['* */2 * * *', '1: runs in every minute of hour "*/2"; once in the hour is "0 */2 * * *"'],
  ['0-59 23,5 * * 1', '1: runs in every minute of hour "23,5"; once in the hour is "0 23,5 * * 1"'],
  ['* * 1 * *', '1: runs in every minute of such a day, 1,440 times; once a day is "0 0 1 * *"'],
  ['* * * * 0', '1: runs in every minute of such a day, 1,440 times; once a day is "0 0 * * 0"'],
  ['0-59 */1 * * mon,wed', '1: runs in every minute of such a day, 1,440 times; once a day is "0 0 * * mon,wed"'],
  ['0-59/7 * * * *', '1: minute "0-59/7" is uneven: 7 does not divide 60'],
  ['0 0-23/5 * * *', '3: hour "0-23/5" is uneven: 5 does not divide 24'],
  ['0 0 1-31/2 * *', '5: day "1-31/2" starts again on the first of each month, even if the last step was shorter'],
  ['0 0 * * 0-7/2', '9: weekday "0-7/2" is uneven: 2 does not divide 7'],
  ['0 0 31 * *', '5: day 31 is not in feb, apr, jun, sep, nov: nothing runs for it there'],
  ['0 0 30 * *', '5: day 30 is not in feb: nothing runs for it there'],
  ['0 0 29-31 2,3 *', '5: day 29 is not in feb: nothing runs for it there, but in leap years'],
  ['0 0 15,31 apr,may *', '5: day 31 is not in apr: nothing runs for it there'],
  ['0 0 29 2 *', '5: day 29 of feb is only in leap years'],
  [
    '0 9 8-14 * mon',
    `5: runs on days that match either "8-14" or "mon": cron does not ask for both; for both, take "0 9 8-14 * *" and a command that ends at once on other days: sh -c 'test "$(date +%u)" = 1 || exit 0; exec COMMAND'`,
  ],
  ['*/7 * * * *', '1: minute "*/7" is uneven: 7 does not divide 60'],
  ['0 */5 * * *', '3: hour "*/5" is uneven: 5 does not divide 24'],
  ['0 0 * */5 *', '7: month "*/5" is uneven: 5 does not divide 12'],
  ['0 0 * * */2', '9: weekday "*/2" is uneven: 2 does not divide 7'],
  ['0 0 */10 * *', '5: day "*/10" starts again on the first of each month, even if the last step was shorter'],
];

for (const [text, warning] of odd) {
  test(`"${text}" is accepted with a warning about its real meaning`, () => {
    assert.ok(said(read(text).warnings).includes(warning), said(read(text).warnings).join('\n'));
  });
}

const plain = [
  '* * * * 1-5',
  '* * 1-7 * *',
  '* * * jan *',
  '0 0 31 1 *',
  '0 0 28-31 * *',
  '0 0 1,15 * *',
  '0 0 1-31 * *',
  '5-59/7 * * * *',
  '* * * * *',
  '*/5 * * * *',
  '0,30 8-18 * * mon-fri',
  '* 8-17 * * *',
  '* 23,0 * * *',
  '0 0 1 * *',
  '0 0 1-31 * *',
  '0 0 13 * *',
  '0 0 * * 1-5',
  '0 0 */1 * 0-6',
  '10-50/7 */6 * */3 *',
  '0 0 * * */7',
];

test('an unambiguous schedule gets no warning', () => {
  for (const text of plain) assert.deepEqual(said(read(text).warnings), [], text);
});

const berlin = { zone: zoneNamed('Europe/Berlin'), afterMs: Date.parse('2026-11-24T00:00Z') };
const clockChanges: readonly [string, ...string[]][] = [
  ['30 2 * * *', '4: there is no 02:30 in Europe/Berlin on 2027-03-28; cron runs the job at 03:00'],
  [
    '0,30 2 * * *',
    '6: there is no 02:00 or 02:30 in Europe/Berlin on 2027-03-28; cron starts its line 2 times at 03:00, and the job runs once',
  ],
  ['30 2,3 * * *', '4: there is no 02:30 in Europe/Berlin on 2027-03-28; cron runs the job at 03:00'],
  [
    '0 2,3 * * *',
    '3: there is no 02:00 in Europe/Berlin on 2027-03-28; cron starts its line 2 times at 03:00, and the job runs once',
  ],
  [
    '5-59/5 2 28 3 *',
    '8: there is no 02:05 to 02:55 in Europe/Berlin on 2027-03-28; cron starts its line 11 times at 03:00, and the job runs once',
  ],
  ['*/30 2 * * *', '6: there is no 02:00 or 02:30 in Europe/Berlin on 2027-03-28; cron leaves the job out on that day'],
  [
    '0,30 0-23 * * *',
    '6: there is no 02:00 or 02:30 in Europe/Berlin on 2027-03-28; cron starts its line 3 times at 03:00, and the job runs once',
    '6: 02:00-03:00 comes twice in Europe/Berlin on 2027-10-31, and cron does not run "0-23" the second time; write "*" for every hour',
  ],
  ['*/30 * * * *'],
  ['0,30 * * * *'],
  ['0 */2 * * *'],
  ['*/10 0-6 * * *'],
  ['*/30 2,3 * * *'],
  ['30 3 * * *'],
  ['30 2 * * mon-sat'],
];

for (const [text, ...warnings] of clockChanges) {
  test(`on a host in Berlin "${text}" gets ${warnings.length === 0 ? 'no warning' : 'a warning'} about the clock changes`, () => {
    assert.deepEqual(said(lintClockChanges(read(text).expression, berlin)), warnings);
  });
}

test('a host whose clock is never changed gets no warning about clock changes', () => {
  for (const zone of ['UTC', 'Asia/Kolkata']) {
    assert.deepEqual(lintClockChanges(read('0,30 0-23 * * *').expression, { ...berlin, zone: zoneNamed(zone) }), []);
  }
});

test('a gap of half an hour is a gap', () => {
  const host = { ...berlin, zone: zoneNamed('Australia/Lord_Howe') };
  assert.deepEqual(said(lintClockChanges(read('15 2 * * *').expression, host)), [
    '4: there is no 02:15 in Australia/Lord_Howe on 2027-10-03; cron runs the job at 02:30',
  ]);
});
