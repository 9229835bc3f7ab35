/** The real cron with another time zone than the machine: by TZ in its environment, and while the machine's zone is being exchanged. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { hostZone } from '../../src/system/time/zones.ts';
import { House, until } from '../cli/house.ts';
import { CronHouse, clockedRunner, noFakeTime, patienceMs } from './cron.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const longAgo = 1_000_000_000;

const history = (house: House, slug: string) => {
  const file = house.path(`state/history/${slug}.jsonl`);
  return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
};
const count = (house: House, slug: string, kind: string) =>
  history(house, slug).filter(({ event }) => event === kind).length;

/** POSIX form, which counts west of Greenwich as positive. */
function clockAhead(hours: number): string {
  const offset = hostZone().offsetAt(Date.now()) / hourMs + hours;
  const minutes = Math.round(Math.abs(offset) * 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return `XYZ${offset > 0 ? '-' : '+'}${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
}

function daily(atMs: number): string {
  const at = new Date(atMs + hostZone().offsetAt(atMs));
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

test('a cron with TZ in its environment starts a job an hour after its tick was caught up: it runs once, and the programs say why', {
  skip: noFakeTime,
}, async () => {
  const tickMs = Math.floor(Date.now() / minuteMs) * minuteMs + 6 * minuteMs;
  const job = (more: string) => `name: Job\ncommand: /bin/echo tick\nschedule: '${daily(tickMs)}'\n${more}`;
  const house = new House(
    { caught: job('catch_up: last\n'), plain: job('') },
    { crontab: '/etc/cron.d/process-control', runner: clockedRunner },
  );
  for (const slug of ['caught', 'plain']) utimesSync(house.path(`jobs/${slug}.yaml`), longAgo, longAgo);
  const tz = clockAhead(-1);
  const cron = await CronHouse.open(house, { environment: [`TZ=${tz}`] });
  try {
    // Six minutes are six seconds here: the tick must find its line, however long the programs take.
    assert.equal(cron.inside('cron-generate', []).status, 0);
    cron.start();
    await until('cron is there', () => cron.inside('jobctl', ['next']).stderr.includes(`TZ=${tz}`), patienceMs);
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 0, generated.stderr);
    assert.match(
      generated.stderr,
      /warning: cron \(pid \d+\) has TZ=XYZ.* starts jobs by the clock of XYZ.*; take TZ out of what starts it/,
    );
    const why = cron.inside('jobctl', ['why', 'caught', '--all', '--at', new Date(tickMs).toISOString()]);
    assert.match(why.stdout, /cron's zone\s+(?:STOPS|NEXT)\s+cron \(pid \d+\) has TZ=XYZ/);
    await until(
      'cron has come for both',
      () => count(house, 'caught', 'skipped') > 0 && count(house, 'plain', 'ended') > 0,
      4 * patienceMs,
    );
    assert.deepEqual([count(house, 'caught', 'started'), count(house, 'plain', 'started')], [1, 1]);
    const skipped = history(house, 'caught').find(({ event }) => event === 'skipped');
    assert.ok(skipped?.event === 'skipped' && skipped.outcome.reason === 'claimed' && skipped.tick?.tickMs === tickMs);
    assert.match(skipped.outcome.words, /cron may have another time zone than this host/);
  } finally {
    await cron.close();
    house.remove();
  }
});

test('a TZ with the same meaning as /etc/localtime causes no warning', { skip: noFakeTime }, async () => {
  const house = new House(
    { x: "name: X\ncommand: /bin/true\nschedule: '0 3 * * *'\n" },
    { crontab: '/etc/cron.d/process-control' },
  );
  const cron = await CronHouse.open(house, { environment: ['TZ=:/etc/localtime'] });
  try {
    cron.start();
    await until(
      'cron is there',
      () => /\bcron \(pid/.test(cron.inside('jobctl', ['why', 'x', '--all']).stdout),
      patienceMs,
    );
    const generated = cron.inside('cron-generate', []);
    assert.deepEqual([generated.status, generated.stderr.includes('TZ=')], [0, false], generated.stderr);
  } finally {
    await cron.close();
    house.remove();
  }
});

test('a cron without TZ follows an exchanged /etc/localtime without being started again', {
  skip: noFakeTime,
}, async () => {
  const inTokyo = new Date(Date.now() + 9 * hourMs);
  const hours = [inTokyo.getUTCHours(), (inTokyo.getUTCHours() + 1) % 24].sort((a, b) => a - b);
  const house = new House(
    {
      far: `name: Far\ncommand: /bin/echo tick\nschedule: '* ${hours} * * *'\n`,
      near: "name: Near\ncommand: /bin/echo\nschedule: '* * * * *'\n",
    },
    { crontab: '/etc/cron.d/process-control', runner: clockedRunner },
  );
  for (const slug of ['far', 'near']) utimesSync(house.path(`jobs/${slug}.yaml`), longAgo, longAgo);
  copyFileSync('/usr/share/zoneinfo/UTC', house.path('localtime'));
  const cron = await CronHouse.open(house, { localtime: house.path('localtime') });
  try {
    assert.equal(cron.inside('cron-generate', []).status, 0);
    cron.start();
    await until('cron has started a job', () => count(house, 'near', 'ended') > 1, patienceMs);
    assert.equal(count(house, 'far', 'started'), 0);
    copyFileSync('/usr/share/zoneinfo/Asia/Tokyo', house.path('localtime'));
    await until('cron has started the other one', () => count(house, 'far', 'ended') > 0, 2 * patienceMs);
    // On a busy machine the start of the next minute may be on record first: as skipped, since its tick is claimed.
    const started = history(house, 'far').find(({ event }) => event === 'started');
    assert.ok(started?.event === 'started' && started.tick !== undefined, JSON.stringify(started));
  } finally {
    await cron.close();
    house.remove();
  }
});
