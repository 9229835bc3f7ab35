/**
 * The real cron and job-scheduler side by side, with one clock that the test sets: on the same job files they start the same lines, whatever the clock
 * does; on one state directory each tick starts once.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type CronClock, cronClock, cronStep } from '../../src/schedule/cron-clock.ts';
import { minuteMs } from '../../src/zone/zone.ts';
import { House, until } from '../cli/house.ts';
import { type Scheduler, SchedulerHouse } from '../cli/scheduler-house.ts';
import { zoneNamed } from '../fakes/zones.ts';
import { CronHouse, noFakeTime } from './cron.ts';

const localtime = '/usr/share/zoneinfo/Europe/Berlin';
const crontab = '/etc/cron.d/process-control';
const jobOf = (schedule: string, zone?: string) =>
  `name: Job\ncommand: /bin/true\nschedule: "${schedule}"\n${zone === undefined ? '' : `time_zone: ${zone}\n`}`;

const jobs = {
  beat: jobOf('* * * * *'),
  // cron makes up for lines without a star.
  made: jobOf('0-59 0-23 * * *'),
  fixed: jobOf('30 2 * * *'),
  list: jobOf('0,5,10,15,20,25,30,35,40,45,50,55 0-23 * * *'),
  five: jobOf('*/5 * * * *'),
  halves: jobOf('*/30 2 * * *'),
  hour: jobOf('0 * * * *'),
  sunday: jobOf('58 * * * sun'),
  day: jobOf('58 * 28-31 3,10 *'),
  either: jobOf('59 * 28 * mon'),
  after: jobOf('2 3 * * *'),
  daily: jobOf('@daily'),
  boot: jobOf('@reboot'),
  york: jobOf('2 21 * * *', 'America/New_York'),
  kathmandu: jobOf('46 6 * * *', 'Asia/Kathmandu'),
};

/** The number of starts of each job's line. */
function startsOf(house: House): Readonly<Record<string, number>> {
  const file = house.path('log/asked');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const counts: Record<string, number> = {};
  // The lines about all jobs name none.
  const jobsOf = lines.flatMap((line) => /--job (\S+)/.exec(line)?.[1] ?? []);
  for (const job of jobsOf.sort()) counts[job] = (counts[job] ?? 0) + 1;
  return counts;
}

/** The runner of a house, which only notes how it was started. */
function note(house: House, runner: string): void {
  writeFileSync(runner, `#!/bin/sh\necho "$*" >>${house.path('log/asked')}\n`, { mode: 0o755 });
}

async function openCron(house: House, clock: readonly string[]): Promise<CronHouse> {
  copyFileSync(localtime, house.path('localtime'));
  const cron = await CronHouse.open(house, { clock, localtime: house.path('localtime') });
  const { status, stderr } = cron.inside('cron-generate', []);
  assert.equal(status, 0, stderr);
  return cron;
}

type Sleeper = Pick<CronHouse, 'signal'>;

/** Waits, and wakes both, which sleep through the new time of a clock that was set. */
async function untilAwake(what: string, sleepers: readonly Sleeper[], look: () => boolean): Promise<void> {
  await until(what, () => {
    const found = look();
    if (!found) for (const sleeper of sleepers) sleeper.signal('SIGHUP');
    return found;
  });
}

/** How often lines with and without a star have been due, by the virtual clock that cron has. */
class Foreseen {
  readonly #house: SchedulerHouse;
  #minute: number;
  #clock: CronClock;
  #beats = 0;
  #made = 0;

  constructor(house: SchedulerHouse) {
    this.#house = house;
    this.#minute = Math.floor(house.nowMs() / minuteMs);
    this.#clock = cronClock(localMinute(this.#minute));
  }

