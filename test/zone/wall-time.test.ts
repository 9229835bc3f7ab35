import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetText, timeText, wallTime, wallTimeWithOffset } from '../../src/zone/wall-time.ts';
import { zoneNamed } from '../fakes/zones.ts';

const berlin = zoneNamed('Europe/Berlin');

for (const [instant, zone, text] of [
  ['2026-11-29T15:14:01.999Z', 'Europe/Berlin', '2026-11-29 16:14:01'],
  ['2026-07-01T00:00:00Z', 'Europe/Berlin', '2026-07-01 02:00:00'],
  ['2026-11-29T00:30:00Z', 'America/New_York', '2026-11-28 19:30:00'],
  ['2026-11-29T00:30:00Z', 'Asia/Kolkata', '2026-11-29 06:00:00'],
  // The clocks go from 03:00 back to 02:00 at 01:00 UTC.
  ['2026-10-24T23:59:59Z', 'Europe/Berlin', '2026-10-25 01:59:59'],
  ['2026-10-25T00:00:00Z', 'Europe/Berlin', '2026-10-25 02:00:00 +02:00'],
  ['2026-10-25T00:59:59Z', 'Europe/Berlin', '2026-10-25 02:59:59 +02:00'],
  ['2026-10-25T01:00:00Z', 'Europe/Berlin', '2026-10-25 02:00:00 +01:00'],
  ['2026-10-25T01:59:59Z', 'Europe/Berlin', '2026-10-25 02:59:59 +01:00'],
  ['2026-10-25T02:00:00Z', 'Europe/Berlin', '2026-10-25 03:00:00'],
  // Forward no time is shown twice.
  ['2026-03-29T00:59:59Z', 'Europe/Berlin', '2026-03-29 01:59:59'],
  ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29 03:00:00'],
  // Half an hour back.
  ['2026-04-04T14:45:00Z', 'Australia/Lord_Howe', '2026-04-05 01:45:00 +11:00'],
  ['2026-04-04T15:15:00Z', 'Australia/Lord_Howe', '2026-04-05 01:45:00 +10:30'],
  ['2026-10-25T00:30:00Z', 'UTC', '2026-10-25 00:30:00'],
] as const) {
  test(`${instant} is ${text} in ${zone}`, () => {
    assert.equal(wallTime(Date.parse(instant), zoneNamed(zone)), text);
  });
}

test('wallTimeWithOffset always has the offset', () => {
  assert.equal(wallTimeWithOffset(Date.parse('2026-11-29T15:14:01Z'), berlin), '2026-11-29 16:14:01 +01:00');
  assert.equal(timeText(berlin)(Date.parse('2026-11-29T15:14:01Z')), '2026-11-29 16:14:01');
  assert.equal(offsetText(-12_600_000), '-03:30');
});

test('every instant around a clock change has a different text', () => {
  const from = Date.parse('2026-10-24T22:00:00Z');
  const texts = Array.from({ length: 8 * 60 }, (_, minute) => wallTime(from + minute * 60_000, berlin));
  assert.equal(new Set(texts).size, texts.length);
});
