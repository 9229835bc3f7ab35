import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEvents } from '../../../src/run/history/event-lines.ts';
import { readAccount } from '../../../src/run/tick/account.ts';
import { missedTicks } from '../../../src/run/tick/missed.ts';
import { parseExpression } from '../../../src/schedule/expression.ts';
import { nextFires } from '../../../src/schedule/next.ts';
import { expectedTicks } from '../../../src/schedule/ticks.ts';
import { zoneNamed, zonesOn } from '../../fakes/zones.ts';
import { Host, short } from '../ticking.ts';

/** Returns a host that was off from the evening of the 22nd until the next morning. */
async function morning(keys = {}, schedule = '0 3 * * *') {
  const host = new Host(schedule, { catch_up: 'last', ...keys }).at('2026-11-22T03:00:01Z');
  await host.start();
  return host.at('2026-11-23T07:12:00Z');
}

const caughtUp = (host: Host) => host.started.map(({ tickMs }) => short(tickMs));

test('the last missed tick is run once afterwards', async () => {
  const host = await morning({}, '0 1-4 * * *');
  const remarks = await host.catchUp();
  assert.deepEqual(caughtUp(host), ['23 04:00']);
  assert.deepEqual(
    host.missed,
    ['4 until 23 04:00'].map((words) => words.replace('4 until', '5 until')),
  );
  assert.equal(remarks[0]?.words, 'missed 5 ticks, the last one at 2026-11-23 04:00:00, caught up by run r2');
  await host.catchUp();
  assert.equal(host.started.length, 1);
  assert.equal(host.missed.length, 1);
});

