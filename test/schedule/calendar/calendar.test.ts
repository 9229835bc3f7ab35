/** OnCalendar= as this program reads it, with `systemd-analyze calendar` as the judge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { parseCalendar } from '../../../src/schedule/calendar/calendar.ts';
import { calendarFires } from '../../../src/schedule/calendar/fires.ts';
import { findZone } from '../../../src/system/time/zones.ts';
import { utc } from '../../../src/zone/zone.ts';

const isZone = (name: string) => findZone(name) !== undefined;
const judge = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
/** Another systemd may do something else where the clocks change. */
const isKnown = judge.status === 0 && judge.stdout.startsWith('systemd 252 ');
const noJudge = isKnown ? false : 'needs systemd-analyze 252 (package systemd of Debian 12)';

const events = [
  ...['minutely', 'hourly', 'daily', 'monthly', 'weekly', 'yearly', 'annually', 'quarterly', 'semiannually', 'Weekly'],
  ...['Sat,Thu,Mon..Wed,Sat..Sun', 'Mon,Sun 12-*-* 2,1:23', 'Wed *-1', 'Wed..Wed,Wed *-1', 'Wed, 17:48'],
  ...['Wed..Sat,Tue 12-10-15 1:2:3', '*-*-7 0:0:0', '10-15', 'monday *-12-* 17:00', 'Mon,Fri *-*-3,1,2 *:30:45'],
  ...['12,14,13,12:20,10,30', '12..14:10,20,30', 'mon,fri *-1/2-1,3 *:30:45', '03-05 08:05:40', '08:05:40', '05:40'],
  ...['Sat,Sun 12-05 08:05:40', 'Sat,Sun 08:05:40', '2027-03-05 08:05:40', '2027-03-05', '2027-03..07-05 08:05'],
  ...['*-02~01', '*-02~03', 'Mon *-05~07/1', '*-*~01', 'Mon *-*~07/1', '*-*~01..05 6:00', '*-*~01..06/2', '*-02~28/9'],
  ...['*-*~2,4', 'Fri *-*~01..07', '*:0/15', '*:5/10', '*:*:0/20', '*-*-* 4/5:00', '*-*-1/3', '*-*-* 8..17/3:15,45'],
  ...['Mon..Fri 08:30', 'Mon-Fri 08:30', 'Sat..Sun *-*-1..7 18:00', 'Tue 2026,2028-*-* 7:07', '27/2-06-01', '*-*-31'],
  ...['*-02-29', '*-*-* 02:30:00 Europe/Berlin', '*:0/30 Europe/Berlin', 'hourly America/New_York', '*-*-* 1:59 UTC'],
  ...[
    '*-*-* 2:30 Australia/Lord_Howe',
    'Sun 02:00..03 Europe/London',
    '*-*-* 0:15 Africa/Cairo',
    '00:00 America/Havana',
  ],
  ...['Sun *-*-25..31 1:30 Europe/Berlin', '*-*-* 6,18:00', '*-*-* *:17:00', 'Mon,', '*-*-* 7:00:30.5', '2026-11-30'],
];

const bad = [
  ...[
    '',
    'noon',
    'Mon..',
    '25:00',
    '7',
    'Mon Tue',
    'Mon..Tue..Wed',
    'Sun..Mon',
    '*-13-01',
    '*-*-32',
    '*/5:00',
    '5:*/2',
  ],
  ...[
    '1:2:3:4',
    '*-*~31',
    '*-*~5/7',
    '*:50/15',
    '*-*-20/12',
    '0 5 * * *',
    '*-*-1/0',
    '*:60',
    '10..8:00',
    '*-*-* 1:00 Mars/Base',
    'Monday,Someday',
    '*-*-* 5:00 5:00',
  ],
];

function judged(list: readonly string[], from: string, count: number) {
  const args = ['calendar', `--base-time=${from}`, `--iterations=${count}`, ...list];
  const { stdout } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  return stdout
    .trim()
    .split(/\n\n/)
    .map((block) =>
      [...block.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\d{4}-\d\d-\d\d) ([\d:]{8})(?:\.\d+)? UTC/g)].map(
        ([, day, time]) => Date.parse(`${day}T${time}Z`),
      ),
    );
}

function ours(event: string, from: string, count: number): readonly number[] {
  const answer = parseCalendar(event, isZone);
  assert.ok(answer.ok, event);
  const { calendar } = answer;
  const zone = calendar.zone === undefined || calendar.zone === 'UTC' ? utc : findZone(calendar.zone);
  assert.ok(zone, event);
  const afterMs = Date.parse(from.replace(' UTC', 'Z').replace(' ', 'T'));
  const found: number[] = [];
  for (const atMs of calendarFires(calendar, { zone, afterMs, untilMs: afterMs + 99 * 366 * 86_400_000 })) {
    if (found.push(atMs) === count) break;
  }
  return found;
}

describe('a calendar event of systemd', () => {
  for (const from of [
    '2026-10-24 20:00:00 UTC',
    '2027-03-13 23:00:00 UTC',
    '2027-03-27 22:10:07 UTC',
    '2027-12-30 09:00:00 UTC',
  ])
    test(`starts when systemd-analyze says, after ${from}`, { skip: noJudge }, () => {
      const told = judged(events, from, 12);
      assert.equal(told.length, events.length);
      for (const [at, event] of events.entries()) {
        const expected = told[at]?.map((atMs) => new Date(atMs).toISOString());
        const found = ours(event, from, 12).map((atMs) => new Date(atMs).toISOString());
        assert.deepEqual(found, expected, event);
      }
    });

  test('is refused where systemd refuses it', { skip: noJudge }, () => {
    for (const event of bad) {
      assert.notEqual(spawnSync('systemd-analyze', ['calendar', event]).status, 0, event);
      assert.equal(parseCalendar(event, isZone).ok, false, event);
    }
  });

  test('at a clock change starts once at a time that comes twice, and not at one that does not exist', () => {
    assert.deepEqual(
      ours('*:30 Europe/Berlin', '2026-10-24 23:00:00 UTC', 3).map((atMs) => new Date(atMs).toISOString()),
      ['2026-10-24T23:30:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T02:30:00.000Z'],
    );
    assert.deepEqual(
      ours('2:30 Europe/Berlin', '2027-03-27 20:00:00 UTC', 1).map((atMs) => new Date(atMs).toISOString()),
      ['2027-03-29T00:30:00.000Z'],
    );
  });
});
