/** Where a program stands decides nothing: it reads no file there or above, so nobody's FIFO can hang it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { House } from './house.ts';

const strace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

/** What programs on Node, their libraries, shells and perl look for where they are started. */
const names = [
  ...[
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'jsconfig.json',
    'node_modules',
    '.npmrc',
    '.env',
    '.noderc',
  ],
  ...[
    'yargs.json',
    '.yargsrc',
    'locales',
    'en.json',
    'en_GB.json',
    'index.js',
    'dist',
    'bin',
    'lib',
    'boot.cjs',
    'run-job',
  ],
  ...['.profile', '.bashrc', '.netrc', '.inputrc', 'Config.pm', 'POSIX.pm', 'strict.pm', 'openssl.cnf', 'localtime'],
  ...['process-control.yaml', '.process-control.yaml', 'jobs', 'core', 'logger', 'setpriv', 'node', 'perl', 'sh'],
];

const commands: readonly (readonly [string, ...string[]])[] = [
  ...['--help', '--version', '--no-such-option', '--check', '--diff', '--plan', '--json'].map(
    (option) => ['cron-generate', option] as const,
  ),
  ['cron-generate'],
  ...['--help', '--version', '--no-such-option', '--list-jobs', '--status', '--ensure', '--catch-up'].map(
    (option) => ['run-job', option] as const,
  ),
  ...[
    ['job'],
    ['--job', 'job'],
    ['--rehearse', 'job'],
    ['--due', '--job', 'job'],
    ['--kill-job', 'job'],
    ['nojob'],
  ].map((words) => ['run-job', ...words] as const),
  ...['--help', '--version', 'status', 'check', 'next', 'nonsense'].map((word) => ['jobctl', word] as const),
  ...['status', 'start', 'stop', 'why', 'history', 'logs', 'reset'].map((word) => ['jobctl', word, 'job'] as const),
  ['jobctl', 'pause', 'job', '--for', '1h'],
  ['jobctl', 'resume', 'job'],
  ...[[], ['--help'], ['--version'], ['-j', '*'], ['--no-such-option']].map(
    (words) => ['check-jobs-icinga', ...words] as const,
  ),
];

describe('in a directory full of FIFOs', { skip: strace ? false : 'needs strace(1) and the right to trace' }, () => {
  const house = new House({ job: 'name: Job\ncommand: /bin/true\nschedule: "0 0 1 1 *"\n' });
  after(() => house.remove());
  const top = house.path('trap');
  const below = path.join(top, 'above/here');
  mkdirSync(below, { recursive: true, mode: 0o755 });
  for (const directory of [top, path.dirname(below), below]) {
    execFileSync('mkfifo', ['-m', '666', ...names.map((name) => path.join(directory, name))]);
  }
  const trace = house.path('trace');

  for (const [program, ...args] of commands) {
    test(`${[program, ...args].join(' ')} opens and looks at nothing there`, { timeout: 180_000 }, async () => {
      rmSync(trace, { force: true });
      const under = ['strace', '-f', '-y', '-qq', '-s', '4096', '-e', 'trace=%file', '-o', trace];
      const done = await house.run(program, args, { as: 'root', under, cwd: below });
      assert.notEqual(done.code, null);
      assert.notEqual(done.code, 125, done.stderr);
      const calls = readFileSync(trace, 'utf8').split('\n');
      assert.ok(calls.length > 50, 'the trace shows what the program did');
      assert.deepEqual(
        calls.filter((call) => touches(call)),
        [],
      );
    });
  }

  /** A path below the trap; or a relative one while the process stands there (strace -y says where), or one of the names. */
  function touches(call: string): boolean {
    if (/^\d+ +(?:getcwd|chdir|execve)\(/.test(call)) return false;
    const [, at = '', first = '/'] = /\((?:AT_FDCWD<([^>]*)>, )?"([^"]*)"/.exec(call) ?? [];
    if (first.startsWith('/')) return first.startsWith(top);
    return first !== '' && (at.startsWith(top) || names.includes(first.split('/')[0] ?? ''));
  }
});
