/** job-scheduler as people start it: it starts jobs by the clock, reads changes, and ends in order. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { repository, until } from './house.ts';
import { noSetClock, type Scheduler, SchedulerHouse } from './scheduler-house.ts';

const jobOf = (command: string, schedule = '* * * * *', more = '') =>
  `name: Job\ncommand: ${command}\nschedule: "${schedule}"\n${more}`;

test('help and wrong usage', () => {
  const program = path.join(repository, 'bin/job-scheduler');
  const help = spawnSync(program, ['--help'], { encoding: 'utf8' });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--drain.*\n[\s\S]*--job-output/);
  for (const [args, words] of [
    [['--drain', 'soon'], /--drain takes a time/],
    [['--max-starts', '0'], /--max-starts takes a number/],
    [['--log-format', 'xml'], /Invalid values/],
    [['--metrics', 'here'], /--metrics takes a port/],
    [['--metrics', '99999'], /--metrics takes a port/],
    [['--metrics', '9746', '--once'], /exclude each other/],
    [['--once', '--at', 'soon'], /--at must be a time such as/],
    [['--at', '10:30'], /at -> once/],
    [['job'], /takes no arguments/],
  ] as const) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 64);
    assert.match(stderr, words);
  }
});

describe('a day of job-scheduler', { skip: noSetClock }, () => {
  let house: SchedulerHouse;
  let scheduler: Scheduler;
  before(async () => {
    const jobs = {
      every: jobOf("/bin/sh -c 'echo from the job; env >&2'"),
      hour: jobOf('/bin/true', '0 * * * *'),
      york: jobOf('/bin/true', '1 5 * * *', 'time_zone: America/New_York\n'),
      off: jobOf('/bin/true', '* * * * *', 'disabled: true\n'),
    };
    house = new SchedulerHouse(jobs, '2027-01-15T09:59:02Z');
    scheduler = house.scheduler(['--job-output', '--drain', '2s']);
    await scheduler.tells('ready');
  });
  after(() => house.close());

  test('nothing starts before the next minute; then each line does that is due, once, with its tick', async () => {
    assert.deepEqual(scheduler.of('started'), []);
    house.goOn();
    await scheduler.tells('ended', 'every');
    await scheduler.tells('ended', 'hour');
    assert.deepEqual(house.ticks('every'), ['2027-01-15T10:00']);
    assert.deepEqual(house.ticks('hour'), ['2027-01-15T10:00']);
    assert.deepEqual(house.ticks('off'), []);
    house.goOn();
    await scheduler.tells('ended', 'every', 2);
    await until('the run of the other zone', () => house.ticks('york').length > 0);
    assert.deepEqual(house.ticks('every'), ['2027-01-15T10:00', '2027-01-15T10:01']);
    assert.deepEqual(house.ticks('york'), ['2027-01-15T10:01']);
    assert.deepEqual(house.ticks('hour'), ['2027-01-15T10:00']);
  });

  test("a run has the world that cron's start gives it, and its output is told", () => {
    const [first] = house.history('every').flatMap((event) => (event.event === 'started' ? [event] : []));
    assert.equal(first?.trigger.by, 'clock');
    const lines = scheduler.of('output', 'every');
    assert.ok(lines.some(({ stream, text }) => stream === 'stdout' && text === 'from the job'));
    const world = lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => String(text));
    assert.ok(world.includes('PATH=/usr/bin:/bin:/usr/sbin:/sbin'), world.join('\n'));
    assert.ok(!world.some((line) => /^(?:LD_PRELOAD|FAKETIME|PROCESS_CONTROL_TRIGGER)/.test(line)), world.join('\n'));
  });

  test('a new file gets its line, a removed one loses it, and a broken one is told once and starts nothing', async () => {
    house.job('new', jobOf('/bin/true'));
    rmSync(house.path('jobs/hour.yaml'));
    const { changes } = await scheduler.tells('reloaded');
    assert.match(String(changes), /1 added \(new\), 1 removed \(hour\)/);
    house.goOn();
    await scheduler.tells('ended', 'new');
    assert.deepEqual(house.ticks('new'), ['2027-01-15T10:02']);
    house.job('new', 'name: New\ncommand: /bin/false\nschedul: "* * * * *"\n');
    await until('the problem', () => scheduler.stderr.includes('new.yaml'));
    house.goOn();
    await until('the record', () => house.history('new').some(({ event }) => event === 'not-started'));
    house.goOn();
    await scheduler.tells('ended', 'new', 3);
    assert.deepEqual(house.ticks('new'), ['2027-01-15T10:02']);
    assert.equal(scheduler.stderr.split('\n').filter((line) => line.includes('jobs/new.yaml:3')).length, 1);
  });

  test('a clock that goes ahead by some minutes is made up for; one that goes back starts nothing twice', async () => {
    house.job('fixed', jobOf('/bin/true', '5,8,9 10 * * *'));
    await until('the line', () => scheduler.of('reloaded').some(({ changes }) => String(changes).includes('(fixed)')));
    house.goOn();
    await until('the first start', () => house.ticks('fixed').length === 1);
    house.goOn(7);
    await until('the starts', () => house.ticks('fixed').length === 3);
    const ticks = ['2027-01-15T10:05', '2027-01-15T10:08', '2027-01-15T10:09'];
    assert.deepEqual([...house.ticks('fixed')].sort(), ticks);
    assert.ok(scheduler.of('clock-moved').some(({ minutes }) => minutes === 7));
    const before = scheduler.of('ended', 'every').length;
    house.goOn(-1);
    await scheduler.tells('ended', 'every', before + 1);
    assert.deepEqual([...new Set(house.ticks('every'))], house.ticks('every'));
    house.goOn(1);
  });

  test('jobctl knows it: who starts the job, the next run, and why one did not come', async () => {
    const pid = scheduler.of('ready')[0]?.pid;
    const { stdout: next } = await house.run('jobctl', ['next', 'every'], { under: house.atThisTime });
    assert.match(next, /every/);
    assert.doesNotMatch(next, /crontab|no cron/);
    const { stdout: why } = await house.run('jobctl', ['why', 'every', '--all'], { under: house.atThisTime });
    assert.match(why, new RegExp(`job-scheduler \\(pid ${pid}\\) runs`));
    assert.match(why, /state\/scheduler\/crontab has its line/);
    const { stdout: doctor } = await house.run('jobctl', ['doctor'], { under: house.atThisTime });
    assert.match(doctor, new RegExp(`job-scheduler \\(pid ${pid}\\) has been running`));
    assert.match(doctor, /scheduler\/crontab is in sync with the job files/);
  });

  test('--metrics: what jobctl metrics prints, on loopback, to nobody from another site', async () => {
    const one = house.scheduler(['--metrics', '0']);
    const url = String((await one.tells('metrics')).url);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const answers = await Promise.all([1, 2, 3].map(() => fetch(url)));
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    }
    const { stdout } = await house.run('jobctl', ['metrics'], { under: house.atThisTime });
    const names = (text: string) => [...new Set(text.match(/^# TYPE \S+ \S+$/gm))];
    assert.deepEqual(names((await answers[0]?.text()) ?? ''), names(stdout));
    assert.ok(names(stdout).length > 10);
    assert.equal((await fetch(url.replace('/metrics', '/'))).status, 404);
    assert.equal((await fetch(url, { method: 'POST' })).status, 405);
    const { host, port } = new URL(url);
    const other = await new Promise<number | undefined>((resolve) => {
      request({ host: '127.0.0.1', port, path: '/metrics', headers: { Host: 'evil.example' } }, (response) => {
        resolve(response.resume().statusCode);
      }).end();
    });
    assert.equal(other, 403);
    const second = house.scheduler(['--metrics', host]);
    assert.equal(await second.ended, 125);
    assert.match(second.stderr, /--metrics: .*EADDRINUSE/);
    one.signal('SIGTERM');
    assert.equal(await one.ended, 0);
  });

  test('a second one beside it says so, and each tick still starts once', async () => {
    const second = house.scheduler();
    await second.tells('ready');
    assert.match(second.stderr, /another job-scheduler \(pid \d+\) is at work too/);
    const ends = scheduler.of('ended', 'every').length;
    house.goOn();
    await second.tells('ended', 'every');
    await scheduler.tells('ended', 'every', ends + 1);
    assert.deepEqual([...new Set(house.ticks('every'))], house.ticks('every'));
    second.signal('SIGTERM');
    assert.equal(await second.ended, 0);
  });

  test('TERM: nothing is started any more, runs get their time, then they are stopped; exit code 0', async () => {
    house.job('long', jobOf('/bin/sleep 300'));
    house.job('short', jobOf("/bin/sh -c 'sleep 1; echo done'"));
    await until('both lines', () => scheduler.of('reloaded').some(({ changes }) => /short/.test(String(changes))));
    house.goOn();
    await scheduler.tells('started', 'long');
    await until('the sleep', () => house.history('long').some(({ event }) => event === 'started'));
    scheduler.signal('SIGTERM');
    assert.equal(await scheduler.ended, 0);
    const [long] = scheduler.of('ended', 'long');
    assert.equal(long?.exitCode, 143);
    assert.equal(scheduler.of('ended', 'short').at(-1)?.exitCode, 0);
    assert.deepEqual(
      scheduler.told.slice(-1).map(({ event }) => event),
      ['stopped'],
    );
    assert.equal(scheduler.of('ending-runs').length, 1);
  });
});

describe('job-scheduler --once', { skip: noSetClock }, () => {
  let house: SchedulerHouse;
  before(() => {
    const jobs = {
      every: jobOf('/bin/true'),
      later: jobOf("/bin/sh -c 'exit 3'", '30 4 * * *'),
      tokyo: jobOf('/bin/true', '0 8 * * *', 'time_zone: Asia/Tokyo\n'),
    };
    house = new SchedulerHouse(jobs, '2027-03-01T10:00:02Z');
  });
  after(() => house.close());

  async function once(...args: readonly string[]) {
    const one = house.scheduler(['--once', ...args]);
    const code = await one.ended;
    const started = one.of('started').map(({ job }) => job);
    return { code, started: started.sort(), ended: one.of('ended'), stderr: one.stderr };
  }

  test('it starts the lines of this minute, and the tick is used up', async () => {
    const first = await once();
    assert.deepEqual([first.code, first.started], [0, ['every']], first.stderr);
    assert.deepEqual((await once()).started, ['every']);
    assert.equal(house.ticks('every').length, 1);
  });

  test('--at starts what is due then, as a person would: no tick is used up', async () => {
    const { code, started, ended, stderr } = await once('--at', '2027-03-04T04:30');
    // The exit code of a run says nothing about its start.
    assert.deepEqual([code, started], [0, ['every', 'later']], stderr);
    assert.equal(ended.find(({ job }) => job === 'later')?.exitCode, 3);
    assert.deepEqual((await once('--at', '2027-03-04T23:00')).started, ['every', 'tokyo']);
    const triggers = house.history('tokyo').flatMap((event) => (event.event === 'started' ? [event] : []));
    assert.deepEqual(
      triggers.map(({ trigger, tick }) => [trigger.by, tick]),
      [['person', undefined]],
    );
  });

  test('a start that fails makes the exit code 1, and a moment at which nothing is due is said', async () => {
    house.job('later', 'name: Later\ncommand: /bin/true\nschedul: "30 4 * * *"\n');
    assert.equal((await once('--at', '2027-03-04T04:30')).code, 0, 'a file that never had a line');
    house.job('every', jobOf('/nowhere/program'));
    const failed = await once('--at', '2027-03-04T04:31');
    assert.deepEqual([failed.code, failed.started], [1, ['every']], failed.stderr);
    rmSync(house.path('jobs/every.yaml'));
    const nothing = await once('--at', '2027-03-04T04:31');
    assert.deepEqual([nothing.code, nothing.started], [0, []]);
    assert.match(nothing.stderr, /nothing is due at 2027-03-04 04:31/);
  });
});

describe('job-scheduler ends and begins again', { skip: noSetClock }, () => {
  let house: SchedulerHouse;
  before(() => {
    house = new SchedulerHouse({ every: jobOf('/bin/true'), slow: jobOf('/bin/sleep 300') }, '2027-02-01T10:00:02Z');
  });
  after(() => house.close());

  test('after kill -9 it goes on: no tick twice, none lost, and what passed in a longer stop is recorded as missed', async () => {
    const first = house.scheduler();
    await first.tells('ready');
    house.goOn();
    await first.tells('ended', 'every');
    first.signal('SIGKILL');
    await first.ended;
    const second = house.scheduler();
    await second.tells('ready');
    house.goOn();
    await second.tells('ended', 'every');
    assert.deepEqual(house.ticks('every'), ['2027-02-01T10:01', '2027-02-01T10:02']);
    second.signal('SIGKILL');
    await second.ended;
    // Two minutes pass without it, and are made up for.
    house.goOn(2);
    const third = house.scheduler();
    await until('both ticks', () => house.ticks('every').length === 4);
    assert.deepEqual([...house.ticks('every')].sort().slice(2), ['2027-02-01T10:03', '2027-02-01T10:04']);
    third.signal('SIGKILL');
    await third.ended;
    house.goOn(30);
    const fourth = house.scheduler();
    await fourth.tells('ready');
    const missed = await until('the record of the missed', () =>
      house.history('every').find(({ event }) => event === 'missed'),
    );
    // The last ten minutes may still come.
    assert.equal(missed.event === 'missed' && missed.outcome.kind === 'missed' && missed.outcome.count, 20);
    fourth.signal('SIGTERM');
    fourth.signal('SIGTERM');
    assert.equal(await fourth.ended, 0);
  });

  test('a second TERM stops the runs at once', async () => {
    const scheduler = house.scheduler(['--drain', '1h']);
    await scheduler.tells('ready');
    house.goOn();
    await scheduler.tells('started', 'slow');
    scheduler.signal('SIGTERM');
    await scheduler.tells('stopping');
    scheduler.signal('SIGTERM');
    assert.equal(await scheduler.ended, 0);
  });

  test('a thousand lines of a minute begin some at a time, and none is lost', async () => {
    for (let count = 0; count < 24; count += 1) house.job(`many-${count}`, jobOf('/bin/true', '30 12 * * *'));
    const scheduler = house.scheduler(['--max-starts', '2']);
    await scheduler.tells('ready');
    const position = () => Number(/\d+/.exec(readFileSync(house.path('state/scheduler/position'), 'utf8')));
    const half = Date.parse('2027-02-01T12:29:00Z') / 60_000;
    house.goOn(half - Math.floor(house.nowMs() / 60_000));
    await until('half past twelve', () => position() === half);
    house.goOn();
    await until(
      'all ends',
      () => scheduler.told.filter(({ event, job }) => event === 'ended' && job?.startsWith('many-')).length === 24,
    );
    for (let count = 0; count < 24; count += 1) assert.deepEqual(house.ticks(`many-${count}`), ['2027-02-01T12:30']);
    scheduler.signal('SIGTERM');
    scheduler.signal('SIGTERM');
    assert.equal(await scheduler.ended, 0);
  });
});

test('a state directory that turns read-only, a job file that is removed at the minute and a storm of HUP: jobs go on, and each is said', {
  skip: noSetClock,
}, async () => {
  const house = new SchedulerHouse({ every: jobOf('/bin/true'), gone: jobOf('/bin/true') }, '2027-04-01T10:00:02Z');
  try {
    const scheduler = house.scheduler();
    await scheduler.tells('ready');
    house.goOn();
    await scheduler.tells('ended', 'every');
    spawnSync('chown', ['-R', 'root:root', house.path('state')]);
    rmSync(house.path('jobs/gone.yaml'));
    house.goOn();
    await scheduler.tells('ended', 'every', 2);
    for (let count = 0; count < 200; count += 1) scheduler.signal('SIGHUP');
    house.goOn();
    await scheduler.tells('ended', 'every', 3);
    await scheduler.tells('reloaded');
    const reasons = ["how far it has got can't be kept", "the lines can't be kept"];
    await until('both reasons', () => reasons.every((reason) => scheduler.stderr.includes(reason)));
    for (const reason of reasons) assert.equal(scheduler.stderr.split(reason).length, 2, scheduler.stderr);
    assert.ok(scheduler.of('output', 'every').some(({ text }) => String(text).includes('could not be claimed')));
    scheduler.signal('SIGTERM');
    assert.equal(await scheduler.ended, 0);
  } finally {
    await house.close();
  }
});