test('ticks are recorded as missed once, also where a program died before it moved the mark', async () => {
  const host = await morning({ catch_up: 'none' }, '0 1-6 * * *');
  const mark = host.claims.marks.get('backup') ?? '';
  await host.catchUp();
  assert.deepEqual(host.missed, ['9 until 23 06:00']);
  host.claims.marks.set('backup', mark);
  await host.catchUp();
  assert.deepEqual(host.missed, ['9 until 23 06:00']);
  host.claims.marks.set('backup', mark);
  // The next start finds the same ticks as --catch-up.
  host.at('2026-11-24T01:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, ['9 until 23 06:00']);
  host.at('2026-11-24T07:00:00Z');
  await host.catchUp();
  assert.deepEqual(host.missed, ['9 until 23 06:00', '5 until 24 06:00']);
});

test('without catch_up missed ticks are recorded and nothing runs', async () => {
  const host = await morning({ catch_up: 'none' });
  await host.catchUp();
  assert.deepEqual(host.started, []);
  assert.deepEqual(host.missed, ['1 until 23 03:00']);
});

test('a tick from before the catch_up_window is recorded and does not run', async () => {
  const host = await morning({ catch_up_window: '4h' });
  await host.catchUp();
  assert.deepEqual([caughtUp(host), host.missed], [[], ['1 until 23 03:00']]);
});

test('a paused job is not caught up, and ticks during its pause are not missed', async () => {
  const host = await morning();
  host.pauses = [{ target: { job: 'backup' }, atMs: Date.parse('2026-11-23T07:00Z'), by: 'ada' }];
  await host.catchUp();
  assert.deepEqual([caughtUp(host), host.missed], [[], ['1 until 23 03:00']]);
  const other = await morning();
  other.pauses = [{ target: { job: 'backup' }, atMs: Date.parse('2026-11-22T07:00Z'), by: 'ada' }];
  await other.catchUp();
  assert.deepEqual([caughtUp(other), other.missed], [[], []]);
});

test('a disabled job and one without a schedule have no missed ticks', async () => {
  const host = await morning();
  host.enabled = false;
  await host.catchUp();
  assert.deepEqual([caughtUp(host), host.missed], [[], []]);
});

test('the account of a new job with catch_up begins before its first tick', async () => {
  const host = new Host('0 3 1 * *', { catch_up: 'last' }).at('2026-11-30T12:00:00Z');
  await host.catchUp();
  host.at('2026-12-01T08:00:00Z');
  await host.catchUp();
  assert.deepEqual(caughtUp(host), ['01 03:00']);
});

test('ticks that cron makes up for by itself are left to cron', async () => {
  const host = new Host('30 10 * * *', { catch_up: 'last' }).at('2026-11-21T10:30:01Z');
  await host.start();
  host.at('2026-11-22T11:10:00Z');
  const looking = host.catchUp();
  assert.equal(await host.says(), 'runs for 22 10:30 late by 2400 s');
  assert.deepEqual(await looking, []);
  assert.deepEqual([caughtUp(host), host.missed], [[], []]);
});

test('a job whose later tick has been started meanwhile is up to date and not caught up', async () => {
  const host = new Host('*/15 * * * *', { catch_up: 'last' }).at('2026-11-22T10:00:01Z');
  await host.start();
  // Suspended from ten past ten; cron does not make up for a line with a star.
  host.at('2026-11-22T11:00:05Z');
  const looking = host.catchUp();
  assert.equal(await host.says(), 'runs for 22 11:00');
  await looking;
  assert.deepEqual([caughtUp(host), host.missed], [[], ['3 until 22 10:45']]);
});

test('if cron makes up for a tick that was caught up already, the job does not run again', async () => {
  const host = new Host('0 6 * * *', { catch_up: 'last' }).at('2026-11-22T06:00:01Z');
  await host.start();
  host.at('2026-11-23T07:12:00Z');
  await host.catchUp();
  assert.deepEqual(caughtUp(host), ['23 06:00']);
  assert.match(await host.says(), /^claimed for 23 06:00/);
});

test('a tick whose claim can not be written is caught up when it can, and not every five minutes', async () => {
  const host = await morning();
  host.claims.full = true;
  const [remark] = await host.catchUp();
  assert.deepEqual(remark, {
    slug: 'backup',
    level: 'error',
    words: "not caught up yet: 2026-11-23 03:00:00 can't be claimed: no space left on device",
  });
  assert.deepEqual([caughtUp(host), host.missed], [[], []]);
  host.claims.full = false;
  await host.catchUp();
  assert.deepEqual([caughtUp(host), host.missed], [['23 03:00'], ['1 until 23 03:00']]);
});

test('a run that waited for its splay when the host went down is caught up', async () => {
  const host = new Host('0 3 * * *', { catch_up: 'last', splay: '10m' }).at('2026-11-21T03:00:01Z');
  const first = host.start();
  await host.clock.advance(600_000);
  await first;
  host.at('2026-11-22T03:00:01Z');
  void host.start();
  host.at('2026-11-22T03:40:00Z');
  await host.catchUp();
  assert.deepEqual(caughtUp(host), ['22 03:00']);
});

test('a reader sees missed ticks before any program has recorded them', async () => {
  const host = await morning();
  const nowMs = host.clock.nowMs();
  const account = readAccount(host.job, host.claims, { nowMs });
  const missed = missedTicks(host.job, { account, nowMs, pauses: [], zones: zonesOn('UTC'), history: host.history });
  assert.deepEqual(missed.map(short), ['23 03:00']);
  assert.deepEqual(host.missed, []);
});

/** The days of a host: for how long it is on, off and suspended, in minutes. */
const days = fc.array(
  fc.record({
    on: fc.integer({ min: 20, max: 900 }),
    next: fc.constantFrom('off', 'asleep'),
    for: fc.integer({ min: 1, max: 170 }),
  }),
  { minLength: 1, maxLength: 6 },
);
const schedules = fc.constantFrom('0 * * * *', '*/15 * * * *', '10,50 0-23 * * *', '30 2,14 * * *', '7 5 * * *');
/** Seconds by which starts are late; a catch-up takes 30 more. */
const busy = fc.array(fc.integer({ min: 0, max: 55 }), { minLength: 1, maxLength: 7 });

interface Start {
  readonly atMs: number;
  readonly catchUp: boolean;
}

/**
 * The starts of cron in these days: the line, twice if two crontabs have it, and --catch-up every
 * five minutes.
 */
function startsOf(
  schedule: string,
  stretches: readonly { on: number; next: string; for: number }[],
  twice: boolean,
): Start[] {
  const line = parseExpression(schedule);
  const fives = parseExpression('*/5 * * * *');
  assert.ok(line.ok && fives.ok);
  const wild = line.expression.minuteStar || line.expression.hourStar;
  const starts: Start[] = [];
  let fromMs = Date.parse('2026-06-01T00:00Z');
  for (const stretch of stretches) {
    const untilMs = fromMs + stretch.on * 60_000;
    const nextMs = untilMs + stretch.for * 60_000;
    const fires = [...nextFires(line.expression, { zone: zoneNamed('UTC'), afterMs: fromMs, untilMs })];
    // Suspended: cron makes up for fixed lines when it wakes up.
    const lost = nextFires(line.expression, { zone: zoneNamed('UTC'), afterMs: untilMs, untilMs: nextMs });
    if (stretch.next === 'asleep' && !(wild && stretch.for > 5)) fires.push(...lost.map(() => nextMs));
    for (const atMs of fires) for (let n = 0; n < (twice ? 2 : 1); n += 1) starts.push({ atMs, catchUp: false });
    for (const atMs of nextFires(fives.expression, { zone: zoneNamed('UTC'), afterMs: fromMs, untilMs }))
      starts.push({ atMs, catchUp: true });
    fromMs = nextMs;
  }
  return starts;
}

test('whatever the host does, no tick has two starts, and each tick without a start is recorded', async () => {
  await fc.assert(
    fc.asyncProperty(
      schedules,
      days,
      busy,
      fc.boolean(),
      fc.boolean(),
      async (schedule, stretches, delays, twice, wants) => {
        const host = new Host(schedule, { catch_up: wants ? 'last' : 'none' }, '2026-06-01T00:00Z');
        const late = (start: Start, index: number) => ({
          ...start,
          atMs: start.atMs + (delays[index % delays.length] ?? 0) * 1000,
        });
        const starts = startsOf(schedule, stretches, twice)
          .map(late)
          .sort((a, b) => a.atMs - b.atMs);
        const ran: number[] = [];
        let firstMs: number | undefined;
        for (const { atMs, catchUp } of starts) {
          if (atMs > host.clock.nowMs()) host.at(atMs);
          if (catchUp) {
            await host.catchUp();
            continue;
          }
          const { isNew } = readAccount(host.job, host.claims, { nowMs: host.clock.nowMs() });
          const answer = await host.start();
          assert.notEqual(answer.is, 'not-due');
          // The first start of a job without an account may be late for any tick.
          if (answer.is !== 'go' || (isNew && answer.tick === undefined)) continue;
          assert.ok(answer.tick !== undefined, 'every start has its tick');
          firstMs ??= answer.tick.tickMs;
          ran.push(answer.tick.tickMs);
        }
        ran.push(...host.started.map(({ tickMs }) => tickMs));
        assert.equal(new Set(ran).size, ran.length, 'no tick twice');
        const endMs = host.clock.nowMs();
        const account = readAccount(host.job, host.claims, { nowMs: endMs });
        const open = missedTicks(host.job, {
          account,
          nowMs: endMs,
          pauses: [],
          zones: zonesOn('UTC'),
          history: host.history,
        });
        const written = parseEvents(host.history.read('backup')).flatMap((event) => {
          if (event.event !== 'missed') return [];
          const [from, to = from] = event.outcome.words.match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g) ?? [];
          return [{ fromMs: Date.parse(`${from}Z`), toMs: Date.parse(`${to}Z`) }];
        });
        const span = { afterMs: firstMs ?? endMs, untilMs: endMs - 15 * 60_000 };
        for (const { tickMs } of expectedTicks(host.job, span, zonesOn('UTC'))) {
          const known =
            ran.includes(tickMs) ||
            open.includes(tickMs) ||
            written.some(({ fromMs, toMs }) => tickMs >= fromMs && tickMs <= toMs);
          assert.ok(known, `${short(tickMs)} has no fate`);
        }
      },
    ),
    { numRuns: 60 },
  );
});