  /** Sets the clock. */
  goOn(by: number) {
    // On a slow machine a minute passes by itself.
    const last = () => Math.floor(this.#house.nowMs() / minuteMs);
    while (this.#minute < last()) this.#look(this.#minute + 1);
    this.#house.goOn(by);
    this.#look(last());
    return { beats: this.#beats, made: this.#made };
  }

  #look(minute: number): void {
    const { looks, clock } = cronStep(this.#clock, localMinute(minute));
    this.#minute = minute;
    this.#clock = clock;
    this.#beats += looks.filter(({ lines }) => lines !== 'fixed').length;
    this.#made += looks.filter(({ lines }) => lines !== 'wildcard').length;
  }
}

const berlin = zoneNamed('Europe/Berlin');
const localMinute = (minute: number) => minute + berlin.offsetAt(minute * minuteMs) / minuteMs;

describe('the real cron beside job-scheduler', { skip: noFakeTime, concurrency: true }, () => {
  test('both start the same lines, through both clock changes and clocks that are set', async (context) => {
    const house = new SchedulerHouse(jobs, '2027-03-28T00:56:02Z');
    const other = new House(jobs, { crontab, runner: 'note' });
    note(house, house.runner);
    note(other, other.path('note'));
    const [, ...faked] = house.atThisTime;
    const cron = await openCron(other, faked);
    try {
      const scheduler: Scheduler = house.scheduler([], cron.namespace);
      await scheduler.tells('ready');
      cron.start();
      // From then on cron takes a signal.
      await until('the start for @reboot', () => startsOf(other).boot !== undefined);
      const clock = new Foreseen(house);
      const isSame = () => JSON.stringify(startsOf(other)) === JSON.stringify(startsOf(house));
      const goOn = async (by: number, times = 1) => {
        for (let time = 0; time < times; time += 1) {
          const { beats, made } = clock.goOn(by);
          const isDone = (one: House) => {
            const { beat = 0, made: madeUp = 0 } = startsOf(one);
            return beat >= beats && madeUp >= made;
          };
          const look = () => isDone(other) && isDone(house) && isSame();
          const what = `by ${by} minutes to ${new Date(house.nowMs()).toISOString()}`;
          await untilAwake(what, [cron, scheduler], look).catch(() =>
            assert.deepEqual(startsOf(house), startsOf(other), what),
          );
        }
      };
      await goOn(1, 10);
      const spring = startsOf(other);
      for (const slug of ['fixed', 'after', 'hour', 'list', 'sunday', 'boot'])
        assert.ok(spring[slug] !== undefined, `${slug}: ${JSON.stringify(spring)}`);
      context.diagnostic(JSON.stringify(spring));
      // A clock that goes ahead by a little and by more, and back by both.
      for (const by of [4, 1, 7, 1, 31, 1, 1, -30, 1, 1, -2, 1, 1, 1, 30, 1, 1]) await goOn(by);
      const autumn = Date.parse('2027-10-31T00:56:02Z');
      await goOn(Math.floor(autumn / 60_000) - Math.floor(house.nowMs() / 60_000));
      await goOn(1, 10);
      for (const by of [-200, 1, 1, 190, 1, 1, 1, 1, 1]) await goOn(by);
      context.diagnostic(JSON.stringify(startsOf(other)));
      assert.deepEqual(startsOf(house), startsOf(other));
    } finally {
      await cron.close();
      await house.close();
      other.remove();
    }
  });

  test('on one state directory each tick starts once', async () => {
    const { beat, five, hour, boot } = jobs;
    const house = new SchedulerHouse({ beat, five, hour, boot }, '2027-03-28T00:56:02Z', { crontab });
    const [, ...clock] = house.atThisTime;
    const cron = await openCron(house, clock);
    try {
      const scheduler = house.scheduler([], cron.namespace);
      await scheduler.tells('ready');
      cron.start();
      await until('both starts for @reboot', () => house.history('boot').some(({ event }) => event === 'skipped'));
      const ends = () => house.history('beat').filter(({ event }) => event === 'ended').length;
      const claimed = () =>
        house.history('beat').filter((event) => event.event === 'skipped' && event.outcome.reason === 'claimed').length;
      for (let minutes = 1; minutes <= 8; minutes += 1) {
        house.goOn();
        await untilAwake('both starts', [cron, scheduler], () => ends() >= minutes && claimed() >= minutes);
      }
      for (const slug of ['beat', 'five', 'hour']) assert.deepEqual([...new Set(house.ticks(slug))], house.ticks(slug));
      assert.equal(house.ticks('beat').length, 8);
      await until('the hour', () => house.ticks('hour').length === 1 && house.ticks('five').length === 1);
    } finally {
      await cron.close();
      await house.close();
    }
  });
});
