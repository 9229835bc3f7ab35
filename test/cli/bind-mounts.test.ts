/** What is mounted over a directory is what counts there: its files, and who may write it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { House, isRoot } from './house.ts';

const job = (name: string) =>
  `name: ${name}\ncommand: echo ${name}\nschedule: "5 0 * * *"\nfailmail: {to_address: root}\n`;
const secret = 'only-root-may-read-this';

describe('a bind mount', { skip: isRoot ? false : 'needs root: it mounts' }, () => {
  const house = new House({ below: job('below') });
  after(() => house.remove());
  const directory = (name: string, mode: number) => {
    mkdirSync(house.path(name));
    chmodSync(house.path(name), mode);
    return house.path(name);
  };
  /** Words before a program: mounts `from` over a directory of the house, in a mount namespace of the program's own. */
  const over = (name: string, from: string, options = 'rw') => {
    const mount = `mount --bind "$1" "$2" && mount -o "remount,bind,$3" "$2" && shift 3 && exec "$@"`;
    return [
      ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh'],
      ...[from, house.path(name), options],
    ];
  };

  for (const options of ['rw', 'ro', 'nosuid,nodev,noexec'])
    test(`over the job directory, ${options}: its jobs are the jobs`, async () => {
      const from = directory(`jobs-${options}`, 0o755);
      writeFileSync(`${from}/above.yaml`, job('above'));
      const outer = over('jobs', from, options);
      const crontab = await house.run('cron-generate', ['--output', '-'], { as: 'root', outer });
      assert.equal(crontab.code, 0, crontab.stderr);
      assert.match(crontab.stdout, /--job above/);
      assert.doesNotMatch(crontab.stdout, /below/);
      assert.equal((await house.run('run-job', ['above'], { outer })).code, 0);
      assert.equal((await house.run('run-job', ['below'], { outer })).code, 64);
    });

  test('over the job directory, of one that everyone can write: no job comes from there', async () => {
    const from = directory('open', 0o777);
    writeFileSync(`${from}/above.yaml`, job('above'));
    house.forget('above');
    for (const [program, ...args] of [
      ['run-job', 'above'],
      ['cron-generate', '--output', '-'],
    ] as const) {
      const { code, stdout, stderr } = await house.run(program, args, { as: 'root', outer: over('jobs', from) });
      assert.ok(code !== 0, program);
      assert.doesNotMatch(stdout, /--job above/);
      assert.match(stderr, /writ/, stderr);
    }
    assert.throws(() => house.log('above'), /ENOENT/);
  });

  test("over a job's logs, of a directory of root's: nothing is shown from there, and the run that can't have a log is refused", async () => {
    assert.equal((await house.run('run-job', ['below'])).code, 0);
    const from = directory('private', 0o700);
    for (const name of house.logs('below')) writeFileSync(`${from}/${name}`, `${secret}\n`, { mode: 0o600 });
    symlinkSync(house.logs('below')[0] ?? '', `${from}/latest.log`);
    const outer = over('log/below', from);
    const shown = await house.run('jobctl', ['logs', 'below'], { as: 'root', outer });
    assert.doesNotMatch(shown.stdout + shown.stderr, new RegExp(secret));
    const run = await house.run('run-job', ['below'], { as: 'root', outer });
    assert.equal(run.code, 125, run.stderr);
    assert.match(run.stderr, /EACCES|permission denied/i);
  });

  test('over the log directory, read-only: the run is refused and says why', async () => {
    const outer = over('log', house.path('log'), 'ro');
    const { code, stderr } = await house.run('run-job', ['below'], { as: 'root', outer });
    assert.equal(code, 125, stderr);
    assert.match(stderr, /EROFS|read-only/i);
  });
});
