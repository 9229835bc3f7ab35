/** What root types at a terminal, and what a job of the service user gets of it: nothing, and root notices no difference. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ended, House, isRoot, repository, until } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const has = (program: string) => existsSync(`/usr/bin/${program}`);
const skip = isRoot && has('script') && has('perl') ? false : 'needs root, script(1) and perl';
const programs = path.join(repository, 'test/fixtures/programs');
/** Marks what is root's. */
const word = `robbed-${process.pid}`;

describe('behind the change from root to the service user', { skip }, () => {
  let house: House;
  /** Only root can enter it, but what lies in it anybody could read. */
  let closed: string;
  before(() => {
    house = new House({
      rob: `name: Rob\ncommand: ${programs}/robs.pl ${word}\n`,
      sleep: `name: Sleep\ncommand: sh -c 'echo begun; exec sleep 600'\nkill_grace: 1s\n`,
      steps: `name: Steps\ncommand: sh -c 'echo one; while [ ! -e ${'$'}0 ]; do sleep 0.05; done; echo two' GO\n`,
      limits: `name: Limits\ncommand: sh -c 'echo $(ulimit -f) $(ulimit -t) $(ulimit -d) $(ulimit -v)'\n`,
      fail: `name: Fail\ncommand: sh -c 'echo seen; exit 7'\n`,
    });
    closed = mkdtempSync('/root/.closed-');
    mkdirSync(path.join(closed, 'open'));
    writeFileSync(path.join(closed, 'open', word), word, { mode: 0o644 });
    chmodSync(path.join(closed, 'open'), 0o755);
  });
  after(() => {
    house.remove();
    rmSync(closed, { recursive: true, force: true });
  });

  const command = (...words: readonly string[]) => `${repository}/bin/${words.join(' ')}`;
  const environment = () => ({ PATH: '/usr/bin:/bin', PROCESS_CONTROL_CONFIG: house.configFile, ROOT_SECRET: word });
  /** A real terminal, whose keys are what is written to the child's stdin. */
  function terminal(line: string, cwd = '/'): ChildProcess {
    return spawn('script', ['-qec', line, '/dev/null'], { cwd, env: { ...environment(), TERM: 'dumb' } });
  }
  let etcs = 0;
  /** Through sudo only the configurations in /etc count. */
  function sudoTerminal(line: string, rule = ''): ChildProcess {
    etcs += 1;
    const etc = new OwnEtc(house.path(`own-etc-${etcs}`));
    etc.copy('process-control.yaml', house.configFile);
    if (rule !== '') etc.write('sudoers.d/pc-test-boundary', rule, 0o440);
    const [file = '', ...args] = etc.under(['script', '-qec', line, '/dev/null']);
    return spawn(file, args, { cwd: '/', env: { PATH: '/usr/bin:/bin', ROOT_SECRET: word, TERM: 'dumb' } });
  }
  function shell(line: string): ChildProcess {
    return spawn('/bin/sh', ['-c', line], {
      cwd: path.join(closed, 'open'),
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
  const begun = (slug: string) =>
    until(
      `${slug} to begin`,
      () => existsSync(house.path(`log/${slug}/latest.log`)) && /\tINFO\t/.test(house.log(slug)),
    );
  const over = (slug: string) => until(`${slug} to end`, () => / (?:succeeded|stopped|failed)/.test(house.log(slug)));

  describe('a job finds nothing of root', () => {
    const ways: readonly [string, (line: string) => ChildProcess][] = [
      ['at a terminal', (line) => terminal(line, path.join(closed, 'open'))],
      ['at a terminal, through sudo', (line) => sudoTerminal(`cd ${closed}/open && sudo -E ${line}`)],
      ['in a pipe', (line) => shell(`${line} | cat`)],
      [
        'with files for its output',
        (line) => shell(`${line} >${closed}/${word}.out 2>${closed}/${word}.err; cat ${closed}/${word}.err >&2`),
      ],
      // Single digits are all that a shell can name, so perl opens the others.
      [
        'with open files of root',
        (line) =>
          shell(
            `exec /usr/bin/perl -MPOSIX -e '$^F = 9999; open F, "<", shift or die; POSIX::dup2(fileno F, $_) // die for 3 .. 11, 16, 20, 100, 500; exec @ARGV' ${word} ${line}`,
          ),
      ],
      [
        'with a key in the session keyring',
        (line) =>
          shell(
            // keyctl(KEYCTL_JOIN_SESSION_KEYRING), add_key("user", …, KEY_SPEC_SESSION_KEYRING), and everybody may see the key.
            `exec /usr/bin/perl -e 'my ($type, $name, $text) = ("user", shift, "x"); syscall(250, 1, 0); my $key = syscall(248, $type, $name, $text, 1, -3); $key > 0 or die $!; exec @ARGV' ${word} ${line}`,
          ),
      ],
    ];
    for (const [title, start] of ways) {
      for (const line of ['run-job --job rob', 'jobctl start --wait rob']) {
        const skipKeys =
          title.includes('keyring') && process.arch !== 'x64' ? 'knows the system calls of x64 only' : false;
        test(`${title}: ${line}`, { skip: skipKeys }, async () => {
          house.forget('rob');
          const { stderr } = await ended(start(command(line)));
          const log = house.log('rob');
          assert.match(log, /looked at [3-9] processes/, `${stderr}${log}`);
          assert.doesNotMatch(log, /STOLEN/);
        });
      }
    }
  });

  test('a job finds no key of who started run-job as the service user, as through sudo', {
    skip: process.arch === 'x64' ? false : 'knows the system calls of x64 only',
  }, async () => {
    house.forget('rob');
    const { uid, gid } = house.service;
    const keys = `exec /usr/bin/perl -e 'my ($type, $name, $text) = ("user", shift, "x"); syscall(250, 1, 0); my $key = syscall(248, $type, $name, $text, 1, -3); $key > 0 or die $!; exec @ARGV' ${word}`;
    const { stderr } = await ended(
      shell(`${keys} setpriv --reuid=${uid} --regid=${gid} --init-groups -- ${command('run-job --job rob')}`),
    );
    assert.match(house.log('rob'), /looked at [3-9] processes/, stderr);
    assert.doesNotMatch(house.log('rob'), /STOLEN a key/);
  });

  describe('with the sudoers example', {
    skip: has('sudo') && canHaveOwnEtc ? false : 'needs sudo and unshare',
  }, () => {
    const example = readFileSync(path.join(repository, 'examples/sudoers'), 'utf8');
    const rule = () =>
      example
        .replaceAll('/usr/bin/', `${repository}/bin/`)
        .replace('%job-operators', '#65534')
        .replace('(process-control)', `(${house.service.name})`);

    const raises =
      spawnSync('prlimit', ['--fsize=4096', 'prlimit', '--fsize=unlimited:unlimited', 'true']).status === 0;
    test("an operator's own limits are not those of the job", {
      skip: raises ? false : 'needs CAP_SYS_RESOURCE, with which sudo raises limits',
    }, async () => {
      const sudo = `sudo -n -u ${house.service.name} ${command('run-job limits')}`;
      const caller =
        'prlimit --fsize=4096 --cpu=60 --data=1000000000 --as=90000000000 setpriv --reuid=65534 --clear-groups';
      const { stdout } = await ended(sudoTerminal(`${caller} ${sudo}`, rule()));
      assert.match(stdout, /^unlimited unlimited unlimited unlimited\r?$/m);
      assert.match(house.log('limits'), / succeeded /);
    });

    test('the terminal of an operator is out of reach of the job', async () => {
      house.forget('rob');
      assert.match(example, /^Defaults!PROCESS_CONTROL .*\buse_pty\b/m);
      const sudo = `sudo -n -u ${house.service.name} ${command('run-job rob')}`;
      const session = sudoTerminal(`setpriv --reuid=65534 --clear-groups sh -c 'tty; exec ${sudo}'`, rule());
      const { stdout } = await ended(session);
      const [, own = 'none'] = /^(\/dev\/pts\/\d+)\r$/m.exec(stdout) ?? [];
      const log = house.log('rob');
      assert.match(log, /STOLEN a terminal, \/dev\/pts\//, 'there is a terminal, that of sudo');
      assert.doesNotMatch(log, new RegExp(`${own}$`, 'm'), stdout);
    });
  });

  for (const [key, title] of [
    ['\x03', 'Ctrl-C'],
    ['\x1c', 'Ctrl-\\'],
  ] as const) {
    test(`${title} stops the run`, async () => {
      house.forget('sleep');
      const session = terminal(`trap : INT QUIT; ${command('run-job sleep')}; echo "code $?"`);
      const result = ended(session);
      // A terminal throws away what it has not shown yet when one of these keys is typed.
      let shown = '';
      session.stdout?.on('data', (piece) => (shown += piece));
      await until('the terminal to show it', () => shown.includes('begun'));
      session.stdin?.write(key);
      const { stdout } = await result;
      assert.match(stdout, /begun/);
      assert.match(stdout, /code 1(?:43|30|31)/);
      assert.match(house.log('sleep'), / stopped/);
    });
  }

  test('a terminal that is closed stops the run, as a hangup does', async () => {
    house.forget('sleep');
    const session = terminal(command('run-job sleep'));
    await begun('sleep');
    session.kill('SIGKILL');
    await over('sleep');
    assert.match(house.log('sleep'), / stopped/);
  });

  test('with kill -9 of root’s process the run ends, is recorded, and its lock is free', async () => {
    house.forget('sleep');
    const root = house.spawn('run-job', ['sleep'], { as: 'root' });
    await begun('sleep');
    root.kill('SIGKILL');
    await over('sleep');
    assert.match(house.log('sleep'), / stopped/);
    const answer = await until('the lock to be free', async () => {
      const status = await house.run('run-job', ['--status', '--only-running'], { as: 'root' });
      return status.stdout.includes('sleep') ? undefined : status;
    });
    assert.equal(answer.code, 0);
  });

  test('Ctrl-Z gives the prompt back while the run goes on; fg shows what it printed meanwhile', async () => {
    house.forget('steps');
    const go = house.path('go');
    house.job('steps', readFileSync(house.path('jobs/steps.yaml'), 'utf8').replace('GO', go));
    const session = terminal('exec bash --norc --noprofile -i');
    let screen = '';
    session.stdout?.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
    });
    const type = (keys: string) => session.stdin?.write(keys);
    const shows = (text: RegExp) => until(`${text} in ${screen}`, () => text.test(screen));
    type(`PS1='ready> '\n`);
    await shows(/^ready> /m);
    type(`${command('run-job steps')}\n`);
    await shows(/^one\r$/m);
    type('\x1a');
    await shows(/Stopped/);
    writeFileSync(go, '');
    await over('steps');
    assert.doesNotMatch(screen, /^two\r$/m);
    type('fg\n');
    await shows(/^two\r$/m);
    type('echo "code $?"\nexit\n');
    await shows(/^code 0\r$/m);
  });

  test('no output of a job controls the terminal; colours and letters pass, however they are cut', async () => {
    // Clipboard, title, a question that the terminal answers as if it were typed, clear screen, C1 in both spellings, an unfinished end.
    const bytes = String.raw`\033]52;c;ZXZpbA==\007 \033]0;title\007 \033[6n \033[2J \302\2336n \233c \033[31mred\033[0m gr\303\274n\n\033[`;
    writeFileSync(house.path('bytes'), execFileSync('/usr/bin/printf', [bytes]));
    house.job(
      'steer',
      `name: Steer\ncommand: perl -e 'open F, shift; $| = 1; print while read F, $_, 1' ${house.path('bytes')}\n`,
    );
    // Around the mirror: its run-job's way to root's process.
    const around = `cat ${house.path('bytes')} >/proc/$(ps -o ppid= -p $PPID | tr -d " ")/fd/1`;
    house.job('around', `name: Around\ncommand: sh -c '${around}'\n`);
    const { uid, gid } = house.service;
    for (const line of [
      ...['run-job steer', 'run-job steer >/dev/stderr', 'run-job around'].map((words) => command(words)),
      `setpriv --reuid=${uid} --regid=${gid} --init-groups -- ${command('run-job steer')}`,
    ]) {
      const { stdout } = await ended(terminal(line));
      assert.match(stdout, /\\u001b\]52.*\u001b\[31mred\u001b\[0m grün/, line);
      const others = stdout.replaceAll(/\u001b\[[\d;]*m/g, '');
      assert.doesNotMatch(others, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/, line);
    }
  });

  test('the exit code, the words and their streams are the program’s own', async () => {
    const { code, stdout, stderr } = await house.run('run-job', ['fail'], { as: 'root' });
    assert.equal(code, 7);
    assert.equal(stdout, '');
    assert.match(stderr, /^run-job: fail failed with exit code 7/);
  });

  test('a locale that this machine does not have, as ssh brings it along, is nobody’s trouble', async () => {
    const environment = { LANG: 'xx_XX.UTF-8', LC_ALL: 'yy_YY.UTF-8' };
    for (const as of ['root', 'service'] as const) {
      const { stderr } = await house.run('run-job', ['fail'], { as, environment });
      assert.match(stderr, /^run-job: fail failed with exit code 7 .*\n$/);
    }
  });

  test('a configuration that is named from where root stands is found', async () => {
    const line = `cd ${house.path('etc')} && ${command('run-job --config process-control.yaml fail')}`;
    assert.equal((await ended(spawn('/bin/sh', ['-c', line], { env: { PATH: '/usr/bin:/bin' } }))).code, 7);
  });
});

describe('what passes the boundary', { skip }, () => {
  let house: House;
  before(() => {
    house = new House({});
  });
  after(() => house.remove());
  const fixture = path.join(repository, 'build/test/fixtures/programs/crosses.js');
  const crosses = (mode: string, count = 0) => `${process.execPath} ${fixture} ${house.service.name} ${mode} ${count}`;
  const shell = (line: string, env: Record<string, string> = {}) =>
    ended(
      spawn('/bin/bash', ['-c', line], { env: { PATH: '/usr/bin:/bin', ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );

  test('all of it reaches a slow reader, and the child waits for that', async () => {
    const { stdout } = await shell(`${crosses('count', 300_000)} | { sleep 0.5; cksum; }; echo "\${PIPESTATUS[0]}"`);
    const expected = spawnSync('/bin/bash', ['-c', 'seq 0 299999 | cksum'], { encoding: 'utf8' }).stdout;
    assert.equal(stdout, `${expected}7\n`);
  });

  test('a reader that goes away is noticed by the child', async () => {
    const { stdout, stderr } = await shell(`${crosses('count', 10_000_000)} | head -1; echo "\${PIPESTATUS[0]}"`);
    assert.equal(stdout, '0\n3\n');
    assert.equal(stderr, '');
  });

  test('a full disk is told of, and the exit code stays', async () => {
    const { code, stderr } = await shell(`${crosses('alternate', 2)} >/dev/full`);
    assert.equal(code, 7);
    assert.match(stderr, /^1\ncrosses: standard output: ENOSPC.*; the rest is lost\n$/);
  });

  test('lines for one place keep their order', async () => {
    const { stdout } = await shell(`${crosses('alternate', 5000)} 2>&1 | cat`);
    assert.equal(stdout, Array.from({ length: 5000 }, (_, line) => `${line}\n`).join(''));
  });

  test('a process that is left behind and holds the pipes keeps nobody', async () => {
    const { code, stdout } = await shell(crosses('leave', 600));
    assert.equal(code, 7);
    // Throws unless it is still there.
    process.kill(Number(stdout), 'SIGKILL');
  });

  test('closed descriptors are no hindrance', async () => {
    const { code } = await shell(`${crosses('alternate', 2)} <&- >&- 2>&-`);
    assert.equal(code, 7);
  });

  test('of the environment only what is listed', async () => {
    const given = {
      SECRET: word,
      LISTED: 'by the configuration',
      LD_LIBRARY_PATH: '/nowhere',
      PERL5OPT: '-Mnowhere',
      LC_TIME: 'C',
      TZ: 'UTC',
      SSH_AUTH_SOCK: '/x',
    };
    const { stdout } = await shell(crosses('environment'), given);
    assert.deepEqual(Object.keys(JSON.parse(stdout)).sort(), [
      ...['HOME', 'LC_TIME', 'LISTED', 'LOGNAME', 'PATH', 'PROCESS_CONTROL_CALLER', 'PROCESS_CONTROL_PARENT'],
      ...['PROCESS_CONTROL_WRAPPER', 'SHELL', 'TZ', 'USER'],
    ]);
  });
});
