/**
 * The line of a job with a zone of its own starts run-job at every tick of the job: compared with
 * cron's main loop, simulated in both zones around the clock changes of either, a leap day and the
 * end of a year.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dueMinutes } from '../../src/crontab/due-minutes.ts';
import { parseExpression } from '../../src/schedule/expression.ts';
import { nextFires } from '../../src/schedule/next.ts';
import { zoneNamed } from '../fakes/zones.ts';
import { daysIn, playCron } from './cron-loop.ts';
import { type Made, type MadeSchedule, nightSchedule, schedule } from './schedules.ts';

const minuteMs = 60_000;
const hours = 72;

/** [zone of the job, zone of the host, in the midst of the days] */
const scenes: readonly (readonly [string, string, string])[] = [
  ['America/New_York', 'Europe/Berlin', '2026-03-08T07:00Z'],
  ['America/New_York', 'Asia/Kolkata', '2026-11-01T06:00Z'],
  ['Europe/Berlin', 'America/New_York', '2026-03-29T01:00Z'],
  ['Asia/Kathmandu', 'Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', 'UTC', '2026-10-03T15:30Z'],
  ['Australia/Lord_Howe', 'Asia/Kathmandu', '2026-04-04T15:00Z'],
  ['Pacific/Chatham', 'America/St_Johns', '2026-09-26T14:00Z'],
  ['Antarctica/Troll', 'Europe/London', '2026-10-25T01:00Z'],
  ['Antarctica/Troll', 'Asia/Tokyo', '2026-03-29T01:00Z'],
  ['Africa/Casablanca', 'UTC', '2026-02-15T02:00Z'],
  ['America/Santiago', 'Africa/Casablanca', '2026-09-06T04:00Z'],
  ['Europe/Dublin', 'America/Caracas', '2025-10-26T01:00Z'],
  ['Asia/Kathmandu', 'Pacific/Chatham', '2028-02-29T06:00Z'],
  ['Pacific/Kiritimati', 'Pacific/Pago_Pago', '2028-02-29T12:00Z'],
  ['America/St_Johns', 'Asia/Kolkata', '2027-01-01T00:00Z'],
];

const all = (size: number): Made => ({ text: '*', values: Array.from({ length: size }, (_, at) => at) });

function lineOf(minutes: string): MadeSchedule {
  const values = minutes === '*' ? all(60).values : minutes.split(',').map(Number);
  const everyDay = [{ ...all(32) }, { ...all(13) }, { ...all(7) }];
  return { text: `${minutes} * * * *`, terms: [{ text: minutes, values }, all(24), ...everyDay] };
}

for (const [job, host, middle] of scenes) {
  test(`${job} on a host in ${host} around ${middle}: the ticks are those of cron's loop, and each has a start`, () => {
    const span = { startMs: Date.parse(middle) - (hours / 2) * 60 * minuteMs, minutes: hours * 60 };
    const [ofJob, ofHost] = [daysIn(job, span), daysIn(host, span)];
    const starts = new Map<string, ReadonlySet<number>>();
    fc.assert(
      fc.property(fc.oneof(nightSchedule, schedule), (made) => {
        const answer = parseExpression(made.text);
        fc.pre(answer.ok);
        const ticks = playCron(made, ofJob);
        const afterMs = span.startMs;
        const untilMs = afterMs + (span.minutes - 1) * minuteMs;
        assert.deepEqual(nextFires(answer.expression, { zone: zoneNamed(job), afterMs, untilMs }), ticks);
        const minutes = dueMinutes(answer.expression, { job: zoneNamed(job), host: zoneNamed(host) });
        const started = starts.get(minutes) ?? new Set(playCron(lineOf(minutes), ofHost));
        starts.set(minutes, started);
        for (const tick of ticks)
          assert.ok(started.has(tick), `${made.text}: ${new Date(tick).toISOString()} at ${minutes}`);
      }),
      { numRuns: 150 },
    );
  });
}
