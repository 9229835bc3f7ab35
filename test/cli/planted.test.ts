/**
 * What a job can leave below the run, state and output directories in the place of every file and directory that the programs know: none of it
 * may hang a program that root starts, show what only root may read, or have a device opened.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { commandLineOf, environmentOf, listProcesses } from '../../src/system/process/proc.ts';
import { type Ended, House, isRoot, until } from './house.ts';

const job = `name: Job
command: echo hello
tag: at night
schedule: "* * * * *"
catch_up: last
failmail: {to_address: root}
`;
const service = `name: Web
service: true
disabled: true
command: sleep 1000
stop_timeout: 1
`;
const secretText = 'only-root-may-read-this';
const noStrace = !existsSync('/usr/bin/strace');
const skip = isRoot ? false : 'needs root';

/** What can be put there, at a path that is free; `secret` is a file of root's in a directory beside. */
const kinds: Readonly<Record<string, (at: string, secret: string) => void>> = {
  'a FIFO': (at) => execFileSync('mkfifo', ['-m', '666', at]),
  'a link to a file of root': (at, secret) => symlinkSync(secret, at),
  'a hard link to a file of root': (at, secret) => linkSync(secret, at),
  'a link to a directory of root': (at, secret) => symlinkSync(path.dirname(secret), at),
  'a link to a device': (at) => symlinkSync('/dev/zero', at),
  'a link to itself': (at) => symlinkSync(path.basename(at), at),
  'a device': (at) => execFileSync('mknod', ['-m', '666', at, 'c', '1', '5']),
  'a socket': (at) => execFileSync('perl', ['-MSocket', '-e', socketProgram, at]),
  'a directory': (at) => mkdirSync(at),
  'a file of 1 TB': (at) => {
    const fd = openSync(at, 'w', 0o644);
    ftruncateSync(fd, 2 ** 40);
    closeSync(fd);
  },
};
/** Puts links to the first word in the place of the others and takes them away again, as fast as it can. */
const exchangeProgram = `
my ($secret, @files) = @ARGV;
for (@files) { link $_, "$_.f" or die; }
$| = 1; print "on\\n";
while (1) {
  for (@files) { symlink $secret, "$_.l"; rename "$_.l", $_; link "$_.f", "$_.d"; rename "$_.d", $_; }
}
`;
/** By its name alone, since the address of a socket holds 107 bytes. */
const socketProgram =
  'my ($in, $name) = $ARGV[0] =~ m{^(.*)/([^/]+)$}; chdir $in or die; socket(S, PF_UNIX, SOCK_STREAM, 0) or die; bind(S, sockaddr_un($name)) or die $!';

/** The commands that root types, and monitoring and package removal. */
const commands: readonly (readonly [string, ...string[]])[] = [
  ['jobctl', 'status'],
  ['jobctl', 'status', '--json'],
  ['jobctl', 'status', 'web'],
  ['jobctl', 'history', 'job'],
  ['jobctl', 'why', 'job'],
  ['jobctl', 'logs', 'job'],
  ['jobctl', 'logs', 'web'],
  ['jobctl', 'next'],
  ['run-job', '--status'],
  ['check-jobs-icinga'],
  ['jobctl', 'metrics'],
  ['jobctl', 'doctor'],
];

/** Those that between them open everything. */
const looks = [commands[1], commands[4], commands[5], commands[6], commands[11]].filter(
  (command) => command !== undefined,
);

/** One that hangs who opens it, one that shows what is not to be shown, one that must not be opened: with these, every command is tried. */
const worst = ['a FIFO', 'a link to a file of root', 'a device'];

/** Commands that root starts and the service user carries out. */
const changing: readonly (readonly [string, ...string[]])[] = [
  ['run-job', '--job', 'job'],
  ['run-job', '--ensure'],
  ['run-job', '--catch-up'],
  ['jobctl', 'pause', 'job'],
  ['jobctl', 'resume', 'job'],
  ['jobctl', 'snooze', 'web', '--for', '1m'],
];

