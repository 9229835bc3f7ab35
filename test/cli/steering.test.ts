import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { House, isRoot, until } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };

describe('steering real jobs', () => {
  const house = new House({
    hourly: 'name: Hourly\ncommand: /bin/true\nschedule: "0 * * * *"\ntags: [night, all]\n',
    zoned:
      'name: Zoned\ncommand: /bin/true\nschedule: "0 9 * * *"\ntime_zone: America/New_York\nsplay: 5m\ntags: [night, all]\n',
    off: 'name: Off\ncommand: /bin/true\nschedule: "0 * * * *"\ndisabled: true\ntag: all\n',
    manual: 'name: Manual\ncommand: /bin/true\n',
    broken: 'name: Broken\n',
    fails: 'name: Fails\ncommand: /bin/false\ntag: failing\n',
    long: 'name: Long\ncommand: sleep 600\ntag: long\n',
    minutely: 'name: Minutely\ncommand: /bin/true\nschedule: "* * * * *"\n',
  });
  before(() => house.run('cron-generate', [], { as: 'root' }));
  after(() => house.remove());
  /** A person behind sudo, whose configuration is the machine's; not where the kernel remembers who logged in. */
  function ada() {
    if (!isRoot || !canHaveOwnEtc) return {};
    const etc = new OwnEtc(house.path('own-etc'));
    etc.copy('process-control.yaml', house.configFile);
    const environment = { SUDO_UID: '1', PROCESS_CONTROL_CONFIG: '/etc/process-control.yaml' };
    return { environment, outer: etc.under([]) };
  }
  const jobctl = (...args: string[]) => house.run('jobctl', args);
  const json = async (...args: string[]) => {
    const { stdout } = await jobctl(...args, '--json');
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('next lists the coming ticks of all jobs, and why some have none', async () => {
    const { stdout, code, stderr } = await jobctl('next');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\d{4}-\d\d-\d\d \d\d:00\S+ {2}hourly {4}in /m);
    assert.match(stdout, /^\d{4}.* zoned .* 09:00:00 America\/New_York, starts [\d.]+ (?:s|min).* later \(splay\)/m);
    assert.match(stdout, /^- +broken +its file has problems/m);
    assert.match(stdout, /^- +manual +has no schedule/m);
    assert.match(stdout, /^- +off +is disabled/m);
  });

  test('next of named jobs, so many, from a time on, up to a time, by tag, as JSON', async () => {
    const ticks = await json('next', 'hourly', 'zoned', '--count', '3', '--at', '2027-03-14T00:00Z');
    assert.deepEqual(
      ticks.map(({ job, tickMs }) => `${job} ${new Date(tickMs as number).toISOString().slice(0, 16)}`),
      [
        ...['hourly 2027-03-14T01:00', 'hourly 2027-03-14T02:00', 'hourly 2027-03-14T03:00'],
        ...['zoned 2027-03-14T13:00', 'zoned 2027-03-15T13:00', 'zoned 2027-03-16T13:00'],
      ],
    );
    assert.equal((await json('next', 'hourly', '--at', '2027-03-14T00:00Z', '--hours', '24')).length, 24);
    assert.equal((await json('next', 'hourly', '--at', '2027-03-14T00:00Z', '--until', '2027-03-14T05:00Z')).length, 5);
    assert.deepEqual((await json('next', '--tag', 'all')).map(({ job }) => job).sort(), ['hourly', 'off', 'zoned']);
    for (const args of [
      ['--hours', 'x'],
      ['--count', '0'],
      ['--until', 'never'],
      ['--at', 'x'],
    ]) {
      assert.equal((await jobctl('next', ...args)).code, 64, args.join(' '));
    }
  });

  test('a pause by tag stands in every history, with who, until when and why, and so does its end', async () => {
    const paused = await house.run(
      'jobctl',
      ['pause', '--tag', 'night', '--until', 'tomorrow 9:00', '--reason', 'upgrade'],
      ada(),
    );
    assert.match(paused.stdout, /^tag night: paused by \S+ until \d{4}-\d\d-\d\d 09:00:00: upgrade\n$/);
    assert.match((await jobctl('next', 'hourly', '-n', '1')).stdout, /will be skipped: paused by tag night/);
    assert.equal((await house.run('run-job', ['--job', 'hourly'], byClock)).code, 0);
    assert.equal((await jobctl('resume', '--tag', 'night', '--reason', 'done')).stdout, 'tag night: resumed\n');
    const { stdout } = await jobctl('history', '--tag', 'night');
    assert.match(stdout, /^hourly {2}\S+ \S+ {2}- +was paused by \S+ until \S+ 09:00:00 \(tag night\): upgrade$/m);
    assert.match(stdout, /^zoned {3}\S+ \S+ {2}- +was paused by /m);
    assert.match(stdout, /^hourly .* was skipped: paused by tag night/m);
    assert.match(stdout, /^zoned {3}\S+ \S+ {2}- +was resumed by \S+ \(tag night\): done$/m);
  });

  test('reset forgets the failures so far, and the next one is the first', async () => {
    for (let i = 0; i < 2; i += 1) await house.run('run-job', ['fails']);
    const before = (await json('status', 'fails'))[0] as { streak: { failures: number } };
    assert.equal(before.streak.failures, 2);
    assert.deepEqual(await json('reset', 'fails', '--reason', 'disk replaced'), [
      { job: 'fails', reset: true, failures: 2, resumed: false },
    ]);
    const known = await jobctl('status', 'fails');
    assert.deepEqual([known.code, /^state: +ok$/m.test(known.stdout)], [0, true], known.stdout);
    assert.match(known.stdout, /^reset: +reset by \S+ at \S+ \S+: disk replaced$/m);
    assert.match(
      (await jobctl('status', '--tag', 'failing')).stdout,
      /^fails +ok .*; reset by \S+ at .*: disk replaced/m,
    );
    const [seen = {}] = await json('status', 'fails');
    assert.deepEqual([seen.state, seen.health], ['ok', 'ok']);
    assert.equal((seen.reset as { reason: string }).reason, 'disk replaced');
    assert.match((await house.run('check-jobs-icinga', ['-j', 'fails'])).stdout, /^JOBS OK/);
    assert.equal((await jobctl('failed', 'fails')).code, 0);
    assert.match((await house.run('run-job', ['--status', 'fails'])).stdout, /last status: unknown/);
    const why = await jobctl('why', 'fails');
    assert.match(why.stdout, /^fails ran at .* and failed .*, and \S+ reset that at \S+ \S+ \(disk replaced\)/);
    assert.match((await jobctl('history', 'fails')).stdout, / {2}- +was reset by \S+: disk replaced\n$/);
    await house.run('run-job', ['fails']);
    const after = (await json('status', '--tag', 'failing'))[0] as { streak: { failures: number } };
    assert.equal(after.streak.failures, 1);
  });

  test('reset ends a pause that the failures led to, and none that a person has made', async () => {
    const file = house.path('state/pauses/job:fails');
    await jobctl('pause', 'fails');
    const pause = {
      target: { job: 'fails' },
      atMs: 1,
      by: 'process-control',
      reason: 'it failed 3 times',
      circuit: true,
    };
    writeFileSync(file, JSON.stringify(pause));
    assert.match(
      (await jobctl('status', 'fails')).stdout,
      /paused: +by process-control until it is resumed: it failed 3 times/,
    );
    assert.match(
      (await house.run('check-jobs-icinga', ['-j', 'fails'])).stdout,
      /paused after its failures until jobctl reset fails/,
    );
    // The directory is the service user's, who may take away what root has put there.
    assert.match((await jobctl('reset', 'fails')).stdout, /its pause ended/);
    await jobctl('pause', 'fails');
    await jobctl('reset', 'fails');
    assert.equal((await jobctl('status', 'fails')).code, 3);
    await jobctl('resume', 'fails');
  });

  test('restart ends a run and starts the job again, or starts it; JSON says which', async () => {
    const [first] = await json('restart', 'long');
    assert.deepEqual([first?.stop, first?.started], ['idle', true]);
    const running = async () => /running since .*run (\S+)\)/.exec((await jobctl('status', 'long')).stdout)?.[1];
    await until('it to run', async () => (await running()) === first?.run);
    const [second] = await json('restart', '--tag', 'long', '--reason', 'new configuration');
    assert.deepEqual([second?.stop, second?.stoppedRun, second?.started], ['stopped', first?.run, true]);
    await until('the new run', async () => (await running()) === second?.run);
    const [again] = await json('start', 'long');
    assert.deepEqual([again?.started, /is running already/.test(String(again?.reason))], [false, true]);
    const [stopped] = await json('stop', 'long');
    assert.deepEqual([stopped?.stop, stopped?.stoppedRun], ['stopped', second?.run]);
  });

  test('start --wait --json gives the exit code and the run', async () => {
    const [one] = await json('start', 'fails', '--wait');
    assert.equal(one?.exitCode, 1);
    assert.match((await jobctl('history', 'fails')).stdout, new RegExp(`${one?.run} {2}failed`));
  });

  test('logs by tag shows the log of each job below its name', async () => {
    const { stdout } = await jobctl('logs', '--tag', 'failing');
    assert.match(stdout, /\/bin\/false/);
    const several = await jobctl('logs', '--tag', 'night');
    assert.match(several.stdout, /^==> hourly <==\n==> zoned <==\n$/);
    assert.equal((await jobctl('logs', '--tag', 'night', '-f')).code, 64);
  });

  test('check shows every problem of a directory or a file, and the line that each job would get', async () => {
    const all = await jobctl('check');
    assert.equal(all.code, 1);
    assert.match(all.stdout, /broken.yaml:1:1: .*command/);
    assert.match(all.stdout, /^hourly +0 \* \* \* \*$/m);
    assert.match(all.stdout, /^zoned +0 9 \* \* \* in America\/New_York$/m);
    assert.match(all.stdout, /^off +no line in the crontab/m);
    assert.match(all.stdout, /: 8 jobs, 1 with problems/);
    const other = house.path('etc/checkout');
    mkdirSync(other);
    const good = 'name: A\ncommand: /bin/true\nschedule: "5 0 * * *"\nfailmail: {to_address: root}\n';
    writeFileSync(`${other}/a.yaml`, good);
    const one = await jobctl('check', other);
    assert.equal(one.code, 0, one.stdout + one.stderr);
    assert.match(one.stdout, /^a {2}5 0 \* \* \*\n.*checkout: 1 job, all valid/);
    writeFileSync(`${other}/a.yaml`, good.replace('5 0', '0/5 0'));
    const [answer = {}] = await json('check', other);
    assert.deepEqual(
      (answer.problems as { line: number }[]).map(({ line }) => line),
      [3],
    );
    assert.equal((await jobctl('check', `${other}/a.yaml`)).code, 1);
    assert.equal((await jobctl('check', house.path('nowhere'))).code, 64);
    assert.deepEqual(
      readdirSync(house.path('etc')).sort(),
      ['checkout', 'crontab', 'process-control.yaml'],
      'nothing is written',
    );
  });

  test('why explains a run that happened and one that did not, in words and as JSON', async () => {
    await house.run('run-job', ['--job', 'minutely'], byClock);
    const ran = await jobctl('why', 'minutely');
    // Over the turn of a minute the tick in question is one that nobody has started.
    assert.match(ran.stdout, /^minutely (?:ran at .* and succeeded after|has a tick at|did not run at)/);
    const off = await jobctl('why', 'off');
    assert.equal(off.code, 1);
    assert.match(
      off.stdout,
      /^off will not run: its file has "disabled: true"\n\nTake it out of .*, then:\n {4}sudo cron-generate /,
    );
    const [value = {}] = await json('why', 'manual');
    assert.deepEqual([value.verdict, (value.cause as { about: string }).about], ['will-not-run', 'schedule']);
    assert.equal((value.evidence as { slug: string }).slug, 'manual');
    const notDue = await jobctl('why', 'hourly', '--at', '2026-11-25T10:35');
    assert.match(notDue.stdout, /^hourly was not due at \S+ \S+: 0 \* \* \* \* has no tick at/);
    assert.equal((await jobctl('why', 'hourly', '--at', 'whenever')).code, 64);
  });
});

