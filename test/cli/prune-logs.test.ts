/** Old logs go by themselves: the real programs, from a run that ends to the folders that are left. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ended, House, isRoot, repository, until } from './house.ts';

const houses: House[] = [];
after(() => {
  for (const house of houses) house.remove();
});

const quick = 'name: Quick\ncommand: /bin/echo now\n';

function houseWith(retention: string, jobs: Readonly<Record<string, string>> = { quick }): House {
  const house = new House(jobs, { config: `log_retention: ${retention}\nlogging: {file: OWN}` });
  const text = readFileSync(house.configFile, 'utf8').replace('OWN', house.path('state/own.log'));
  writeFileSync(house.configFile, text);
  houses.push(house);
  return house;
}

/** A log that was last written so many days ago. */
function plant(house: House, slug: string, daysAgo: number, text = 'old\n'): string {
  const directory = house.path(`log/${slug}`);
  if (!existsSync(directory)) give(house, directory, () => mkdirSync(directory));
  const then = Date.now() - daysAgo * 86_400_000;
  const stamp = new Date(then).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const name = `${slug}-${stamp}.log`;
  give(house, path.join(directory, name), (file) => writeFileSync(file, text, { mode: 0o640 }));
  utimesSync(path.join(directory, name), then / 1000, then / 1000);
  return name;
}

function give(house: House, file: string, make: (file: string) => void): void {
  make(file);
  chownSync(file, house.service.uid, house.service.gid);
}

