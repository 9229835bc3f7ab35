import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LineTiming, planChanges } from '../../../src/schedule/plan/plan.ts';
import { planJson, planText } from '../../../src/schedule/plan/text.ts';
import { zoneNamed, zonesOn } from '../../fakes/zones.ts';

const berlin = 'Europe/Berlin';

/** The plan of one job, seen from a Tuesday in winter. */
function plan(before: LineTiming | undefined, after: LineTiming | undefined, now = '2026-11-24T12:00:00Z') {
  const map = (timing: LineTiming | undefined) => new Map(timing === undefined ? [] : [['job', timing]]);
  return planChanges({ before: map(before), after: map(after), zones: zonesOn(berlin), nowMs: Date.parse(now) });
}

function text(before: string | undefined, after: string | undefined, now?: string): string {
  const timing = (schedule: string | undefined) => (schedule === undefined ? undefined : { schedule });
  return planText(plan(timing(before), timing(after), now), zoneNamed(berlin));
}

test('a new job has all its runs of the next seven days and of the half days around the next two clock changes', () => {
  assert.equal(
    text(undefined, '30 2 * * *'),
    `job: no line -> "30 2 * * *"
  next 7 days: 7 appear: 2026-11-25 02:30:00, 2026-11-26 02:30:00, 2026-11-27 02:30:00, …
  clock change of 2027-03-28: 1 appear: 2027-03-28 03:00:00
  clock change of 2027-10-31: 1 appear: 2027-10-31 02:30:00 +02:00
  first difference: 2026-11-25 02:30:00 appears
`,
  );
});

test('all runs of a removed job vanish', () => {
  assert.match(
    text('0 12 * * 1', undefined),
    /^job: "0 12 \* \* 1" -> no line\n {2}next 7 days: 1 vanish: 2026-11-30 12:00:00\n/,
  );
});

test('runs move if as many vanish as appear', () => {
  assert.match(text('0 5 * * 6', '0 6 * * 6'), /next 7 days: 1 move: 2026-11-28 05:00:00 -> 2026-11-28 06:00:00\n/);
});

test('runs vanish and appear if their numbers differ', () => {
  assert.match(text('*/30 * * * *', '0 * * * *'), /next 7 days: 168 vanish: 2026-11-24 13:30/);
  assert.match(text('0 5 * * *', '0 4,6 * * *'), /7 vanish: .* 05:00.*; 14 appear: .* 04:00/);
});

test('a schedule that differs only at clock changes has differences only there', () => {
  assert.equal(
    text('*/30 * * * *', '0,30 0-23 * * *'),
    `job: "*/30 * * * *" -> "0,30 0-23 * * *"
  clock change of 2027-10-31: 2 vanish: 2027-10-31 02:00:00 +01:00, 2027-10-31 02:30:00 +01:00
  first difference: 2027-10-31 02:00:00 +01:00 vanishes
`,
  );
});

test('another spelling of the same times is reported as the same times', () => {
  assert.equal(
    text('0 5 * * *', '00 5 * * *'),
    'job: "0 5 * * *" -> "00 5 * * *"\n  runs at the same times as before\n',
  );
});

test('unchanged jobs are not named', () => {
  assert.equal(text('0 5 * * *', '0 5 * * *'), 'No job runs at another time than before.\n');
});

test('a clock change within the next days is shown from now on', () => {
  assert.match(
    text(undefined, '0 * * * *', '2027-03-28T00:30:00Z'),
    /clock change of 2027-03-28: 13 appear: 2027-03-28 03:00:00/,
  );
});

test('a line that our parser refuses has no runs to compare', () => {
  assert.match(text('@every_minute', '0 5 * * 6'), /next 7 days: 1 appear/);
});

test('a job in another zone is compared by its own schedule', () => {
  const before = { schedule: '0 5 * * 6' };
  const after = { schedule: '0 5 * * 6', timeZone: 'America/New_York' };
  assert.match(
    planText(plan(before, after), zoneNamed(berlin)),
    /"0 5 \* \* 6" in America\/New_York\n {2}next 7 days: 1 move: 2026-11-28 05:00:00 -> 2026-11-28 11:00/,
  );
});

