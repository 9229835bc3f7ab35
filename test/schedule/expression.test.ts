import assert from 'node:assert/strict';
import test from 'node:test';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';
import { checkSchedule } from './expressions.ts';

/** `from`, `from + step`, … up to `to`. */
function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function read(text: string): Expression {
  const answer = checkSchedule(text);
  assert.ok(answer.ok, `${text}: ${answer.ok ? '' : answer.problems.map((problem) => problem.message).join('; ')}`);
  return answer.expression;
}

function refusals(text: string): string[] {
  const answer = parseExpression(text);
  assert.equal(checkSchedule(text).ok, answer.ok, 'both entrances give the same verdict');
  return answer.ok ? [] : answer.problems.map(({ column, message }) => `${column}: ${message}`);
}

const every = {
  minutes: range(0, 59),
  hours: range(0, 23),
  days: range(1, 31),
  months: range(1, 12),
  weekdays: range(0, 6),
};

const accepted: readonly [string, Partial<Expression>][] = [
  ['* * * * *', { ...every, minuteStar: true, hourStar: true, dayStar: true, weekdayStar: true }],
  [
    '30 4 1 6 2',
    { minutes: [30], hours: [4], days: [1], months: [6], weekdays: [2], minuteStar: false, dayStar: false },
  ],
  ['*/20 */8 * */6 *', { minutes: [0, 20, 40], hours: [0, 8, 16], months: [1, 7], minuteStar: true, hourStar: true }],
  ['5-25/10,50,5 0 * * *', { minutes: [5, 15, 25, 50], minuteStar: false }],
  ['*/30,5 0 * * *', { minutes: [0, 5, 30], minuteStar: true }],
  ['5,*/30 0 * * *', { minutes: [0, 5, 30], minuteStar: false }],
  ['00 05 * * *', { minutes: [0], hours: [5], text: '00 05 * * *' }],
  ['0 0 * Jan,dec MON-fri', { months: [1, 12], weekdays: [1, 2, 3, 4, 5], text: '0 0 * Jan,dec MON-fri' }],
  ['0 0 * * 7', { weekdays: [0] }],
  ['0 0 * * 5-7', { weekdays: [0, 5, 6] }],
  ['0 0 * * 0-7', { weekdays: range(0, 6), weekdayStar: false }],
  ['0 0 29 2 *', { days: [29], months: [2] }],
  ['0 0 30 2 1', { days: [30], months: [2], weekdays: [1] }],
  [' \t0  0\t* *   * ', { text: '0 0 * * *' }],
];

for (const [text, meaning] of accepted) {
  test(`${JSON.stringify(text)} is a schedule with the meaning of cron`, () => {
    const expression = read(text);
    for (const [part, value] of Object.entries(meaning))
      assert.deepEqual(expression[part as keyof Expression], value, part);
  });
}

