/**
 * A cron with another time zone than its host, in memory: for days it starts each line by the clock
 * of its own zone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overdueOf } from '../../../src/report/clock/overdue.ts';
import { parseEvents } from '../../../src/run/history/event-lines.ts';
import { foldHistory } from '../../../src/run/history/history.ts';
import { readAccount } from '../../../src/run/tick/account.ts';
import { startsInHistory } from '../../../src/run/tick/missed.ts';
import { canStandFor } from '../../../src/run/tick/stand-in.ts';
import { expectedTicks } from '../../../src/schedule/ticks.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { Host } from '../ticking.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** The clocks of Berlin change on the 29th. */
const fromMs = Date.parse('2026-03-20T12:00:00Z');

interface Days {
  readonly schedule: string;
  readonly cronZone: string;
  readonly hostZone?: string;
  readonly catchUp: 'last' | 'none';
  readonly days: number;
  /** Set if the crontab calls `run-job --catch-up`. */
  readonly rounds: boolean;
  /** The span in which cron starts nothing. */
  readonly dead?: { readonly afterMs: number; readonly untilMs: number };
}

async function live({ schedule, cronZone, hostZone = 'UTC', catchUp, days, rounds, dead }: Days) {
  const host = new Host(schedule, { catch_up: catchUp });
  host.zones = zonesOn(hostZone);
  host.at(fromMs);
  const span = { afterMs: fromMs, untilMs: fromMs + days * dayMs };
  // The job has an account already.
  await host.catchUp();
  if (catchUp === 'none') host.claims.writeMark('backup', `${JSON.stringify({ rule: schedule, sinceMs: fromMs })}\n`);
  const starts = expectedTicks(host.job, span, zonesOn(cronZone))
    .map(({ tickMs }) => ({ atMs: tickMs + 1000, is: 'start' }) as const)
    .filter(({ atMs }) => dead === undefined || atMs < dead.afterMs || atMs > dead.untilMs);
  const every = rounds
    ? Array.from({ length: days * 24 }, (_, hour) => fromMs + hour * hourMs + 15 * minuteMs + 2000)
    : [];
  const calls = [...starts, ...every.map((atMs) => ({ atMs, is: 'round' }) as const)].sort((a, b) => a.atMs - b.atMs);
  for (const call of calls) {
    host.at(call.atMs);
    if (call.is === 'start') await host.start();
    else await host.catchUp();
    for (const { run, tickMs } of host.started.splice(0))
      await host.start({ run, caughtUp: { tickMs, lateMs: host.clock.nowMs() - tickMs } });
  }
  host.at(span.untilMs);
  const events = parseEvents(host.history.read('backup'));
  const runs = events.filter(({ event }) => event === 'started').length;
  const missed = events
    .flatMap((event) => (event.event === 'missed' ? [event.outcome.count] : []))
    .reduce((a, b) => a + b, 0);
  return { host, events, runs, missed, ticks: expectedTicks(host.job, span, host.zones).length };
}

const cronZones = [
  'Asia/Tokyo',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'Atlantic/Azores',
];
const schedules = ['0 3 * * *', '30 22 * * *', '0 2,3 * * *', '0 */6 * * *', '17 * * * *', '0 3 * * 1'];

for (const cronZone of cronZones)
  test(`a cron in ${cronZone} on a host in UTC: each tick has one run, caught up or not`, async () => {
    for (const schedule of schedules)
      for (const catchUp of ['last', 'none'] as const)
        for (const rounds of [true, false]) {
          const { runs, ticks } = await live({
            schedule,
            cronZone,
            catchUp,
            days: 12,
            rounds: rounds || catchUp === 'last',
          });
          const what = `${schedule} ${catchUp} ${rounds}: ${runs} runs, ${ticks} ticks`;
          // At the edges of the span a tick and its start may lie on different sides.
          const edge = Math.ceil(26 / (24 * (6 / ticks))) + 1;
          assert.ok(Math.abs(runs - ticks) <= edge, what);
          if (ticks === 6) assert.ok(Math.abs(runs - ticks) <= 1, what);
        }
  });

