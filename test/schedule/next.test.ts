import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';
import { firesIn, nextFires } from '../../src/schedule/next.ts';
import type { Period } from '../../src/zone/zone.ts';
import predictions from '../data/aurora-predictions.json' with { type: 'json' };
import { zoneNamed } from '../fakes/zones.ts';
import { daysIn, playCron } from './cron-loop.ts';
import { nightSchedule, schedule } from './schedules.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function read(text: string): Expression {
  const answer = parseExpression(text);
  assert.ok(answer.ok, text);
  return answer.expression;
}

/** `2025-03-30T01:00Z`. */
function utc(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 16)}Z`;
}

interface Night {
  readonly title: string;
  readonly zone: string;
  readonly text: string;
  readonly after: string;
  readonly until: string;
  /** The times of day in UTC. */
  readonly runs: string;
}

const spring = { zone: 'Europe/Berlin', after: '2025-03-30T00:00Z', until: '2025-03-30T03:00Z' };
const autumn = { zone: 'Europe/Berlin', after: '2025-10-25T23:00Z', until: '2025-10-26T03:00Z' };

/**
 * What Debian's cron and cronie were seen to do. In Berlin 02:00-03:00 is lost at 01:00Z in spring
 * and comes twice from 00:00Z on in autumn.
 */
const nights: readonly Night[] = [
  { ...spring, title: 'a fixed time in the gap runs when the gap ends', text: '30 2 * * *', runs: '01:00' },
  {
    ...spring,
    title: 'a list of times runs once for each lost moment, all when the gap ends',
    text: '0,30 0-23 * * *',
    runs: '00:30 01:00 01:00 01:00 01:30 02:00 02:30 03:00',
  },
  {
    ...spring,
    title: 'a line with a starred minute does not make up for the gap',
    text: '*/30 * * * *',
    runs: '00:30 01:00 01:30 02:00 02:30 03:00',
  },
  {
    ...spring,
    title: 'a line with a starred minute and its hour in the gap is not run at all',
    text: '*/30 2 * * *',
    runs: '',
  },
  { ...autumn, title: 'a fixed time in the repeated hour runs the first time only', text: '30 2 * * *', runs: '00:30' },
  {
    ...autumn,
    title: 'a list of times has a hole of ninety minutes',
    text: '0,30 0-23 * * *',
    runs: '23:30 00:00 00:30 02:00 02:30 03:00',
  },
  {
    ...autumn,
    title: 'a line with a starred minute runs through the repeated hour',
    text: '*/30 * * * *',
    runs: '23:30 00:00 00:30 01:00 01:30 02:00 02:30 03:00',
  },
  {
    title: 'a gap of half an hour is a gap',
    zone: 'Australia/Lord_Howe',
    text: '15 2 * * *',
    after: '2026-10-03T14:00Z',
    until: '2026-10-03T17:00Z',
    runs: '15:30',
  },
  {
    title: 'midnight itself can be in the gap',
    zone: 'America/Santiago',
    text: '0 0 * * *',
    after: '2026-09-06T00:00Z',
    until: '2026-09-07T04:00Z',
    runs: '04:00 03:00',
  },
  {
    title: 'asked in the midst of hours that come twice, it still knows that they have been run',
    zone: 'Antarctica/Casey',
    text: '0,45 0-23 * * *',
    after: '2010-03-04T17:40Z',
    until: '2010-03-04T19:00Z',
    runs: '18:00 18:45 19:00',
  },
  {
    title: 'a day that is left out altogether is beyond the three hours that cron makes up for',
    zone: 'Pacific/Apia',
    text: '0 12 * * *',
    after: '2011-12-29T00:00Z',
    until: '2011-12-31T20:00Z',
    runs: '22:00 22:00',
  },
];

for (const { title, zone, text, after, until, runs } of nights) {
  test(`${title}: "${text}" in ${zone}`, () => {
    const fires = nextFires(read(text), {
      zone: zoneNamed(zone),
      afterMs: Date.parse(after),
      untilMs: Date.parse(until),
    });
    assert.equal(fires.map((instantMs) => utc(instantMs).slice(11, 16)).join(' '), runs);
  });
}

test('fire times in UTC are those that another scheduler computed', () => {
  const refused: string[] = [];
  for (const { schedule: text, firesUtc } of predictions) {
    const answer = parseExpression(text);
    if (!answer.ok) refused.push(text);
    else
      assert.deepEqual(
        nextFires(answer.expression, { zone: zoneNamed('UTC'), afterMs: 0, count: 10 }).map(utc),
        firesUtc,
        text,
      );
  }
  assert.deepEqual(refused, ['30 15 * * *,', '0 5 * * *,']);
});

test('rare days are found, such as 29 February on a Sunday across 2100', () => {
  const fires = nextFires(read('0 0 29 2 */7'), {
    zone: zoneNamed('UTC'),
    afterMs: Date.parse('2072-03-01T00:00Z'),
    count: 2,
  });
  assert.deepEqual(fires.map(utc), ['2088-02-29T00:00Z', '2128-02-29T00:00Z']);
});

/** Changes of every kind there is, 1970-2037; in 2038 the minutes of Debian's own cron overflow. */
const changes: readonly [string, string][] = [
  ['Europe/Berlin', '2025-03-30T01:00Z'],
  ['Europe/Berlin', '2025-10-26T01:00Z'],
  ['Europe/Dublin', '1971-10-31T02:00Z'],
  ['Europe/Moscow', '2011-03-26T23:00Z'],
  ['Europe/Moscow', '2014-10-25T22:00Z'],
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2037-11-01T06:00Z'],
  ['America/St_Johns', '1988-04-03T03:31Z'],
  ['America/St_Johns', '2006-10-29T02:31Z'],
  ['America/Caracas', '2007-12-09T07:00Z'],
  ['America/Caracas', '2016-05-01T07:00Z'],
  ['America/Santiago', '2026-04-05T03:00Z'],
  ['America/Santiago', '2026-09-06T04:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00Z'],
  ['Asia/Kolkata', '2026-03-29T01:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30Z'],
  ['Asia/Pyongyang', '2015-08-14T15:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00Z'],
  ['Asia/Tehran', '2022-03-21T20:30Z'],
  ['Australia/Sydney', '2026-04-04T16:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Antarctica/Casey', '2009-10-17T18:00Z'],
  ['Antarctica/Casey', '2010-03-04T15:00Z'],
  ['Antarctica/Troll', '2026-03-29T01:00Z'],
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['Pacific/Chatham', '2026-09-26T14:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00Z'],
];

/**
 * Minutes from the start of the days around a change (the 1800th minute) to where the question
 * starts: anywhere, but often soon after it.
 */
const laterThanStart = fc.oneof(fc.integer({ min: 0, max: 40 * 60 }), fc.integer({ min: 1790, max: 1800 + 200 }));

for (const [zone, change] of changes) {
  test(`fire times around ${change} in ${zone} are those of cron's own loop`, () => {
    const startMs = Date.parse(change) - 30 * hourMs;
    const days = daysIn(zone, { startMs, minutes: 60 * 60 });
    const untilMs = startMs + (days.wallMinutes.length - 1) * minuteMs;
    fc.assert(
      fc.property(nightSchedule, laterThanStart, (made, laterMinutes) => {
        const answer = parseExpression(made.text);
        fc.pre(answer.ok);
        const afterMs = startMs + laterMinutes * minuteMs;
        const expected = playCron(made, days).filter((instantMs) => instantMs > afterMs);
        assert.deepEqual(nextFires(answer.expression, { zone: zoneNamed(zone), afterMs, untilMs }), expected);
      }),
      { numRuns: 60 },
    );
  });
}

