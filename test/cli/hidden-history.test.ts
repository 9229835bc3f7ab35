/** A history that can't be read: no program takes it for that of a job that has never run, or never failed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { after, beforeEach, describe, test } from 'node:test';
import { House, isRoot } from './house.ts';

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

describe('a history that can not be read', () => {
  const house = new House({
    bad: 'name: Bad\ncommand: /bin/sh -c "exit 3"\nschedule: "* * * * *"\n',
    good: 'name: Good\ncommand: /bin/true\n',
  });
  after(() => house.remove());
  const file = house.path('state/history/bad.jsonl');
  const kept = house.path('state/kept.jsonl');
  beforeEach(async () => {
    if (existsSync(house.path('state/history'))) chmodSync(house.path('state/history'), 0o755);
    rmSync(file, { recursive: true, force: true });
    rmSync(kept, { force: true });
    await house.run('run-job', ['bad']);
    await house.run('run-job', ['good']);
  });

  const ways: readonly (readonly [string, RegExp, () => void, 'as nobody'?])[] = [
    ['a FIFO', /: it is a FIFO/, () => replace(() => execFileSync('mkfifo', [file]))],
    ['a link', /: it is a (?:symbolic )?link/, () => replace(() => symlinkSync(kept, file))],
    ['a directory', /: it is a directory/, () => replace(() => mkdirSync(file))],
    ['of mode 0600, for another user', /: permission denied/, () => chmodSync(file, 0o600), 'as nobody'],
    [
      'in a directory of mode 0700, for another user',
      /: permission denied/,
      () => chmodSync(house.path('state/history'), 0o700),
      'as nobody',
    ],
  ];

  function replace(make: () => void): void {
    renameSync(file, kept);
    make();
  }

  for (const [title, reason, spoil, as] of ways) {
    test(`that is ${title} is told by every program that looks`, {
      skip: as === undefined || isRoot ? false : 'needs root',
    }, async () => {
      spoil();
      const ask = (program: string, ...args: readonly string[]) =>
        house.run(program, args, as === undefined ? {} : { as: 'root', under: nobody });

      const listing = await ask('jobctl', 'status');
      assert.match(
        listing.stdout,
        new RegExp(`^bad +unknown .*its history can't be read: ${file}${reason.source}`, 'm'),
      );
      const one = await ask('jobctl', 'status', 'bad');
      assert.equal(one.code, 4, one.stdout);
      assert.match(one.stdout, /^state: +unknown$/m);
      assert.match(one.stdout, /^last run: +unknown$/m);
      assert.match(one.stdout, /^warning: +its history can't be read: /m);
      const { state, health, historyHidden } = JSON.parse((await ask('jobctl', 'status', 'bad', '--json')).stdout);
      assert.deepEqual([state, health], ['unknown', 'unknown']);
      assert.match(historyHidden, reason);

      for (const words of [['history'], ['history', 'bad'], ['failed'], ['failed', 'bad']]) {
        const answer = await ask('jobctl', ...words);
        assert.equal(answer.code, 1, words.join(' '));
        assert.match(answer.stderr, /^jobctl: bad: its history can't be read: /m);
        assert.doesNotMatch(answer.stdout + answer.stderr, /never run|ever run|no job is failing|is not failing/);
      }
      assert.match((await ask('jobctl', 'why', 'bad')).stdout, /its history can't be read: /);
      const plugin = await ask('check-jobs-icinga');
      assert.equal(plugin.code, 3, plugin.stdout);
      assert.match(plugin.stdout, /^JOBS UNKNOWN: .*bad: its history can't be read: /);
      if (as === undefined) assert.match(listing.stdout, /^good +ok /m);
    });
  }

  test('keeps no job from running', async () => {
    replace(() => mkdirSync(file));
    const { code, stderr } = await house.run('run-job', ['bad']);
    assert.equal(code, 3);
    assert.match(stderr, /the history could not be written/);
  });

  test('that others have blown up is read from its end', async () => {
    truncateSync(file, 0);
    await house.run('run-job', ['bad']);
    assert.match((await house.run('jobctl', ['status'])).stdout, /^bad +failing /m);
  });
});