test('each tick has one run if the clocks change in one zone or in both', async () => {
  for (const [cronZone, hostZone] of [
    ['UTC', 'Europe/Berlin'],
    ['America/New_York', 'Europe/Berlin'],
    ['Europe/London', 'Europe/Berlin'],
  ] as const)
    for (const schedule of ['0 5 * * *', '30 2 * * *', '0 23 * * *']) {
      const { runs, ticks } = await live({ schedule, cronZone, hostZone, catchUp: 'last', days: 12, rounds: true });
      assert.ok(Math.abs(runs - ticks) <= 1, `${schedule} ${cronZone} ${hostZone}: ${runs} of ${ticks}`);
    }
});

test('a tick that had no start at all is missed once and caught up', async () => {
  for (const cronZone of ['UTC', 'Asia/Tokyo', 'America/New_York']) {
    // Two days without cron.
    const dead = { afterMs: fromMs + 4 * dayMs, untilMs: fromMs + 6 * dayMs };
    const { runs, missed, ticks, host } = await live({
      schedule: '0 3 * * *',
      cronZone,
      catchUp: 'none',
      days: 10,
      rounds: true,
      dead,
    });
    assert.equal(ticks, 10);
    assert.ok(Math.abs(runs - 8) <= 1, `${cronZone}: ${runs}`);
    assert.ok(missed >= 1, `${cronZone}: ${missed}`);
    assert.ok(runs + missed >= ticks - 1, `${cronZone}: ${runs} + ${missed}, ${host.missed}`);
  }
});

test('the run that stood for a tick is listed with it, and the job is not overdue', async () => {
  const { host, events } = await live({
    schedule: '0 3 * * *',
    cronZone: 'Asia/Tokyo',
    catchUp: 'last',
    days: 3,
    rounds: true,
  });
  const stood = events.filter((event) => event.event === 'stood-for');
  assert.equal(stood.length, 3, JSON.stringify(events));
  const runs = foldHistory(events).runs.filter(({ tick }) => tick !== undefined);
  assert.deepEqual(
    runs.map(({ tick }) => tick?.tickMs),
    stood.map((event) => event.event === 'stood-for' && event.tickMs),
  );
  assert.deepEqual(host.missed, []);
  const { job, zones, history } = host;
  const nowMs = host.clock.nowMs();
  const question = {
    account: readAccount(job, host.claims, { nowMs }),
    nowMs,
    changedMs: 0,
    pauses: [],
    zones,
    delayMs: 0,
  };
  assert.equal(overdueOf(job, { ...question, hasStart: startsInHistory(job, { history, zones }) }), undefined);
  assert.ok(overdueOf(job, { ...question, hasStart: () => false }) !== undefined);
});

test('a start of yesterday without a recorded tick, from an older version, stands for no tick today', async () => {
  const host = new Host('0 3 * * *', { catch_up: 'last' }).at('2026-11-21T00:00:00Z');
  await host.catchUp();
  const trigger = { by: 'clock' };
  const started = {
    event: 'started',
    run: 'old',
    atMs: Date.parse('2026-11-21T03:00:01Z'),
    trigger,
    host: 'h',
    jobSha256: '',
    logPath: '',
  };
  host.history.append('backup', `${JSON.stringify(started)}\n`);
  host.at('2026-11-22T07:00:00Z');
  await host.catchUp();
  assert.equal(host.started.length, 1);
});

test('two clocks are at most 26 hours apart, by a multiple of a quarter of an hour, and cron is at most 90 seconds late', () => {
  const tickMs = fromMs;
  const can = (minutes: number, seconds = 1) => canStandFor(tickMs + minutes * minuteMs + seconds * 1000, tickMs);
  assert.deepEqual([can(0), can(60), can(-60), can(345), can(-345), can(26 * 60), can(-26 * 60)], Array(7).fill(true));
  assert.deepEqual(
    [can(5), can(-5), can(7, 30), can(26 * 60 + 15), can(-26 * 60 - 15), can(60, -30), can(60, 91)],
    Array(7).fill(false),
  );
});
