/** The parts of job-scheduler beside the clock: where it goes on, how many it starts at a time, how it waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLine } from '../../../src/crontab/scheduler/event.ts';
import { keepTime } from '../../../src/crontab/scheduler/keep-time.ts';
import { firstStep, positionText } from '../../../src/crontab/scheduler/position.ts';
import { startQueue } from '../../../src/crontab/scheduler/start-queue.ts';
import { readTable } from '../../../src/crontab/scheduler/table.ts';
import { cronClock } from '../../../src/schedule/cron-clock.ts';
import { minuteMs } from '../../../src/zone/zone.ts';

test('after a stop of at most 5 minutes it goes on at the minute at which it stopped', () => {
  const hour = 3_600_000;
  const kept = positionText(cronClock(1000), hour);
  const looks = (localMinute: number, offsetMs = hour) =>
    firstStep(kept, { localMinute, offsetMs }).looks.map((look) => look.localMinute);
  assert.deepEqual(looks(1000), [1000]);
  assert.deepEqual(looks(1005), [1000, 1001, 1002, 1003, 1004, 1005]);
  assert.deepEqual(looks(1006), []);
  assert.deepEqual(looks(999), []);
  assert.deepEqual(looks(1001, 2 * hour), []);
  assert.deepEqual(
    firstStep(positionText(cronClock(5), -5 * hour), { localMinute: 6, offsetMs: -5 * hour }).looks.length,
    2,
  );
  for (const broken of [undefined, '', '{}', '{"localMinute":"x","offsetMs":0}', 'torn'])
    assert.deepEqual(firstStep(broken, { localMinute: 7, offsetMs: 0 }), {
      clock: cronClock(7),
      looks: [],
      resumes: false,
    });
});

test('at most N begin at a time, in order, and a long run keeps none waiting', async () => {
  const begun = new Map<number, () => void>();
  const ended = new Map<number, () => void>();
  const queue = startQueue<number>(2, (one) => ({
    begun: new Promise((resolve) => begun.set(one, resolve)),
    ended: new Promise((resolve) => ended.set(one, resolve)),
  }));
  const done: number[] = [];
  for (const one of [1, 2, 3, 4, 5]) void queue.add(one).then(() => done.push(one));
  assert.deepEqual([...begun.keys()], [1, 2]);
  begun.get(2)?.();
  await new Promise(setImmediate);
  assert.deepEqual([...begun.keys()], [1, 2, 3]);
  begun.get(1)?.();
  begun.get(3)?.();
  await new Promise(setImmediate);
  assert.deepEqual([...begun.keys()], [1, 2, 3, 4, 5]);
  ended.get(4)?.();
  await new Promise(setImmediate);
  assert.deepEqual(done, [4]);
  void queue.add(6).then(() => done.push(6));
  assert.deepEqual(queue.drop(), [6]);
  await new Promise(setImmediate);
  assert.deepEqual(done, [4, 6]);
});

const table = readTable(
  '0 * * * * svc /usr/bin/run-job --job wild\n0,10,20 0-23 * * * svc /usr/bin/run-job --job fixed\n',
);

/** Plays walls, one at each rest; a start ends at once unless `slow`. */
async function play(minutes: readonly number[], slow = false) {
  let at = 0;
  const log: string[] = [];
  await keepTime(cronClock(minutes[0] ?? 0), [], {
    nowMs: () => (minutes[at] ?? 0) * minuteMs,
    offsetMs: () => 0,
    table: () => table,
    start: ({ slug }) => {
      log.push(`${slug}`);
      return slow ? new Promise(() => undefined) : Promise.resolve();
    },
    rest: (ms) => {
      const isIdle = log.length === 0 || /^(?:rest|reached)/.test(log.at(-1) ?? '');
      log.push(`rest ${ms}`);
      if (isIdle) at += 1;
      return Promise.resolve();
    },
    isStopping: () => at >= minutes.length,
    reached: ({ virtualMinute }) => log.push(`reached ${virtualMinute}`),
    jumped: (by) => log.push(`jumped ${by}`),
  });
  return log;
}

test('it looks at each minute once, and at least every 10 seconds', async () => {
  assert.deepEqual(await play([59, 59, 60]), ['rest 10000', 'rest 10000', 'wild', 'fixed', 'reached 60', 'rest 10000']);
});

test('a clock that goes ahead is told, and made up for as by cron', async () => {
  const log = await play([59, 81]);
  assert.deepEqual(
    log.filter((word) => !word.startsWith('rest')),
    ['jumped 22', 'fixed', 'fixed', 'fixed', 'reached 81'],
  );
});

test('between two minutes that it makes up for it waits 10 seconds at most', async () => {
  const log = await play([59, 81], true);
  assert.deepEqual(log.slice(2, 7), ['fixed', 'rest 10000', 'fixed', 'rest 10000', 'fixed']);
});

test('an event is one line, as text or as JSON', () => {
  const at = { nowMs: 0, formatTime: () => 'NOW' };
  const event = { event: 'ended', job: 'a', pid: 7, exitCode: 0, ms: 1500 } as const;
  assert.equal(eventLine(event, 'text', at), 'NOW a ended with exit code 0 after 1.5 s\n');
  assert.deepEqual(JSON.parse(eventLine(event, 'json', at)), { time: '1970-01-01T00:00:00.000Z', ...event });
  assert.equal(
    eventLine({ event: 'output', job: 'a', stream: 'stdout', text: 'x\u001b[2J' }, 'text', at).includes('\u001b'),
    false,
  );
});
