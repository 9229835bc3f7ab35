import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zonesOn } from '../../fakes/zones.ts';
import { Host } from '../ticking.ts';

test('a start belongs to the latest tick of the schedule', async () => {
  const host = new Host('30 10 * * *').at('2026-11-22T10:30:02Z');
  assert.equal(await host.says(), 'runs for 22 10:30');
});

test('a second crontab line does not start the job again, and the skip names the run of the tick', async () => {
  const host = new Host('* * * * *').at('2026-11-22T10:30:02Z');
  assert.equal(await host.says(), 'runs for 22 10:30');
  const answer = await host.start();
  assert.deepEqual(answer, {
    is: 'skip',
    skip: { reason: 'claimed', words: 'run r1 has had the tick 2026-11-22 10:30:00', allowed: true },
    tick: { tickMs: Date.parse('2026-11-22T10:30Z') },
    warnings: [],
  });
});

test('a start that is delayed takes its own tick, even after the next one has begun', async () => {
  const host = new Host('* * * * *').at('2026-11-22T10:30:02Z');
  await host.start();
  host.at('2026-11-22T10:32:01Z');
  assert.equal(await host.says(), 'runs for 22 10:32');
  assert.equal(await host.says(), 'runs for 22 10:31');
  assert.equal(await host.says(), 'claimed for 22 10:32');
});

test('a tick counts even if the clock was set back by a moment after cron looked at it', async () => {
  const host = new Host('* * * * *').at('2026-11-22T10:29:01Z');
  assert.equal(await host.says(), 'runs for 22 10:29');
  host.at('2026-11-22T10:29:59Z');
  assert.equal(await host.says(), 'runs for 22 10:30');
});

test('a clock that is set back by less than three hours repeats no tick', async () => {
  const host = new Host('0 * * * *').at('2026-11-22T09:00:01Z');
  for (const hour of ['10', '11']) {
    await host.start();
    host.at(`2026-11-22T${hour}:00:01Z`);
  }
  assert.equal(await host.says(), 'runs for 22 11:00');
  host.at('2026-11-22T09:00:02Z');
  assert.equal(await host.says(), 'claimed for 22 09:00');
  host.at('2026-11-22T11:00:02Z');
  assert.equal(await host.says(), 'claimed for 22 11:00');
  host.at('2026-11-22T12:00:02Z');
  assert.equal(await host.says(), 'runs for 22 12:00');
  assert.deepEqual(host.missed, []);
});

test('a clock that was a year ahead leaves no claim that would stop a later tick', async () => {
  const host = new Host('0 * * * *', {}, '2027-11-22T10:00:01Z');
  await host.start();
  host.at('2027-11-22T11:00:01Z');
  await host.start();
  host.at('2026-11-22T12:00:01Z');
  assert.equal(await host.says(), 'runs for 22 12:00');
  host.at('2026-11-22T13:00:01Z');
  assert.equal(await host.says(), 'runs for 22 13:00');
  assert.deepEqual(host.missed, []);
  assert.deepEqual(
    host.claims.list('backup').map((ms) => new Date(ms).getUTCFullYear()),
    [2026, 2026],
  );
});

test('after a suspend each line that cron makes up for takes its tick, late; none is missed', async () => {
  const host = new Host('0,30,45 10,11 * * *').at('2026-11-22T10:00:01Z');
  await host.start();
  host.at('2026-11-22T11:10:03Z');
  assert.equal(await host.says(), 'runs for 22 11:00 late by 603 s');
  assert.equal(await host.says(), 'runs for 22 10:45 late by 1503 s');
  assert.equal(await host.says(), 'runs for 22 10:30 late by 2403 s');
  assert.equal(await host.says(), 'claimed for 22 11:00 late by 603 s');
  host.at('2026-11-22T11:30:01Z');
  assert.equal(await host.says(), 'runs for 22 11:30');
  assert.deepEqual(host.missed, []);
});

test('if cron makes up for a gap in the minute of another tick, a tick that was recorded as missed still runs', async () => {
  const host = new Host('0,30,40 10,11 * * *').at('2026-11-22T10:00:01Z');
  await host.start();
  host.at('2026-11-22T11:00:03Z');
  assert.equal(await host.says(), 'runs for 22 11:00');
  assert.deepEqual(host.missed, ['2 until 22 10:40']);
  assert.equal(await host.says(), 'runs for 22 10:40 late by 1203 s');
  assert.equal(await host.says(), 'runs for 22 10:30 late by 1803 s');
});