test('programs get instants in UTC and numbers', () => {
  const [job] = planJson(plan(undefined, { schedule: '* * * * *' })) as {
    windows: { appear: { count: number; times: string[] } }[];
  }[];
  assert.equal(job?.windows[0]?.appear.count, 7 * 1440);
  assert.deepEqual(
    [job?.windows[0]?.appear.times.length, job?.windows[0]?.appear.times[0]],
    [100, '2026-11-24T12:01:00Z'],
  );
});

test('in a zone without clock changes there is only the week', () => {
  const maps = { before: new Map(), after: new Map([['job', { schedule: '0 5 * * *' }]]) };
  const [job] = planChanges({ ...maps, zones: zonesOn('UTC'), nowMs: 0 });
  assert.deepEqual(
    job?.windows.map(({ title }) => title),
    ['next 7 days'],
  );
});

test('the clock changes of the zone that a job names are looked at as well as those of the host', () => {
  const titles = plan({ schedule: '0 5 * * *' }, { schedule: '0 5 * * *', timeZone: 'America/New_York' })[0]?.windows;
  assert.deepEqual(
    titles?.map(({ title }) => title),
    [
      'next 7 days',
      'clock change of 2027-03-14 in America/New_York',
      'clock change of 2027-03-28',
      'clock change of 2027-10-31',
      'clock change of 2027-11-07 in America/New_York',
    ],
  );
});

/** [before, after, the last line of the plan]: what no window of some days can show. */
const far: readonly (readonly [string | undefined, string | undefined, RegExp])[] = [
  ['0 3 10 * *', '0 3 20 * *', /first difference: 2026-12-10 03:00:00 vanishes$/],
  ['0 3 10 * *', undefined, /first difference: 2026-12-10 03:00:00 vanishes$/],
  [undefined, '0 0 29 2 *', /first difference: 2028-02-29 00:00:00 appears$/],
  ['0 0 1 7 *', '0 0 1 8 *', /first difference: 2027-07-01 00:00:00 vanishes$/],
  ['0 0 31 * *', '0 0 30,31 * *', /first difference: 2026-11-30 00:00:00 appears$/],
  ['0 0 28 2 *', '0 0 28,29 2 *', /first difference: 2028-02-29 00:00:00 appears$/],
  ['30 2 * * *', '30 2 1-31 * *', /^ {2}runs at the same times as before$/],
  ['0 0 31 2,3 *', '0 0 31 3 *', /^ {2}runs at the same times as before$/],
  ['0 0 * * 0', '0 0 * * 7', /^ {2}runs at the same times as before$/],
];
for (const [before, after, expected] of far) {
  test(`${before ?? 'no line'} -> ${after ?? 'no line'}: ${expected.source}`, () => {
    assert.match(text(before, after).trimEnd().split('\n').at(-1) ?? '', expected);
  });
}

test('hours that are the same only in winter are not the same times, also in the JSON', () => {
  const maps = {
    before: new Map([['job', { schedule: '0 14 * * *' }]]),
    after: new Map([['job', { schedule: '0 9 * * *', timeZone: 'America/New_York' }]]),
  };
  const made = planChanges({ ...maps, zones: zonesOn('UTC'), nowMs: Date.parse('2026-11-24T12:00:00Z') });
  assert.match(planText(made, zoneNamed('UTC')), /first difference: 2027-03-14 13:00:00 appears\n$/);
  const [job] = planJson(made) as { same: boolean; firstDifference: unknown }[];
  assert.deepEqual([job?.same, job?.firstDifference], [false, { at: '2027-03-14T13:00:00Z', is: 'appears' }]);
});

test('a job that starts after each boot has no times to compare, and the plan says what it gains or loses', () => {
  assert.match(text('@reboot', '0 5 * * *'), /7 appear: .*\n(?:.*\n)* {2}the start after each boot vanishes\n$/);
  assert.match(text(undefined, '@reboot'), /^job: no line -> "@reboot"\n {2}the start after each boot appears\n$/);
  assert.match(text('0 0 * * *', '@daily'), / {2}runs at the same times as before\n$/);
});
