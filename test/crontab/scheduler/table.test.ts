/** The lines that job-scheduler starts are those that cron would start, for two years and both clock changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTable, roundsOf } from '../../../src/crontab/scheduler/table.ts';
import { cronClock, cronStep } from '../../../src/schedule/cron-clock.ts';
import { expressionOf } from '../../../src/schedule/expression.ts';
import { eachFire } from '../../../src/schedule/next.ts';
import { findZone } from '../../../src/system/time/zones.ts';
import { minuteMs } from '../../../src/zone/zone.ts';
import { nightSchedule, schedule } from '../../schedule/schedules.ts';

const head = '# Written by cron-generate\nSHELL=/bin/sh\nPATH=/usr/bin:/bin\nMAILTO=""\n\n';

test('the table has what each line starts, and the settings', () => {
  const table = readTable(
    `${head}@reboot svc /usr/bin/run-job --ensure\n*/5 * * * * svc /usr/bin/run-job --job a\n*/5 * * * * svc /usr/bin/run-job --due --job b\n`,
  );
  assert.deepEqual(table.settings, { SHELL: '/bin/sh', PATH: '/usr/bin:/bin', MAILTO: '' });
  assert.deepEqual(
    table.atBoot.map(({ command, slug }) => [command, slug]),
    [['/usr/bin/run-job --ensure', undefined]],
  );
  const [group] = table.groups;
  assert.deepEqual(
    group?.lines.map(({ slug, due }) => [slug, due]),
    [
      ['a', false],
      ['b', true],
    ],
  );
});

/** Plays the minutes of a span and returns the starts of each line, in milliseconds. */
function play(texts: readonly string[], zoneName: string, fromMs: number, untilMs: number): number[][] {
  const zone = findZone(zoneName);
  assert.ok(zone);
  const table = readTable(head + texts.map((text, at) => `${text} svc /usr/bin/run-job --job j${at}\n`).join(''));
  let offsetMs = zone.offsetAt(fromMs);
  const local = (ms: number) => {
    // These zones change their clocks at full quarters of an hour.
    if (ms % (15 * minuteMs) === 0) offsetMs = zone.offsetAt(ms);
    return Math.floor((ms + offsetMs) / minuteMs);
  };
  const starts: number[][] = texts.map(() => []);
  let clock = cronClock(local(fromMs));
  for (let ms = fromMs + minuteMs; ms <= untilMs; ms += minuteMs) {
    const step = cronStep(clock, local(ms));
    clock = step.clock;
    for (const { slug } of roundsOf(table, step.looks).flat()) starts[Number(slug?.slice(1))]?.push(ms);
  }
  return starts;
}

/** Each line starts when `jobctl next` foretells it. */
function compare(texts: readonly string[], zoneName: string, { fromMs, untilMs }: { fromMs: number; untilMs: number }) {
  const zone = findZone(zoneName);
  assert.ok(zone);
  for (const [at, starts] of play(texts, zoneName, fromMs, untilMs).entries()) {
    const expression = expressionOf(texts[at] ?? '');
    assert.ok(expression);
    const foretold: readonly number[] = [...eachFire(expression, { zone, afterMs: fromMs, untilMs })];
    assert.deepEqual(starts, foretold, `${texts[at]} in ${zoneName}`);
  }
}

test('two years of minutes: each line at the moments that jobctl next foretells', () => {
  const fromMs = Date.UTC(2026, 0, 1);
  const untilMs = Date.UTC(2028, 0, 1);
  const made = fc.sample(fc.oneof(schedule, nightSchedule), { numRuns: 8, seed: 20_261_130 }).map(({ text }) => text);
  const texts = [...made, '30 2 * * *', '0,30 0-23 * * *', '*/30 * * * *', '59 23 31 12 *'];
  compare(texts, 'Europe/Berlin', { fromMs, untilMs });
});

test('any schedules, in the days around the clock changes of an hour and of half an hour', () => {
  const spans: Readonly<Record<string, readonly number[]>> = {
    'Europe/Berlin': [Date.UTC(2026, 2, 27), Date.UTC(2026, 9, 23)],
    'Australia/Lord_Howe': [Date.UTC(2026, 3, 3), Date.UTC(2026, 9, 2)],
  };
  const property = fc.property(fc.array(nightSchedule, { minLength: 1, maxLength: 8 }), (made) => {
    const texts = made.map(({ text }) => text);
    for (const [zoneName, days] of Object.entries(spans))
      for (const fromMs of days) compare(texts, zoneName, { fromMs, untilMs: fromMs + 4 * 24 * 60 * minuteMs });
  });
  fc.assert(property, { numRuns: 20 });
});
