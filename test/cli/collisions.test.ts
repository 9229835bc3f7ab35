/** What happens to real runs that meet: of the same job, by each policy, and of jobs that share a lock. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { repository, until } from './house.ts';
import { PolicyHouse } from './policy-house.ts';
import { membersOf, tagged } from './processes.ts';

const escapes = path.join(repository, 'test/fixtures/programs/escapes.pl');
const roles = 'plain ignores-term orphan own-group daemon daemon-with-output daemon-unmarked';

describe('runs that meet', { concurrency: 2 }, () => {
  const house = new PolicyHouse({});
  after(() => house.remove());

  test('CANCEL_NEW: the new run is skipped and names the run that holds the lock; with allow_overtime that is no failure', async () => {
    house.job('cancel', `name: C\n${house.until('cancel')}`);
    const first = house.start('cancel');
    const { run } = await house.event('cancel', 'started');
    assert.match(
      (await house.exits('cancel', 75)).stderr,
      new RegExp(`cancel was skipped: still running for .*run ${run}`),
    );
    house.job('cancel', `name: C\nallow_overtime: true\n${house.until('cancel')}`);
    await house.exits('cancel', 0);
    house.let('cancel');
    assert.equal((await first.done).code, 0);
  });

  test('QUEUE: of several that come one waits and then runs, the others are skipped', async () => {
    house.job('queue', `name: Q\ncron_collision_policy: QUEUE\n${house.until('queue')}`);
    const first = house.start('queue');
    const { run } = await house.event('queue', 'started');
    const others = [1, 2, 3, 4].map(() => house.start('queue'));
    await house.event('queue', 'skipped', 3);
    const { run: waits } = await house.event('queue', 'waiting');
    const status = await house.run('jobctl', ['status', 'queue']);
    assert.match(
      status.stdout,
      new RegExp(`waiting: +run ${waits} \\(pid \\d+\\) waits since .*: still running .*run ${run}\\)`),
    );
    house.let('queue');
    const codes = await Promise.all([first, ...others].map(async ({ done }) => (await done).code));
    assert.deepEqual(codes.sort(), [0, 0, 75, 75, 75]);
    const order = house.history('queue').filter(({ event }) => event === 'started' || event === 'ended');
    assert.deepEqual(
      order.map((event) => `${event.event} ${event.run}`),
      [`started ${run}`, `ended ${run}`, `started ${waits}`, `ended ${waits}`],
    );
    assert.ok(
      house.history('queue').every((event) => event.event !== 'skipped' || event.outcome.reason === 'queue-full'),
    );
  });

  test('QUEUE: jobctl start queues too, and jobctl stop ends the run that waits before the one under way', async () => {
    house.job('stopped', `name: S\ncron_collision_policy: QUEUE\n${house.until('stopped')}`);
    const first = house.start('stopped');
    await house.event('stopped', 'started');
    const started = await house.run('jobctl', ['start', 'stopped']);
    assert.equal(started.code, 0, started.stderr);
    const { run } = await house.event('stopped', 'waiting');
    assert.equal(started.stdout.trim(), run);
    assert.equal((await house.run('jobctl', ['stop', 'stopped'])).code, 0);
    assert.equal((await first.done).code, 143);
    const ends = house.history('stopped').filter(({ event }) => event === 'ended');
    assert.equal(ends[0]?.run, run);
    assert.equal(house.events('stopped').filter((event) => event === 'started').length, 1);
  });

  test('QUEUE: a run that waits gives up when the job is paused, and when it waited too long', async () => {
    for (const [slug, more] of [
      ['paused', ''],
      ['late', 'start_deadline: 2s\n'],
    ] as const) {
      house.job(slug, `name: P\ncron_collision_policy: QUEUE\n${more}${house.until(slug)}`);
      const first = house.start(slug);
      await house.event(slug, 'started');
      const second = house.start(slug);
      await house.event(slug, 'waiting');
      if (slug === 'paused') await house.run('jobctl', ['pause', slug, '--reason', 'upgrade']);
      assert.equal((await second.done).code, 75);
      const skipped = await house.event(slug, 'skipped');
      assert.equal(skipped.outcome.reason, slug === 'paused' ? 'paused' : 'deadline');
      house.let(slug);
      assert.equal((await first.done).code, 0);
    }
  });

  test('KILL_EXISTING: all of the old run is gone before anything of the new one begins', async () => {
    const tag = `replaced-${randomUUID()}`;
    const settings = 'name: K\ncron_collision_policy: KILL_EXISTING\n';
    house.job('replaced', `${settings}kill_grace: 1s\ncommand: perl ${escapes} ${tag} ${roles}\n`);
    const old = house.start('replaced');
    const { run } = await house.event('replaced', 'started');
    await until('the old run to be ready', () => /\tready\n/.test(house.log('replaced')));
    // Each process of the old run has the tag in its command line; this job looks for it as its first act.
    const looks = `grep -lz ${tag.slice(0, -4)}[${tag.at(-4)}]${tag.slice(-3)} /proc/[0-9]*/cmdline`;
    // On a busy machine the old run-job may need longer than its grace.
    house.job('replaced', `${settings}kill_grace: 40s\ncommand: sh -c '${looks}; echo looked'\n`);
    await house.exits('replaced', 0);
    const log = house.log('replaced');
    assert.doesNotMatch(log, /INFO\t\/proc/);
    assert.match(log, new RegExp(`NOTE\\trun ${run} was still running and was ended for this one`));
    assert.equal((await old.done).code, 143);
    assert.deepEqual(tagged(tag), []);
    const end = await house.event('replaced', 'ended');
    const { run: next } = await house.event('replaced', 'started', 2);
    assert.deepEqual(end.outcome, { kind: 'stopped', signal: 15, by: `run ${next}`, replacedBy: next });
    const history = await house.run('jobctl', ['history', 'replaced']);
    assert.match(history.stdout, new RegExp(`${run}  was stopped: replaced by run ${next}`));
  });

  test('KILL_EXISTING: a run-job that ignores TERM is killed, and its remaining processes, too', async () => {
    const settings = 'name: D\ncron_collision_policy: KILL_EXISTING\nkill_grace: 1s\n';
    house.job('deaf', `${settings}command: sh -c 'trap "" TERM; echo begun; while :; do sleep 1; done'\n`);
    const old = house.start('deaf');
    const { run } = await house.event('deaf', 'started');
    await until('the old command', () => membersOf(run).jobs.length > 0);
    // CONT is sent along with TERM, so it is kept stopped.
    const stopping = setInterval(() => old.child.kill('SIGSTOP'), 20);
    house.job('deaf', `${settings}command: /bin/true\n`);
    await house.exits('deaf', 0);
    clearInterval(stopping);
    assert.deepEqual(membersOf(run).jobs, []);
    assert.ok(
      ['interrupted', 'ended'].includes(
        house
          .history('deaf')
          .filter((event) => event.run === run)
          .at(-1)?.event ?? '',
      ),
    );
  });

  test('jobs that share a lock take turns: refusal and status name the holder', async () => {
    house.job('reader', `name: R\nlocks: [db, mail]\n${house.until('reader')}`);
    house.job('writer', 'name: W\nlocks: [db]\ncommand: /bin/true\n');
    house.job('waiter', 'name: V\nlocks: [disk, db]\ncron_collision_policy: QUEUE\ncommand: /bin/true\n');
    const first = house.start('reader');
    const { run } = await house.event('reader', 'started');
    assert.match(
      (await house.exits('writer', 75)).stderr,
      new RegExp(`the lock "db" is held by job reader: pid \\d+, run ${run}`),
    );
    const status = await house.run('jobctl', ['status', 'writer']);
    assert.match(status.stdout, new RegExp(`shared locks: +db is held by reader, run ${run} since `));
    const second = house.start('waiter');
    await house.event('waiter', 'waiting');
    assert.match((await house.run('jobctl', ['status'])).stdout, /^waiter +running /m);
    house.let('reader');
    assert.deepEqual([(await first.done).code, (await second.done).code], [0, 0]);
    await house.exits('writer', 0);
  });

  test('a job holds its shared locks as long as anything of its run lives, also when run-job is killed', async () => {
    house.job('owner', `name: O\nlocks: [tape]\n${house.until('owner')}`);
    house.job('other', 'name: T\nlocks: [tape]\ncommand: /bin/true\n');
    const first = house.start('owner');
    const { run } = await house.event('owner', 'started');
    const found = await until('the command', () => membersOf(run).jobs.length > 0 && membersOf(run));
    for (const reaper of found.reapers) process.kill(reaper, 'SIGSTOP');
    first.child.kill('SIGKILL');
    for (const reaper of found.reapers) process.kill(reaper, 'SIGKILL');
    await first.done;
    assert.match(
      (await house.exits('other', 75)).stderr,
      /the lock "tape" is held by job owner: its last run-job is gone/,
    );
    house.let('owner');
    await until('the owner to end', () => membersOf(run).jobs.length === 0);
    await house.exits('other', 0);
  });

  test('a job that a run with the same lock starts is refused as a problem of the files, and does not wait forever', async () => {
    house.job('inner', 'name: I\nlocks: [db2]\ncron_collision_policy: QUEUE\ncommand: /bin/true\n');
    const runJob = `${path.join(repository, 'bin/run-job')} --config ${house.configFile} inner`;
    house.job('outer', `name: O\nlocks: [db2]\ncommand: ${runJob}\n`);
    await house.exits('outer', 78);
    const end = await house.event('inner', 'not-started');
    assert.match(end.outcome.reason, /^the lock "db2" belongs to run \S+ of outer, which waits for this one/);
  });
});

describe('a run-job that is killed with -9 while it waits leaves only a record in the history', {
  concurrency: 2,
}, () => {
  const house = new PolicyHouse({});
  after(() => house.remove());

  test('for the run before it', async () => {
    house.job('queued', `name: Q\ncron_collision_policy: QUEUE\n${house.until('queued')}`);
    const first = house.start('queued');
    await house.event('queued', 'started');
    const second = house.start('queued');
    const { run } = await house.event('queued', 'waiting');
    second.child.kill('SIGKILL');
    await second.done;
    const third = house.start('queued');
    await house.event('queued', 'waiting', 2);
    house.let('queued');
    assert.deepEqual([(await first.done).code, (await third.done).code], [0, 0]);
    assert.equal((await house.event('queued', 'interrupted')).run, run);
  });

  test('for the end of the run that it is to replace', async () => {
    const settings = 'name: R\ncron_collision_policy: KILL_EXISTING\n';
    house.job(
      'kills',
      `${settings}kill_grace: 20s\ncommand: sh -c 'trap "" TERM; echo begun; while :; do sleep 1; done'\n`,
    );
    const old = house.start('kills');
    await house.event('kills', 'started');
    await until('the command', () => /begun/.test(house.log('kills')));
    const second = house.start('kills');
    const { run } = await house.event('kills', 'waiting');
    await house.event('kills', 'stop-requested');
    second.child.kill('SIGKILL');
    await second.done;
    house.job('kills', `${settings}kill_grace: 60s\ncommand: /bin/true\n`);
    // It asks once more, or for the first time if the second one was killed just before it did.
    await house.exits('kills', 0);
    assert.equal((await old.done).code, 143);
    assert.equal((await house.event('kills', 'interrupted')).run, run);
  });

  test('for its next attempt', async () => {
    house.job('retries', 'name: A\nmax_task_failures: 3\nbackoff: {initial: 1m}\ncommand: sh -c "exit 4"\n');
    const first = house.start('retries');
    const { run } = await house.event('retries', 'attempt-failed');
    const status = await house.run('jobctl', ['status', 'retries']);
    assert.match(status.stdout, /state: +running\n/);
    assert.match(status.stdout, /activity: .*; attempt 1 failed with exit code 4, attempt 2 at \d/);
    first.child.kill('SIGKILL');
    await first.done;
    house.job('retries', 'name: A\ncommand: /bin/true\n');
    await house.exits('retries', 0);
    assert.equal((await house.event('retries', 'interrupted')).run, run);
  });
});
