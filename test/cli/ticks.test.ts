/** Ticks with the real programs: claims between real processes, zones from the machine's files, what was missed. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, isRoot, until } from './house.ts';

const byCron = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** "m h * * *" in UTC. */
function daily(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

/** The minute that has begun, with enough of it left for two starts in a row to be in time for it. */
async function freshMinute(): Promise<number> {
  await until('a minute of which a good part is left', () => Date.now() % minuteMs < 35_000);
  return Math.floor(Date.now() / minuteMs) * minuteMs;
}

describe('ticks', () => {
  const house = new House({
    minutely: "name: Minutely\ncommand: /bin/echo tick\nschedule: '* * * * *'\n",
    splayed: "name: Splayed\ncommand: /bin/echo tick\nschedule: '* * * * *'\nsplay: 365d\n",
    nowhere: "name: Nowhere\ncommand: /bin/true\nschedule: '0 4 * * *'\ntime_zone: Mars/Olympus\n",
  });
  after(() => house.remove());

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));
  /** As of a job that has been there for a while: its file is old, and its ticks were settled up to then. */
  const seenBefore = (slug: string, { schedule, zone = '' }: { schedule: string; zone?: string }, sinceMs: number) => {
    utimesSync(house.path(`jobs/${slug}.yaml`), sinceMs / 1000 - 60, sinceMs / 1000 - 60);
    const folder = house.path(`state/ticks/${slug}`);
    mkdirSync(folder, { recursive: true });
    for (const made of [house.path('state/ticks'), folder]) chmodSync(made, 0o777);
    const rule = zone === '' ? schedule : `${schedule} ${zone}`;
    writeFileSync(`${folder}/since`, JSON.stringify({ rule, sinceMs }));
  };

  test('of several lines that cron starts at once one runs the job, the others are skipped as claimed, and all exit with 0', async () => {
    const tickMs = await freshMinute();
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => house.run('run-job', ['--job', 'minutely'], byCron)),
    );
    assert.deepEqual(
      runs,
      Array.from({ length: 4 }, () => ({ code: 0, stdout: '', stderr: '' })),
    );
    const events = history('minutely');
    const started = events.filter(({ event }) => event === 'started');
    assert.equal(started.length, 1);
    assert.ok(started[0]?.event === 'started');
    assert.deepEqual(started[0].tick, { tickMs });
    const skips = events.flatMap((event) => (event.event === 'skipped' ? [event] : []));
    assert.deepEqual(
      skips.map(({ outcome, tick }) => [
        outcome.reason,
        outcome.words?.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:00/, 'TIME'),
        tick,
      ]),
      [...Array.from({ length: 3 }, () => ['claimed', `run ${started[0]?.run} has had the tick TIME`, { tickMs }])],
    );
    const again = await house.run('run-job', ['--job', 'minutely']);
    assert.equal(again.code, 0);
    assert.equal(
      history('minutely').filter(({ event }) => event === 'started').length,
      2,
      "a person's run always runs",
    );
  });

  test('a line with --due runs the job when its own zone has the tick, whatever the zone of the host is', async () => {
    const tickMs = await freshMinute();
    const [tokyo, other] = [daily(tickMs + 9 * hourMs), daily(tickMs + 10 * hourMs)];
    house.job('tokyo', `name: Tokyo\ncommand: /bin/echo tick\nschedule: '${tokyo}'\ntime_zone: Asia/Tokyo\n`);
    house.job(
      'brisbane',
      `name: Brisbane\ncommand: /bin/echo tick\nschedule: '${tokyo}'\ntime_zone: Australia/Brisbane\n`,
    );
    house.job('guam', `name: Guam\ncommand: /bin/echo tick\nschedule: '${other}'\ntime_zone: Pacific/Guam\n`);
    for (const slug of ['tokyo', 'brisbane', 'guam'])
      assert.deepEqual(await house.run('run-job', ['--due', '--job', slug], byCron), {
        code: 0,
        stdout: '',
        stderr: '',
      });
    for (const slug of ['tokyo', 'guam']) {
      const [started] = history(slug);
      assert.ok(started?.event === 'started', slug);
      assert.deepEqual(started.tick, { tickMs });
    }
    assert.ok(!readdirSync(house.path('state/history')).includes('brisbane.jsonl'), 'what is not due leaves nothing');
  });

  test('a zone that does not exist is an error for the crontab, and for a line that is there already', async () => {
    const made = await house.run('cron-generate', ['--output', '-'], { as: 'root' });
    assert.match(
      made.stderr,
      /nowhere\.yaml:4:12: "time_zone" names no time zone: "Mars\/Olympus"; it takes names such/,
    );
    const run = await house.run('run-job', ['--due', '--job', 'nowhere'], byCron);
    assert.equal(run.code, 78);
    const [event] = history('nowhere');
    assert.ok(event?.event === 'not-started' && event.outcome.code === 78);
  });

  test('TERM while a tick waits for its splay ends the run at once, and the tick is on record', async () => {
    await freshMinute();
    const child = house.spawn('run-job', ['--job', 'splayed'], byCron);
    const link = () => readdirSync(house.path('state/ticks/splayed')).find((name) => name.endsWith('Z'));
    await until('its tick is claimed', () => {
      try {
        return link();
      } catch {
        return undefined;
      }
    });
    const code = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    assert.equal(await code, 143);
    const ended = history('splayed').at(-1);
    assert.ok(ended?.event === 'ended' && ended.outcome.kind === 'stopped');
  });

  test('a state directory in which nothing can be written costs the claim, and not the run', {
    skip: isRoot ? false : 'needs root',
  }, async () => {
    house.job('readonly', "name: Readonly\ncommand: /bin/echo tick\nschedule: '* * * * *'\n");
    const folder = house.path('state/ticks');
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'somebody else was here');
    try {
      const run = await house.run('run-job', ['--job', 'readonly'], byCron);
      assert.equal(run.code, 0);
      assert.match(
        run.stderr,
        /run-job: readonly: the tick \S+ could not be claimed, so that a second start .*: EEXIST|ENOTDIR/,
      );
      assert.match(house.log('readonly'), /INFO\ttick\n/);
    } finally {
      rmSync(folder);
    }
  });

  test('--catch-up records missed ticks, and runs the last one of a job with catch_up as a tick of the clock', async () => {
    const nowMs = Date.now();
    const lastMs = Math.floor(nowMs / hourMs) * hourMs - 2 * hourMs;
    const schedule = daily(lastMs);
    house.job(
      'wants',
      `name: Wants\ncommand: /bin/echo caught up\nschedule: '${schedule}'\ntime_zone: UTC\ncatch_up: last\n`,
    );
    house.job('bears', `name: Bears\ncommand: /bin/echo caught up\nschedule: '${schedule}'\ntime_zone: UTC\n`);
    for (const slug of ['wants', 'bears']) seenBefore(slug, { schedule, zone: 'UTC' }, nowMs - 70 * hourMs);
    assert.deepEqual(await house.run('run-job', ['--catch-up'], byCron), { code: 0, stdout: '', stderr: '' });
    await until('the run that was missed has ended', () => history('wants').some(({ event }) => event === 'ended'));
    const [missed, started] = history('wants');
    assert.ok(missed?.event === 'missed' && started?.event === 'started');
    assert.deepEqual([missed.outcome.count, missed.outcome.tickMs], [3, lastMs]);
    assert.equal(started.trigger.by, 'clock');
    assert.equal(started.tick?.tickMs, lastMs);
    assert.ok((started.tick?.lateMs ?? 0) >= 2 * hourMs);
    assert.match(house.log('wants'), /INFO\tcaught up\n/);
    assert.deepEqual(
      history('bears').map(({ event }) => event),
      ['missed'],
    );
    const listed = await house.run('run-job', ['--status']);
    assert.match(listed.stdout, /bears/);
  });

  test('what passed while a job was paused was not missed, also when it has been resumed', async () => {
    const nowMs = Date.now();
    const schedule = '0 * * * *';
    house.job('rests', `name: Rests\ncommand: /bin/true\nschedule: '${schedule}'\n`);
    seenBefore('rests', { schedule }, nowMs - 30 * hourMs);
    assert.equal((await house.run('jobctl', ['pause', 'rests', '--reason', 'move'])).code, 0);
    // The pause began in the meantime, at half past some hour.
    const file = house.path('state/pauses/job:rests');
    const pause = JSON.parse(readFileSync(file, 'utf8'));
    const began = Math.floor(nowMs / hourMs) * hourMs - 20.5 * hourMs;
    writeFileSync(file, JSON.stringify({ ...pause, atMs: began }));
    assert.equal((await house.run('jobctl', ['resume', 'rests'])).stdout, 'rests resumed\n');
    assert.equal((await house.run('jobctl', ['resume', 'rests'])).stdout, 'rests was not paused\n');
    await house.run('run-job', ['--catch-up'], byCron);
    const missed = history('rests').find(({ event }) => event === 'missed');
    assert.ok(missed?.event === 'missed');
    assert.equal(missed.outcome.tickMs, began - 0.5 * hourMs);
  });

  test('--catch-up is about all jobs, so it takes none', async () => {
    const run = await house.run('run-job', ['--catch-up', '--job', 'minutely']);
    assert.equal(run.code, 64);
  });
});