test('the clock changes above are of every kind, with one ordinary night among them', () => {
  const kinds = changes.map(([zone, change]) => {
    const { wallMinutes } = daysIn(zone, { startMs: Date.parse(change) - hourMs, minutes: 120 });
    return (wallMinutes[119] ?? 0) - (wallMinutes[0] ?? 0) - 119;
  });
  assert.deepEqual(
    [...new Set(kinds)].sort((a, b) => a - b),
    [-180, -120, -60, -30, 0, 15, 30, 60, 120, 180, 1440],
  );
  assert.deepEqual(
    changes.filter((_, index) => kinds[index] === 0).map(([zone]) => zone),
    ['Asia/Kolkata'],
  );
});

/**
 * Two changes of up to four hours, one soon after the other: no zone has them all, but a clock that
 * is set by hand may.
 */
const setBy = fc.oneof(
  fc.integer({ min: -8, max: 8 }),
  fc.integer({ min: -240, max: 240 }),
  fc.constantFrom(-182, -181, -180, -179, 178, 179, 180, 181),
);
const strangeClock = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), setBy), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 0, max: 24 * 60 }),
  )
  .map(([steps, minuteOfStart]) => periodsOf(Date.parse('2026-03-10T00:00Z') + minuteOfStart * minuteMs, steps));

