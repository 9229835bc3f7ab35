import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChanges, type Timing } from '../../src/schedule/plan.ts';
import { planJson, planText } from '../../src/schedule/plan-text.ts';

const berlin = 'Europe/Berlin';

/** The plan of one job, seen from a Tuesday in winter. */
function plan(before: Timing | undefined, after: Timing | undefined, now = '2026-11-24T12:00:00Z') {
  const map = (timing: Timing | undefined) => new Map(timing === undefined ? [] : [['job', timing]]);
  return planChanges({ before: map(before), after: map(after), hostZone: berlin, nowMs: Date.parse(now) });
}

function text(before: string | undefined, after: string | undefined, now?: string): string {
  const timing = (schedule: string | undefined) => (schedule === undefined ? undefined : { schedule });
  return planText(plan(timing(before), timing(after), now), berlin);
}

test('a new job is all its runs of the next seven days, and of the half days around the next two clock changes', () => {
  assert.equal(
    text(undefined, '30 2 * * *'),
    `job: no line -> "30 2 * * *"
  next 7 days: 7 appear: 2026-11-25 02:30+01:00, 2026-11-26 02:30+01:00, 2026-11-27 02:30+01:00, …
  clock change of 2027-03-28: 1 appear: 2027-03-28 03:00+02:00
  clock change of 2027-10-31: 1 appear: 2027-10-31 02:30+02:00
`,
  );
});

test('a job that is gone is all its runs that will not be', () => {
  assert.match(
    text('0 12 * * 1', undefined),
    /^job: "0 12 \* \* 1" -> no line\n {2}next 7 days: 1 vanish: 2026-11-30 12:00\+01:00\n/,
  );
});

test('as many runs as before at other times have moved', () => {
  assert.match(
    text('0 5 * * 6', '0 6 * * 6'),
    /next 7 days: 1 move: 2026-11-28 05:00\+01:00 -> 2026-11-28 06:00\+01:00\n/,
  );
});

test('what vanishes and what appears is told apart when their numbers differ', () => {
  assert.match(text('*/30 * * * *', '0 * * * *'), /next 7 days: 168 vanish: 2026-11-24 13:30/);
  assert.match(text('0 5 * * *', '0 4,6 * * *'), /7 vanish: .* 05:00.*; 14 appear: .* 04:00/);
});

test('a schedule that differs only when the clocks are changed is seen for what it is', () => {
  assert.equal(
    text('*/30 * * * *', '0,30 0-23 * * *'),
    `job: "*/30 * * * *" -> "0,30 0-23 * * *"
  clock change of 2027-03-28: 2 appear: 2027-03-28 03:00+02:00, 2027-03-28 03:00+02:00
  clock change of 2027-10-31: 2 vanish: 2027-10-31 02:00+01:00, 2027-10-31 02:30+01:00
`,
  );
});

test('another way to write the same times is said to be that', () => {
  assert.equal(
    text('0 5 * * *', '00 5 * * *'),
    'job: "0 5 * * *" -> "00 5 * * *"\n  runs at the same times as before\n',
  );
});

test('jobs that stay as they are are not named', () => {
  assert.equal(text('0 5 * * *', '0 5 * * *'), 'No job runs at another time than before.\n');
});

test('a clock change within the next days is shown from now on', () => {
  assert.match(
    text(undefined, '0 * * * *', '2027-03-28T00:30:00Z'),
    /clock change of 2027-03-28: 13 appear: 2027-03-28 03:00\+02:00/,
  );
});

test('a line that cron knew and we do not has no runs to compare', () => {
  assert.match(text('@hourly', '0 5 * * 6'), /next 7 days: 1 appear/);
});

test('a job in another zone is compared by its own schedule', () => {
  const before = { schedule: '0 5 * * 6' };
  const after = { schedule: '0 5 * * 6', timeZone: 'America/New_York' };
  assert.match(
    planText(plan(before, after), berlin),
    /"0 5 \* \* 6" in America\/New_York\n {2}next 7 days: 1 move: 2026-11-28 05:00\+01:00 -> 2026-11-28 11:00/,
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
  const utc = planChanges({ before: new Map(), after: new Map(), hostZone: 'UTC', nowMs: 0 });
  assert.deepEqual(
    utc.windows.map(({ title }) => title),
    ['next 7 days'],
  );
});