describe('the monitoring check as a dead-man’s watch', () => {
  const house = new House({ minutely: 'name: Minutely\ncommand: /bin/true\nschedule: "* * * * *"\n' });
  before(() => house.run('cron-generate', [], { as: 'root' }));
  after(() => house.remove());
  const check = (...args: string[]) => house.run('check-jobs-icinga', args);

  test('a job that no cron starts is overdue from the minute after its file was put there', async () => {
    assert.equal((await check()).code, 0, 'ten minutes are no news');
    const late = await until(
      'it to be overdue',
      async () => {
        const answer = await check('-w', '0.001');
        return answer.code === 1 && answer;
      },
      200_000,
    );
    assert.match(late.stdout, /^JOBS WARNING: minutely is overdue by \d+ min[\w. ]* \| .*'overdue'=\d+s;0\.001;;0\n$/);
    const critical = await check('-w', '0.001', '-c', '0.001');
    assert.deepEqual([critical.code, /^JOBS CRITICAL: minutely is overdue/.test(critical.stdout)], [2, true]);
    assert.match(
      (await house.run('jobctl', ['status', 'minutely'])).stdout,
      /^overdue: +by .*; jobctl why minutely tells more$/m,
    );
    await house.run('run-job', ['--job', 'minutely'], byClock);
    assert.match((await check('-c', '59s')).stdout, /^JOBS OK/, 'the clock has started it');
  });

  test('what it can not find out is unknown: a state that can not be read, no answer in time, a wrong time', async () => {
    assert.equal((await check('-t', '0.001')).stdout, 'JOBS UNKNOWN: no answer within 0.001 seconds\n');
    assert.equal((await check('-t', '60')).code, 0);
    assert.equal((await check('-w', 'soon')).code, 3);
    if (isRoot) return;
    rmSync(house.path('state'), { recursive: true });
    mkdirSync(house.path('state'), { mode: 0 });
    assert.equal((await check()).code, 3);
  });
});