function periodsOf(startMs: number, steps: readonly (readonly [number, number])[]): Period[] {
  const periods: Period[] = [];
  let [fromMs, offsetMs] = [startMs, 0];
  for (const [minutes, byMinutes] of [...steps, [8 * 60, 0] as const]) {
    periods.push({ startMs: fromMs, endMs: fromMs + minutes * minuteMs, offsetMs });
    fromMs += minutes * minuteMs;
    offsetMs += byMinutes * minuteMs;
  }
  return periods;
}

test("fire times of any clock, however it is set, are those of cron's own loop", () => {
  fc.assert(
    fc.property(nightSchedule, strangeClock, (made, periods) => {
      const answer = parseExpression(made.text);
      fc.pre(answer.ok);
      const startMs = periods[0]?.startMs ?? 0;
      const untilMs = (periods.at(-1)?.endMs ?? 0) - 1;
      const wallMinutes = periods.flatMap((period) =>
        Array.from(
          { length: (period.endMs - period.startMs) / minuteMs },
          (_, index) => (period.startMs + period.offsetMs) / minuteMs + index,
        ),
      );
      const expected = playCron(made, { startMs, wallMinutes });
      assert.deepEqual(firesIn(answer.expression, periods, { afterMs: startMs, untilMs }), expected);
    }),
    { numRuns: 3000 },
  );
});

test('in a zone with seconds in its offset each minute comes once', () => {
  const zone = zoneNamed('Africa/Monrovia');
  const span = { afterMs: Date.parse('1971-02-04T23:50Z'), untilMs: Date.parse('1971-02-05T00:10Z') };
  const fires = nextFires(read('* * * * *'), { zone, ...span });
  assert.deepEqual(
    fires,
    Array.from({ length: 20 }, (_, index) => span.afterMs + 30_000 + index * minuteMs),
  );
});

test('the next ten are the first ten of all, and two adjacent spans give the same as one', () => {
  fc.assert(
    fc.property(schedule, fc.integer({ min: 0, max: 30 * 24 * 60 }), ({ text }, minutes) => {
      const answer = parseExpression(text);
      fc.pre(answer.ok);
      const zone = zoneNamed('Europe/Berlin');
      const afterMs = Date.parse('2026-03-10T00:00Z');
      const middleMs = afterMs + minutes * minuteMs;
      const untilMs = afterMs + 30 * 24 * hourMs;
      const all = nextFires(answer.expression, { zone, afterMs, untilMs });
      const early = nextFires(answer.expression, { zone, afterMs, untilMs: middleMs });
      const late = nextFires(answer.expression, { zone, afterMs: middleMs, untilMs });
      assert.deepEqual([...early, ...late], all);
      const ten = nextFires(answer.expression, { zone, afterMs, count: 10 });
      assert.equal(ten.length, 10);
      assert.deepEqual(
        ten.filter((instantMs) => instantMs <= untilMs),
        all.slice(0, 10),
      );
    }),
  );
});
