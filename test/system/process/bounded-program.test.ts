/**
 * Nothing is left of a probe or of a program that takes a message, however it ends and however its
 * processes hide.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { type BoundedProgram, runBounded } from '../../../src/system/process/bounded-program.ts';
import { commandLineOf, listProcesses } from '../../../src/system/process/proc.ts';
import { until } from '../../waiting.ts';

/** A number of seconds that no other process sleeps. */
const tag = () => `${randomInt(100_000, 2_000_000_000)}`;

function sleeping(seconds: string): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => commandLineOf(pid).split(' ').includes(seconds));
}

const daemon = (seconds: string) =>
  `perl -MPOSIX -e 'fork and exit; setsid; fork and exit; POSIX::close($_) for 0..63; %ENV = (); exec "/bin/sleep", "${seconds}"'`;

/** Ways in which a process can leave its parent. */
const escapes: Readonly<Record<string, (seconds: string) => string>> = {
  'in the background': (seconds) => `sleep ${seconds} &`,
  'below timeout(1), which makes a process group': (seconds) => `timeout 3000 sleep ${seconds} &`,
  'in a session of its own': (seconds) => `setsid sleep ${seconds} &`,
  'forked twice': (seconds) => `( ( setsid sleep ${seconds} & ) & )`,
  'ignoring TERM': (seconds) => `( trap "" TERM HUP; sleep ${seconds} ) &`,
  'as a daemon without descriptors and environment': daemon,
};

const ends = {
  well: { last: 'exit 0', limitMs: 60_000, is: 'ended' },
  'with a failure': { last: 'exit 3', limitMs: 60_000, is: 'ended' },
  'by a signal': { last: 'kill -KILL $$', limitMs: 60_000, is: 'ended' },
  'too late': { last: 'sleep 600', limitMs: 1500, is: 'late' },
} as const;

function order(script: string, more: Partial<BoundedProgram> = {}): BoundedProgram {
  return {
    argv: ['/bin/sh', '-c', script],
    environment: { PATH: '/usr/bin:/bin' },
    workingDirectory: '/',
    limitMs: 60_000,
    listensTo: 'both',
    leftovers: 'kill',
    onOutput: () => {},
    ...more,
  };
}

/** Waits for the process before it ends, so that it has had the time to hide. */
const seen = (seconds: string) => `until pgrep -f '[s]leep ${seconds}' >/dev/null; do sleep 0.02; done`;

for (const [where, perlPath] of [
  ['below a reaper', '/usr/bin/perl'],
  ['without perl', '/no/such/perl'],
] as const) {
  describe(where, () => {
    for (const [how, hides] of Object.entries(escapes)) {
      if (where === 'without perl' && hides === daemon) continue;
      test(`no process that it has started is left ${how}`, async () => {
        await Promise.all(
          Object.entries(ends).map(async ([end, { last, limitMs, is }]) => {
            const seconds = tag();
            const script = `${hides(seconds)}\n${seen(seconds)}\n${last}`;
            const run = runBounded(order(script, { limitMs }), { perlPath });
            const ended = await run.end;
            if (is === 'ended') assert.equal(ended.is, is, end);
            assert.deepEqual(await run.gone, []);
            assert.deepEqual(sleeping(seconds), [], end);
          }),
        );
      });
    }

    test('background processes of a message program go on after a success, and are killed when the time is over', async () => {
      const seconds = tag();
      const script = `setsid sleep ${seconds} &\n${seen(seconds)}`;
      const run = runBounded(order(script, { leftovers: 'wait', limitMs: 8000, input: Buffer.from('x') }), {
        perlPath,
      });
      assert.deepEqual((await run.end).is, 'ended');
      assert.equal(sleeping(seconds).length, 1);
      assert.deepEqual(await run.gone, []);
      assert.deepEqual(sleeping(seconds), []);
    });

    test('background processes of a sendmail go on after a success, and not after a failure', async () => {
      const [well, failed] = [tag(), tag()];
      const leaves = (seconds: string) => `setsid sleep ${seconds} &\n${seen(seconds)}\n`;
      const first = runBounded(order(leaves(well), { leftovers: 'leave' }), { perlPath });
      await Promise.all([first.end, first.gone]);
      const [left] = sleeping(well);
      assert.ok(left !== undefined, 'its delivery was ended');
      process.kill(left, 'SIGKILL');
      const second = runBounded(order(`${leaves(failed)}exit 75`, { leftovers: 'leave' }), { perlPath });
      await second.gone;
      assert.deepEqual(sleeping(failed), []);
    });

    test('its output and its end are read, and it gets its input', async () => {
      let said = '';
      const onOutput = (text: string) => {
        said += text;
      };
      const run = runBounded(order('cat; echo words >&2; exit 7', { input: Buffer.from('given '), onOutput }), {
        perlPath,
      });
      assert.deepEqual(await run.end, { is: 'ended', status: { is: 'exited', code: 7 }, tookInput: true });
      assert.match(said, /given/);
      assert.match(said, /words/);
      const missing = await runBounded({ ...order(''), argv: ['/no/such'] }, { perlPath }).end;
      assert.equal(missing.is, 'not-started');
    });
  });
}

test('no process is left of a probe whose supervisor is killed', async () => {
  const seconds = tag();
  const { spawn } = await import('node:child_process');
  const module = new URL('../../../src/system/process/bounded-program.js', import.meta.url);
  const program = JSON.stringify({ ...order(`setsid sleep ${seconds}`), onOutput: undefined });
  const code = `import { runBounded } from ${JSON.stringify(module.href)};
    await runBounded({ ...${program}, onOutput() {} }).gone;`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
  await until('the probe', () => sleeping(seconds).length > 0);
  supervisor.kill('SIGKILL');
  await until('its end', () => sleeping(seconds).length === 0);
});
