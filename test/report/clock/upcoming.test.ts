import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockedJob } from '../../../src/report/clock/installed.ts';
import {
  aroundClockChange as aroundClockChangeOf,
  inOrder,
  type UpcomingJob,
  type UpcomingOrder,
  upcomingJson,
  upcomingLines,
  upcomingOf as upcomingOfJob,
  upcomingStream as upcomingStreamOf,
  upcomingText,
} from '../../../src/report/clock/upcoming.ts';
import { widest } from '../../../src/text/width.ts';
import { inSync } from '../../fakes/installed.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { expression } from '../../schedule/expressions.ts';

const fromMs = Date.parse('2026-11-25T10:40:00Z');
const minute = 60_000;
const job = {
  slug: 'backup',
  schedule: expression('30 2 * * *'),
  enabled: true,
  tags: ['night'],
  timing: {},
  delayMs: 0,
};
const order: UpcomingOrder = { fromMs, count: 2, zones: zonesOn('Europe/Berlin'), pauses: [] };
/** With its line in the crontab, unless a test says otherwise. */
type Plain = Omit<UpcomingJob, 'clock'> & Partial<UpcomingJob>;
const clocked = (one: Plain): UpcomingJob => ({ clock: inSync(clockedJob(one)), ...one });
const upcomingOf = (one: Plain, at: UpcomingOrder) => upcomingOfJob(clocked(one), at);
const upcomingStream = (one: Plain, at: UpcomingOrder) => upcomingStreamOf(clocked(one), at);
const aroundClockChange = (one: Plain, at: UpcomingOrder) => aroundClockChangeOf(clocked(one), at);
const view = { hostZone: order.zones.host, nowMs: fromMs };

test('the ticks to come, in the zone of the host and in that of the job, with what delays them', () => {
  const zoned = {
    ...job,
    slug: 'report',
    schedule: expression('0 9 * * 1-5'),
    timing: { timeZone: 'America/New_York' },
    delayMs: 92_000,
  };
  const [one, other] = [upcomingOf(job, order), upcomingOf(zoned, order)];
  assert.equal(
    upcomingText({ ticks: [...one.ticks, ...other.ticks], none: [] }, view),
    `2026-11-25 15:00:00  report  in 3 h 20 min, 2026-11-25 09:00:00 America/New_York, starts 1 min 32 s later (splay)
2026-11-26 02:30:00  backup  in 14 h 50 min
2026-11-26 15:00:00  report  in 27 h 20 min, 2026-11-26 09:00:00 America/New_York, starts 1 min 32 s later (splay)
2026-11-27 02:30:00  backup  in 38 h 50 min
`,
  );
});

test('a pause is shown on each tick that it holds, and on no other', () => {
  const untilMs = Date.parse('2026-11-26T12:00:00Z');
  const pauses = [{ target: { tag: 'night' }, atMs: fromMs - 1, untilMs, by: 'ada', reason: 'upgrade' }];
  const { ticks } = upcomingOf(job, { ...order, pauses });
  assert.deepEqual(
    ticks.map(({ paused }) => paused?.by),
    ['ada', undefined],
  );
  assert.match(
    upcomingText({ ticks, none: [] }, view),
    /will be skipped: paused by tag night by ada until 2026-11-26 13:00:00: upgrade\n/,
  );
});

test('a job without a tick is listed with the reason', () => {
  const { schedule: _, ...unscheduled } = job;
  const none = [
    upcomingOf({ ...job, slug: 'off', enabled: false }, order),
    upcomingOf({ ...unscheduled, slug: 'manual' }, order),
    upcomingOf(job, { ...order, untilMs: fromMs + minute }),
  ].flatMap((one) => one.none);
  assert.deepEqual(
    none.map(({ why }) => why),
    ['disabled', 'no-schedule', 'none-in-span'],
  );
  const text = upcomingText({ ticks: [], none }, view);
  assert.match(text, /^- {20}off {5}is disabled in its file/);
  assert.deepEqual(
    [...upcomingJson({ ticks: [], none })]
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).why),
    ['disabled', 'no-schedule', 'none-in-span'],
  );
});