test('the end of a gap is one tick, however often cron starts the line then', async () => {
  const host = new Host('0-59 2 * * *').at('2026-03-29T00:55:00Z');
  host.zones = zonesOn('Europe/Berlin');
  host.at('2026-03-29T01:00:01Z');
  assert.equal(await host.says(), 'runs for 29 01:00');
  for (const seconds of [11, 100, 500]) {
    host.at(Date.parse('2026-03-29T01:00:00Z') + seconds * 1000);
    assert.match(await host.says(), /^claimed for 29 01:00/);
  }
});

test('a start at a moment that is not in the schedule runs and says what to do about a stale crontab', async () => {
  const host = new Host('0 4 * * *').at('2026-11-22T03:00:01Z');
  const answer = await host.start();
  assert.deepEqual(answer, {
    is: 'go',
    warnings: [
      'cron has started it at a moment that is not in its schedule; if the job file was changed, run cron-generate; else cron may have another time zone than this host, which jobctl why tells root',
    ],
  });
});

test('a start with --due at a moment that is not in the schedule of its zone is neither a run nor a skip', async () => {
  const host = new Host('30 2 * * *', { time_zone: 'America/New_York' }).at('2026-11-22T06:30:01Z');
  assert.equal(await host.says({ due: true }), 'not due');
  host.at('2026-11-22T07:30:01Z');
  assert.equal(await host.says({ due: true }), 'runs for 22 07:30');
  assert.equal(await host.says({ due: true }), 'claimed for 22 07:30');
  host.at('2026-11-22T08:30:01Z');
  assert.equal(await host.says({ due: true }), 'not due');
  assert.equal(host.history.read('backup').split('\n').length, 2);
});

test('a start with --due that is some minutes late still runs; one that is an hour late does not run the missed tick', async () => {
  const host = new Host('30 2 * * *', { time_zone: 'America/New_York' }).at('2026-11-22T07:30:01Z');
  await host.start({ due: true });
  host.at('2026-11-23T07:34:00Z');
  assert.equal(await host.says({ due: true }), 'runs for 23 07:30 late by 240 s');
  host.at('2026-11-24T08:30:01Z');
  assert.equal(await host.says({ due: true }), 'not due');
});

