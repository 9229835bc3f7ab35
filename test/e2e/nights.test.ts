/**
 * The way of a job file through cron-generate and the real cron to its history, through a spring night, an autumn night and the end of a year, on a host
 * in Berlin. The ticks that are asked for are counted by hand.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, until } from '../cli/house.ts';
import { CronHouse, clockedRunner, noFakeTime, patienceMs } from './cron.ts';

const localtime = '/usr/share/zoneinfo/Europe/Berlin';

interface Night {
  readonly title: string;
  /** Cron is started then; UTC. */
  readonly from: string;
  /** [schedule, zone, the ticks that must have been run, UTC] */
  readonly jobs: Readonly<Record<string, readonly [string, string | undefined, readonly string[]]>>;
}

const nights: readonly Night[] = [
  {
    title: 'the hour from two to three is left out',
    from: '2027-03-28T00:56:30Z',
    jobs: {
      fixed: ['30 2 * * *', undefined, ['2027-03-28T01:00']],
      every: ['*/4 * * * *', undefined, ['2027-03-28T01:00', '2027-03-28T01:04']],
      york: ['2 21 * * *', 'America/New_York', ['2027-03-28T01:02']],
      kathmandu: ['46 6 * * *', 'Asia/Kathmandu', ['2027-03-28T01:01']],
      never: ['30 4 * * *', undefined, []],
    },
  },
  {
    title: 'the hour from two to three comes twice',
    from: '2027-10-31T00:56:30Z',
    jobs: {
      fixed: ['1 2 * * *', undefined, []],
      every: ['*/4 * * * *', undefined, ['2027-10-31T01:00', '2027-10-31T01:04']],
      york: ['2 21 * * *', 'America/New_York', ['2027-10-31T01:02']],
      london: ['1 1 * * *', 'Europe/London', []],
      kathmandu: ['46 6 * * *', 'Asia/Kathmandu', ['2027-10-31T01:01']],
    },
  },
  {
    title: 'a year ends',
    from: '2026-12-31T22:56:30Z',
    jobs: {
      daily: ['@daily', undefined, ['2026-12-31T23:00']],
      monthly: ['@monthly', undefined, ['2026-12-31T23:00']],
      yearly: ['@yearly', undefined, ['2026-12-31T23:00']],
      hourly: ['@hourly', undefined, ['2026-12-31T23:00']],
      helsinki: ['0 1 1 1 *', 'Europe/Helsinki', ['2026-12-31T23:00']],
      last: ['1 0 31 12 *', undefined, []],
      // The first of January 2027 is a Friday.
      weekly: ['@weekly', undefined, []],
    },
  },
];

interface Lived {
  readonly ticks: Readonly<Record<string, readonly string[]>>;
  readonly boots: number;
}

async function live({ from, jobs }: Night): Promise<Lived> {
  const files = Object.entries(jobs).map(([slug, [schedule, zone]]) => [
    slug,
    `name: ${slug}\ncommand: /bin/true\nschedule: '${schedule}'\n${zone === undefined ? '' : `time_zone: ${zone}\n`}`,
  ]);
  const boot = "name: boot\ncommand: /bin/true\nschedule: '@reboot'\n";
  const house = new House(
    { ...Object.fromEntries(files), boot },
    { crontab: '/etc/cron.d/process-control', runner: clockedRunner },
  );
  for (const slug of [...Object.keys(jobs), 'boot'])
    utimesSync(house.path(`jobs/${slug}.yaml`), 1_700_000_000, 1_700_000_000);
  copyFileSync(localtime, house.path('localtime'));
  const aheadSeconds = Math.round((Date.parse(from) - Date.now()) / 1000);
  const cron = await CronHouse.open(house, { aheadSeconds, localtime: house.path('localtime') });
  try {
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 0, generated.stderr);
    cron.start();
    // What has not come by then is missing among the ticks.
    await until('the night is over', () => isOver(house, jobs), patienceMs).catch(() => undefined);
    const ticks = Object.keys(jobs).map((slug) => [slug, ticksOf(house, slug)]);
    return { ticks: Object.fromEntries(ticks), boots: started(house, 'boot').length };
  } finally {
    await cron.close();
    house.remove();
  }
}

function isOver(house: House, jobs: Night['jobs']): boolean {
  const ended = (slug: string) => history(house, slug).filter(({ event }) => event === 'ended').length;
  return ended('boot') > 0 && Object.entries(jobs).every(([slug, [, , ticks]]) => ended(slug) >= ticks.length);
}

function history(house: House, slug: string) {
  const file = house.path(`state/history/${slug}.jsonl`);
  return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
}

function started(house: House, slug: string) {
  return history(house, slug).flatMap((event) => (event.event === 'started' ? [event] : []));
}

function ticksOf(house: House, slug: string): readonly string[] {
  return started(house, slug).map(({ tick }) => new Date(tick?.tickMs ?? 0).toISOString().slice(0, 16));
}

for (const night of nights) {
  test(`${night.title}: each job has run at its ticks, once`, {
    skip: noFakeTime || (!existsSync(localtime) && 'needs tzdata'),
  }, async () => {
    const wanted = Object.fromEntries(Object.entries(night.jobs).map(([slug, [, , ticks]]) => [slug, ticks]));
    // A machine that stands still for five seconds makes cron believe that its clock was changed: such a night is lived again.
    for (let nightsLeft = 2; ; nightsLeft--) {
      const lived = await live(night);
      const isWhole = JSON.stringify(lived.ticks) === JSON.stringify(wanted);
      if (!isWhole && nightsLeft > 0) continue;
      assert.deepEqual(lived, { ticks: wanted, boots: 1 });
      return;
    }
  });
}
