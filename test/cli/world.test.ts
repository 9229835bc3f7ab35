/** A job that dumps its world, started in every way there is: the dumps are the same. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { hostLocale } from '../../src/system/user/locale.ts';
import { hostile } from './hostile-world.ts';
import { ended, House, isRoot, repository, until } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const has = (program: string) => existsSync(`/usr/bin/${program}`);
const rootOnly = isRoot ? false : 'needs root: it changes users';

const dump = `name: Dump
command:
  - /usr/bin/env
  - /bin/cat /proc/self/status
  - /bin/readlink /proc/self/cwd
  - /bin/ls -l /proc/self/fd
  - /bin/sh -c 'cut -d" " -f7,19,41 /proc/self/stat'
environment: {ANSWER: "42"}
`;

const runJob = path.join(repository, 'bin/run-job');
const jobctl = path.join(repository, 'bin/jobctl');
const facts = ['Uid', 'Gid', 'Groups', 'Umask', 'SigBlk', 'SigIgn', 'SigCgt', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'];

interface World {
  /** As env(1) prints it, in its order. */
  readonly environment: readonly string[];
  readonly status: readonly string[];
  readonly descriptors: readonly string[];
  readonly workingDirectory: string;
  /** Number of the controlling terminal, niceness, and scheduling policy (0: the usual one). */
  readonly terminalAndPrecedence: string;
}

/** From a log: each command prints lines of a shape of its own. */
function worldIn(log: string): World {
  const lines = log.split('\n').flatMap((line) => line.split('\tINFO\t').slice(1));
  return {
    environment: lines.filter((line) => /^[^=\s]+=/.test(line)),
    status: lines.filter((line) => facts.includes(line.split(':\t')[0] ?? '')).map((line) => line.trim()),
    workingDirectory: lines.find((line) => line.startsWith('/') && !line.endsWith(')')) ?? '',
    descriptors: lines.flatMap(descriptor).sort(),
    terminalAndPrecedence: lines.find((line) => /^-?\d+ -?\d+ \d+$/.test(line)) ?? '',
  };
}

/** `0 /dev/null`; without the directory that ls itself has open. */
function descriptor(line: string): readonly string[] {
  const [, fd, target = ''] = / (\d+) -> (.*)$/.exec(line) ?? [];
  if (fd === undefined || /^\/proc\/\d+\/fd$/.test(target)) return [];
  return [fd === '1' || fd === '2' ? `${fd} output` : `${fd} ${target}`];
}

/** Byte by byte, but for the ids in the path of the run. */
function comparable(world: World): World {
  const environment = world.environment.map((line) =>
    line.startsWith('PROCESS_CONTROL_RUN_ID=')
      ? line.replaceAll(/[\w-]+(?=\/|$)/g, 'ID')
      : line.replace(/^TRACEPARENT=00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, 'TRACEPARENT=VALUE'),
  );
  return { ...world, environment };
}

const localeLines = Object.entries(hostLocale().variables).map(([name, value]) => `${name}=${value}`);

