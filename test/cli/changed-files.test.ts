/** What runs is steered by its record, whatever becomes of its file; and a restart touches nothing that it could not start again. */
import assert from 'node:assert/strict';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ended, House, until } from './house.ts';
import { isThere, pidOf, ServiceHouse } from './serving.ts';

/** A command line, the exit code that is right, and what must be said. */
type Row = readonly [line: string, code: number | 'any', says: RegExp | undefined];

async function ask(house: House, rows: readonly Row[]): Promise<void> {
  for (const [line, code, says] of rows) {
    const [program = '', ...args] = line.split(' ');
    const answer = await house.run(program, args);
    const text = `${answer.stdout}${answer.stderr}`;
    if (code !== 'any') assert.equal(answer.code, code, `${line}: ${text}`);
    if (says !== undefined) assert.match(text, says, line);
  }
}

const web = `name: Web
service: true
instances: 2
tag: shop
command: /bin/sleep 1000
stop_timeout: 1
`;
const broken = `${web}bogus: 1\n`;
const asJob = 'name: Web\ncommand: /bin/sleep 1000\ntag: shop\n';

describe('a service whose file changes', () => {
  const house = new ServiceHouse({ web });
  after(() => house.end());
  const untilDown = (slug: string) =>
    until(`${slug} to be gone`, async () => (await house.run('run-job', ['--only-running', slug])).stdout === '');

  test('keeps its state, its instances and its history when the file breaks, and nothing can restart it', async () => {
    await house.ensure();
    const before = await house.untilUp('web');
    house.job('web', broken);
    await house.until('web', 'its problems', ({ problems }) => problems !== undefined);
    const bogus =
      /web(\.1)? can't be (re)?started, and goes on as it is: its file has problems: .*bogus.*; fix it, then jobctl (re)?start web/;
    await ask(house, [
      [
        'jobctl status web',
        0,
        /state: +UP[\s\S]*file: +has problems and is not followed: .*bogus[\s\S]*web\.0 +up +pid[\s\S]*web\.1 +up/,
      ],
      ['jobctl status web.1', 0, /web\.1 +up/],
      ['jobctl status', 0, /^web +UP .*2 of 2 up; its file has problems/m],
      ['jobctl status --tag shop', 0, /^web +UP /m],
      ['jobctl status web --json', 0, /"state":"UP".*"instances":\[\{.*"pid":/],
      ['jobctl why web', 0, /^web is UP since [\s\S]*not followed: .*bogus[\s\S]*web is UP, was STARTING/],
      ['jobctl history web', 0, /web is UP, was STARTING/],
      ['jobctl next web', 0, /its file has problems/],
      ['jobctl logs web', 0, /==> web\.0 <==\n[\s\S]*sleep 1000[\s\S]*==> web\.1 <==\n/],
      ['jobctl logs web.0', 0, /sleep 1000/],
      ['jobctl start web', 78, bogus],
      ['jobctl start web.1', 78, bogus],
      ['jobctl start --tag shop', 78, bogus],
      ['jobctl restart web', 78, bogus],
      ['jobctl restart web.1', 78, bogus],
      ['jobctl restart --tag shop', 78, bogus],
      ['jobctl restart web.7', 64, /there is no web\.7: web has 2 instances, web\.0 to web\.1/],
      ['jobctl pause web', 64, /not paused but stopped/],
      ['jobctl resume web', 64, /not paused but stopped/],
      ['jobctl snooze web', 64, /no "health_check"/],
      ['jobctl reset web', 0, /web reset/],
      ['jobctl check', 1, /bogus/],
      ['run-job --list-jobs', 0, /^web$/m],
      [
        'run-job --status',
        0,
        /^web \*\*\*Invalid configuration\*\*\*\t\{pid: \d+, status: running\}\n\tservice: UP, 2 of 2 up/,
      ],
      ['run-job --only-running --tag shop', 0, /^web$/m],
      ['run-job --kill-job web', 64, /web is a service: jobctl stop web/],
      ['run-job --job web', 78, /bogus/],
      ['check-jobs-icinga', 1, /JOBS WARNING: web is invalid: its file has problems \| .*'running'=1;/],
    ]);
    const now = await house.status('web');
    assert.deepEqual([pidOf(now, 0), pidOf(now, 1)], [pidOf(before, 0), pidOf(before, 1)]);
  });

  test('stays down when it was stopped while its file was broken, also when that is fixed', async () => {
    const before = await house.status('web');
    await ask(house, [
      ['jobctl stop web.1', 0, /web\.1 will be kept down\nweb\.1 has ended/],
      ['jobctl status web.1', 3, /web\.1 +stopped/],
      ['jobctl stop --tag shop --reason moving', 0, /web will be kept down\nweb has ended/],
      ['jobctl status web', 3, /state: +DOWN[\s\S]*desired: +down, stopped by .*: moving[\s\S]*file: +has problems/],
      ['jobctl start web', 78, /web can't be started, and is not running: its file has problems: .*bogus/],
      ['jobctl stop web', 0, /web was not running/],
      ['jobctl history web', 0, /web is UP/],
      ['jobctl logs web.0', 0, /sleep 1000/],
      ['run-job --only-running', 0, /^$/],
    ]);
    for (const number of [0]) assert.equal(isThere(pidOf(before, number)), false);
    house.job('web', web);
    await house.ensure();
    await ask(house, [['jobctl status web', 3, /state: +DOWN[\s\S]*desired: +down, stopped by/]]);
    await ask(house, [['jobctl start web --wait', 0, /web is UP/]]);
  });

  test('stops a rolling restart when its file gets problems meanwhile', async () => {
    // The restart waits for instance 0 until this file is there.
    const gate = house.path('play/gate');
    const gated = web.replace(
      '/bin/sleep 1000',
      `/bin/sh -c 'test {{instance}} = 1 || sleep 1000; sleep 1000' ${gate}`,
    );
    const slow = `${gated}health_check: {command: test -e ${gate}, interval: 0.1, initial_interval: 60, timeout: 60}\n`;
    house.job('web', slow);
    house.tell('gate');
    await house.until('web', 'the new file', ({ instances }) => instances.every(({ changed }) => changed === true));
    await ask(house, [['jobctl restart web', 0, /one instance after the other/]]);
    await house.until(
      'web',
      'both by the new file',
      ({ state, rolling, instances }) =>
        state === 'UP' && rolling === undefined && instances.every(({ changed }) => changed === undefined),
    );
    const before = await house.untilUp('web');
    house.untell('gate');
    await ask(house, [['jobctl restart web', 0, undefined]]);
    await house.until(
      'web',
      'instance 0 to be started again',
      ({ instances, rolling }) => instances[0]?.at === 'starting' && rolling?.length === 1,
    );
    house.job('web', broken);
    await house.until('web', 'the end of the restart', ({ rollingEnd }) => rollingEnd !== undefined);
    house.tell('gate');
    const now = await house.untilUp('web');
    assert.notEqual(pidOf(now, 0), pidOf(before, 0));
    assert.equal(pidOf(now, 1), pidOf(before, 1));
    const stopped = /stopped because its file has problems \(.*bogus.*\); not restarted: web\.1/;
    await ask(house, [
      ['jobctl status web', 0, stopped],
      ['jobctl history web', 0, stopped],
    ]);
  });

  test('is stopped when its file is disabled, removed, renamed, or describes a job; and comes back with it', async () => {
    house.job('web', `${web}disabled: true\n`);
    await untilDown('web');
    await ask(house, [
      ['jobctl status web', 3, /state: +DOWN\S*[\s\S]*desired: +down: it is disabled in its file/],
      ['jobctl start web', 64, /disabled in its file/],
      ['jobctl restart web.0', 64, /disabled in its file/],
      ['jobctl stop web', 0, /web was not running/],
    ]);
    house.job('web', web);
    await ask(house, [['jobctl start web --wait', 0, /web is UP/]]);

    renameSync(house.path('jobs/web.yaml'), house.path('jobs/shop.yaml'));
    await untilDown('web');
    await ask(house, [
      ['jobctl status web', 64, /there is no job "web"/],
      ['jobctl stop web', 64, /there is no job "web"/],
      ['jobctl start shop --wait', 0, /shop is UP/],
    ]);
    house.job('shop', asJob);
    await untilDown('shop');
    await ask(house, [
      ['jobctl status shop', 4, /^job: +shop/],
      ['jobctl stop shop', 0, /No running process found/],
      ['jobctl why shop', 1, /it has no schedule/],
    ]);
    house.job('shop', web);
    await house.ensure();
    await house.untilUp('shop');
    await ask(house, [['jobctl stop shop', 0, /shop has ended/]]);
  });

  test('whose supervisor is about to end can be stopped, too', async () => {
    // It does not end before it may: a process that ignores TERM.
    const may = house.path('play/may-end');
    const stubborn = web.replace(
      '/bin/sleep 1000',
      `/bin/sh -c 'trap "" TERM; while ! [ -e ${may} ]; do sleep 0.1; done'`,
    );
    house.job('shop', stubborn.replace('stop_timeout: 1', 'stop_timeout: 600'));
    await ask(house, [['jobctl start shop --wait', 0, /UP/]]);
    rmSync(house.path('jobs/shop.yaml'));
    await house.until('shop', 'its end', ({ state }) => state === 'STOPPING');
    await ask(house, [
      ['jobctl status shop', 3, /state: +STOPPING[\s\S]*desired: +down: its file is gone/],
      ['run-job --status', 0, /shop \*\*\*File removed\*\*\*\t\{pid: \d+, status: running\}/],
      ['jobctl restart shop', 64, /shop can't be restarted: its file is gone, so shop is being stopped/],
    ]);
    const stopping = house.spawn('jobctl', ['stop', 'shop']);
    stopping.stdout?.once('data', () => house.tell('may-end'));
    const stopped = await ended(stopping);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.match(stopped.stdout, /shop has ended/);
  });
});

describe('a job that runs', () => {
  const house = new House({ job: 'name: Job\ncommand: /bin/sleep 1000\ntag: shop\n' });
  after(async () => {
    await house.run('jobctl', ['stop', 'job']);
    house.remove();
  });
  const good = 'name: Job\ncommand: /bin/sleep 1000\ntag: shop\n';
  const pid = async () => {
    const { stdout } = await house.run('jobctl', ['status', 'job', '--json']);
    return (JSON.parse(stdout) as { activity: { pid?: number } }).activity.pid;
  };
  const start = async () => {
    house.job('job', good);
    house.forget('job');
    await house.run('jobctl', ['start', 'job']);
    await until(
      'the command',
      () => existsSync(house.path('log/job/latest.log')) && house.log('job').includes('sleep'),
    );
    return until(
      'the job',
      async () => (await house.run('run-job', ['--status', 'job'])).stdout.includes('running') && pid(),
    );
  };

  test('is not ended by a restart that could not start it again', async () => {
    const before = await start();
    const goesOn = /its run goes on/;
    const judge = async (rows: readonly Row[]) => {
      await ask(house, rows);
      assert.equal(await pid(), before);
    };
    await ask(house, [['jobctl pause job --reason inventory', 0, undefined]]);
    await judge([
      ['jobctl restart job', 75, /paused.*inventory.*jobctl resume job; its run goes on/],
      ['jobctl restart --tag shop', 75, goesOn],
    ]);
    await ask(house, [
      ['jobctl resume job', 0, undefined],
      ['jobctl pause --tag shop', 0, undefined],
    ]);
    await judge([['jobctl restart job', 75, /jobctl resume --tag shop; its run goes on/]]);
    await ask(house, [['jobctl resume --tag shop', 0, undefined]]);
    house.job('job', `${good}bogus: 1\n`);
    await judge([
      ['jobctl restart job', 78, /bogus.*its run goes on/],
      ['jobctl restart --tag shop', 78, goesOn],
    ]);
    house.job('job', `${good}time_zone: Mars/Base\n`);
    await judge([['jobctl restart job', 78, /Mars.*its run goes on/]]);
    house.job('job', good);
    await judge([
      ['jobctl restart job --slow-start', 64, /has no slow_start_command; its run goes on/],
      ['jobctl restart jab', 64, /there is no job "jab"; did you mean "job"/],
      ['jobctl restart job.1', 64, /there is no job "job\.1"/],
    ]);
    rmSync(house.path('jobs/job.yaml'));
    await judge([['jobctl restart job', 64, /its file is gone; its run goes on/]]);
    house.job('job', `${good}disabled: true\n`);
    const { code } = await house.run('jobctl', ['restart', 'job']);
    assert.equal(code, 0);
    await until('another run', async () => ![undefined, before].includes(await pid()));
    await ask(house, [['jobctl stop job', 0, /job has ended/]]);
  });

  test('is listed and can be stopped with a broken file, and without one', async () => {
    const logPath = /log: +\S+job-\d+-\d+\S*\.log/;
    await start();
    house.job('job', `${good}bogus: 1\n`);
    const seen: Row[] = [
      ['jobctl status', 1, /^job +running .*pid \d+; /m],
      ['jobctl status job', 1, /activity: +running since .*\(pid \d+, run \S+\)/],
      ['jobctl status job', 1, logPath],
      ['jobctl status --tag shop', 1, /^job +running/m],
      ['jobctl history job', 0, /is running/],
      ['jobctl logs job', 0, /sleep 1000/],
      ['run-job --list-jobs', 0, /^job$/m],
      ['run-job --only-running', 0, /^job$/m],
      ['run-job --only-running --tag shop', 0, /^job$/m],
    ];
    await ask(house, [
      ...seen,
      ['jobctl start job', 78, /bogus/],
      ['jobctl why job', 0, /^job has been running[\s\S]*bogus/],
      ['run-job --status', 0, /^job \*\*\*Invalid configuration\*\*\*\t\{pid: \d+, status: running\}$/m],
      ['check-jobs-icinga', 'any', /'running'=1;/],
      ['jobctl stop --tag shop', 0, /job has ended/],
      ['jobctl stop job', 0, /No running process found/],
    ]);
    await start();
    rmSync(house.path('jobs/job.yaml'));
    await ask(house, [
      ...seen,
      ['jobctl start job', 64, /its file is gone/],
      ['run-job --status', 0, /^job \*\*\*File removed\*\*\*\t\{pid: \d+, status: running\}$/m],
      ['check-jobs-icinga', 'any', /'running'=1;/],
      ['run-job --kill-job job', 0, /Killing process ID/],
      ['run-job --list-jobs', 0, /^$/],
      ['jobctl stop job', 64, /there is no job/],
    ]);
  });

  test('can be stopped when its file has become that of a service, which then stays down', async () => {
    await start();
    house.job('job', `${good}service: true\nstop_timeout: 1\n`);
    await ask(house, [
      ['run-job --ensure', 0, undefined],
      ['jobctl status job', 1, /state: +STARTING[\s\S]*it waits for run \S+ of the job that it was \(pid \d+\)/],
      ['jobctl start job', 75, /the job that it was is still running \(run \S+, pid \d+\).*jobctl stop job/],
      ['jobctl restart job', 75, /still running/],
      ['jobctl stop job', 0, /job has ended[\s\S]*ending run \S+ of the job that job was/],
      ['jobctl status job', 3, /state: +DOWN/],
    ]);
    assert.equal(await pid(), undefined);
  });
});
