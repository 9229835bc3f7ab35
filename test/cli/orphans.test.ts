import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { ended, House, until } from './house.ts';
import { membersOf } from './processes.ts';

describe('run-job and its reaper are killed together, and the job lives on', { concurrency: true }, () => {
  const deaf = `command: sh -c 'trap "" TERM; setsid -f sh -c "trap \\"\\" TERM; while :; do sleep 1; done"; while :; do sleep 1; done'`;
  const house = new House({
    late: `name: Late\n${deaf}\ntimeout: 10s\nkill_grace: 1s\n`,
    early: `name: Early\n${deaf}\nkill_grace: 1s\n`,
    killed: `name: Killed\n${deaf}\nkill_grace: 1s\n`,
  });
  after(() => house.remove());

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));

  /** The pids of the job's processes that live on: the command, its daemon, and what these sleep in. */
  async function orphan(slug: string): Promise<readonly number[]> {
    const wrapper = house.spawn('run-job', [slug]);
    const done = ended(wrapper);
    const run = await until('the job to start', () =>
      existsSync(house.path(`state/history/${slug}.jsonl`)) ? history(slug)[0]?.run : undefined,
    );
    const pids = await until('the job and its daemon', () => {
      const found = membersOf(run);
      return found.jobs.length >= 4 && found;
    });
    // The reaper first: stopped it can't notice, and then neither can end the job.
    for (const reaper of pids.reapers) process.kill(reaper, 'SIGSTOP');
    process.kill(wrapper.pid ?? 0, 'SIGKILL');
    for (const reaper of pids.reapers) process.kill(reaper, 'SIGKILL');
    await done;
    const living = pids.jobs.filter((pid) => existsSync(`/proc/${pid}`));
    assert.ok(living.length >= 2, 'nothing of the job lives on, so nothing is tested');
    return living;
  }

  const gone = (pids: readonly number[]) =>
    until('all of the job to be gone', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));

  test('a question without a newline is in the log of a run whose run-job was killed', async () => {
    house.job('asks', `name: Asks\ncommand: sh -c 'printf "Overwrite? [y/N] "; exec sleep 1000'\n`);
    const wrapper = house.spawn('run-job', ['asks']);
    const done = ended(wrapper);
    const hasLog = () => existsSync(house.path('log/asks/latest.log'));
    await until('the question', () => hasLog() && /\tINFO\tOverwrite\? \[y\/N\] \n$/.test(house.log('asks')));
    process.kill(wrapper.pid ?? 0, 'SIGKILL');
    await done;
    assert.match(house.log('asks'), /\tINFO\tOverwrite\? \[y\/N\] \n$/);
  });

  test('a shortened log has its beginning and its end when run-job was killed', async () => {
    house.job('floods', 'name: Floods\ncommand: seq 1 1000000000\nlog_max_size: 1M\n');
    const wrapper = house.spawn('run-job', ['floods']);
    const done = ended(wrapper);
    const hasLog = () => existsSync(house.path('log/floods/latest.log'));
    await until('the log to be cut', () => hasLog() && house.log('floods').includes('are left out here'));
    process.kill(wrapper.pid ?? 0, 'SIGKILL');
    await done;
    const log = house.log('floods');
    assert.match(log, /\tINFO\t1\n/);
    assert.ok(!log.includes('\0'));
    assert.ok(log.length < 1_500_000, String(log.length));
    assert.ok(log.slice(log.lastIndexOf('are left out here')).length > 50_000);
  });

  test('past its timeout the next run ends what is left, says so in its log, and runs', async () => {
    const pids = await orphan('late');
    // The next run waits for 3 s itself.
    const endSeconds = os.uptime() + 7.5;
    await until('its timeout to be over soon', () => os.uptime() > endSeconds);
    house.job('late', 'name: Late\ncommand: /bin/true\nkill_grace: 1s\n');
    const next = await house.run('run-job', ['late']);
    assert.equal(next.code, 0, next.stderr);
    await gone(pids);
    assert.match(
      house.log('late'),
      /NOTE\trun \S+ had lost its run-job and was past its timeout; what it had left was ended: \d+ /,
    );
    assert.deepEqual(
      history('late').map(({ event }) => event),
      ['started', 'interrupted', 'started', 'ended'],
    );
  });

  test('without a timeout the next run is refused with 75 and names the pids; jobctl stop ends them', async () => {
    const pids = await orphan('early');
    const refused = await house.run('run-job', ['early']);
    assert.equal(refused.code, 75);
    assert.match(refused.stderr, /its last run-job is gone but processes of run \S+ are alive: \d+ \S+/);
    assert.ok(pids.some((pid) => refused.stderr.includes(String(pid))));
    const stop = await house.run('jobctl', ['stop', 'early', '--reason', 'half of a run']);
    assert.deepEqual([stop.code, /early has ended\./.test(stop.stdout)], [0, true], stop.stderr);
    await gone(pids);
    assert.equal(history('early').find(({ event }) => event === 'stop-requested')?.run, history('early')[0]?.run);
    house.job('early', 'name: Early\ncommand: /bin/true\n');
    assert.equal((await house.run('run-job', ['early'])).code, 0);
  });

  test('run-job --kill-job ends them too', async () => {
    const pids = await orphan('killed');
    const kill = await house.run('run-job', ['--kill-job', 'killed']);
    assert.equal(kill.code, 0, kill.stderr);
    assert.match(kill.stdout, /Killing what is left of job killed: \d+/);
    await gone(pids);
  });
});