describe('what a job has planted below the run, state and output directories', { skip }, () => {
  const house = new House({ job, web: service }, { config: 'mail: {sendmail: /bin/true}' });
  const secret = house.path('root-only/secret.log');
  after(() => house.remove());

  before(async () => {
    mkdirSync(path.dirname(secret), { mode: 0o700 });
    writeFileSync(secret, `${secretText}\n`, { mode: 0o600 });
    // With a name that a link to the directory would be searched for.
    for (const name of ['job.jsonl', 'web.jsonl', 'job', 'supervised.json', 'latest.log', 'since']) {
      writeFileSync(path.join(path.dirname(secret), name), `${secretText}\n`, { mode: 0o600 });
    }
    const ran = await house.run('run-job', ['--job', 'job']);
    assert.equal(ran.code, 0, ran.stderr);
    await house.run('jobctl', ['pause', 'job']);
    for (const folder of [
      'state/notices/notes',
      'state/notices/outbox',
      'state/incidents',
      'state/ticks/job',
      'state/desired',
      'state/services/web/0',
      'run/services/web',
      'log/web',
    ])
      mkdirSync(house.path(folder), { recursive: true });
    writeFileSync(
      house.path('state/services/web/supervised.json'),
      '{"boot":"x","run":"r","state":"UP","instances":[]}\n',
    );
    writeFileSync(house.path('state/notices/outbox/job@000001764000000-r-0.mail.failure.json'), '{}\n');
    writeFileSync(house.path('state/incidents/job'), '{}\n');
    writeFileSync(house.path('state/services/web/0/.healthchecksnooze'), '');
    writeFileSync(house.path('run/services/web/endpoints.json'), '{"service":"web","host":"h","instances":[]}\n');
    writeFileSync(house.path('log/web/web.0-20261122-103000.log'), 'of an instance\n');
    writeFileSync(house.path('state/ticks/job/since'), `${Date.now()}\n`);
    writeFileSync(house.path('state/desired/web'), '{"wanted":"down"}\n');
    writeFileSync(house.path('run/job.lock'), '1\n');
    execFileSync('chown', ['-R', `${house.service.uid}:${house.service.gid}`, ...tops()]);
  });

  function tops(): readonly string[] {
    return ['run', 'state', 'log'].map((name) => house.path(name));
  }

  /** Every file and directory below the three, deepest first. */
  function places(): readonly string[] {
    const below = (directory: string): readonly string[] =>
      readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
        const at = path.join(directory, entry.name);
        return entry.isDirectory() ? [...below(at), at] : [at];
      });
    return tops().flatMap(below);
  }

  /** The directories below the three, those of each depth together. */
  function byDepth(): readonly (readonly string[])[] {
    const depths: string[][] = [];
    for (const place of places()) {
      if (!lstatSync(place).isDirectory()) continue;
      const depth = path.relative(house.directory, place).split(path.sep).length - 2;
      depths[depth] ??= [];
      depths[depth].push(place);
    }
    return depths;
  }

  async function bounded(command: readonly [string, ...string[]], under: readonly string[] = []): Promise<Ended> {
    const [program, ...args] = command;
    const child = house.spawn(program, args, { as: 'root', under: ['timeout', '-s', 'KILL', '180', ...under] });
    const answer = await new Promise<Ended>((resolve) => {
      let stdout = '';
      let stderr = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    assert.notEqual(answer.code, 137, `${command.join(' ')} hangs`);
    assert.ok(!`${answer.stdout}${answer.stderr}`.includes(secretText), `${command.join(' ')} shows a file of root`);
    assert.doesNotMatch(answer.stderr, /internal error|\bat .*\.cjs/, command.join(' '));
    return answer;
  }

  /** Exchanges each place for what is planted, for as long as `look` takes. */
  async function planted(
    at: readonly string[],
    plant: (at: string, secret: string) => void,
    look: () => Promise<void>,
  ) {
    const aside = at.map((place, index) => [place, house.path(`aside-${index}`)] as const);
    for (const [place, saved] of aside) {
      renameSync(place, saved);
      plant(place, secret);
      if (lstatSync(place).nlink === 1 || lstatSync(place).isDirectory()) chown(place);
    }
    try {
      await look();
    } finally {
      for (const [place, saved] of aside) {
        rmSync(place, { recursive: true, force: true });
        renameSync(saved, place);
      }
    }
  }

  /** Waits for programs that a command left at work, such as deliver-notices: what they hold would vanish from among the places. */
  async function nobodyAtWork(): Promise<void> {
    const isOurs = (pid: number) =>
      `${environmentOf(pid) ?? ''}`.includes(house.directory) || commandLineOf(pid).includes(house.directory);
    await until('the programs of the house to end', () => !listProcesses().some(({ pid }) => isOurs(pid)));
  }

  function chown(place: string): void {
    execFileSync('chown', ['-h', `${house.service.uid}:${house.service.gid}`, place]);
  }

  test('there is something of every sort to be replaced', () => {
    const found = places().map((place) => path.relative(house.directory, place));
    for (const wanted of [
      'state/history/job.jsonl',
      'state/pauses',
      'run/job.flock',
      'log/job',
      'state/ticks/job/since',
    ])
      assert.ok(found.includes(wanted), `${wanted} among ${found.join(' ')}`);
    assert.ok(byDepth().length >= 3 && byDepth().every((directories) => directories.length > 0));
  });

  for (const [kind, plant] of Object.entries(kinds)) {
    test(`${kind} in the place of every file stops no command, and shows nothing`, async () => {
      await nobodyAtWork();
      const files = places().filter((place) => !lstatSync(place).isDirectory());
      await planted(files, plant, async () => {
        for (const command of worst.includes(kind) ? commands : looks) await bounded(command);
      });
    });

    // All directories of one depth at once: together they hide those below them.
    test(`${kind} in the place of every directory stops no command, and shows nothing`, async () => {
      await nobodyAtWork();
      for (const directories of byDepth()) {
        await planted(directories, plant, async () => {
          for (const command of looks) await bounded(command);
        });
      }
    });
  }

  test('no command opens a FIFO, a device, or what a link leads to', { skip: noStrace && 'needs strace' }, async () => {
    await nobodyAtWork();
    const files = places().filter((place) => !lstatSync(place).isDirectory());
    const trace = house.path('trace');
    for (const kind of [
      'a FIFO',
      'a device',
      'a link to a device',
      'a link to a file of root',
      'a hard link to a file of root',
    ]) {
      await planted(files, kinds[kind] ?? assert.fail(kind), async () => {
        for (const command of looks) {
          await bounded(command, ['strace', '-f', '-y', '-qq', '-e', 'trace=open,openat,openat2', '-o', trace]);
          assert.deepEqual(openedOddly(readFileSync(trace, 'utf8'), [...files, secret]), [], command.join(' '));
        }
      });
    }
  });

  /** Opens of the planted that succeeded and do more than pin it. */
  function openedOddly(trace: string, at: readonly string[]): readonly string[] {
    const opens = trace.split('\n').filter((line) => / = \d+</.test(line) && !line.includes('O_PATH'));
    return opens.filter((line) => {
      const opened = / = \d+<([^>]*)>/.exec(line)?.[1] ?? '';
      return at.includes(opened) || /^\/dev\/zero|^\/dev\/mem|root-only/.test(opened) || /"\/dev\/zero"/.test(line);
    });
  }

  for (const kind of ['a FIFO', 'a link to a device']) {
    test(`${kind} in the place of every file hangs no run either, and no round of the crontab`, async () => {
      await nobodyAtWork();
      const files = places().filter((place) => !lstatSync(place).isDirectory());
      await planted(files, kinds[kind] ?? assert.fail(kind), async () => {
        for (const command of changing) await bounded(command);
      });
    });
  }

  test('a directory of 100,000 files hangs nothing', async () => {
    const folder = house.path('state/notices/outbox');
    execFileSync('sh', ['-c', `mkdir -p ${folder} && cd ${folder} && seq 100000 | xargs touch`]);
    for (const command of commands.slice(0, 2)) await bounded(command);
    rmSync(folder, { recursive: true });
  });

  test('a FIFO in the place of a job file hangs neither --ensure nor any other reader of the job directory', async () => {
    execFileSync('mkfifo', [house.path('jobs/odd.yaml')]);
    symlinkSync('/dev/zero', house.path('jobs/zero.yaml'));
    for (const command of [...commands, ['run-job', '--ensure'], ['run-job', '--catch-up'], ['cron-generate']]) {
      await bounded(command as [string, ...string[]]);
    }
    for (const name of ['odd', 'zero']) rmSync(house.path(`jobs/${name}.yaml`));
  });

  test('names with line breaks and escapes, in every directory, put no line of their own into any answer', async () => {
    const name = 'x\nrun-job: all is well\u001b[2J';
    const names = ['', '.jsonl', '.log', '.run', '.flock', '.yaml'].map((end) => `${name}${end}`);
    const directories = [...tops(), ...places().filter((place) => lstatSync(place).isDirectory()), house.path('jobs')];
    const planted = directories.flatMap((directory) =>
      [...names, `job:${name}`, `job@${name}`, `tag:${name}`].map((each) => path.join(directory, each)),
    );
    for (const file of planted) writeFileSync(file, '{"x":1}\n');
    execFileSync('chown', ['-R', `${house.service.uid}:${house.service.gid}`, ...tops()]);
    try {
      for (const command of [
        ...commands,
        ...changing,
        ['jobctl', 'history'],
        ['jobctl', 'failed'],
        ['jobctl', 'check'],
        ['jobctl', 'check', house.path('jobs')],
        ['cron-generate', '--output', '-'],
        ['cron-generate', '--plan'],
        ['cron-generate', '--validate', house.path('jobs')],
      ]) {
        const { stdout, stderr } = await bounded(command as [string, ...string[]]);
        assert.doesNotMatch(`${stdout}${stderr}`, /\u001b|^run-job: all is well/m, command.join(' '));
      }
      assert.doesNotMatch(house.log('job'), /\u001b|^run-job: all is well/m);
    } finally {
      for (const file of planted) rmSync(file, { force: true });
    }
  });

  test('a directory of job files that is checked has nothing opened but its files', {
    skip: noStrace && 'needs strace',
  }, async () => {
    const trace = house.path('trace');
    const directory = house.path('state/checked');
    mkdirSync(directory);
    // A hard link is a file like any other, and root, who alone could read it, is who sees the answer.
    const ordinary = ['a directory', 'a file of 1 TB', 'a hard link to a file of root'];
    const odd = Object.entries(kinds).filter(([kind]) => !ordinary.includes(kind));
    for (const [at, [, plant]] of odd.entries()) plant(path.join(directory, `odd-${at}.yaml`), secret);
    writeFileSync(path.join(directory, 'good.yaml'), job);
    execFileSync('chown', ['-h', `${house.service.uid}:${house.service.gid}`, directory]);
    const files = odd.map((_, at) => path.join(directory, `odd-${at}.yaml`));
    try {
      for (const command of [
        ['cron-generate', '--validate', directory],
        ['jobctl', 'check', directory],
      ] as const) {
        const { code, stdout, stderr } = await bounded(
          [...command],
          ['strace', '-f', '-y', '-qq', '-e', 'trace=open,openat,openat2', '-o', trace],
        );
        assert.equal(code, 1, stdout + stderr);
        assert.deepEqual(openedOddly(readFileSync(trace, 'utf8'), [...files, secret]), [], command.join(' '));
        // cron-generate sends people to jobctl check.
        const expected =
          command[0] === 'jobctl' ? files.map((file) => path.basename(file)) : [`jobctl check ${directory}`];
        for (const words of expected) assert.ok(`${stdout}${stderr}`.includes(words), `${words}: ${stdout}${stderr}`);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('records that nobody understands are named for their job, and every other one is listed as ever', async () => {
    await house.run('jobctl', ['resume', 'job']);
    const put = (name: string, text: string) => {
      writeFileSync(house.path(name), text);
      chown(house.path(name));
    };
    const history = readFileSync(house.path('state/history/job.jsonl'), 'utf8');
    house.job('other', job);
    put('state/history/job.jsonl', '{"event":"ended","run":"x","atMs":1,"outcome":null}\n{"event":7}\n');
    put('state/pauses/job:job', '{"target":{"job":"job"},"atMs":1,"by":"x","untilMs":1e300}\n');
    put('state/pauses/tag:at%20night', '{"target":{"tag":"at night"},"atMs":"yesterday","by":"x"}\n');
    put('state/services/web/supervised.json', '{"boot":"x","instances":[null]}\n');
    put('state/incidents/web', '{"streak":7}\n');
    const told = "3 records of job can't be read and are passed over";
    const toldOfWeb = "2 records of web can't be read and are passed over";
    const { stdout } = await bounded(['jobctl', 'status']);
    assert.match(stdout, new RegExp(`^job .*${told}`, 'm'));
    assert.match(stdout, new RegExp(`^web .*${toldOfWeb}`, 'm'));
    // Of its own it has neither a history nor an incident; the pause of its tag holds it too.
    assert.match(stdout, /^other +paused .*the pause of tag at night can't be read: /m);
    for (const command of ['status', 'why'])
      assert.match((await bounded(['jobctl', command, 'job'])).stdout, new RegExp(told));
    for (const command of ['status', 'why'])
      assert.match((await bounded(['jobctl', command, 'web'])).stdout, new RegExp(`^ *warning: +${toldOfWeb}$`, 'm'));
    assert.match((await bounded(['jobctl', 'status', '--tag', 'at night'])).stdout, new RegExp(told));
    for (const command of commands) await bounded(command);
    put('state/history/job.jsonl', history);
    for (const name of ['pauses/job:job', 'pauses/tag:at%20night', 'incidents/web'])
      rmSync(house.path(`state/${name}`));
    rmSync(house.path('jobs/other.yaml'));
  });

  test('root looks with the rights of the service user', { skip: noStrace && 'needs strace' }, async () => {
    const trace = house.path('trace');
    await bounded(
      ['jobctl', 'history', 'job'],
      ['strace', '-qq', '-e', 'trace=openat,setresuid,setreuid', '-o', trace],
    );
    const lines = readFileSync(trace, 'utf8').split('\n');
    const dropped = lines.findIndex((line) => line.includes(`setresuid(-1, ${house.service.uid}, -1)`));
    const opened = lines.findIndex((line) => line.includes(house.path('state/')));
    assert.ok(dropped !== -1 && dropped < opened, lines.join('\n'));
  });

  test("a history that can't be written is reported, and the run goes on", async () => {
    await house.run('jobctl', ['resume', 'job']);
    rmSync(house.path('run/job.lock'));
    await planted([house.path('state/history/job.jsonl')], kinds['a FIFO'] ?? assert.fail(), async () => {
      const { code, stderr } = await house.run('run-job', ['--job', 'job'], { as: 'root' });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /history could not be written: .*job\.jsonl: it is a FIFO, not a file: remove it/);
    });
  });

  test('a log in another directory, after output_directory has changed, is not shown, but its place is named', async () => {
    const config = readFileSync(house.configFile, 'utf8');
    const before = readFileSync(house.path('state/history/job.jsonl'), 'utf8');
    const at = /"logPath":"([^"]*)"/.exec(before)?.[1] ?? '';
    mkdirSync(house.path('later'));
    chown(house.path('later'));
    try {
      writeFileSync(house.configFile, config.replace(`${house.path('log')}\n`, `${house.path('later')}\n`));
      const shown = await bounded(['jobctl', 'logs', 'job']);
      assert.notEqual(shown.code, 0);
      assert.match(
        shown.stderr,
        new RegExp(`is on record as ${at}; only logs below ${house.path('later')} .*move it there`),
      );
      assert.doesNotMatch(shown.stdout, /hello/);
    } finally {
      writeFileSync(house.configFile, config);
    }
  });

  test('what is exchanged again and again between file and link while root lists is never shown', async () => {
    const at = house.path('log/job/exchanged');
    const history = house.path('state/history/job.jsonl');
    const log = /"logPath":"([^"]*)"/.exec(readFileSync(history, 'utf8'))?.[1] ?? '';
    const copies = [log, history].map((file) => [file, readFileSync(file)] as const);
    writeFileSync(at, exchangeProgram);
    const storm = spawn('perl', [at, secret, log, history], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(storm.stdout, 'data');
      for (let round = 0; round < 5; round += 1) for (const command of looks) await bounded(command);
      assert.equal(storm.exitCode, null, 'the storm went on to the end');
    } finally {
      storm.kill('SIGKILL');
      await once(storm, 'exit');
      rmSync(at);
      for (const [file, bytes] of copies) {
        for (const other of [file, `${file}.l`, `${file}.f`, `${file}.d`])
          rmSync(other, { recursive: true, force: true });
        writeFileSync(file, bytes);
        chown(file);
      }
    }
  });
});