const refused: readonly [string, ...string[]][] = [
  [
    '',
    '1: a schedule is five terms (minute hour day month weekday), found 0; "30 2 * * 1-5", for instance, is 02:30 from Monday to Friday',
  ],
  [
    '0 0 * *',
    '8: a schedule is five terms (minute hour day month weekday), found 4; one is missing, and "*" stands for any',
  ],
  [
    '0 0 * * * root',
    '1: the schedule ends after five terms, and "root" has no place here: a command belongs in "command", a user nowhere; write "0 0 * * *"',
  ],
  [
    '0 */5 * * * *',
    '1: a schedule is five terms (minute hour day month weekday), found 6; cron knows no seconds; write "*/5 * * * *"',
  ],
  [' @Hourly', '2: cron knows "@Hourly" in small letters only; write "@hourly"'],
  ['@REBOOT', '1: cron knows "@REBOOT" in small letters only; write "@reboot"'],
  ['@daily root', '1: "@daily" is a whole schedule and stands alone'],
  [
    '@every 5m',
    '1: "@every 5m" is not five terms (minute hour day month weekday); the nearest that cron can is "*/5 * * * *": it counts from the full hour or from midnight on, not from the last run',
  ],
  ['TZ=UTC 0 * * *', '3: a "=" would make the line a variable to cron; a zone belongs in "time_zone"'],
  ['0 0 * * *\n', '10: a line break ends the line for cron; a schedule is one line'],
  ['0 0 *\r * *', '6: a line break ends the line for cron; a schedule is one line'],
  [
    '0 0 * * *\u0000',
    '10: the character U+0000 has no place in a schedule; only digits, letters, "*", ",", "-", "/" and blanks have',
  ],
  [
    '0 0 1\u20135 * *',
    '6: the character U+2013 has no place in a schedule; only digits, letters, "*", ",", "-", "/" and blanks have',
  ],
  [
    '0\u00a00 * * *',
    '2: the character U+00A0 has no place in a schedule; only digits, letters, "*", ",", "-", "/" and blanks have',
  ],
  [
    '\u{1f550} 0 * * *',
    '1: the character U+1F550 has no place in a schedule; only digits, letters, "*", ",", "-", "/" and blanks have',
  ],
  ['0/5 * * * *', '1: minute "0/5" has a step behind a single number, which cron does not know; write "*/5"'],
  ['3,5/10 * * * *', '3: minute "5/10" has a step behind a single number, which cron does not know; write "5-59/10"'],
  ['0 0 1/2 * *', '5: day "1/2" has a step behind a single number, which cron does not know; write "1-31/2"'],
  ['0 0 * * mon/2', '9: weekday "mon/2" has a step behind a single number, which cron does not know; write "1-6/2"'],
  ['50/20 * * * *', '1: minute "50/20" has a step behind a single number, which cron does not know; write "50"'],
  ['0 22-6 * * *', '3: hour "22-6" runs backwards; write "22-23,0-6"'],
  ['0 23-0 * * *', '3: hour "23-0" runs backwards; write "23,0"'],
  ['0 22-6/2 * * *', '3: hour "22-6/2" runs backwards; write "0,2,4,6,22"'],
  ['0 0 * nov-feb *', '7: month "nov-feb" runs backwards; write "11-12,1-2"'],
  ['0 0 * * sat-sun', '9: weekday "sat-sun" runs backwards; write "6-7"'],
  ['0 0 * * fri-mon', '9: weekday "fri-mon" runs backwards; write "5-6,0-1"'],
  ['0 0 * * fri-sun/2', '9: weekday "fri-sun/2" runs backwards; write "0,5"'],
  ['0 0 * * sun-sun', '9: weekday "sun-sun" is Sunday to one cron and the whole week to another; write "0" or "0-7"'],
  ['*/0 * * * *', '1: minute "*/0" has the step 0; the smallest is 1'],
  ['*/60 * * * *', '1: minute "*/60" has a step beyond its range 0-59, so that only 0 would match; write "0"'],
  [
    '0 */24 * * *',
    '3: hour "*/24" has a step beyond its range 0-23, so that only 0 would match; the nearest is "0", which differs only where the clock is changed',
  ],
  [
    '10-20/11 * * * *',
    '1: minute "10-20/11" has a step beyond its range 10-20, so that only 10 would match; write "10"',
  ],
  ['10-10/1 * * * *', '1: minute "10-10/1" has a step beyond its range 10-10, so that only 10 would match; write "10"'],
  ['*/ * * * *', '1: minute "*/" has no number after the "/"'],
  ['*/x * * * *', '1: minute "*/x" has no number after the "/"'],
  ['*/100 * * * *', '1: minute "*/100" has a step of more than two digits, "100"'],
  ['*/5/2 * * * *', '1: minute "*/5/2" has two steps; one is possible'],
  ['1-2-3 * * * *', '1: minute "1-2-3" has two dashes; a range is written FROM-TO'],
  ['1- * * * *', '1: minute "1-" has no number where one is needed'],
  ['-5 * * * *', '1: minute "-5" has no number where one is needed'],
  ['*-5 * * * *', '1: minute "*-5" has a "*" beside a number; it stands alone or before a step, as in "*/5"'],
  ['*5 * * * *', '1: minute "*5" has a "*" beside a number; it stands alone or before a step, as in "*/5"'],
  ['0, * * * *', '3: minute "" is an empty item of the list; write "0"'],
  ['1,,2 * * * *', '3: minute "" is an empty item of the list; write "1,2"'],
  [
    '60 24 0 13 8',
    '1: minute "60" is outside 0-59',
    '4: hour "24" is outside 0-23; midnight is 0',
    '7: day "0" is outside 1-31',
    '9: month "13" is outside 1-12',
    '12: weekday "8" is outside 0-7',
  ],
  ['005 * * * *', '1: minute "005" has a number of more than two digits, "005"'],
  ['4294967301 * * * *', '1: minute "4294967301" has a number of more than two digits, "4294967301"'],
  ['0x10 * * * *', '1: minute "0x10" has "0x10" where a number is needed'],
  ['0 0 * * Tuesday', '9: weekday "Tuesday" has "Tuesday" where cron knows only three letters; write "tue"'],
  ['0 0 * mon *', '7: month "mon" has "mon", which belongs in the weekday term'],
  ['0 jan * * *', '3: hour "jan" has "jan", which belongs in the month term'],
  [
    '0 0 * foo *',
    '7: month "foo" has "foo" where a number or one of jan feb mar apr may jun jul aug sep oct nov dec is needed',
  ],
  [
    '0 0 L * *',
    `5: day "L" has an "L" (the last one), which cron does not know; let the command look at the date: take the days 28-31, and sh -c 'test "$(date -d tomorrow +%d)" = 01 || exit 0; exec COMMAND' ends at once on any day but the last`,
  ],
  [
    '0 0 * * 5L',
    '9: weekday "5L" has an "L" (the last one), which cron does not know; let the command look at the date',
  ],
  [
    '0 0 15W * *',
    '5: day "15W" has a "W" (the nearest working day), which cron does not know; let the command look at the date',
  ],
  [
    '0 0 * * 5#3',
    `9: weekday "5#3" has a "#" (the Nth weekday of a month), which cron does not know; let the command look at the date: take the days 15-21 and every weekday, and sh -c 'test "$(date +%u)" = N || exit 0; exec COMMAND' ends at once on any other weekday (N is 1 for Monday, 7 for Sunday)`,
  ],
  ['0 0 ? * 1', '5: day "?" has a "?", which cron does not know; write "*"'],
  [
    '0~59 * * * *',
    '1: minute "0~59" has a "~" (a random moment), which only some crons know; choose a number, or use "splay"',
  ],
  [
    'H * * * *',
    '1: minute "H" has an "H" (Jenkins: a moment derived from the name of the job), which cron does not know; choose a number, or use "splay"',
  ],
  ['5% * * * *', '1: minute "5%" has a "%", which cron does not know'],
  ['1.5 * * * *', '1: minute "1.5" has a ".", which cron does not know'],
  ['0 0 30 2 *', '5: can never run: no month of "2" has a day of "30"'],
  ['0 0 31 2,4,jun,9,11 *', '5: can never run: no month of "2,4,jun,9,11" has a day of "31"'],
  ['0 0 31 2 */2', '5: can never run: no month of "2" has a day of "31"'],
];

for (const [text, ...messages] of refused) {
  test(`${JSON.stringify(text)} is refused with the place and a remedy`, () => {
    assert.deepEqual(refusals(text), messages);
  });
}

test('every schedule that a refusal suggests is valid', () => {
  for (const [text] of refused) {
    for (const message of refusals(text)) {
      const rewrite = /write "([^"]+ [^"]+)"$/.exec(message)?.[1];
      if (rewrite !== undefined) read(rewrite);
    }
  }
});

/** [the word of crontab(5), the five terms that the crontab gets] */
const words: readonly (readonly [string, string])[] = [
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  [' @midnight ', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
];
for (const [word, terms] of words)
  test(`${word.trim()} is ${terms}, without a warning`, () => {
    const [answer, same] = [checkSchedule(word), checkSchedule(terms)];
    assert.ok(answer.ok && same.ok);
    assert.deepEqual([answer.expression, answer.warnings], [{ ...same.expression, written: word }, []]);
  });

test('@reboot is a schedule without a minute', () => {
  const answer = checkSchedule('@reboot');
  assert.ok(answer.ok);
  assert.deepEqual([answer.expression.text, answer.expression.minutes, answer.warnings], ['@reboot', [], []]);
});
