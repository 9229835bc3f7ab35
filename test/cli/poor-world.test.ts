/** A start from a place where something is missing: a directory that is gone, descriptors, room for the answer. One line says so, never a stack trace. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { House } from './house.ts';

const gone = ['sh', '-c', 'place=$(mktemp -d) && cd "$place" && rmdir "$place" && exec "$@"', 'sh'] as const;
const full = ['sh', '-c', 'exec "$@" >/dev/full', 'sh'] as const;

const looks: readonly (readonly [string, ...string[]])[] = [
  ['jobctl', 'status'],
  ['jobctl', 'next'],
  ['jobctl', 'why', 'job'],
  ['jobctl', 'history'],
  ['jobctl', 'failed'],
  ['jobctl', 'check'],
  ['jobctl', 'status', '--json'],
  ['jobctl', '--help'],
  ['jobctl', '--version'],
  ['run-job', '--status'],
  ['run-job', '--list-jobs'],
  ['run-job', '--rehearse', 'job'],
  ['run-job', '--help'],
  ['cron-generate', '--output', '-'],
  ['cron-generate', '--plan'],
  ['cron-generate', '--help'],
  ['check-jobs-icinga'],
];

/** Without what the shell that starts a program says of its directory, and what a rehearsal shows of the caller's variables, and how long ago something was. */
function withoutPlace(text: string): string {
  return text.replaceAll(/^.*getcwd.*\n|^ +- (?:OLD)?PWD=.*\n| \([\d.]+ s ago\)/gm, '');
}

describe('a program', () => {
  const house = new House({
    job: 'name: Job\ncommand: /bin/echo done\nschedule: "0 0 1 1 *"\n',
    fails: 'name: Fails\ncommand: /bin/sh -c "echo output; exit 7"\n',
  });
  before(() => house.run('run-job', ['fails']));
  after(() => house.remove());

  for (const [program, ...args] of looks) {
    test(`${program} ${args.join(' ')} answers in a directory that is gone as it does elsewhere`, async () => {
      const answer = await house.run(program, args);
      const there = await house.run(program, args, { under: gone });
      assert.deepEqual([there.code, withoutPlace(there.stdout)], [answer.code, withoutPlace(answer.stdout)]);
      assert.equal(withoutPlace(there.stderr), withoutPlace(answer.stderr));
    });

    test(`${program} ${args.join(' ')} says that its answer did not find room`, async () => {
      const { code = 0 } = await house.run(program, args);
      const { code: told, stderr } = await house.run(program, args, { under: full });
      assert.equal(told, code === 0 ? 125 : code);
      assert.match(stderr, new RegExp(`^${program}: standard output: ENOSPC.*; the rest is lost$`, 'm'));
    });
  }

  test('names a file as it was asked for, in a directory that is gone', async () => {
    const { code, stderr } = await house.run('cron-generate', ['--validate', 'x.yaml'], { under: gone });
    assert.equal(code, 1);
    assert.match(stderr, /^x\.yaml: there is no such file$/m);
  });

  test('that waits for a run ends with its code, whatever became of what it printed', async () => {
    const { code, stderr } = await house.run('jobctl', ['start', 'fails', '--wait'], { under: full });
    assert.equal(code, 7);
    assert.match(stderr, /standard output: ENOSPC/);
  });

  for (const program of ['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga']) {
    test(`${program} that may open too few files says so in one line`, async () => {
      const { code, stdout, stderr } = await house.run(program, ['--version'], { under: ['prlimit', '--nofile=30'] });
      assert.equal(code, 125);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^${program}: it can't begin: EMFILE: .* \\(ulimit -n is too low\\)\n$`));
    });
  }
});
