import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpression } from '../../../src/schedule/expression.ts';
import { compareTimes } from '../../../src/schedule/plan/same-times.ts';
import { expectedTicks, type Scheduled } from '../../../src/schedule/ticks.ts';
import { dayMs } from '../../../src/zone/zone.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { expression } from '../expressions.ts';

const nowMs = Date.parse('2026-11-29T12:00:00Z');
const years = { afterMs: nowMs, untilMs: nowMs + 5 * 366 * dayMs };

const zoneNames = [
  undefined,
  'UTC',
  'Etc/GMT',
  'Europe/Berlin',
  'Europe/Paris',
  'Europe/London',
  'Africa/Lagos',
  'Asia/Kolkata',
];
/** Few values, so that two terms of a pair are often two spellings of one set. */
const terms = [
  ['0', '00', '30', '0,30', '*/30', '0-30/30'],
  ['2', '02', '*', '0-23', '3', '2-3', '2,3'],
  ['*', '1-31', '*/1', '1', '29', '31', '30-31', '28-31'],
  ['*', '1-12', '2', 'feb', '2,3', '3'],
  ['*', '0', '7', 'sun', '0-6', '*/1', '1-5'],
] as const;
const schedule = fc.tuple(...terms.map((values) => fc.constantFrom(...values))).map((parts) => parts.join(' '));
const job = fc
  .record({ schedule, timeZone: fc.constantFrom(...zoneNames) })
  .filter((one) => parseExpression(one.schedule).ok)
  .map(
    (one): Scheduled => ({
      schedule: expression(one.schedule),
      timing: one.timeZone === undefined ? {} : { timeZone: one.timeZone },
    }),
  );
/** A job, and the same one with one term or the zone changed. */
const pair = fc.tuple(job, job, fc.nat({ max: 5 })).map(([before, other, at]) => {
  if (at === 5) return { before, after: { ...before, timing: other.timing } };
  const [mine, theirs] = [before, other].map((one) => (one.schedule?.text ?? '').split(' '));
  const mixed = mine?.map((term, index) => (index === at ? (theirs?.[index] ?? term) : term)).join(' ') ?? '';
  return { before, after: parseExpression(mixed).ok ? { ...before, schedule: expression(mixed) } : other };
});

test('"the same" is only said of jobs that have the same ticks for the next five years, and "different" only at a moment that is one', () => {
  const seen = new Map<string, number>();
  for (const host of ['UTC', 'Europe/Berlin']) {
    const zones = zonesOn(host);
    const ticksOf = (one: Scheduled, span: { afterMs: number; untilMs: number }) =>
      expectedTicks(one, span, zones).map(({ tickMs }) => tickMs);
    fc.assert(
      fc.property(pair, ({ before, after }) => {
        const answer = compareTimes({ before, after }, nowMs, zones);
        seen.set(answer.is, (seen.get(answer.is) ?? 0) + 1);
        if (answer.is === 'same') assert.deepEqual(ticksOf(after, years), ticksOf(before, years));
        if (answer.is !== 'different') return;
        const upTo = { afterMs: nowMs, untilMs: answer.atMs };
        const [one, other] = [ticksOf(before, upTo), ticksOf(after, upTo)];
        const more = answer.change === 'vanishes' ? one : other;
        assert.equal(more.pop(), answer.atMs);
        assert.deepEqual(one, other);
      }),
      { numRuns: 150 },
    );
  }
  for (const is of ['same', 'different']) assert.ok((seen.get(is) ?? 0) > 10, `${is}: ${seen.get(is)}`);
});

test('times that agree by chance in different zones are compared for a year at least and not called the same', () => {
  const everyHour = { schedule: expression('0 * * * *'), timing: {} };
  const answer = compareTimes(
    { before: everyHour, after: { ...everyHour, timing: { timeZone: 'Europe/Berlin' } } },
    nowMs,
    zonesOn('America/New_York'),
  );
  assert.ok(answer.is === 'open' && answer.untilMs > nowMs + 366 * dayMs, JSON.stringify(answer));
});
