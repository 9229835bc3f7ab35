/** What an operator types and is told: each verb of jobctl, by name and by tag, on jobs and services in each of their states. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Ended, ended, House, isRoot, until } from './house.ts';

const by = '\\S+';
const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';

describe('what an operator types and is told', () => {
  const house = new House({
    idle: 'name: Idle\ncommand: /bin/echo idle output\nschedule: "0 * * * *"\ntags: [mix, jobs]\n',
    runs: 'name: Runs\ncommand: sleep 1000\nkill_grace: 1s\ntags: [mix, jobs]\n',
    off: 'name: Off\ncommand: /bin/echo off output\nschedule: "0 * * * *"\ndisabled: true\ntags: [mix, jobs]\n',
    broken: 'name: Broken\ntags: mix\n',
    fails: 'name: Fails\ncommand: [echo the disk is full, sh -c "exit 3"]\n',
    slow: 'name: Slow\ncommand: sh -c "echo begun; sleep 1000"\nkill_grace: 1s\n',
    web: 'name: Web\nservice: true\ninstances: 2\ncommand: sleep 1000\nstop_timeout: 2s\ntags: [mix, servers]\n',
    down: 'name: Down\nservice: true\ncommand: sleep 1000\nstop_timeout: 2s\ntags: [mix, servers]\n',
  });
  const jobctl = (...args: string[]): Promise<Ended> => house.run('jobctl', args);
  const told = ({ code, stdout, stderr }: Ended) => `${code}\n${stdout}${stderr}`;
  const runOf = async (slug: string) => {
    const { stdout } = await jobctl('status', slug, '--json');
    return (JSON.parse(stdout) as { activity: { run?: string } }).activity.run;
  };
  const isRunning = (slug: string) => until(`${slug} to run`, async () => (await runOf(slug)) !== undefined);
  const stateOf = async (slug: string) => /state: +(\S+)/.exec((await jobctl('status', slug)).stdout)?.[1];
  const is = (slug: string, state: string) =>
    until(`${slug} to be ${state}`, async () => (await stateOf(slug)) === state);

  before(async () => {
    await jobctl('start', 'runs');
    await isRunning('runs');
    await jobctl('start', 'web', '--reason', 'first of all');
    await jobctl('stop', 'down', '--reason', 'not needed');
    await is('web', 'UP');
  });
  after(async () => {
    for (const slug of ['web', 'down', 'runs', 'slow']) await jobctl('stop', slug);
    house.remove();
  });

  test('a pause by tag holds the jobs, names the services, and is ended by what it says', async () => {
    const paused = await jobctl('pause', '--tag', 'mix', '--reason', 'move');
    assert.equal(paused.code, 64, told(paused));
    assert.match(paused.stdout, /^tag mix: paused by \S+ until it is resumed: move\n$/);
    for (const service of ['web', 'down']) {
      const byName = await jobctl('pause', service);
      assert.equal(byName.code, 64);
      assert.ok(paused.stderr.includes(byName.stderr), paused.stderr);
      assert.doesNotMatch((await jobctl('history', service)).stdout, /paused/);
    }
    assert.match((await jobctl('history', 'off')).stdout, /was paused by \S+ until resumed \(tag mix\): move/);
    const refused = await jobctl('start', 'idle');
    assert.equal(refused.code, 75);
    assert.match(refused.stderr, /to end that: jobctl resume --tag mix\n/);

    const resumed = await jobctl('resume', 'idle');
    assert.equal(resumed.code, 1, told(resumed));
    assert.doesNotMatch(resumed.stdout, /not paused|resumed/);
    assert.match(
      resumed.stderr,
      /idle is still paused by tag mix by \S+ .*: move; to end that: jobctl resume --tag mix\n/,
    );
    await jobctl('pause', 'idle');
    const half = await jobctl('resume', 'idle');
    assert.deepEqual([half.code, half.stdout], [1, 'idle resumed\n']);
    const other = await jobctl('resume', 'runs', '--json');
    assert.equal((JSON.parse(other.stdout) as { stillPaused: { reason: string } }).stillPaused.reason, 'move');
    const ended = await jobctl('resume', '--tag', 'mix');
    assert.deepEqual([ended.code, ended.stdout], [0, 'tag mix: resumed\n']);
    assert.equal((await jobctl('start', 'idle', '--wait')).code, 0);
  });

  test('only services behind a tag: nothing is paused', async () => {
    const answer = await jobctl('pause', '--tag', 'servers');
    assert.deepEqual([answer.code, answer.stdout], [64, '']);
    const resumed = await jobctl('resume', '--tag', 'servers');
    assert.deepEqual([resumed.code, resumed.stdout], [64, '']);
    assert.ok(resumed.stderr.includes((await jobctl('resume', 'web')).stderr), resumed.stderr);
  });

  test('a pause over another one says what it replaces', async () => {
    await jobctl('pause', 'idle', '--until', 'tomorrow 9:00', '--reason', 'the first');
    const second = await jobctl('pause', 'idle', '--for', '1w');
    assert.match(
      second.stdout,
      new RegExp(
        `^idle paused by ${by} until ${time}\nidle this replaces another pause: paused by ${by} until ${time}: the first\n$`,
      ),
    );
    await jobctl('resume', 'idle');
  });

  test('a restart by tag restarts what runs, and starts nothing else', async () => {
    const before = await runOf('runs');
    const answer = await jobctl('restart', '--tag', 'mix', '--reason', 'new version');
    assert.equal(answer.code, 0, told(answer));
    for (const slug of ['idle', 'off'])
      assert.match(answer.stdout, new RegExp(`^${slug} does not run, so it is not restarted$`, 'm'));
    assert.match(
      answer.stdout,
      new RegExp(`^down is not restarted: it was stopped by ${by} at ${time}: not needed$`, 'm'),
    );
    assert.match(answer.stdout, /^web is being restarted, one instance after the other/m);
    await until('another run', async () => ![undefined, before].includes(await runOf('runs')));
    assert.match(
      (await jobctl('history', 'runs')).stdout,
      /was stopped with SIGTERM by \S+: new version, after [\s\S]*was restarted by \S+ \(tag mix\): new version\n/,
    );
    assert.equal(await stateOf('down'), 'DOWN');
    assert.doesNotMatch((await jobctl('history', 'off')).stdout, /restarted|off output/);
  });

  test('a stop by a person leaves a job as it was, and says why', async () => {
    const again = await jobctl('start', 'slow', '--reason', 'by hand');
    await isRunning('slow');
    assert.equal((await jobctl('stop', 'slow', '--reason', 'too slow')).code, 0);
    const { stdout } = await jobctl('history', 'slow');
    assert.match(stdout, new RegExp(`was started by ${by} \\(run ${again.stdout.trim()}\\): by hand`));
    assert.match(stdout, /was stopped with SIGTERM by \S+: too slow, after/);
    assert.doesNotMatch((await jobctl('failed')).stdout, /slow/);
    assert.match((await house.run('check-jobs-icinga', ['-j', 'slow'])).stdout, /^JOBS OK/);
    assert.match((await house.run('run-job', ['--status', 'slow'])).stdout, /last status: unknown/);
  });

  test('the history of a service records who decided what, and why', async () => {
    await jobctl('stop', 'web.1', '--reason', 'it leaks');
    const restarted = await jobctl('restart', 'web', '--reason', 'certificate');
    assert.match(
      restarted.stdout,
      new RegExp(`^web\\.1 stays stopped, by ${by} at ${time}: it leaks; jobctl start web\\.1\n`),
    );
    await until('web.1 to be down', async () => /web\.1 +stopped/.test((await jobctl('status', 'web')).stdout));
    await jobctl('reset', 'web', '--reason', 'known');
    const started = await jobctl('start', 'web', '--reason', 'all of it');
    assert.match(
      started.stdout,
      new RegExp(`^web\\.1 will be kept up again, too; it was stopped by ${by} at ${time}: it leaks\n`),
    );
    const { stdout } = await jobctl('history', 'web');
    for (const words of [
      'web was started by \\S+: first of all',
      'web\\.1 was stopped by \\S+: it leaks',
      'web was restarted by \\S+: certificate',
      'web was reset by \\S+: known',
      'web was started by \\S+: all of it',
    ])
      assert.match(stdout, new RegExp(`^${time}  ${words}$`, 'm'));
    assert.doesNotMatch((await jobctl('history', 'web.0')).stdout, /web\.1/);
    const [last] = (await jobctl('history', 'web', '--json', '-n', '200')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ action }) => action === 'reset');
    assert.deepEqual([last.job, last.reason, typeof last.by], ['web', 'known', 'string']);
    await is('web', 'UP');
  });

  test('commands that only look show jobs and services alike', async () => {
    const logs = await jobctl('logs', '--tag', 'mix');
    for (const name of ['idle', 'off', 'runs', 'web.0', 'web.1', 'down.0'])
      assert.match(logs.stdout, new RegExp(`^==> ${name} <==$`, 'm'));
    const history = await jobctl('history', '--tag', 'mix', '-n', '200');
    assert.match(history.stdout, /^runs +\d{4}-/m);
    assert.match(history.stdout, /^web +\d{4}-.*web was started/m);
    const why = await jobctl('why', '--tag', 'mix');
    assert.match(why.stdout, /^web is UP since /m);
    assert.match((await jobctl('why', 'web', '--all')).stdout, /^service: +web - Web$/m);
    assert.match(why.stdout, /^idle/m);
    const status = await jobctl('status', '--tag', 'mix');
    for (const name of ['idle', 'off', 'runs', 'web', 'down'])
      assert.match(status.stdout, new RegExp(`^${name} `, 'm'));
  });

  test('start --wait shows the id and the output, and ends with the exit code of the run', async () => {
    const answer = await jobctl('start', 'fails', '--wait');
    assert.equal(answer.code, 3);
    assert.match(answer.stdout, /^\d{8}-\d{6}-[0-9a-f]+\nthe disk is full\n$/);
    assert.match(answer.stderr, /fails failed with exit code 3/);
    const failed = await jobctl('failed');
    assert.equal(failed.code, 1);
    assert.match(
      failed.stdout,
      new RegExp(`^fails: failed once at ${time} \\(.* ago\\): it failed with exit code 3\n {2}the disk is full$`, 'm'),
    );
    const history = await jobctl('history', '--failed', '--since', '1h');
    assert.match(history.stdout, /^fails +\d{4}.* failed with exit code 3/);
    assert.doesNotMatch(history.stdout, /was stopped|slow/);
    assert.match((await jobctl('history', '--since', 'tomorrow')).stderr, /no such entries/);
    assert.deepEqual((await jobctl('failed', 'idle')).code, 0);
  });

  test('a user who may not read a log is told the group and two ways to read it', {
    skip: isRoot ? false : 'needs root',
  }, async () => {
    const under = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const group = house.service.name;
    for (const command of ['logs', 'failed']) {
      const answer = await house.run('jobctl', [command, 'fails'], { as: 'root', under });
      const words = `permission denied; only root, the service user and the group "${group}" may read it. Now: sudo jobctl ${command}`;
      assert.ok(told(answer).includes(words), told(answer));
      assert.match(
        told(answer),
        new RegExp(`sudo jobctl ${command} .*fails; or once for all, .*: sudo usermod -aG ${group} \\S+`),
      );
    }
  });

  test('Ctrl-C ends the waiting and not the run', async () => {
    const waiting = house.spawn('jobctl', ['start', 'slow', '--wait']);
    const done = ended(waiting);
    let seen = '';
    waiting.stdout?.on('data', (chunk) => {
      seen += String(chunk);
    });
    await until('its output', () => seen.includes('begun'));
    waiting.kill('SIGINT');
    const answer = await done;
    assert.equal(answer.code, 130, told(answer));
    assert.match(answer.stderr, /no longer waiting; slow goes on as run \S+\. To end it: jobctl stop slow\n/);
    assert.equal(await runOf('slow'), seen.split('\n')[0]);
    assert.equal((await jobctl('stop', 'slow')).code, 0);
    assert.match(readFileSync(house.path('log/slow/latest.log'), 'utf8'), /was stopped with SIGTERM/);
  });

  test('run-job prints what the job prints at a terminal, and anywhere with --follow', async () => {
    assert.equal((await house.run('run-job', ['idle'])).stdout, '');
    for (const args of [
      ['idle', '--follow'],
      ['--follow', '--job', 'idle'],
    ])
      assert.equal((await house.run('run-job', args)).stdout, 'idle output\n');
  });
});
