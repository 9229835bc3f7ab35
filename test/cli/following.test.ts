/** jobctl logs: the end of a log, what came since a time, and following over runs, rotations and lost files. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { ended, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const job = `name: Job\ncommand: /bin/sh -c 'echo one; echo two; echo three'\n`;
const ticking = `name: Ticks
service: true
command: /bin/sh -c 'i=0; while :; do echo tick $i of the clock; i=$((i+1)); sleep 0.02; done'
log_max_size: 4096
log_keep: 100
stop_timeout: 1
`;
const house = new ServiceHouse({ job, ticking });
after(() => house.end());

function listen(child: ChildProcess) {
  const heard = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk) => {
      heard[name] += String(chunk);
    });
  return heard;
}

test('of a job that does not run, the next run is waited for', async () => {
  const follower = house.spawn('jobctl', ['logs', '-f', 'job']);
  const heard = listen(follower);
  const end = ended(follower);
  await until('it to wait', () => /job is not running; waiting for its next run/.test(heard.stderr));
  assert.equal((await house.run('run-job', ['job'])).code, 0);
  assert.equal((await end).code, 0);
  assert.match(heard.stdout, /INFO\tone\n.*INFO\ttwo\n.*INFO\tthree\n[\s\S]*exit code 0\n$/);

  const again = house.spawn('jobctl', ['logs', '-f', '-n', '1', 'job']);
  const more = listen(again);
  const secondEnd = ended(again);
  await until('it to wait again', () => /waiting for its next run/.test(more.stderr));
  await house.run('run-job', ['job']);
  await secondEnd;
  assert.equal(more.stdout.match(/INFO\tone\n/g)?.length, 1, more.stdout);
  assert.match(more.stdout, /^\S+ \S+\tNOTE\tjob succeeded/);
});

test('the last lines, and those since a time', async () => {
  const last = await house.run('jobctl', ['logs', 'job', '-n', '2']);
  assert.match(last.stdout, /^[^\n]*end command output\n[^\n]*NOTE\t[^\n]*\n$/);
  const { stdout } = await house.run('jobctl', ['logs', 'job', '--since', '1 hour ago']);
  assert.equal(stdout.match(/INFO\tone\n/g)?.length, 2, 'both runs of this hour');
  assert.equal((await house.run('jobctl', ['logs', 'job', '--since', 'now'])).stdout, '');
  for (const wrong of [
    ['-n', 'many'],
    ['-n', '-1'],
    ['--since', 'soon'],
  ])
    assert.equal((await house.run('jobctl', ['logs', 'job', ...wrong])).code, 64, wrong.join(' '));
});

test('a service is followed over rotations without a loss, and over a log folder that was removed', async () => {
  const started = await house.run('jobctl', ['start', 'ticking', '--wait']);
  assert.equal(started.code, 0, started.stderr);
  const follower = house.spawn('jobctl', ['logs', '-f', '-n', '1', 'ticking']);
  const heard = listen(follower);
  const ticks = () => [...heard.stdout.matchAll(/tick (\d+) of the clock\n/g)].map(([, number]) => Number(number));
  const linesOnDisk = () => {
    const texts = house.logs('ticking').map((name) => readFileSync(house.path(`log/ticking/${name}`), 'utf8'));
    return texts.join('').match(/tick \d+ of the clock\n/g)?.length ?? 0;
  };
  try {
    await until('several logs', () => ticks().length > 300);
    const seen = ticks();
    const [first = 0] = seen;
    assert.deepEqual(
      seen,
      seen.map((_, at) => first + at),
    );
    rmSync(house.path('log/ticking'), { recursive: true });
    await until('the loss to be said', () => /ticking\.0-\S+\.log was (removed|replaced)/.test(heard.stderr));
    const before = ticks().length;
    await until('more', () => ticks().length > before + 10);
    assert.match((await house.run('jobctl', ['logs', 'ticking', '-n', '1'])).stdout, /tick \d+/);
    // A log has about 80 lines: so many reach back over several rotations.
    await until('lines for several logs', () => linesOnDisk() > 250);
    const shown = (await house.run('jobctl', ['logs', 'ticking', '-n', '200'])).stdout;
    const lines = [...shown.matchAll(/tick (\d+) of the clock\n/g)].map(([, number]) => Number(number));
    assert.ok(lines.length >= 200, `${lines.length} lines`);
    assert.deepEqual(
      lines,
      lines.map((_, at) => (lines[0] ?? 0) + at),
    );
    assert.ok(
      heard.stdout
        .split('\n')
        .slice(0, -1)
        .every((text) => text.startsWith('20')),
      'a line has lost its beginning',
    );
  } finally {
    follower.kill();
  }
});