test('the next start records the ticks of a night in which the host was off', async () => {
  const host = new Host('0 * * * *').at('2026-11-22T20:00:01Z');
  await host.start();
  host.at('2026-11-23T07:00:01Z');
  assert.equal(await host.says(), 'runs for 23 07:00');
  assert.deepEqual(host.missed, ['10 until 23 06:00']);
  host.at('2026-11-23T08:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, ['10 until 23 06:00'], 'once');
});

test('ticks before a job was new or changed, and ticks during a pause, are not missed', async () => {
  const host = new Host('0 * * * *').at('2026-11-22T20:00:01Z');
  await host.start();
  host.schedule = '0 6 * * *';
  host.at('2026-11-24T06:00:01Z');
  await host.start();
  host.changedMs = Date.parse('2026-11-26T12:00:00Z');
  host.at('2026-11-27T06:00:01Z');
  await host.start();
  host.pauses = [
    { target: { tag: 'night' }, atMs: host.clock.nowMs(), untilMs: Date.parse('2026-11-29T12:00Z'), by: 'ada' },
  ];
  host.at('2026-11-30T06:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, []);
  host.at('2026-12-02T06:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, ['1 until 01 06:00']);
});

test('a job runs with a warning if its claim can not be written', async () => {
  const host = new Host('0 * * * *').at('2026-11-22T20:00:01Z');
  await host.start();
  host.claims.full = true;
  host.at('2026-11-22T21:00:01Z');
  const answer = await host.start();
  assert.ok(answer.is === 'go');
  assert.deepEqual(answer.warnings, [
    'the tick 2026-11-22 21:00:00 could not be claimed, so that a second start of it would not be noticed: no space left on device',
  ]);
  host.claims.full = false;
  host.at('2026-11-22T22:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, [], 'its run is in the history, so it was not missed');
});

test('a missed tick that could not be recorded is recorded later', async () => {
  const host = new Host('0 * * * *').at('2026-11-22T20:00:01Z');
  await host.start();
  host.at('2026-11-22T22:00:01Z');
  host.history.full = true;
  const answer = await host.start();
  assert.ok(answer.is === 'go');
  assert.deepEqual(answer.warnings, ['the history could not be written: no space left on device']);
  host.history.full = false;
  host.at('2026-11-22T23:00:01Z');
  await host.start();
  assert.deepEqual(host.missed, ['1 until 22 21:00']);
});

test('a run that was killed while it waited leaves its tick open; one that had begun does not', async () => {
  const host = new Host('0 * * * *', { splay: '5m' }).at('2026-11-22T20:00:01Z');
  const begins = host.start();
  await host.clock.advance(300_000);
  await begins;
  host.at('2026-11-22T21:00:01Z');
  // Its run-job is killed while it waits.
  void host.start();
  host.at('2026-11-22T22:00:01Z');
  const next = host.start();
  await host.clock.advance(300_000);
  await next;
  assert.deepEqual(host.missed, ['1 until 22 21:00']);
});

test('old claims are dropped and the newest one is kept, so their number stays bounded', async () => {
  const host = new Host('* * * * *').at('2026-11-22T00:00:01Z');
  let most = 0;
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    host.at(Date.parse('2026-11-22T00:00:01Z') + minute * 60_000);
    assert.match(await host.says(), /^runs for/);
    most = Math.max(most, host.claims.list('backup').length);
  }
  assert.ok(most <= 3 * 60 + 10 + 20, `${most}`);
  assert.deepEqual(host.missed, []);
});

for (const by of [
  { by: 'person', uid: 1000, name: 'ada' },
  { by: 'job', parentRun: 'r0' },
] as const) {
  test(`a run that a ${by.by} starts has no tick, no splay and no deadline, and takes no tick from the clock`, async () => {
    const host = new Host('0 * * * *', { splay: '5m', start_deadline: '1s' }).at('2026-11-22T10:00:30Z');
    assert.equal(await host.says({ by }), 'runs without a tick');
    assert.deepEqual(host.claims.list('backup'), []);
    assert.equal(host.clock.armed, 0);
  });
}

/** Returns a host that was booted at ten past, with a job that starts after each boot. */
function booted(bootTime: string, keys = {}): Host & { boot: (time: string) => void } {
  const host = new Host('@reboot', keys);
  let bootMs = Date.parse(bootTime);
  host.zones = { ...zonesOn('UTC'), bootMs: () => bootMs };
  return Object.assign(host, {
    boot: (time: string) => {
      bootMs = Date.parse(time);
    },
  });
}

test('a job that starts after each boot starts once for each, even if cron is restarted', async () => {
  const host = booted('2026-11-22T10:10:00Z').at('2026-11-22T10:12:40Z');
  assert.equal(await host.says(), 'runs for 22 10:10', 'a machine that takes its time is not late');
  for (const time of ['2026-11-22T10:12:41Z', '2026-11-22T18:00:00Z', '2026-12-24T18:00:00Z'])
    assert.match(await host.at(time).says(), /^claimed for 22 10:10/, time);
  host.boot('2026-12-24T18:05:00Z');
  assert.equal(await host.at('2026-12-24T18:05:30Z').says(), 'runs for 24 18:05');
  assert.match(await host.at('2026-12-24T18:06:30Z').says(), /^claimed for 24 18:05/);
  assert.deepEqual(host.missed, []);
});

test('a boot after which cron did not start the job is missed, and is caught up if the job asks for it', async () => {
  const host = booted('2026-11-22T10:10:00Z', { catch_up: 'last' }).at('2026-11-22T10:10:20Z');
  assert.equal(await host.says(), 'runs for 22 10:10');
  host.boot('2026-11-23T03:00:00Z');
  host.at('2026-11-23T03:05:00Z');
  await host.catchUp();
  assert.deepEqual([host.started, host.missed], [[], []], 'cron may still come');
  host.at('2026-11-23T03:20:00Z');
  await host.catchUp();
  assert.equal(host.started.length, 1);
  assert.equal(host.started[0]?.tickMs, Date.parse('2026-11-23T03:00:00Z'));
  assert.match(await host.says(), /^claimed for 23 03:00/, 'a cron that comes after all starts nothing twice');
});

test('a job that is added after a boot waits for the next one, and start_deadline counts from the boot', async () => {
  const host = booted('2026-11-22T10:10:00Z', { catch_up: 'last' }).at('2026-11-22T12:00:00Z');
  host.changedMs = Date.parse('2026-11-22T11:59:00Z');
  await host.catchUp();
  host.at('2026-11-22T13:00:00Z');
  await host.catchUp();
  assert.deepEqual([host.started, host.missed], [[], []]);
  const late = booted('2026-11-22T10:10:00Z', { start_deadline: '30m' }).at('2026-11-22T11:00:00Z');
  assert.match(await late.says(), /deadline/);
});
