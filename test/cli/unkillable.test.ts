/** Runs of which something belongs to root, as what sudo(8) starts does: no signal of the service user ends it. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { commandLineOf, pids } from '../../src/system/process/proc.ts';
import { isRoot, until } from './house.ts';
import { PolicyHouse } from './policy-house.ts';
import { membersOf } from './processes.ts';

describe('a run of which something can not be killed', { skip: !isRoot, concurrency: 3 }, () => {
  const house = new PolicyHouse({});
  // Becomes root for good and closes what it inherits, as sudo does.
  const asRoot = house.path('as-root');
  copyFileSync('/usr/bin/setpriv', asRoot);
  chmodSync(asRoot, 0o4755);
  const become = `${asRoot} --reuid 0 --regid 0 --clear-groups`;
  /** Nobody else on this machine sleeps for as long. */
  const seconds = `${process.pid}00`;
  const sleepers = () => pids().filter((pid) => commandLineOf(pid).startsWith(`sleep ${seconds}`));
  after(() => {
    for (const pid of sleepers()) process.kill(pid, 'SIGKILL');
    house.remove();
  });

  let count = 0;
  const shapes = {
    'the command itself': (sleep: string) => `${become} ${sleep}`,
    'a child': (sleep: string) => `sh -c '${become} ${sleep} 3>&- & wait'`,
    'a grandchild in a session of its own': (sleep: string) =>
      `sh -c 'setsid -f ${become} ${sleep} 3>&-; exec sleep 600'`,
  };
  interface Case {
    readonly slug: string;
    /** The pid of what is root's, once it is there. */
    readonly pid: () => Promise<number>;
  }
  function prepare(shape: keyof typeof shapes, keys: string): Case {
    count += 1;
    const slug = `job${count}`;
    const sleep = `sleep ${seconds}${count}`;
    house.job(slug, `name: U\ncommand: ${JSON.stringify(shapes[shape](sleep))}\nkill_grace: 0s\n${keys}`);
    const find = () => pids().find((pid) => commandLineOf(pid) === sleep);
    return { slug, pid: () => until(`the process of ${slug}`, find) };
  }

  /** What each program says while it lives. */
  async function everyAnswerNamesIt(slug: string, run: string, pid: number): Promise<void> {
    const named = new RegExp(`run ${run}\\b.*\\b${pid} sleep \\d+ \\(belongs to root\\)`);
    const says = async (code: number, program: string, ...args: string[]) => {
      const end = await house.run(program, args);
      const words = `${program} ${args.join(' ')}: ${end.code} ${end.stdout}${end.stderr}`;
      assert.equal(end.code, code, words);
      return words;
    };
    assert.match(await says(75, 'run-job', slug), named);
    assert.match(await says(1, 'jobctl', 'status', slug), named);
    assert.match((await house.run('jobctl', ['why', slug])).stdout, named);
    assert.match(await says(75, 'jobctl', 'start', slug), named);
    assert.match(await says(75, 'jobctl', 'start', '--wait', slug), named);
    assert.match(await says(1, 'jobctl', 'stop', slug), named);
    assert.match(await says(1, 'jobctl', 'restart', slug), named);
    assert.match(await says(125, 'run-job', '--kill-job', slug), named);
    assert.match(await says(0, 'run-job', '--status'), new RegExp(`\\{pid: ${pid}, status: orphaned\\}`));
    const { stdout } = await house.run('jobctl', ['status', slug, '--json']);
    const { activity } = JSON.parse(stdout) as { activity: { processes: readonly object[] } };
    const command = commandLineOf(pid);
    assert.deepEqual(activity, {
      is: 'orphaned',
      pids: [pid],
      run,
      processes: [{ pid, command, why: 'belongs to root' }],
    });
  }

  /** Once root has ended it, the job runs again. */
  async function isFreeAfter(slug: string, pid: number): Promise<void> {
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !pids().includes(pid));
    house.job(slug, 'name: U\ncommand: /bin/true\n');
    await until('the lock to be free', async () => (await house.run('run-job', [slug])).code === 0);
  }

  for (const shape of Object.keys(shapes) as (keyof typeof shapes)[]) {
    test(`${shape}, timed out: 124, and every answer names it`, async () => {
      const { slug, pid } = prepare(shape, 'timeout: 3s\n');
      const { stderr } = await house.exits(slug, 124);
      const root = await pid();
      assert.match(stderr, new RegExp(`could not be killed: ${root} sleep \\d+ \\(belongs to root\\)`));
      const { run, outcome, survivors = [] } = await house.event(slug, 'ended');
      assert.equal(outcome.kind, 'timed-out');
      assert.match(survivors.join(), new RegExp(`^${root} sleep`));
      assert.match(house.log(slug), /timed out after 3 s and ended after .*, exit code 124\n$/);
      await everyAnswerNamesIt(slug, run, root);
      await isFreeAfter(slug, root);
    });

    test(`${shape}, stopped by a person: that is not 0, and the run ends`, async () => {
      const { slug, pid } = prepare(shape, '');
      const { done } = house.start(slug);
      const root = await pid();
      await house.event(slug, 'started');
      const stop = await house.run('jobctl', ['stop', slug]);
      assert.equal(stop.code, 1, stop.stderr);
      assert.match(
        stop.stderr,
        new RegExp(`${root} sleep \\d+ \\(belongs to root\\); end them as root: kill -KILL ${root}`),
      );
      assert.equal((await done).code, 143);
      assert.equal((await house.event(slug, 'ended')).outcome.kind, 'stopped');
      await isFreeAfter(slug, root);
    });

    test(`${shape}, to be replaced: the new run does not begin beside it`, async () => {
      const { slug, pid } = prepare(shape, 'cron_collision_policy: KILL_EXISTING\n');
      const { done } = house.start(slug);
      const root = await pid();
      await house.event(slug, 'started');
      const second = await house.exits(slug, 125);
      assert.match(
        second.stderr,
        new RegExp(`can't be ended; look at its processes: ${root} sleep \\d+ \\(belongs to root\\)`),
      );
      assert.equal((await done).code, 143);
      await isFreeAfter(slug, root);
    });

    test(`${shape}, when run-job was killed with SIGKILL`, async () => {
      const { slug, pid } = prepare(shape, '');
      const { child, done } = house.start(slug);
      const root = await pid();
      const { run } = await house.event(slug, 'started');
      child.kill('SIGKILL');
      await done;
      // Its reaper ends what it can.
      await until('the rest to be ended', () => membersOf(run).jobs.every((one) => one === root));
      const next = await house.exits(slug, 75);
      assert.match(next.stderr, new RegExp(`run ${run} .*${root} sleep \\d+ \\(belongs to root\\)`));
      await isFreeAfter(slug, root);
    });
  }

  test('an instance of a service: stop names the remaining processes and does not exit with 0', async () => {
    count += 1;
    const sleep = `sleep ${seconds}${count}`;
    const slug = `service${count}`;
    house.job(slug, `name: S\nservice: true\nstop_timeout: 1\ncommand: ${become} ${sleep}\n`);
    assert.equal((await house.run('jobctl', ['start', slug])).code, 0);
    const root = await until('the instance', () => pids().find((pid) => commandLineOf(pid) === sleep));
    const stop = await house.run('jobctl', ['stop', slug]);
    assert.equal(stop.code, 1, stop.stderr);
    assert.match(stop.stderr, new RegExp(`could not be killed: ${root} sleep \\d+ \\(belongs to root\\)`));
    process.kill(root, 'SIGKILL');
    await until('it to be down', async () => (await house.run('jobctl', ['stop', slug])).code === 0);
  });

  test('a lock that it shares is held by its name, and free after its end', async () => {
    const { slug, pid } = prepare('a child', 'timeout: 3s\nlocks: [tape]\n');
    await house.exits(slug, 124);
    const root = await pid();
    const { run } = await house.event(slug, 'ended');
    house.job('shares', 'name: S\ncommand: /bin/true\nlocks: [tape]\n');
    const { stderr } = await house.exits('shares', 75);
    assert.match(stderr, new RegExp(`the lock "tape" is held by job ${slug}: processes of run ${run} .*${root} sleep`));
    const status = await house.run('jobctl', ['status', 'shares']);
    assert.match(
      status.stdout,
      new RegExp(`tape is held by ${slug}, run ${run} .* by ${root} sleep \\d+ \\(belongs to root\\)`),
    );
    house.job('waits', 'name: W\ncommand: /bin/true\nlocks: [tape]\ncron_collision_policy: QUEUE\n');
    const waiter = house.start('waits');
    assert.match((await house.event('waits', 'waiting')).words, new RegExp(`${root} sleep \\d+ \\(belongs to root\\)`));
    await isFreeAfter(slug, root);
    assert.equal((await waiter.done).code, 0);
  });
});
