import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';
import verdicts from '../data/debian-cron-verdicts.json' with { type: 'json' };
import { checkSchedule } from './expressions.ts';
import { nearSchedule, schedule } from './schedules.ts';

/** `0-3,7` as Debian's parser printed its sets. */
function setOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
  });
}

function starsOf(expression: Expression): string[] {
  const { minuteStar, hourStar, dayStar, weekdayStar } = expression;
  const stars = { minute: minuteStar, hour: hourStar, day: dayStar, weekday: weekdayStar };
  return Object.entries(stars).flatMap(([name, isStarred]) => (isStarred ? [name] : []));
}

test('schedules that Debian cron rejects or never runs are refused, and accepted ones have the meaning of Debian cron', () => {
  let accepted = 0;
  for (const { schedule: text, verdict, reads, stars } of verdicts) {
    const answer = checkSchedule(text);
    if (!answer.ok) continue;
    accepted += 1;
    // It is due at a boot, and at no minute of Debian's verdict.
    if (text === '@reboot') continue;
    assert.equal(verdict, 'accepts', text);
    assert.ok(reads !== undefined && stars !== undefined);
    const { minutes, hours, days, months, weekdays } = answer.expression;
    const [minute = '', hour = '', day = '', month = '', weekday = ''] = reads;
    assert.deepEqual([minutes, hours, days, months], [minute, hour, day, month].map(setOf), text);
    assert.deepEqual(
      weekdays,
      setOf(weekday).filter((value) => value !== 7),
      text,
    );
    // The crontab gets the five terms, of which Debian makes the same sets with other flags.
    if (text.startsWith('@')) continue;
    assert.deepEqual(starsOf(answer.expression).sort(), [...stars].sort(), text);
  }
  assert.ok(accepted >= 18, `only ${accepted} of the schedules are accepted`);
});

/**
 * `crontab -n FILE` is a dry run in Debian's package alone; elsewhere -n sets something, so the
 * help is asked first.
 */
const isDebianCron = /dry run/.test(spawnSync('crontab', ['-h'], { encoding: 'utf8' }).stderr ?? '');
const noCron = isDebianCron ? false : "the crontab program of Debian's cron package is not installed";

/**
 * Debian's own parser on all lines at once; where it objects, halves are tried until the lines are
 * found.
 */
function rejectedByDebian(schedules: readonly string[]): readonly string[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'schedules-'));
  try {
    return rejectedIn(schedules, path.join(directory, 'crontab'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function rejectedIn(schedules: readonly string[], file: string): readonly string[] {
  writeFileSync(file, schedules.map((text) => `${text} /bin/true\n`).join(''));
  if (spawnSync('crontab', ['-n', file]).status === 0) return [];
  if (schedules.length === 1) return schedules;
  const middle = Math.ceil(schedules.length / 2);
  return [...rejectedIn(schedules.slice(0, middle), file), ...rejectedIn(schedules.slice(middle), file)];
}

test('Debian cron accepts every generated schedule that we accept', { skip: noCron }, () => {
  const accepted = fc.sample(schedule, 8000).flatMap(({ text }) => {
    const answer = parseExpression(text);
    return answer.ok ? [answer.expression.text] : [];
  });
  assert.ok(accepted.length > 7000, `only ${accepted.length} of the generated schedules are sound`);
  assert.deepEqual(rejectedByDebian(accepted), []);
});

test('Debian cron accepts every misspelt schedule that we accept, and we refuse most', { skip: noCron }, () => {
  const slips = fc.sample(nearSchedule, 12_000);
  const passed = slips.filter((text) => parseExpression(text).ok);
  assert.deepEqual(rejectedByDebian(passed), []);
  assert.ok(passed.length > 500, `only ${passed.length} slips pass: the generator is too wild to test anything`);
  assert.ok(slips.length - passed.length > 5000, `${slips.length - passed.length} slips are refused`);
});

test('Debian cron rejects a line that is known to be wrong, so that the two tests above can fail', {
  skip: noCron,
}, () => {
  assert.deepEqual(rejectedByDebian(['0 0 * * *', '0/5 * * * *', '1 1 1 1 1']), ['0/5 * * * *']);
});
