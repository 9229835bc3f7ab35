import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { dayMs, minuteMs, type Period, periodsFrom } from '../../src/zone/zone.ts';
import { zoneNamed } from '../fakes/zones.ts';

const offsets: readonly [string, string, number][] = [
  ['UTC', '2026-06-01T00:00Z', 0],
  ['Europe/Berlin', '2026-01-01T00:00Z', 60],
  ['Europe/Berlin', '2026-07-01T00:00Z', 120],
  ['America/St_Johns', '2026-01-01T00:00Z', -210],
  ['Asia/Kathmandu', '2026-01-01T00:00Z', 345],
  ['Asia/Kathmandu', '1985-01-01T00:00Z', 330],
  ['Pacific/Kiritimati', '2026-01-01T00:00Z', 840],
  ['Africa/Monrovia', '1971-01-01T00:00Z', -44.5],
];

test('offsets are those of the tz database, seconds included', () => {
  for (const [zone, instant, minutes] of offsets) {
    assert.equal(zoneNamed(zone).offsetAt(Date.parse(instant)), minutes * minuteMs, `${zone} ${instant}`);
  }
});

function changesOf(zone: string, after: string, until: string): string[] {
  const changes = zoneNamed(zone).changes({ afterMs: Date.parse(after), untilMs: Date.parse(until) });
  return changes.map(
    ({ atMs, beforeMs, afterMs }) => `${new Date(atMs).toISOString().slice(0, 16)}Z ${(afterMs - beforeMs) / minuteMs}`,
  );
}

test('clock changes are found to the minute, in order', () => {
  assert.deepEqual(changesOf('Europe/Berlin', '2026-01-01T00:00Z', '2027-12-31T00:00Z'), [
    '2026-03-29T01:00Z 60',
    '2026-10-25T01:00Z -60',
    '2027-03-28T01:00Z 60',
    '2027-10-31T01:00Z -60',
  ]);
  assert.deepEqual(changesOf('Australia/Lord_Howe', '2026-01-01T00:00Z', '2026-12-31T00:00Z'), [
    '2026-04-04T15:00Z -30',
    '2026-10-03T15:30Z 30',
  ]);
  assert.deepEqual(changesOf('America/Recife', '2000-09-01T00:00Z', '2000-12-01T00:00Z'), [
    '2000-10-08T03:00Z 60',
    '2000-10-15T02:00Z -60',
  ]);
  assert.deepEqual(changesOf('Pacific/Apia', '2011-12-01T00:00Z', '2012-01-31T00:00Z'), ['2011-12-30T10:00Z 1440']);
  assert.deepEqual(changesOf('UTC', '1970-01-01T00:00Z', '2030-01-01T00:00Z'), []);
});

test('a change belongs to the span that ends with it, not to the one that starts with it', () => {
  assert.deepEqual(changesOf('Europe/Berlin', '2026-03-01T00:00Z', '2026-03-29T01:00Z').length, 1);
  assert.deepEqual(changesOf('Europe/Berlin', '2026-03-29T01:00Z', '2026-04-01T00:00Z').length, 0);
});

test('periods follow each other without a gap, each with the offset of all its instants', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'America/Santiago',
    'Antarctica/Troll',
  ];
  const instants = { min: Date.parse('1972-06-01T00:00Z'), max: Date.parse('2037-01-01T00:00Z') };
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer(instants), fc.nat({ max: 999_999 }), (zone, fromMs, part) => {
      let startMs = fromMs;
      for (const period of firstPeriods(zone, fromMs)) {
        assert.equal(period.startMs, startMs);
        assert.ok(period.endMs > startMs);
        const within = startMs + Math.floor(((period.endMs - startMs) * part) / 1_000_000);
        for (const instant of [startMs, within, period.endMs - 1])
          assert.equal(zoneNamed(zone).offsetAt(instant), period.offsetMs);
        startMs = period.endMs;
      }
      assert.ok(startMs > fromMs + 30 * dayMs);
    }),
  );
});

function firstPeriods(zone: string, fromMs: number): Period[] {
  const periods: Period[] = [];
  for (const period of periodsFrom(zoneNamed(zone), fromMs)) if (periods.push(period) === 8) return periods;
  return periods;
}

test('a period that starts with a change starts with the new offset', () => {
  const change = Date.parse('2026-03-29T01:00Z');
  assert.equal(firstPeriods('Europe/Berlin', change)[0]?.offsetMs, 120 * minuteMs);
  assert.deepEqual(firstPeriods('Europe/Berlin', change - 1)[0], {
    startMs: change - 1,
    endMs: change,
    offsetMs: 60 * minuteMs,
  });
});

test('two zones have the same law if they agree on all later offsets, however their files are written', () => {
  const [berlin, paris] = [zoneNamed('Europe/Berlin'), zoneNamed('Europe/Paris')];
  const today = Date.parse('2026-11-29T00:00Z');
  assert.equal(berlin.lawFrom(today), paris.lawFrom(today));
  assert.notEqual(berlin.lawFrom(Date.parse('1970-01-01T00:00Z')), paris.lawFrom(Date.parse('1970-01-01T00:00Z')));
  assert.notEqual(berlin.lawFrom(today), zoneNamed('Europe/London').lawFrom(today));
  assert.equal(zoneNamed('Etc/GMT').lawFrom(today), zoneNamed('UTC').lawFrom(today));
});
