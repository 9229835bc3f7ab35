import assert from 'node:assert/strict';
import test from 'node:test';
import { dueMinutes } from '../../src/crontab/due-minutes.ts';
import { expressionOf, parseExpression } from '../../src/schedule/expression.ts';
import { nextFires } from '../../src/schedule/next.ts';
import { expectedTicks, nextTick, type Scheduled } from '../../src/schedule/ticks.ts';
import { zoneNamed, zonesOn } from '../fakes/zones.ts';

const hourMs = 3_600_000;

function job(schedule: string, timeZone?: string): Scheduled {
  return { schedule: expressionOf(schedule), timing: timeZone === undefined ? {} : { timeZone } };
}

function utc(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 16)}Z`;
}

function ticks(schedule: string, zone: string, afterUntil: string, host = 'UTC'): string {
  const [after = '', until = ''] = afterUntil.split(' ');
  const span = { afterMs: Date.parse(after), untilMs: Date.parse(until) };
  return expectedTicks(job(schedule, zone), span, zonesOn(host))
    .map(({ tickMs }) => utc(tickMs).slice(5, 16))
    .join(' ');
}

/**
 * The rules of the job's own zone: a wall-clock time that does not exist runs at the end of the
 * gap, once however many of them there are; one that exists twice runs the first time; a `*` minute
 * or hour follows elapsed time. [schedule, zone, after and until, ticks in UTC]
 */
const nights: readonly (readonly [string, string, string, string])[] = [
  // North: Berlin loses 02:00-03:00 at 01:00Z and has it twice from 00:00Z on.
  ['30 2 * * *', 'Europe/Berlin', '2025-03-29T12:00Z 2025-03-31T12:00Z', '03-30T01:00 03-31T00:30'],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z 2026-10-26T12:00Z', '10-25T00:30 10-26T01:30'],
  ['0,15,30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z 2027-03-28T12:00Z', '03-28T01:00'],
  ['*/30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z 2027-03-28T12:00Z', ''],
  [
    '*/30 2 * * *',
    'Europe/Berlin',
    '2026-10-24T12:00Z 2026-10-25T12:00Z',
    '10-25T00:00 10-25T00:30 10-25T01:00 10-25T01:30',
  ],
  ['5 2 * * *', 'Europe/London', '2025-10-25T12:00Z 2025-10-26T12:00Z', '10-26T02:05'],
  ['30 1 * * *', 'Europe/London', '2026-03-28T12:00Z 2026-03-29T12:00Z', '03-29T01:00'],
  ['30 1 * * *', 'Europe/Dublin', '2026-10-24T12:00Z 2026-10-25T12:00Z', '10-25T00:30'],
  // America, where the hour goes by each zone's own clock.
  ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z 2026-03-09T12:00Z', '03-08T07:00 03-09T06:30'],
  ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z 2026-11-02T12:00Z', '11-01T05:30 11-02T06:30'],
  ['59 1 * * *', 'America/Los_Angeles', '2028-11-04T12:00Z 2028-11-05T12:00Z', '11-05T08:59'],
  ['30 2 * * *', 'America/St_Johns', '2026-03-07T12:00Z 2026-03-08T12:00Z', '03-08T05:30'],
  ['30 2 * * *', 'America/Phoenix', '2026-03-07T12:00Z 2026-03-09T12:00Z', '03-08T09:30 03-09T09:30'],
  // South: summer ends in April and begins in September or October; in Santiago midnight itself is
  // lost.
  ['30 2 * * *', 'Australia/Sydney', '2026-10-02T20:00Z 2026-10-04T20:00Z', '10-03T16:00 10-04T15:30'],
  ['30 2 * * *', 'Australia/Sydney', '2026-04-03T20:00Z 2026-04-05T20:00Z', '04-04T15:30 04-05T16:30'],
  ['30 2 * * *', 'Pacific/Auckland', '2025-09-26T20:00Z 2025-09-28T20:00Z', '09-27T14:00 09-28T13:30'],
  ['0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z 2026-09-07T12:00Z', '09-06T04:00 09-07T03:00'],
  ['30 23 * * *', 'America/Santiago', '2026-04-04T12:00Z 2026-04-05T12:00Z', '04-05T02:30'],
  // Half an hour: Lord Howe loses 02:00-02:30 and has 01:30-02:00 twice.
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T20:00Z 2026-10-04T20:00Z', '10-03T15:30 10-04T15:15'],
  ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T20:00Z 2026-04-05T20:00Z', '04-04T14:45 04-05T15:15'],
  ['45 2 * * *', 'Australia/Lord_Howe', '2027-10-02T10:00Z 2027-10-03T10:00Z', '10-02T15:45'],
  // Quarters of an hour, without and with summer time.
  ['0 6 * * *', 'Asia/Kathmandu', '2026-06-01T12:00Z 2026-06-03T12:00Z', '06-02T00:15 06-03T00:15'],
  ['0 3 * * *', 'Pacific/Chatham', '2026-09-26T00:00Z 2026-09-28T00:00Z', '09-26T14:00 09-27T13:15'],
  // Two hours, and a summer that is interrupted by Ramadan.
  ['30 2 * * *', 'Antarctica/Troll', '2026-03-28T12:00Z 2026-03-30T12:00Z', '03-29T01:00 03-30T00:30'],
  ['30 2 * * *', 'Africa/Casablanca', '2026-02-14T12:00Z 2026-02-16T12:00Z', '02-15T01:30 02-16T02:30'],
  ['30 2 * * *', 'Africa/Cairo', '2026-04-23T12:00Z 2026-04-25T12:00Z', '04-23T23:30 04-24T23:30'],
];

for (const [schedule, zone, span, expected] of nights) {
  test(`"${schedule}" in ${zone}, ${span.slice(0, 10)}: ${expected === '' ? 'not at all' : expected}`, () => {
    assert.equal(ticks(schedule, zone, span), expected);
    // The zone of the host makes no difference.
    assert.equal(ticks(schedule, zone, span, 'America/New_York'), expected);
  });
}

test("a job without a zone has that of the host, and a tick has the number of cron's starts at the end of a gap", () => {
  const span = { afterMs: Date.parse('2025-03-30T00:30Z'), untilMs: Date.parse('2025-03-30T01:30Z') };
  assert.deepEqual(expectedTicks(job('0,30 0-23 * * *'), span, zonesOn('Europe/Berlin')), [
    { tickMs: Date.parse('2025-03-30T01:00Z'), starts: 3 },
    { tickMs: Date.parse('2025-03-30T01:30Z'), starts: 1 },
  ]);
});

test('a job without a schedule, or with one that cron would not read, has no ticks', () => {
  const span = { afterMs: 0, untilMs: 10 * hourMs };
  for (const none of [{ timing: {} }, job('0/5 * * * *')]) {
    assert.deepEqual(expectedTicks(none, span, zonesOn('UTC')), []);
    assert.equal(nextTick(none, 0, zonesOn('UTC')), undefined);
  }
  assert.deepEqual(expectedTicks(job('* * * * *'), { afterMs: hourMs, untilMs: hourMs }, zonesOn('UTC')), []);
});

test('the next tick is the first after an instant', () => {
  const next = nextTick(job('30 2 * * *', 'Asia/Tokyo'), Date.parse('2026-11-22T17:30Z'), zonesOn('UTC'));
  assert.equal(utc(next?.tickMs ?? 0), '2026-11-23T17:30Z');
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/St_Johns',
  'America/Santiago',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Antarctica/Troll',
];
const schedules = ['30 2 * * *', '10 1,3 * * 1-5', '0 0 1 * *', '*/20 2 * * *', '0,45 0-23 * * 6'];
const years = { afterMs: Date.UTC(2025, 0, 1), untilMs: Date.UTC(2030, 0, 1) };

for (const host of zones) {
  test(`a line in ${host} that asks at the due minutes asks at every tick of any other zone, for five years`, () => {
    for (const timeZone of zones) {
      for (const schedule of schedules) {
        const answer = parseExpression(schedule);
        assert.ok(answer.ok);
        const line = parseExpression(
          `${dueMinutes(answer.expression, { job: zoneNamed(timeZone), host: zoneNamed(host) })} * * * *`,
        );
        assert.ok(line.ok);
        const asked = new Set(nextFires(line.expression, { ...years, zone: zoneNamed(host) }));
        const missed = expectedTicks(job(schedule, timeZone), years, zonesOn(host)).filter(
          ({ tickMs }) => !asked.has(tickMs),
        );
        assert.deepEqual(
          missed.map(({ tickMs }) => utc(tickMs)),
          [],
          `${schedule} ${timeZone}: ${line.expression.text}`,
        );
      }
    }
  });
}
