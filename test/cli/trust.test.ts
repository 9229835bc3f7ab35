/** Who could make root or the service user do what only root may decide: each way in, tried with the real programs. docs/security.md is its index. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Ended, ended, House, isRoot, repository, until } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const skip = isRoot ? false : 'needs root: it changes users and owners';
const works = (program: string, ...args: readonly string[]) => spawnSync(program, args).status === 0;
const bin = (program: string) => path.join(repository, 'bin', program);
/** nobody: has an account and no rights. */
const attacker = 65534;

/** false for what has just ended. */
function tried(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

describe('who may decide what is run', { skip }, () => {
  let house: House;
  let lair: string;
  before(() => {
    house = new House({ hello: 'name: Hello\ncommand: /bin/echo hello\n' });
    lair = mkdtempSync(path.join(tmpdir(), 'lair-'));
    chmodSync(lair, 0o777);
    mkdirSync(path.join(lair, 'jobs'));
    writeFileSync(path.join(lair, 'jobs/evil.yaml'), `name: Evil\ncommand: /usr/bin/touch ${trap('job')}\n`);
    writeFileSync(path.join(lair, 'evil.yaml'), evilConfig());
    writeFileSync(path.join(lair, 'evil.js'), `require('node:fs').writeFileSync(${JSON.stringify(trap('node'))}, '')`);
    writeFileSync(path.join(lair, 'Evil.pm'), `open my $f, '>', '${trap('perl')}'; 1;`);
    execFileSync('chown', ['-R', `${attacker}`, lair]);
  });
  after(() => {
    house.remove();
    rmSync(lair, { recursive: true, force: true });
  });
  /** Where something of the attacker's leaves a trace when it was run. */
  const trap = (name: string) => path.join(lair, `was-run-${name}`);
  const traces = () => readdirSync(lair).filter((name) => name.startsWith('was-run-'));
  beforeEach(() => {
    for (const name of traces()) rmSync(path.join(lair, name));
  });

  const evilConfig = () =>
    [
      `user: ${house.service.name}`,
      ...[`job_directory: ${lair}/jobs`, `run_directory: ${lair}/run`, `state_directory: ${lair}/state`],
      ...[`output_directory: ${lair}/log`, `output_crontab: ${trap('crontab')}`, ''],
    ].join('\n');

  interface Way {
    readonly as?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    /** Becomes descriptor 5. */
    readonly open?: string;
  }

  function start(command: readonly string[], { as, env = {}, cwd = '/', open }: Way = {}): ChildProcess {
    const identity =
      as === undefined ? [] : ['/usr/bin/setpriv', `--reuid=${as}`, `--regid=${as}`, '--clear-groups', '--'];
    const [file = '', ...args] = [...identity, ...command];
    const handed = open === undefined ? [] : (['ignore', 'ignore', openSync(open, 'r')] as const);
    return spawn(file, args, {
      ...{ cwd, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env } },
      stdio: ['ignore', 'pipe', 'pipe', ...handed],
      // Nothing here may hang.
      timeout: 120_000,
    });
  }

  const run = (command: readonly string[], way?: Way): Promise<Ended> => ended(start(command, way));

  /** Neither run nor written, whatever was tried. */
  function assertRefused({ code, stdout, stderr }: Ended, expected: number, words: RegExp): void {
    assert.deepEqual([code, traces()], [expected, []], `${stdout}${stderr}`);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }

  describe('through a configuration', () => {
    const places: readonly [string, () => string, Way, RegExp][] = [
      ['that stands on the command line', () => '/proc/self/cmdline', {}, /may not be in \/proc/],
      ['that is an open file', () => '/proc/self/fd/5', { open: 'evil.yaml' }, /may not be in \/proc/],
      [
        'that is an open file, by its other name',
        () => '/dev/fd/5',
        { open: 'evil.yaml' },
        /can be written by everyone/,
      ],
      ['that is in the environment', () => '/proc/self/environ', { env: { X: '\njob_directory: /tmp' } }, /in \/proc/],
      ['by a detour', () => '/usr/../proc/self/cmdline', {}, /may not be in \/proc/],
      [
        'below a directory that everyone can write',
        () => path.join(lair, 'evil.yaml'),
        {},
        /\/tmp can be written by everyone/,
      ],
      ['of root, below a sticky directory', () => rootFileIn(lair), {}, /\/tmp can be written by everyone/],
      [
        'that everyone can write',
        () => rootFile('open.yaml', 0o666),
        {},
        /this configuration can be written by everyone/,
      ],
      [
        'that a group can write',
        () => rootFile('group.yaml', 0o664),
        {},
        /this configuration can be written by a group/,
      ],
      [
        'that belongs to somebody else',
        () => ownedFile('theirs.yaml'),
        {},
        /belongs to uid 65534; it must belong to root/,
      ],
      ['in a directory that a group can write', () => groupDirectory(), {}, /directory .* can be written by a group/],
      ['that is a FIFO', () => fifo(), {}, /this is a FIFO, not a file/],
      ['that is a device', () => '/dev/zero', {}, /this is a device, not a file|can be written by everyone/],
      ['that a link leads to', () => link(), {}, /\/tmp can be written by everyone/],
      ['with a line break in its name', () => '/etc/a\nb.yaml', {}, /control characters/],
    ];

    for (const [title, place, way, words] of places) {
      test(title, async () => {
        const config = place();
        const open = way.open === undefined ? {} : { open: path.join(lair, way.open) };
        const named = { ...way, ...open, env: { ...way.env, PROCESS_CONTROL_CONFIG: config } };
        // What /proc/self/cmdline would be read as.
        const tag = config.includes('cmdline') ? ['--tag', `\n${evilConfig()}`] : [];
        const asRoot = [bin('run-job'), '--config', config, ...tag, '--job', 'evil'];
        const [root, service, generator] = await Promise.all([
          run(asRoot, { ...way, ...open }),
          run([bin('run-job'), 'evil'], { ...named, as: house.service.uid }),
          run([bin('cron-generate')], named),
        ]);
        assertRefused(root, 78, words);
        assertRefused(service, 78, words);
        assertRefused(generator, 78, words);
        assert.deepEqual(traces(), []);
      });
    }

    function rootFile(name: string, mode: number): string {
      const file = house.path(`etc/${name}`);
      writeFileSync(file, evilConfig());
      chmodSync(file, mode);
      return file;
    }
    function ownedFile(name: string): string {
      const file = rootFile(name, 0o644);
      chownSync(file, attacker, attacker);
      return file;
    }
    function rootFileIn(directory: string): string {
      const file = path.join(directory, 'roots.yaml');
      writeFileSync(file, evilConfig());
      return file;
    }
    function groupDirectory(): string {
      mkdirSync(house.path('group'));
      chmodSync(house.path('group'), 0o775);
      writeFileSync(house.path('group/pc.yaml'), evilConfig());
      return house.path('group/pc.yaml');
    }
    function fifo(): string {
      execFileSync('mkfifo', [house.path('etc/fifo.yaml')]);
      return house.path('etc/fifo.yaml');
    }
    function link(): string {
      symlinkSync(path.join(lair, 'evil.yaml'), house.path('etc/link.yaml'));
      return house.path('etc/link.yaml');
    }
  });

  test("a stranger's process that carries the marks of a dead run does not make it live", async () => {
    house.job('sleeper', 'name: Sleeper\ncommand: /bin/sleep 1000\n');
    const child = house.spawn('run-job', ['sleeper']);
    const done = ended(child);
    const holder = await until('the lock', () => {
      const names = existsSync(house.path('run/sleeper.run')) ? readdirSync(house.path('run/sleeper.run')) : [];
      const text = names[0] === undefined ? '' : readFileSync(house.path(`run/sleeper.run/${names[0]}`), 'utf8');
      return text.includes('"leader":{') ? text.split('\n')[0] : undefined;
    });
    const { runId = '', wrapperCookie = '' } = JSON.parse(holder) as Record<string, string>;
    assert.notEqual(wrapperCookie, '');
    const marks = { PROCESS_CONTROL_RUN_ID: runId, PROCESS_CONTROL_WRAPPER: wrapperCookie };
    const stranger = spawn('setpriv', [`--reuid=${attacker}`, '--clear-groups', '--', '/bin/sleep', '1000'], {
      env: { PATH: '/usr/bin:/bin', ...marks },
      stdio: 'ignore',
    });
    try {
      const own = (pid: string) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`RUN_ID=${runId}\0`);
      const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== stranger.pid);
      child.kill('SIGKILL');
      for (const pid of pids) if (tried(() => own(pid))) process.kill(Number(pid), 'SIGKILL');
      await done;
      const status = await until('the run to be over', async () => {
        const { stdout } = await house.run('run-job', ['--status', 'sleeper'], { as: 'root' });
        return stdout.includes('running') ? undefined : stdout;
      });
      assert.doesNotMatch(status, /pid:/);
      assert.doesNotMatch(
        (await house.run('jobctl', ['status', 'sleeper', '--json'], { as: 'root' })).stdout,
        new RegExp(`"pids?":\\[?${stranger.pid}`),
      );
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  test('what a private job file says, and what a private log says, stands in nothing that everybody can read', async () => {
    const secret = 's3cr3t-of-a-job';
    house.job('private', `name: Private\ncommand: /bin/true\ntimeout: ${secret}\n`);
    house.job('talks', `name: Talks\ncommand: /bin/echo ERROR ${secret}\nfail_on_output: ERROR\n`);
    const service = `name: Private\nservice: true\ncommand: /bin/sleep 1000\nnormal_exit: [${secret}]\n`;
    house.job('private-service', service);
    for (const slug of ['private', 'private-service', 'talks']) {
      execFileSync('chown', [`0:${house.service.gid}`, house.path(`jobs/${slug}.yaml`)]);
      chmodSync(house.path(`jobs/${slug}.yaml`), 0o640);
      const run = await house.run('run-job', ['--job', slug]);
      assert.notEqual(run.code, 0);
    }
    const open = execFileSync('find', [house.path('state'), house.path('run'), '-type', 'f', '-perm', '-004'], {
      encoding: 'utf8',
    });
    const files = open.split('\n').filter(Boolean);
    assert.ok(
      files.some((file) => file.endsWith('history/private.jsonl')),
      open,
    );
    for (const file of files) assert.doesNotMatch(readFileSync(file, 'latin1'), new RegExp(secret), file);
    assert.match(
      (await house.run('jobctl', ['history', 'private'])).stdout,
      /private\.yaml:3:10: "timeout" must be a number/,
    );
    assert.match(
      (await house.run('run-job', ['private'])).stderr,
      new RegExp(`found "${secret}"`),
      'who may read it is told',
    );
    for (const slug of ['private', 'private-service', 'talks']) rmSync(house.path(`jobs/${slug}.yaml`));
  });

  test('what the command of a probe prints is in the log of the instance, and in nothing that everybody can read', async () => {
    const secret = 's3cr3t-of-a-probe';
    const probe = `/bin/sh -c 'echo ${secret}; exit 3'`;
    const keys = 'health_check: {initial_interval: 0, interval: 1, max_consecutive_failures: 100}\n';
    const check = keys.replace('{', `{command: ${JSON.stringify(probe)}, `);
    house.job('probed', `name: Probed\nservice: true\ncommand: /bin/sleep 1000\nstop_timeout: 1\n${check}`);
    const child = house.spawn('run-job', ['--job', 'probed']);
    const done = ended(child);
    try {
      const shown = await until('a probe that failed', async () => {
        const { stdout } = await house.run('jobctl', ['status', 'probed']);
        return stdout.includes('exit code 3') ? stdout : undefined;
      });
      assert.doesNotMatch(shown, new RegExp(secret));
      const all = execFileSync('find', [house.path('state'), house.path('run'), '-type', 'f', '-perm', '-004'], {
        encoding: 'utf8',
      });
      const files = all.split('\n').filter((file) => existsSync(file));
      assert.ok(
        files.some((file) => file.includes('services/probed')),
        all,
      );
      for (const file of files) assert.doesNotMatch(readFileSync(file, 'latin1'), new RegExp(secret), file);
      child.kill('SIGTERM');
      await done;
      const { stdout } = await house.run('jobctl', ['logs', 'probed']);
      assert.match(stdout, new RegExp(`the last probe that failed: exit code 3: ${secret}`));
    } finally {
      child.kill('SIGTERM');
      await done;
      rmSync(house.path('jobs/probed.yaml'));
    }
  });

  describe('through sudo', { skip: works('sudo', '-V') && canHaveOwnEtc ? false : 'needs sudo and unshare' }, () => {
    // As open as a rule gets: any argument, any variable.
    let etc: OwnEtc;
    before(() => {
      etc = new OwnEtc(house.path('own-etc'));
      const programs = ['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga'].map(bin).join(', ');
      const rule = `#${attacker} ALL=(${house.service.name}, root) NOPASSWD:SETENV: ${programs}\n`;
      etc.write('sudoers.d/pc-test-trust', rule, 0o440);
      etc.copy('process-control.yaml', house.configFile);
      etc.copy('process-control-other.yaml', house.configFile);
    });

    const sudo = (target: string, words: readonly string[]) =>
      run([
        ...etc.under(['setpriv', `--reuid=${attacker}`, `--regid=${attacker}`, '--clear-groups', '--']),
        ...['sudo', '-n', '-u', target, ...words],
      ]);
    const honest = () => ['--config', '/etc/process-control-other.yaml'];

    test('the rule itself works', async () => {
      const done = await sudo(house.service.name, [bin('run-job'), ...honest(), 'hello']);
      assert.equal(done.code, 0, done.stderr);
      assert.match(house.log('hello'), /INFO\thello\n/);
    });

    for (const target of ['root', 'the service user'] as const) {
      const name = () => (target === 'root' ? target : house.service.name);

      test(`a configuration of the caller's own does not count for ${target}, named or by a variable`, async () => {
        const file = path.join(lair, 'evil.yaml');
        assertRefused(await sudo(name(), [bin('run-job'), '--config', file, 'evil']), 78, /through sudo only/);
        const variable = await sudo(name(), [`PROCESS_CONTROL_CONFIG=${file}`, bin('run-job'), 'evil']);
        assertRefused(variable, 78, /through sudo only/);
        const xdg = await sudo(name(), [`XDG_CONFIG_HOME=${lair}`, `HOME=${lair}`, bin('run-job'), 'evil']);
        assert.notEqual(xdg.code, 0);
        assert.deepEqual(traces(), []);
      });

      test(`nothing of a file that ${target} can read reaches the caller, whatever option names it`, async () => {
        const secret = 's3cr3t-of-the-service';
        const texts = {
          shadow: `root:${secret}:19000:0:99999:7:::\n`,
          value: `name: ${secret}\ncommand: [{a: ${secret}}]\ntimeout: ${secret}\nuser: {a: ${secret}}\n`,
        };
        for (const [kind, text] of Object.entries(texts)) {
          const file = house.path(`private-${kind}.yaml`);
          writeFileSync(file, text, { mode: 0o400 });
          chownSync(file, name() === 'root' ? 0 : house.service.uid, 0);
          const ways = [
            ...[
              ['jobctl', 'check', file],
              ['jobctl', 'check', path.dirname(file)],
              ['cron-generate', '--validate', file],
            ],
            ...['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga'].map((program) => [
              program,
              '--config',
              file,
            ]),
            ...[
              ['jobctl', 'status', '--config', file],
              ['run-job', '--config', file, 'hello'],
            ],
            ...[['jobctl', 'check', path.join(path.dirname(file), 'no-such-file')]],
          ];
          for (const [program = '', ...args] of ways) {
            const done = await sudo(name(), [bin(program), ...args]);
            assert.notEqual(done.code, 0, `${program} ${args.join(' ')}: ${done.stdout}`);
            assert.ok(
              !`${done.stdout}${done.stderr}`.includes(secret),
              `${program} ${args}: ${done.stdout}${done.stderr}`,
            );
            assert.doesNotMatch(done.stderr, /there is no (?:such )?file/);
          }
        }
      });

      test(`the job directory can still be checked as ${target}`, async () => {
        const done = await sudo(name(), [bin('jobctl'), 'check', house.path('jobs/hello.yaml')]);
        assert.deepEqual([done.code, done.stderr], [0, '']);
        assert.equal((await sudo(name(), [bin('jobctl'), 'check'])).code, 0);
      });

      test(`no variable makes ${target} run the caller's code before the job`, async () => {
        const variables = [
          ...[`NODE_OPTIONS=--require=${lair}/evil.js`, `NODE_PATH=${lair}`, 'NODE_V8_COVERAGE=/tmp'],
          ...[`PERL5OPT=-I${lair} -MEvil`, `PERL5LIB=${lair}`, `BASH_ENV=${lair}/evil.sh`, `ENV=${lair}/evil.sh`],
          ...[`PROCESS_CONTROL_LAUNCHER=${lair}/run-job`, `OPENSSL_CONF=${lair}/openssl.cnf`],
        ];
        const done = await sudo(name(), [...variables, bin('run-job'), ...honest(), 'hello']);
        assert.deepEqual([done.code, traces()], [0, []], done.stderr);
      });
    }

    test('cron-generate neither shows nor replaces another file of root', async () => {
      const own = house.path('not-for-cron');
      const text = 's3cr3t of root\n';
      writeFileSync(own, text, { mode: 0o600 });
      for (const words of [
        [],
        ['--adopt'],
        ['--diff', '--adopt'],
        ['--plan', '--adopt'],
        ['--check'],
        ['--json', '--adopt'],
      ]) {
        for (const file of [own, house.path('not-there'), path.relative('/', own)]) {
          const { code, stdout, stderr } = await sudo('root', [bin('cron-generate'), ...words, '--output', file]);
          assert.equal(code, 77, `${words} ${stdout}${stderr}`);
          assert.match(`${stdout}${stderr}`, /through sudo only output_crontab is written/);
          assert.doesNotMatch(`${stdout}${stderr}`, /s3cr3t|there is no/);
        }
      }
      assert.equal(readFileSync(own, 'utf8'), text);
      for (const output of ['-', house.path('etc/crontab')]) {
        const { code, stderr } = await sudo('root', [bin('cron-generate'), '--output', output]);
        assert.equal(code, 0, stderr);
      }
    });

    test('a refused caller learns nothing but the refusal', async () => {
      const words = ['setpriv', `--reuid=${attacker}`, `--regid=${attacker}`, '--clear-groups', '--', bin('run-job')];
      const done = await run([...etc.under([...words, 'hello'])], { env: { SUDO_UID: '0', USER: 'root' } });
      assertRefused(done, 77, new RegExp(`^run-job: only ${house.service.name} and root may do this`));
    });
  });

  describe('through PATH', () => {
    const names = [
      ...['node', 'perl', 'flock', 'setpriv', 'logger', 'getent', 'ps', 'id', 'readlink', 'sh', 'env', 'cat', 'mkfifo'],
      ...['nice', 'prlimit', 'gzip', 'crontab', 'runuser', 'sendmail', 'mail', 'hostname', 'date', 'uname'],
    ];
    const planted = () => path.join(lair, 'bin');
    before(() => {
      mkdirSync(planted());
      for (const name of names) {
        writeFileSync(path.join(planted(), name), `#!/bin/sh\n: >${trap(name)}\nexit 0\n`);
        chmodSync(path.join(planted(), name), 0o755);
      }
      house.job('limited', 'name: Limited\ncommand: /bin/echo hello\nnice: 1\nlimits: {nofile: 99}\n');
      house.job('fails', 'name: Fails\ncommand: /bin/false\nfailmail: {to_address: root@localhost}\ntimeout: 1m\n');
      house.job('broken', 'name: Broken\n');
      symlinkSync(bin('run-job'), house.path('run-job'));
    });

    for (const as of ['root', 'the service user'] as const) {
      test(`no program of the caller's is run beside the job when ${as} calls`, async () => {
        const way: Way = {
          env: { PATH: `${planted()}:/usr/bin:/bin`, PROCESS_CONTROL_CONFIG: house.configFile },
          ...(as === 'root' ? {} : { as: house.service.uid }),
        };
        const codes: Record<string, number | null> = {};
        for (const slug of ['hello', 'limited', 'fails', 'broken', 'unknown']) {
          codes[slug] = (await run([bin('run-job'), '--job', slug], way)).code;
        }
        assert.deepEqual(codes, { hello: 0, limited: 0, fails: 1, broken: 78, unknown: 64 });
        assert.equal((await run([house.path('run-job'), 'hello'], way)).code, 0, 'through a link');
        assert.equal((await run([bin('run-job'), '--status'], way)).code, 0);
        assert.equal((await run([bin('run-job'), '--rehearse', 'limited'], way)).code, 0);
        if (as === 'root') await run([bin('cron-generate')], way);
        assert.deepEqual(traces(), []);
      });
    }
  });

  describe('through a job file', () => {
    const evil = () => `name: Evil\ncommand: /usr/bin/touch ${trap('job')}\n`;
    const kinds: readonly [string, (file: string) => void, RegExp][] = [
      [
        'a link out of the directory',
        (file) => symlinkSync(path.join(lair, 'jobs/evil.yaml'), file),
        /this link leads out of/,
      ],
      ['a link to a link out of it', (file) => linkTwice(file), /this link leads out of/],
      [
        'a link into /proc',
        (file) => symlinkSync('/proc/self/environ', file),
        /this link leads out of|not lead to a file/,
      ],
      ['a FIFO', (file) => execFileSync('mkfifo', [file]), /this is a FIFO, not a file/],
      ['a device', (file) => execFileSync('mknod', [file, 'c', '1', '5']), /this is a device, not a file/],
      ['a directory', (file) => mkdirSync(file), /this is a directory, not a file/],
      ['a file that everyone can write', (file) => writeWithMode(file, 0o646), /everyone can write this file/],
      ['a file without an end', (file) => writeFileSync(file, evil() + '#'.repeat(300_000)), /more than the 262144/],
    ];

    function linkTwice(file: string): void {
      symlinkSync(path.join(lair, 'jobs/evil.yaml'), house.path('jobs/between'));
      symlinkSync('between', file);
    }
    function writeWithMode(file: string, mode: number): void {
      writeFileSync(file, evil());
      chmodSync(file, mode);
    }

    for (const [title, make, words] of kinds) {
      test(`${title} is no job`, async () => {
        const file = house.path('jobs/evil.yaml');
        make(file);
        try {
          const command = ['--config', house.configFile, 'evil'];
          const [job, crontab] = await Promise.all([
            run([bin('run-job'), ...command]),
            run([bin('cron-generate'), '--config', house.configFile, '--output', '-']),
          ]);
          assertRefused(job, 78, words);
          assert.equal(crontab.code, 1);
          assert.match(crontab.stderr, words);
        } finally {
          rmSync(file, { recursive: true });
        }
      });
    }

    test('a file that a group can write, or of an owner who is not trusted, is told of at each start', async () => {
      const file = house.path('jobs/doubtful.yaml');
      writeFileSync(file, 'name: Doubtful\ncommand: /bin/true\n');
      chmodSync(file, 0o664);
      chownSync(file, attacker, attacker);
      const told = await run([bin('cron-generate'), '--config', house.configFile, '--output', '-']);
      assert.match(told.stderr, /doubtful\.yaml: warning: a group can write this file/);
      assert.match(told.stderr, /doubtful\.yaml: warning: the owner \(uid 65534\) is not among "trusted_owners"/);
      rmSync(file);
    });

    test('no job is loaded from a directory that everyone can write', async () => {
      chmodSync(house.path('jobs'), 0o777);
      const refused = await run([bin('run-job'), '--config', house.configFile, 'hello']);
      chmodSync(house.path('jobs'), 0o755);
      assertRefused(refused, 78, /everyone can write .*jobs, so anyone could have jobs run/);
    });

    test('a job can not choose the mark of its run, neither by its file nor by the defaults', async () => {
      const forged = 'environment: {PROCESS_CONTROL_RUN_ID: other}';
      house.job('forged', `name: Forged\ncommand: /bin/true\n${forged}\n`);
      assertRefused(await run([bin('run-job'), '--config', house.configFile, 'forged']), 78, /PROCESS_CONTROL_/);
      const config = house.path('etc/forged.yaml');
      writeFileSync(config, `${readFileSync(house.configFile, 'utf8')}default_job_config: {${forged}}\n`);
      assertRefused(await run([bin('run-job'), '--config', config, 'hello']), 78, /PROCESS_CONTROL_/);
      house.job('marked', 'name: Marked\ncommand: /usr/bin/printenv PROCESS_CONTROL_RUN_ID\n');
      for (const given of ['../../etc', 'a\nb', 'a b', '/', `${'a/'.repeat(5000)}a`.repeat(9)]) {
        const env = { PROCESS_CONTROL_RUN_ID: given, PROCESS_CONTROL_GIVEN_RUN: '../x', PROCESS_CONTROL_WRAPPER: 'x' };
        const done = await run([bin('run-job'), '--config', house.configFile, 'marked'], {
          env,
          as: house.service.uid,
        });
        assert.equal(done.code, 0, done.stderr);
        assert.match(house.log('marked'), /INFO\t(?:a\/)*[\w-]+\n/);
      }
    });
  });

  test('no name makes a terminal or a log say what is not so', async () => {
    const hostile = 'a\u001b[2J\nrun-job: all is well\u009b';
    const config = ['--config', house.configFile];
    writeFileSync(house.path(`jobs/${hostile}.yaml`), 'name: x\ncommand: /bin/true\n');
    house.job('colour', 'name: "a\\x1b[31m"\ncommand: /bin/true\n');
    const said = [
      await run([bin('run-job'), ...config, hostile]),
      await run([bin('run-job'), ...config, '--status']),
      await run([bin('run-job'), ...config, '--list-jobs']),
      await run([bin('run-job'), ...config, 'colour']),
      await run([bin('jobctl'), ...config, 'status', hostile]),
      await run([bin('cron-generate'), ...config, '--output', '-']),
    ];
    for (const name of readdirSync(house.path('jobs')))
      if (!/^\w+\.yaml$/.test(name)) rmSync(house.path(`jobs/${name}`));
    rmSync(house.path('jobs/colour.yaml'));
    assert.equal(said[0]?.code, 64);
    for (const { stdout, stderr } of said) {
      assert.doesNotMatch(stdout + stderr, /[\u001b\u009b]/);
      assert.doesNotMatch(stdout + stderr, /^run-job: all is well/m);
    }
  });

  describe('by what lies in its directories', () => {
    test('a run directory of another user, or that others can write, gets no lock and no run', async () => {
      house.job('marks', `name: Marks\ncommand: /usr/bin/touch ${trap('job')}\n`);
      const command = [bin('run-job'), '--config', house.configFile, 'marks'];
      const place = house.path('run');
      chownSync(place, attacker, attacker);
      assertRefused(await run(command), 125, /belongs to uid 65534, not to the service user/);
      chownSync(place, house.service.uid, house.service.gid);
      chmodSync(place, 0o775);
      const byGroup = await run(command);
      chmodSync(place, 0o1777);
      const byAll = await run(command);
      chmodSync(place, 0o755);
      assertRefused(byGroup, 125, /others can write to it/);
      // Locks are then where a predecessor could not have had its own; here nobody made that directory for this user.
      assertRefused(byAll, 125, /checking the run directory \/run\/process-control: /);
      assert.equal((await run(command)).code, 0);
    });

    test('links that the service user plants lead root to no other file: nothing of root is read or written', async () => {
      const secret = house.path('etc/secret');
      writeFileSync(secret, '{"event":"started","run":"TOP-SECRET","atMs":1}\nTOP-SECRET\n', { mode: 0o600 });
      const plant = (name: string) => {
        rmSync(house.path(name), { recursive: true, force: true });
        mkdirSync(path.dirname(house.path(name)), { recursive: true });
        symlinkSync(secret, house.path(name));
      };
      const original = readFileSync(secret, 'utf8');
      for (const name of ['state/history/hello.jsonl', 'run/hello.flock', 'log/hello/latest.log', 'state/logs-pruned'])
        plant(name);
      const done = [
        await run([bin('run-job'), '--config', house.configFile, 'hello']),
        await run([bin('run-job'), '--config', house.configFile, '--status']),
        await run([bin('jobctl'), '--config', house.configFile, 'status', 'hello']),
        await run([bin('jobctl'), '--config', house.configFile, 'history', 'hello']),
      ];
      for (const { stdout, stderr } of done) assert.doesNotMatch(stdout + stderr, /TOP-SECRET/);
      assert.equal(readFileSync(secret, 'utf8'), original);
      const history = 'state/history/hello.jsonl';
      plant('log/hello/hello-20260101-000000.log');
      for (const logPath of [secret, house.path('log/hello/hello-20260101-000000.log')]) {
        rmSync(house.path(history), { force: true });
        const trigger = { by: 'clock' };
        const started = { event: 'started', run: 'r', atMs: 1, trigger, jobSha256: '', logPath, host: 'h' };
        writeFileSync(house.path(history), `${JSON.stringify({ v: 1, ...started })}\n`);
        const shown = await run([bin('jobctl'), '--config', house.configFile, 'logs', 'hello']);
        assert.equal(shown.stdout, '');
        assert.match(shown.stderr, /is not the name of a log of hello|it is a link, not a file/);
      }
      for (const name of ['state/history/hello.jsonl', 'run/hello.flock']) rmSync(house.path(name), { force: true });
    });

    test('a FIFO in place of a state file blocks no command', async () => {
      const fifos = [
        'state/history/hello.jsonl',
        'run/hello.flock',
        'run/hello.lock',
        'state/hello.yaml',
        'state/pauses/job-hello',
      ];
      for (const name of fifos) {
        rmSync(house.path(name), { recursive: true, force: true });
        mkdirSync(path.dirname(house.path(name)), { recursive: true });
        execFileSync('mkfifo', [house.path(name)]);
      }
      for (const words of [
        ['run-job', '--status'],
        ['jobctl', 'status', 'hello'],
        ['check-jobs-icinga'],
        ['cron-generate', '--output', '-'],
      ]) {
        const [program = '', ...args] = words;
        const { code } = await run([bin(program), ...args, '--config', house.configFile]);
        assert.notEqual(code, null, `${words.join(' ')} hung`);
      }
      for (const name of fifos) rmSync(house.path(name));
    });

    const traces = works('strace', '-o', '/dev/null', 'true') ? false : 'needs strace(1) and the right to trace';

    test('cron-generate, which is root, never looks into run, state and output directories', {
      skip: traces,
    }, async () => {
      const seen = await pathsSeen(['-f'], [bin('cron-generate'), '--config', house.configFile]);
      assert.ok(seen.includes(house.path('jobs/hello.yaml')), 'it was traced');
      assert.deepEqual(seen.filter(isTheServiceUsers), []);
    });

    test('run-job as root looks at its configuration and at nothing else before it is the service user', {
      skip: traces,
    }, async () => {
      const seen = await pathsSeen([], [bin('run-job'), '--config', house.configFile, 'hello']);
      assert.ok(seen.includes(house.configFile), 'it was traced');
      assert.deepEqual(
        seen.filter((file) => isTheServiceUsers(file) || file.startsWith(house.path('jobs/'))),
        [],
      );
    });

    const isTheServiceUsers = (file: string) =>
      ['run', 'state', 'log'].some((name) => file.startsWith(`${house.path(name)}/`));

    /** Every path that was given to the kernel. */
    async function pathsSeen(options: readonly string[], command: readonly string[]): Promise<readonly string[]> {
      const trace = path.join(lair, 'trace');
      const done = await run(['strace', '-qq', '-s', '4096', '-e', 'trace=%file', '-o', trace, ...options, ...command]);
      assert.ok(done.code === 0 || done.code === 1, done.stderr);
      const text = readFileSync(trace, 'utf8');
      assert.ok(existsSync(trace) && text.length > 0);
      return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
    }
  });
});