test('at a terminal many jobs without a tick share lines, and a warning about all of them is said once', () => {
  const warnings = ['no cron is running: sudo service cron start'];
  const of = (slug: string) =>
    upcomingOf(
      { ...job, slug, clock: { ...inSync(clockedJob(job)), warnings } },
      { ...order, untilMs: fromMs + minute },
    ).none;
  const broken = { job: 'broken', why: 'broken', words: 'its file has problems' } as const;
  const none = [...of('a'), broken, ...of('b'), ...of('a-name-that-is-long')];
  const lines = (ellipsis?: 'unicode') =>
    [...upcomingLines({ ticks: [], none }, { ...view, width: 8, ...(ellipsis && { ellipsis }) })].map((line) =>
      line.trim(),
    );
  assert.deepEqual(lines('unicode'), [
    '-                    broken    its file has problems',
    '-                    no start in that time: a, b, a-name-that-is-long',
    '-                              no cron is running: sudo service cron start',
  ]);
  assert.deepEqual(
    lines().map((line) => line.replaceAll(/ {2,}/g, '  ')),
    [
      '-  a  has no tick in that time (30 2 * * *)',
      '-  broken  its file has problems',
      '-  b  has no tick in that time (30 2 * * *)',
      '-  a-name-that-is-long  has no tick in that time (30 2 * * *)',
      '-  no cron is running: sudo service cron start',
    ],
  );
});

test('a span includes a tick at its end', () => {
  const untilMs = Date.parse('2026-11-27T01:30:00Z');
  assert.equal(upcomingOf(job, { ...order, count: 100, untilMs }).ticks.length, 2);
  assert.equal(upcomingOf(job, { ...order, count: 100, untilMs: untilMs - 1 }).ticks.length, 1);
});

test('shows two ticks before the next clock change and two after it', () => {
  const ticks = aroundClockChange(job, order);
  assert.deepEqual(
    ticks.map(({ tickMs, afterClockChange }) => [
      new Date(tickMs).toISOString().slice(0, 16),
      afterClockChange ?? false,
    ]),
    [
      ['2027-03-26T01:30', false],
      ['2027-03-27T01:30', false],
      // 02:30 does not exist on that day: cron makes up for it when the gap ends.
      ['2027-03-28T01:00', true],
      ['2027-03-29T00:30', false],
    ],
  );
  assert.deepEqual(aroundClockChange(job, { ...order, zones: zonesOn('UTC') }), []);
  const zoned = { ...job, timing: { timeZone: 'America/New_York' } };
  assert.equal(
    aroundClockChange(zoned, { ...order, zones: zonesOn('UTC') }).length,
    4,
    'the zone of the job counts too',
  );
});

test('a schedule that comes once in decades is found', () => {
  const { ticks } = upcomingOf(
    { ...job, schedule: expression('0 0 29 2 */7') },
    { ...order, count: 1, zones: zonesOn('UTC') },
  );
  assert.equal(ticks.length, 1);
  assert.equal(new Date(ticks[0]?.tickMs ?? 0).getUTCDay(), 0);
});

test('a job that starts after each boot is said to wait for one', () => {
  const { ticks, none } = upcomingOf({ ...job, schedule: expression('@reboot') }, order);
  assert.deepEqual(ticks, []);
  assert.deepEqual(
    none.map(({ why, words }) => [why, words]),
    [['reboot', 'starts once after the next boot, whenever that is']],
  );
});

test('more ticks than a call may have arguments come in order, and only one per job is held at a time', () => {
  const everyMinute = (slug: string) => ({ ...job, slug, schedule: expression('* * * * *') });
  const long = { ...order, count: 100_000 };
  const streams = ['c', 'a', 'b'].map((slug) => upcomingStream(everyMinute(slug), long));
  let [count, beforeMs] = [0, 0];
  const names: string[] = [];
  for (const line of upcomingLines(
    { ticks: inOrder(streams.map(({ ticks }) => ticks)), none: [] },
    { ...view, width: 1 },
  )) {
    count += 1;
    if (count <= 6) names.push(line.slice(21, 22));
    assert.ok(line.slice(0, 16).localeCompare('2026') > 0);
  }
  for (const { tickMs } of inOrder(
    ['c', 'a', 'b'].map((slug) => upcomingStream(everyMinute(slug), { ...order, count: 1000 }).ticks),
  )) {
    assert.ok(tickMs >= beforeMs);
    beforeMs = tickMs;
  }
  assert.deepEqual([count, names], [300_000, ['a', 'b', 'c', 'a', 'b', 'c']]);
  assert.equal(widest(Array.from({ length: 300_000 }, (_, at) => 'x'.repeat(at % 7))), 6);
});
