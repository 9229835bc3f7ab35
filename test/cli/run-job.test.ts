import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { ended, House, isRoot, repository, until } from './house.ts';

const rootOnly = { skip: isRoot ? false : 'needs root: it changes users' };

describe('run-job with a real job', () => {
  const house = new House({
    readable: 'name: Readable\ncommand: /bin/true\n',
    hello: 'name: Hello\ncommand: /bin/echo hello world\n',
    fails: "name: Fails\ncommand: sh -c 'echo no >&2; exit 3'\n",
    list: 'name: List\ncommand:\n  - /bin/echo one\n  - /bin/false\n  - /bin/echo three\n',
    slow: 'name: Slow\ncommand: /bin/echo fast\nslow_start_command: /bin/echo slowly\n',
    timeout: 'name: Timeout\ncommand: sleep 600\ntimeout: 0.005\nkill_grace: 1s\n',
    sleeps: 'name: Sleeps\ncommand: sleep 600\ntag: [night, long]\n',
    missing: 'name: Missing\ncommand: /no/such/program\n',
    broken: 'name: Broken\ncomand: /bin/true\n',
    world:
      "name: World\ncommand:\n  - env\n  - sh -c 'umask; pwd; ls -l /proc/self/fd'\numask: '027'\nworking_directory: /usr\nenvironment: {ANSWER: 010}\n",
    streams:
      "name: Streams\ncommand: sh -c 'readlink /proc/self/fd/1; echo again > /dev/stdout; echo no > /dev/stderr'\n",
    limits: "name: Limits\ncommand: sh -c 'ulimit -n; nice'\nnice: 5\nlimits: {nofile: 77}\n",
  });
  after(() => house.remove());

  test('the streams of a job are pipes that the launcher has made, and /dev/stdout can be opened', async () => {
    assert.equal((await house.run('run-job', ['streams'])).code, 0);
    assert.match(house.log('streams'), /\tINFO\tpipe:\[\d+\]\n(.*\n)*.*\tINFO\tagain\n/);
    assert.match(house.log('streams'), /\tERROR\tno\n/);
  });

  test('a job that root starts has its streams from the service user', rootOnly, async () => {
    assert.equal((await house.run('run-job', ['streams'], { as: 'root' })).code, 0);
    assert.match(house.log('streams'), /\tINFO\tagain\n/);
  });

  test(
    'who is in the group of the log directory can read the logs, though the service user is not in it',
    rootOnly,
    async () => {
      const { gid } = statSync('/etc/shadow');
      chownSync(house.path('log'), house.service.uid, gid);
      chmodSync(house.path('log'), 0o2750);
      for (const as of ['service', 'root'] as const) {
        assert.equal((await house.run('run-job', ['readable'], { as })).code, 0);
        const facts = (name: string) => statSync(house.path(name));
        assert.deepEqual([facts('log/readable').gid, facts('log/readable').mode & 0o7777], [gid, 0o2750]);
        assert.deepEqual(
          [facts('log/readable/latest.log').gid, facts('log/readable/latest.log').mode & 0o777],
          [gid, 0o640],
        );
      }
    },
  );

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));

  test('a job leaves its output in one log, a start and an end in its history, and exit code 0', async () => {
    const run = await house.run('run-job', ['--job', 'hello']);
    assert.deepEqual(run, { code: 0, stdout: '', stderr: '' });
    const stamp = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}\tINFO\t';
    assert.match(
      house.log('hello'),
      new RegExp(
        `^${stamp}===========\n${stamp}/bin/echo hello world \\(\\d+\\)\n${stamp}-----------\n${stamp}hello world\n${stamp}----------- end command output\n`,
      ),
    );
    assert.match(house.log('hello'), /\tNOTE\thello succeeded after [\d.]+ s, exit code 0\n$/);
    const [started, end] = history('hello');
    assert.equal(
      started?.event === 'started' && started.logPath.endsWith(readlinkSync(house.path('log/hello/latest.log'))),
      true,
    );
    assert.equal(end?.event, 'ended');
  });

  test('the name alone, -j and --job= mean the same', async () => {
    for (const args of [['slow'], ['-j', 'slow'], ['--job=slow']])
      assert.equal((await house.run('run-job', args)).code, 0);
    assert.equal(history('slow').filter(({ event }) => event === 'ended').length, 3);
  });

  test('--slow-start runs the other command', async () => {
    assert.equal((await house.run('run-job', ['--slow-start', 'slow'])).code, 0);
    assert.match(house.log('slow'), /INFO\tslowly\n/);
    const without = await house.run('run-job', ['--slow-start', 'hello']);
    assert.deepEqual([without.code, without.stderr], [64, 'run-job: hello has no slow_start_command\n']);
  });

  test('the exit code of a failing job passes through, and one line says where its log is', async () => {
    const run = await house.run('run-job', ['fails']);
    assert.equal(run.code, 3);
    assert.match(run.stderr, /^run-job: fails failed with exit code 3 \(log: .*fails-.*\.log\)\n$/);
    assert.match(house.log('fails'), /ERROR\tno\n/);
  });

  test('a list of commands stops at the first failure', async () => {
    assert.equal((await house.run('run-job', ['list'])).code, 1);
    const log = house.log('list');
    assert.ok(log.includes('INFO\tone\n') && !log.includes('three'), log);
  });

  test('a timeout ends the job with 124', async () => {
    const run = await house.run('run-job', ['timeout']);
    assert.equal(run.code, 124);
    assert.match(run.stderr, /timed out after 0.3 s/);
  });

  test('a missing program is 127, an unknown job 64 with a suggestion, a file with problems 78 with the place', async () => {
    const missing = await house.run('run-job', ['missing']);
    assert.deepEqual([missing.code, /no such file/.test(missing.stderr)], [127, true], missing.stderr);
    const unknown = await house.run('run-job', ['helo']);
    assert.deepEqual([unknown.code, /did you mean "hello"\?/.test(unknown.stderr)], [64, true], unknown.stderr);
    const broken = await house.run('run-job', ['broken']);
    assert.deepEqual(
      [broken.code, /broken\.yaml:2:1: .*did you mean "command"/.test(broken.stderr)],
      [78, true],
      broken.stderr,
    );
    assert.equal(history('broken')[0]?.event, 'not-started');
  });

  test('the world of a job is the same whoever starts it', async () => {
    const environment = {
      HOME: '/elsewhere',
      NODE_OPTIONS: '--no-warnings',
      PROCESS_CONTROL_TRIGGER: 'cron',
      STRANGE: 'yes',
      ANSWER: '9',
    };
    assert.equal((await house.run('run-job', ['world'], { environment })).code, 0);
    const log = house.log('world');
    for (const line of [`HOME=${house.service.home}`, `USER=${house.service.name}`, 'ANSWER=010', '0027', '/usr']) {
      assert.ok(log.includes(`\tINFO\t${line}\n`), `${line} in ${log}`);
    }
    assert.doesNotMatch(log, /STRANGE|NODE_OPTIONS|PROCESS_CONTROL_(TRIGGER|WRAPPER|CONFIG|LAUNCHER)/);
    assert.match(log, /PROCESS_CONTROL_RUN_ID=[\w-]+\n/);
    // The listing itself opens one more.
    const descriptors = [...log.matchAll(/INFO\tl\S+ .* (\d+) -> /g)].map((match) => Number(match[1]));
    assert.deepEqual(
      descriptors.filter((fd) => fd > 4),
      [],
    );
  });

  test('limits and niceness are set', async () => {
    assert.equal((await house.run('run-job', ['limits'])).code, 0);
    // nice(1) counts from the niceness of the caller.
    const nice = Math.min(19, os.getPriority() + 5);
    assert.match(house.log('limits'), new RegExp(`INFO\\t77\\n.*INFO\\t${nice}\\n`));
  });

  test('a job that calls run-job runs its sub-job with a lock and a log of its own, and the record says who asked', async () => {
    house.job('child', 'name: Child\ncommand: printenv PROCESS_CONTROL_RUN_ID\n');
    house.job(
      'parent',
      `name: Parent\ncommand: ${path.join(repository, 'bin/run-job')} --config ${house.configFile} child\n`,
    );
    const run = await house.run('run-job', ['parent']);
    assert.equal(run.code, 0, run.stderr);
    assert.match(house.log('child'), /INFO\t[\w-]+\/[\w-]+\n/);
    const [started] = history('child');
    assert.equal(started?.event === 'started' && started.trigger.by, 'job');
  });

  test('a second run is refused with 75 while the first goes on, and --kill-job ends it with 143', async () => {
    const first = ended(house.spawn('run-job', ['sleeps']));
    await until('the job to start', async () =>
      (await house.run('run-job', ['--list-jobs', '--only-running'])).stdout.includes('sleeps'),
    );
    const second = await house.run('run-job', ['sleeps']);
    assert.equal(second.code, 75);
    assert.match(second.stderr, /sleeps was skipped: still running for [\d.]+ s \(pid \d+, run [\w-]+\)/);
    const status = await house.run('run-job', ['--status', '--tag', 'night']);
    assert.match(
      status.stdout,
      /^sleeps - Sleeps\t\{pid: \d+, status: running\}\n\ttags: night, long\n\tlast status: failure\n$/,
    );
    assert.equal((await house.run('run-job', ['--list-jobs', '--only-running'])).stdout, 'sleeps\n');
    const kill = await house.run('run-job', ['--kill-job', 'sleeps']);
    assert.equal(kill.code, 0, kill.stderr);
    assert.match(kill.stdout, /^Killing process ID \d+ of job sleeps\.\n$/);
    assert.equal((await first).code, 143);
    assert.deepEqual(await house.run('run-job', ['-k', 'sleeps']), {
      code: 0,
      stdout: 'No running process found for job sleeps.\n',
      stderr: '',
    });
  });

  test('without arguments there is help, and the exit code is 0', async () => {
    const help = await house.run('run-job', []);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: run-job --job NAME/);
    assert.equal((await house.run('run-job', ['--help'])).stdout, help.stdout);
  });

  test('a wrong flag is 64 with one line of advice and no stack trace', async () => {
    const run = await house.run('run-job', ['--jbo', 'hello']);
    assert.equal(run.code, 64);
    assert.doesNotMatch(run.stderr, /\n {4}at /);
    assert.match(run.stderr, /Try 'run-job --help'/);
  });

  test('root becomes the service user before it runs anything', rootOnly, async () => {
    house.job('who', "name: Who\ncommand: sh -c 'id -u; id -G'\n");
    const run = await house.run('run-job', ['--job', 'who'], { as: 'root' });
    assert.equal(run.code, 0, run.stderr);
    const log = house.log('who');
    assert.ok(log.includes(`\tINFO\t${house.service.uid}\n`) && log.includes(`\tINFO\t${house.service.gid}\n`), log);
    const [started] = history('who');
    assert.equal(started?.event === 'started' && started.trigger.by, 'person');
  });

  test('other users are refused with 77', rootOnly, async () => {
    const { execFileSync, spawn } = await import('node:child_process');
    const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim();
    const child = spawn(
      'setpriv',
      [
        `--reuid=${nobody}`,
        '--clear-groups',
        path.join(repository, 'bin/run-job'),
        '--config',
        house.configFile,
        '--job=two words',
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const run = await ended(child);
    assert.equal(run.code, 77);
    assert.match(run.stderr, /only pc-test and root may do this; try: sudo -u pc-test run-job .*'--job=two words'$/m);
  });
});
