import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoment } from '../../src/report/moment.ts';
import { pauseEnd } from '../../src/report/until.ts';
import { zoneNamed } from '../fakes/zones.ts';

/** A Sunday in Berlin, 11:30 on the wall. */
const nowMs = Date.parse('2026-11-22T10:30:00Z');
const zone = zoneNamed('Europe/Berlin');

function past(text: string): string | undefined {
  const ms = parseMoment(text, { nowMs, zone, leaning: 'past' });
  return ms === undefined ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z');
}

test('a moment is what a person on the host means by it', () => {
  for (const [text, meant] of [
    ['now', '2026-11-22T10:30:00Z'],
    ['2h ago', '2026-11-22T08:30:00Z'],
    ['in 1h30m', '2026-11-22T12:00:00Z'],
    ['10:30', '2026-11-22T09:30:00Z'],
    ['9:05', '2026-11-22T08:05:00Z'],
    ['12:00', '2026-11-21T11:00:00Z'],
    ['today 12:00', '2026-11-22T11:00:00Z'],
    ['Yesterday 18:00', '2026-11-21T17:00:00Z'],
    ['tomorrow', '2026-11-22T23:00:00Z'],
    ['2026-07-01 10:30', '2026-07-01T08:30:00Z'],
    ['2026-07-01T10:30:15', '2026-07-01T08:30:15Z'],
    ['2026-07-01T10:30Z', '2026-07-01T10:30:00Z'],
    ['2026-07-01T10:30:00.000Z', '2026-07-01T10:30:00Z'],
    ['2026-07-01T10:30-04:00', '2026-07-01T14:30:00Z'],
    ['2026-07-01', '2026-06-30T22:00:00Z'],
  ] as const) {
    assert.equal(past(text), meant, text);
  }
});

test('of a time that the clocks show twice the first is meant, and one that they jump over lies after the jump', () => {
  assert.equal(past('2026-10-25 02:30'), '2026-10-25T00:30:00Z');
  assert.equal(past('2026-03-29 02:30'), '2026-03-29T01:30:00Z');
});

test('what is no time is not taken for one', () => {
  for (const text of [
    '',
    'soon',
    '25:00',
    '10:60',
    '2026-02-31',
    '2026-13-01',
    '10',
    'ago',
    'in',
    '10:30 tomorrow',
    'x ago',
  ]) {
    assert.equal(past(text), undefined, text);
  }
});

test('a pause ends in the future', () => {
  const now = { nowMs, zone };
  assert.deepEqual(pauseEnd({ for: '2h' }, now), { ok: true, untilMs: nowMs + 7_200_000 });
  assert.deepEqual(pauseEnd({ until: '11:00' }, now), { ok: true, untilMs: Date.parse('2026-11-23T10:00:00Z') });
  assert.deepEqual(pauseEnd({}, now), { ok: true, untilMs: undefined });
  for (const wrong of [{ for: 'soon' }, { for: '0s' }, { until: '1h ago' }, { until: 'never' }]) {
    assert.equal(pauseEnd(wrong, now).ok, false, JSON.stringify(wrong));
  }
});