describe('the world of a job', () => {
  const house = new House({ dump });
  house.job('parent', `name: Parent\ncommand: ${runJob} --config ${house.configFile} dump\n`);
  after(() => house.remove());
  const { service } = house;
  const dumpArgs = ['--config', house.configFile, '--job', 'dump'];
  const asService = isRoot
    ? ['setpriv', `--reuid=${service.uid}`, `--regid=${service.gid}`, '--init-groups', '--']
    : [];
  /** What Debian's cron gives: crontab(5). */
  const cron = { HOME: service.home, LOGNAME: service.name, PATH: '/usr/bin:/bin', SHELL: '/bin/sh', LANG: 'C.UTF-8' };

  function start(
    command: readonly string[],
    options: { env?: Record<string, string>; cwd?: string } = {},
  ): ChildProcess {
    const [file = '', ...args] = command;
    return spawn(file, args, { cwd: '/', env: cron, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  }

  async function worldOf(command: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<World> {
    house.forget('dump');
    const run = await ended(start(command, options));
    assert.equal(run.code, 0, `${run.stdout}${run.stderr}`);
    return worldIn(house.log('dump'));
  }

  const fromCron = () =>
    worldOf([...asService, '/bin/sh', '-c', `PROCESS_CONTROL_TRIGGER=cron ${runJob} ${dumpArgs.join(' ')}`], {
      cwd: service.home,
    });

  test('is the promised one when cron starts the job', async () => {
    const world = comparable(await fromCron());
    assert.deepEqual(world.environment, [
      ...localeLines,
      'PATH=/usr/bin:/bin:/usr/sbin:/sbin',
      'TRACEPARENT=VALUE',
      `HOME=${service.home}`,
      `USER=${service.name}`,
      `LOGNAME=${service.name}`,
      'SHELL=/bin/sh',
      `PWD=${service.home}`,
      'ANSWER=42',
      'PROCESS_CONTROL_RUN_ID=ID',
    ]);
    assert.equal(world.workingDirectory, service.home);
    assert.deepEqual(world.descriptors, ['0 /dev/null', '1 output', '2 output', `3 ${house.path('run/dump.flock')}`]);
    for (const fact of ['Umask:\t0022', 'SigBlk', 'SigIgn', 'SigCgt', 'CapInh', 'CapAmb']) {
      const expected = fact.includes('\t') ? fact : `${fact}:\t0000000000000000`;
      assert.ok(world.status.includes(expected), `${expected} in ${world.status.join('\n')}`);
    }
    assert.equal(world.terminalAndPrecedence, `0 ${getPriority()} 0`);
    const groups = execFileSync('id', ['-G', service.name], { encoding: 'utf8' }).trim().split(' ').sort();
    const line = world.status.find((each) => each.startsWith('Groups:')) ?? '';
    assert.deepEqual(line.slice(8).split(' ').sort(), groups);
  });

  /** Through sudo a configuration counts only in /etc. */
  function etc(): OwnEtc {
    const own = new OwnEtc(house.path('own-etc'));
    own.copy('process-control.yaml', house.configFile);
    return own;
  }

  const ways: readonly [string, () => Promise<World>, string | false][] = [
    [
      'root',
      () => worldOf([runJob, ...dumpArgs], { env: { ...cron, HOME: '/root', USER: 'root' }, cwd: '/root' }),
      rootOnly,
    ],
    [
      'sudo',
      () =>
        worldOf(etc().under(['sudo', '-n', '-u', service.name, runJob, '--job', 'dump']), {
          env: { PATH: '/usr/bin:/bin' },
          cwd: tmpdir(),
        }),
      rootOnly || (has('sudo') && canHaveOwnEtc ? false : 'needs sudo and unshare'),
    ],
    [
      'a terminal',
      () =>
        worldOf([...asService, 'script', '-qec', [runJob, ...dumpArgs].join(' '), '/dev/null'], {
          env: { ...cron, TERM: 'xterm' },
        }),
      has('script') ? false : 'needs script(1)',
    ],
    [
      'a login shell with nothing set but PATH',
      () => worldOf([...asService, runJob, ...dumpArgs], { env: { PATH: '/bin' } }),
      false,
    ],
    [
      'a mess: descriptors 100 and 251, umask 000, ignored and blocked signals, NODE_OPTIONS, no HOME',
      () =>
        worldOf(
          [...asService, 'perl', path.join(repository, 'test/fixtures/programs/starts-dirty.pl'), runJob, ...dumpArgs],
          {
            env: {
              PATH: '/usr/bin:/bin',
              NODE_OPTIONS: '--no-such-option',
              NODE_PATH: '/evil',
              PROCESS_CONTROL_SERVICE: 'other',
              OLDPWD: '/evil',
              PWD: '/evil',
            },
          },
        ),
      has('perl') ? false : 'needs perl',
    ],
    [
      'root with a hostile environment',
      () => worldOf([runJob, ...dumpArgs], { env: { ...cron, ...hostile } }),
      rootOnly,
    ],
    [
      'a hostile environment',
      () => worldOf([...asService, runJob, ...dumpArgs], { env: { ...cron, ...hostile } }),
      false,
    ],
    [
      'jobctl',
      () =>
        worldOf([...asService, jobctl, 'start', 'dump', '--wait', '--config', house.configFile], {
          env: { ...cron, ...hostile },
        }),
      false,
    ],
    [
      'jobctl as root',
      () =>
        worldOf([jobctl, 'start', 'dump', '--wait', '--config', house.configFile], { env: { ...cron, ...hostile } }),
      rootOnly,
    ],
    ['nothing at all', () => worldOf([...asService, runJob, ...dumpArgs], { env: {} }), false],
    ['a directory that is gone', fromNowhere, false],
    ['a parent that is stopped', underStoppedParent, false],
  ];

  for (const [who, way, skip] of ways) {
    test(`is the same when it is started by ${who}`, { skip }, async () => {
      const expected = comparable(await fromCron());
      assert.deepEqual(comparable(await way()), expected);
    });
  }

  const precedence = ['chrt', '--rr', '5', 'nice', '-n', '-40', 'ionice', '-c1', '-n0'];
  const mayPrecede = isRoot && spawnSync('chrt', [...precedence.slice(1), 'true']).status === 0;
  test("shows nothing that root sees and others don't", {
    skip: mayPrecede ? false : 'needs root, and a machine that gives real-time priority',
  }, async () => {
    const world = await worldOf([...precedence, runJob, ...dumpArgs]);
    assert.equal(world.terminalAndPrecedence, '0 0 0');
    // Without a real-time policy ionice shows what the niceness makes of the class that is none.
    house.job('io', 'name: IO\ncommand: ionice\n');
    assert.equal((await ended(start([...precedence, runJob, '--config', house.configFile, 'io']))).code, 0);
    assert.match(house.log('io'), /\tINFO\tnone: prio 0$/m);
  });

  for (const [umask, who] of [
    ['0077', 'root'],
    ['0777', 'root'],
    ['0077', 'the service user'],
    ['0000', 'the service user'],
  ] as const) {
    test(`with umask ${umask} of ${who} everybody can read the status and history, and nobody else write them`, {
      skip: rootOnly,
    }, async () => {
      const own = new House({ quick: 'name: Quick\ncommand: "true"\n' });
      try {
        const identity = who === 'root' ? [] : asService;
        for (const words of [`${runJob} quick`, `${jobctl} pause quick --for 1h --reason x`]) {
          const line = `umask ${umask}; exec ${words}`;
          const env = { ...cron, PROCESS_CONTROL_CONFIG: own.configFile };
          const { code, stderr } = await ended(start([...identity, '/bin/sh', '-c', line], { env }));
          assert.equal(code, 0, stderr);
        }
        const wrong = execFileSync('find', [
          ...[own.path('run'), own.path('state'), '!', '-name', '*lock', '!', '-type', 'l'],
          ...['(', '!', '-perm', '-444', '-o', '-perm', '/022', ')'],
        ]);
        assert.equal(wrong.toString(), '');
        const stranger = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', jobctl, 'history', '--config'];
        const { stdout } = await ended(start([...stranger, own.configFile]));
        assert.match(stdout, / succeeded, .*\n.* was paused /);
      } finally {
        own.remove();
      }
    });
  }

  test('is the same when it is started by another job, but for the id of the run', async () => {
    const expected = comparable(await fromCron());
    await worldOf([...asService, runJob, '--config', house.configFile, '--job', 'parent']);
    const world = comparable(worldIn(house.log('dump')));
    const asAlone = world.environment.map((line) => line.replace('RUN_ID=ID/ID', 'RUN_ID=ID'));
    assert.notDeepEqual(world.environment, expected.environment);
    assert.deepEqual({ ...world, environment: asAlone }, expected);
  });

  test('is what a rehearsal shows, which takes no lock, leaves no log and no history', async () => {
    const { environment, workingDirectory } = await worldOf([...asService, runJob, ...dumpArgs]);
    house.job('never', dump);
    const run = await ended(
      start([...asService, runJob, '--config', house.configFile, '--rehearse', '--json', 'never']),
    );
    assert.equal(run.code, 0, run.stderr);
    const shown = JSON.parse(run.stdout);
    const lines = Object.entries(shown.environment).map(([name, value]) => `${name}=${value}`);
    const withoutRun = (all: readonly string[]) =>
      all.filter((line) => !/^(?:PROCESS_CONTROL_RUN_ID|TRACEPARENT)=/.test(line)).sort();
    assert.deepEqual(withoutRun(lines), withoutRun(environment));
    assert.equal(shown.workingDirectory, workingDirectory);
    for (const trace of ['log/never', 'run/never.flock', 'state/history/never.jsonl']) {
      assert.equal(existsSync(house.path(trace)), false, trace);
    }
  });

  test('can be rehearsed by root, as the service user, and by nobody else', { skip: rootOnly }, async () => {
    const rehearse = [runJob, '--config', house.configFile, '--rehearse', 'dump'];
    const run = await ended(start(rehearse, { env: { ...cron, HOME: '/root' } }));
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, new RegExp(`^user: +${service.name} \\(uid ${service.uid}\\)$`, 'm'));
    assert.match(run.stdout, new RegExp(`HOME=${service.home}$`, 'm'));
    assert.doesNotMatch(run.stdout, /=\/root/);
    assert.doesNotMatch(run.stdout, /WRAPPER|LAUNCHER|CALLER|PIPES/);
    assert.equal((await ended(start(['setpriv', '--reuid=65534', '--clear-groups', '--', ...rehearse]))).code, 77);
  });

  async function fromNowhere(): Promise<World> {
    const directory = mkdtempSync(path.join(tmpdir(), 'gone-'));
    const leave = `rmdir "$0" && exec "$@"`;
    execFileSync('chmod', ['777', directory]);
    try {
      return await worldOf(['/bin/sh', '-c', leave, directory, ...asService, runJob, ...dumpArgs], { cwd: directory });
    } finally {
      if (existsSync(directory)) rmdirSync(directory);
    }
  }

  async function underStoppedParent(): Promise<World> {
    house.forget('dump');
    const stopped = start([...asService, '/bin/sh', '-c', `"$@" & kill -STOP $$; wait $!`, 'sh', runJob, ...dumpArgs]);
    const done = ended(stopped);
    await until(
      'the job to end',
      () => existsSync(house.path('log/dump/latest.log')) && / succeeded /.test(house.log('dump')),
    );
    const world = worldIn(house.log('dump'));
    stopped.kill('SIGCONT');
    assert.equal((await done).code, 0);
    return world;
  }
});
