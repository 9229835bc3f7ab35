import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  dayMs,
  minuteMs,
  offsetAt,
  offsetChanges,
  offsetIn,
  type Period,
  periodsFrom,
} from '../../src/schedule/zone.ts';

test('the offset of a date is read as each ICU writes it, and never guessed', () => {
  const hourMs = 60 * minuteMs;
  for (const [text, expected] of [
    // Node's own, and Debian 13's (nodejs 20.19.2 with ICU 76).
    ['11/7/2025, GMT+00:00', 0],
    ['11/7/2025, GMT', 0],
    ['11/7/2025, GMT-03:30', -3.5 * hourMs],
    ['1/1/1900, GMT+00:53:28', (53 * 60 + 28) * 1000],
    ['11/7/2025, GMT+2', undefined],
    ['11/7/2025', undefined],
  ] as const)
    assert.equal(offsetIn(text), expected, text);
});

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

test('clocks are as far from UTC as the tz database says, seconds included', () => {
  for (const [zone, instant, minutes] of offsets) {
    assert.equal(offsetAt(zone, Date.parse(instant)), minutes * minuteMs, `${zone} ${instant}`);
  }
});

function changesOf(zone: string, after: string, until: string): string[] {
  const changes = offsetChanges(zone, { afterMs: Date.parse(after), untilMs: Date.parse(until) });
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

test('periods follow each other without a hole, each with the offset of all its instants', () => {
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
          assert.equal(offsetAt(zone, instant), period.offsetMs);
        startMs = period.endMs;
      }
      assert.ok(startMs > fromMs + 30 * dayMs);
    }),
  );
});

function firstPeriods(zone: string, fromMs: number): Period[] {
  const periods: Period[] = [];
  for (const period of periodsFrom(zone, fromMs)) if (periods.push(period) === 8) return periods;
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

test('a zone that does not exist is an error of the program, not a guess', () => {
  assert.throws(() => offsetAt('Europe/Atlantis', 0), RangeError);
});
