import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { momentForms, parseMoment } from '../../../src/report/typed/moment.ts';
import { pauseEnd } from '../../../src/report/typed/until.ts';
import { zoneNamed } from '../../fakes/zones.ts';

/** A Sunday in Berlin, 11:30 on the wall. */
const nowMs = Date.parse('2026-11-22T10:30:00Z');
const zone = zoneNamed('Europe/Berlin');

function past(text: string): string | undefined {
  const ms = parseMoment(text, { nowMs, zone, leaning: 'past' });
  return ms === undefined ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z');
}

test('a moment is read in the zone of the host', () => {
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

test('text that is no time is refused', () => {
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

/** Sunday 22 November 2026, 11:30 in Berlin: [text, what was, what is to come]. */
const bothWays: readonly (readonly [string, string | undefined, string | undefined])[] = [
  ['8am', '2026-11-22T07:00:00Z', '2026-11-23T07:00:00Z'],
  ['8:30 pm', '2026-11-21T19:30:00Z', '2026-11-22T19:30:00Z'],
  ['12am', '2026-11-21T23:00:00Z', '2026-11-22T23:00:00Z'],
  ['12pm', '2026-11-21T11:00:00Z', '2026-11-22T11:00:00Z'],
  ['noon', '2026-11-21T11:00:00Z', '2026-11-22T11:00:00Z'],
  ['monday', '2026-11-15T23:00:00Z', '2026-11-22T23:00:00Z'],
  ['Monday 8:00', '2026-11-16T07:00:00Z', '2026-11-23T07:00:00Z'],
  ['mon at 8am', '2026-11-16T07:00:00Z', '2026-11-23T07:00:00Z'],
  ['sunday', '2026-11-21T23:00:00Z', '2026-11-28T23:00:00Z'],
  ['sunday 11:00', '2026-11-22T10:00:00Z', '2026-11-29T10:00:00Z'],
  ['sunday 12:00', '2026-11-15T11:00:00Z', '2026-11-22T11:00:00Z'],
  ['next monday', '2026-11-22T23:00:00Z', '2026-11-22T23:00:00Z'],
  ['last friday 18:00', '2026-11-20T17:00:00Z', '2026-11-20T17:00:00Z'],
  ['wednesday', '2026-11-17T23:00:00Z', '2026-11-24T23:00:00Z'],
  ['tomorrow 9:00', '2026-11-23T08:00:00Z', '2026-11-23T08:00:00Z'],
  ['today', '2026-11-21T23:00:00Z', '2026-11-21T23:00:00Z'],
  ['2 days ago', '2026-11-20T10:30:00Z', '2026-11-20T10:30:00Z'],
  ['in 2 hours', '2026-11-22T12:30:00Z', '2026-11-22T12:30:00Z'],
  ['12h', '2026-11-21T22:30:00Z', '2026-11-22T22:30:00Z'],
  ['1w', '2026-11-15T10:30:00Z', '2026-11-29T10:30:00Z'],
  ['2d12h', '2026-11-19T22:30:00Z', '2026-11-24T22:30:00Z'],
  ['2026-12-01 6pm', '2026-12-01T17:00:00Z', '2026-12-01T17:00:00Z'],
  ['8', undefined, undefined],
  ['13pm', undefined, undefined],
  ['0am', undefined, undefined],
  ['someday', undefined, undefined],
  ['next tomorrow', undefined, undefined],
  ['monday monday', undefined, undefined],
  ['5 parsecs ago', undefined, undefined],
  ['999999999w', undefined, undefined],
];

for (const [text, was, comes] of bothWays) {
  test(`"${text}" is ${was ?? 'no time'} behind and ${comes ?? 'no time'} ahead`, () => {
    for (const [leaning, meant] of [
      ['past', was],
      ['future', comes],
    ] as const) {
      const ms = parseMoment(text, { nowMs, zone, leaning });
      assert.equal(ms === undefined ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z'), meant, leaning);
    }
  });
}

test('the examples of a refusal are times that would be accepted, on the right side of now', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2e12 }), fc.constantFrom('past', 'future'), (ms, leaning) => {
      const now = { nowMs: ms, zone, leaning } as const;
      const examples = momentForms(now)
        .replace('a time such as ', '')
        .split(/, | or /)
        .map((word) => word.replaceAll('"', ''));
      for (const example of examples) {
        const meant = parseMoment(example, now);
        assert.ok(meant !== undefined && (leaning === 'past' ? meant <= ms : meant > ms), `${example} at ${ms}`);
      }
    }),
  );
});

test('a pause that would be over already is refused with times to come', () => {
  const answer = pauseEnd({ until: '2 days ago' }, { nowMs, zone });
  assert.match(
    answer.ok ? '' : answer.words,
    /"2 days ago" is 48|"2 days ago" is 2 days 0 h ago; it takes .*2026-11-23T18:00/,
  );
});
