/** Schedules by the real cron: a job of another time zone, and what was missed while cron was dead. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, until } from '../cli/house.ts';
import { CronHouse, clockedRunner, noFakeTime, patienceMs } from './cron.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function houseOf(jobs: Readonly<Record<string, string>>): House {
  const house = new House(jobs, { crontab: '/etc/cron.d/process-control', runner: clockedRunner });
  // Nobody has changed these files lately.
  for (const slug of Object.keys(jobs)) utimesSync(house.path(`jobs/${slug}.yaml`), 1_700_000_000, 1_700_000_000);
  return house;
}

const history = (house: House, slug: string) => {
  const file = house.path(`state/history/${slug}.jsonl`);
  return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
};
const asked = (house: House, slug: string) => {
  const file = house.path('log/asked');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter((line) => line.includes(`--due --job ${slug} `)).length;
};

/** "m h * * *" on a clock that is so many hours ahead of UTC. */
function daily(atMs: number, aheadHours: number): string {
  const at = new Date(atMs + aheadHours * hourMs);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

test('cron asks for a job of another zone every hour, and it runs at the moment that its zone says', {
  skip: noFakeTime,
}, async () => {
  const tickMs = Math.floor(Date.now() / minuteMs) * minuteMs + 20 * minuteMs;
  const job = (zone: string, aheadHours: number) =>
    `name: ${zone}\ncommand: /bin/echo tick\nschedule: '${daily(tickMs, aheadHours)}'\ntime_zone: ${zone}\n`;
  // Kathmandu is 5:45 ahead of UTC. Tokyo, nine hours ahead, had its time four hours ago.
  const house = houseOf({
    kathmandu: job('Asia/Kathmandu', 5.75),
    tokyo: job('Asia/Tokyo', 5),
  });
  const cron = await CronHouse.open(house);
  try {
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 0, generated.stderr);
    const crontab = readFileSync(house.path('cron.d/process-control'), 'utf8');
    assert.match(
      crontab,
      /^# kathmandu follows \d+ \d+ \* \* \* Asia\/Kathmandu\n(#.*\n)?\d+ \* \* \* \* \S+ \S+ --due --job kathmandu /m,
    );
    cron.start();
    await until(
      'the job has run',
      () => history(house, 'kathmandu').some(({ event }) => event === 'ended'),
      patienceMs,
    );
    const [started] = history(house, 'kathmandu');
    assert.ok(started?.event === 'started');
    assert.equal(new Date(started.tick?.tickMs ?? 0).toISOString(), new Date(tickMs).toISOString());
    await until('cron has asked for the other job too', () => asked(house, 'tokyo') > 0, patienceMs);
    await until('cron has asked for the job a second time', () => asked(house, 'kathmandu') > 1, 2 * patienceMs);
    assert.equal(history(house, 'kathmandu').filter(({ event }) => event === 'started').length, 1);
    assert.deepEqual(history(house, 'tokyo'), []);
  } finally {
    await cron.close();
    house.remove();
  }
});

test('a cron that was dead for a night: after it is back the last tick is run, and what was missed is written down', {
  skip: noFakeTime,
}, async () => {
  const first = new Date(Date.now() + 10 * minuteMs);
  // Every three hours from now on.
  const hours = Array.from({ length: 8 }, (_, n) => (first.getUTCHours() + 3 * n) % 24).sort((a, b) => a - b);
  const schedule = `${first.getUTCMinutes()} ${hours} * * *`;
  const job = (more: string) => `name: Job\ncommand: /bin/echo tick\nschedule: '${schedule}'\n${more}`;
  const house = houseOf({ wants: job('catch_up: last\n'), bears: job('') });
  const kinds = (slug: string) => history(house, slug).map(({ event }) => event);
  try {
    let cron = await CronHouse.open(house);
    try {
      assert.equal(cron.inside('cron-generate', []).status, 0);
      cron.start();
      await until(
        'both have run once',
        () => ['wants', 'bears'].every((slug) => kinds(slug).includes('ended')),
        patienceMs,
      );
    } finally {
      await cron.close();
    }
    // Nine hours later, half an hour after a tick.
    const aheadSeconds = 9 * 3600 + 2400;
    cron = await CronHouse.open(house, { aheadSeconds });
    try {
      cron.start();
      await until(
        'both have been looked at',
        () => ['wants', 'bears'].every((slug) => kinds(slug).includes('missed')),
        3 * patienceMs,
      );
      await until(
        'the last tick has been run',
        () => kinds('wants').filter((kind) => kind === 'ended').length >= 2,
        patienceMs,
      );
    } finally {
      await cron.close();
    }
    const missed = history(house, 'wants').find(({ event }) => event === 'missed');
    assert.ok(missed?.event === 'missed');
    assert.equal(missed.outcome.count, 3);
    const caughtUp = history(house, 'wants').filter(
      (event) => event.event === 'started' && event.tick?.lateMs !== undefined,
    );
    assert.equal(caughtUp.length, 1);
    assert.ok(caughtUp[0]?.event === 'started');
    assert.equal(caughtUp[0].tick?.tickMs, missed.outcome.tickMs);
    assert.ok(!history(house, 'bears').some((event) => event.event === 'started' && event.tick?.lateMs !== undefined));
  } finally {
    house.remove();
  }
});