/** prune-logs as a run starts it, without waiting for a run. */
function sweep(house: House): ChildProcess {
  const { uid, gid } = house.service;
  const identity = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'] : [];
  const dist = path.join(repository, 'dist');
  const [file = '', ...args] = [...identity, path.join(dist, 'node'), path.join(dist, 'boot.cjs'), 'prune-logs'];
  return spawn(file, [...args, '--config', house.configFile], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_WRAPPER: crypto.randomUUID() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('old logs', () => {
  test('are removed beside the end of a run, of all jobs, also of those that are gone, and at most once an hour', async () => {
    const house = houseWith('{days: 90, compress_after: 30}');
    const [gone = '', compressed = '', kept = ''] = [100, 40, 2].map((daysAgo) => plant(house, 'quick', daysAgo));
    const former = [99, 98].map((daysAgo) => plant(house, 'former', daysAgo));
    assert.equal((await house.run('run-job', ['quick'])).code, 0);
    await until('the sweep', () => existsSync(house.path('state/own.log')));
    await until('its line', () => /2 removed, 1 compressed/.test(readFileSync(house.path('state/own.log'), 'utf8')));
    const names = house.logs('quick');
    assert.deepEqual(
      [gone, `${compressed}.gz`, kept].map((name) => names.includes(name)),
      [false, true, true],
    );
    assert.deepEqual(house.logs('former'), [former[1]]);

    const again = plant(house, 'quick', 100);
    const lastMs = statSync(house.path('state/logs-pruned')).mtimeMs;
    assert.equal((await house.run('run-job', ['quick'])).code, 0);
    assert.equal(statSync(house.path('state/logs-pruned')).mtimeMs, lastMs);
    utimesSync(house.path('state/logs-pruned'), 1, 1);
    assert.equal((await house.run('run-job', ['quick'])).code, 0);
    await until('the second sweep', () => !house.logs('quick').includes(again));
  });

  test('are kept without log_retention, and no marker is written', async () => {
    const house = houseWith('{}');
    const name = plant(house, 'quick', 1000);
    assert.equal((await house.run('run-job', ['quick'])).code, 0);
    assert.ok(house.logs('quick').includes(name));
    assert.equal(existsSync(house.path('state/logs-pruned')), false);
  });

  test('are kept as long as the job says, and all of them while its file has problems', async () => {
    const house = houseWith('{days: 10}', {
      long: `${quick}log_retention: {days: 0}\n`,
      short: `${quick}log_retention: {runs: 1}\n`,
      broken: 'name: Broken\nlog_retention: {days: 400}\n',
    });
    for (const slug of ['long', 'short', 'broken']) for (const daysAgo of [50, 9, 8]) plant(house, slug, daysAgo);
    assert.equal((await ended(sweep(house))).code, 0);
    assert.deepEqual(
      ['long', 'short', 'broken'].map((slug) => house.logs(slug).length),
      [3, 1, 3],
    );
  });

  test('are left alone where they are links, and the own log says so', async () => {
    const house = houseWith('{days: 1, compress_after: 0.5}');
    const outside = house.path('outside');
    mkdirSync(outside);
    const names = [30, 20, 10].map((daysAgo) => plant(house, 'quick', daysAgo));
    writeFileSync(path.join(outside, 'linked-20200101-000000.log'), 'theirs');
    symlinkSync(outside, house.path('log/linked'));
    symlinkSync(path.join(outside, 'linked-20200101-000000.log'), house.path('log/quick/quick-20200101-000000.log'));
    const { code, stderr } = await ended(sweep(house));
    assert.equal(code, 0);
    assert.match(stderr, /linked is a link and was left alone\n.*quick\/quick-20200101-000000\.log is a link/);
    assert.match(readFileSync(house.path('state/own.log'), 'utf8'), /warn: log retention: linked is a link/);
    assert.deepEqual(readdirSync(outside), ['linked-20200101-000000.log']);
    assert.equal(
      readlinkSync(house.path('log/quick/quick-20200101-000000.log')),
      `${outside}/linked-20200101-000000.log`,
    );
    assert.deepEqual(house.logs('quick').toSorted(), ['quick-20200101-000000.log', names[2] ?? ''].toSorted());
  });

  test('stay while their run goes on, however old and long they are', async () => {
    const house = houseWith('{days: 0.0001, runs: 1, bytes: 1, total_bytes: 1, compress_after: 0.0001}', {
      slow: 'name: Slow\ncommand: sh -c "echo begun; sleep 600"\n',
    });
    const child = house.spawn('run-job', ['slow']);
    const done = ended(child);
    const name = await until('its log', () => existsSync(house.path('log/slow/latest.log')) && house.logs('slow')[0]);
    await until('its lock', async () => /running/.test((await house.run('run-job', ['--status', 'slow'])).stdout));
    utimesSync(house.path(`log/slow/${name}`), 1, 1);
    // Not even the newest: somebody has set the clock.
    give(house, house.path('log/slow/slow-20990101-000000.log'), (file) => writeFileSync(file, 'later'));
    assert.equal((await ended(sweep(house))).code, 0);
    assert.deepEqual(house.logs('slow').toSorted(), [name, 'slow-20990101-000000.log'].toSorted());
    await house.run('run-job', ['--kill-job', 'slow']);
    await done;
    // The run that has ended starts a sweep of its own, which may have taken the log already, or makes this one leave.
    try {
      utimesSync(house.path(`log/slow/${name}`), 1, 1);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    }
    assert.equal((await ended(sweep(house))).code, 0);
    await until(
      'the log of the run to be cleared away',
      () => house.logs('slow').join() === 'slow-20990101-000000.log',
    );
  });

  test('are complete at every moment, although sweeps are killed and two run at once', async () => {
    const house = houseWith('{compress_after: 1}');
    const text = 'a line that can be compressed\n'.repeat(40_000);
    const names = Array.from({ length: 12 }, (_, index) => plant(house, 'quick', index + 2, `${index}\n${text}`));
    for (let turn = 0; turn < 8; turn += 1) {
      const before = house.logs('quick').join();
      const sweeps = [sweep(house), sweep(house)];
      const ends = sweeps.map((child) => ended(child));
      // Then anywhere in what it does.
      await until(
        'a beginning',
        () => house.logs('quick').join() !== before || sweeps.every((c) => c.exitCode !== null),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      for (const child of sweeps) child.kill('SIGKILL');
      await Promise.all(ends);
      for (const [index, name] of names.entries()) assert.equal(textOf(house, name), `${index}\n${text}`);
    }
    assert.equal((await ended(sweep(house))).code, 0);
    const left = readdirSync(house.path('log/quick')).toSorted();
    assert.deepEqual(left, [names[0], ...names.slice(1).map((name) => `${name}.gz`)].toSorted());
  });

  test('are shown by jobctl when they are compressed, and it says when they are gone', async () => {
    const house = houseWith('{}');
    assert.equal((await house.run('run-job', ['quick'])).code, 0);
    give(house, house.path('log/quick/quick-20990101-000000.log'), (file) => writeFileSync(file, 'the newest'));
    const runs = (await house.run('jobctl', ['history', 'quick', '--json'])).stdout.trim().split('\n');
    const { run, logPath } = JSON.parse(runs[0] ?? '');
    utimesSync(logPath, 1, 1);
    writeFileSync(house.configFile, `${readFileSync(house.configFile, 'utf8').replace('{}', '{compress_after: 1}')}`);
    assert.equal((await ended(sweep(house))).code, 0);
    assert.equal(existsSync(logPath), false);
    const shown = await house.run('jobctl', ['logs', 'quick', '--run', run]);
    assert.match(shown.stdout, /\tINFO\tnow\n/);
    assert.equal(shown.code, 0);
    rmSync(`${logPath}.gz`);
    const missing = await house.run('jobctl', ['logs', 'quick', '--run', run]);
    assert.deepEqual(missing, {
      code: 1,
      stdout: '',
      stderr: `jobctl: ${logPath} is not there: old logs are removed as log_retention says, or an operator has moved or removed it\n`,
    });
  });
});

/** From the log or, where there is none any more, from the compressed one. */
function textOf(house: House, name: string): string {
  const file = house.path(`log/quick/${name}`);
  return existsSync(file) ? readFileSync(file, 'utf8') : gunzipSync(readFileSync(`${file}.gz`)).toString();
}
