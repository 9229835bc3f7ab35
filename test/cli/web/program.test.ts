/** process-control-web as a program: who may start it and connect to it, and how it begins and ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { House, isRoot, repository, until } from '../house.ts';
import { get, listen, startPage, stop } from './running.ts';

const house = new House({
  hello: 'name: Say hello\ncommand: /bin/echo hello\nschedule: "5 4 * * *"\n',
});
after(() => house.remove());

const socket = house.path('run/web/view.sock');

const start = (...args: readonly string[]) => startPage(house, ...args);

test('it answers on a socket for its group alone, ends with 0 when it is asked to, and leaves no socket', async () => {
  const { child, said } = await start();
  assert.match(
    said(),
    /the page is at \S+\/run\/web\/view\.sock; from your own machine: ssh -N -L 8080:\S+view\.sock \S+, then http:\/\/localhost:8080\//,
  );
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  const { status, body } = await get(socket, '/jobs/hello');
  assert.equal(status, 200);
  assert.match(body, /Say hello/);
  assert.equal(await stop(child), 0);
  assert.equal(existsSync(socket), false);
});

test('a job that has run since is shown', async () => {
  const { child } = await start();
  assert.match((await get(socket, '/jobs/hello')).body, /never-run/);
  await house.run('run-job', ['hello']);
  await until('the run', async () => /succeeded/.test((await get(socket, '/jobs/hello')).body));
  assert.equal(await stop(child, 'SIGINT'), 0);
});

test('who listens hears of a run and of a job file that has changed, and of the end at once', async () => {
  const { child } = await start();
  const heard = listen(socket);
  await until('the answer', () => heard.text.includes('retry:'));
  await house.run('run-job', ['hello']);
  await until('the run', () => /event: changed\nid: \d+\ndata: \{"jobs":\["hello"\]\}/.test(heard.text));
  house.job('other', 'name: Other\ncommand: "true"\n');
  await until('the file', () => /"other"/.test(heard.text));
  await house.run('jobctl', ['pause', 'hello', '--for', '1h', '--reason', 'x']);
  await until('the pause', () => /"all":true/.test(heard.text));
  await house.run('jobctl', ['resume', 'hello']);
  const beganMs = performance.now();
  assert.equal(await stop(child), 0);
  assert.ok(performance.now() - beganMs < 2000);
  assert.equal(heard.closed, true);
});

test('metrics and the API say what jobctl says', async () => {
  const { child } = await start();
  const value = JSON.parse((await get(socket, '/api/v1/jobs/hello')).body) as {
    readonly item: Record<string, unknown>;
  };
  const printed = JSON.parse((await house.run('jobctl', ['metrics', '--json'])).stdout) as {
    readonly jobs: readonly Record<string, unknown>[];
  };
  assert.deepEqual(
    value.item,
    printed.jobs.find(({ slug }) => slug === 'hello'),
  );
  const text = await house.run('jobctl', ['metrics']);
  const lines = (all: string) => all.split('\n').filter((line) => !/^processcontrol_snapshot_/.test(line));
  assert.deepEqual(lines((await get(socket, '/metrics')).body), lines(text.stdout));
  await stop(child);
});

test('the socket of a killed one is replaced, that of a living one is not', async () => {
  const first = await start();
  await stop(first.child, 'SIGKILL');
  assert.ok(existsSync(socket));
  const second = await start();
  const third = await house.run('process-control-web', []);
  assert.equal(third.code, 125);
  assert.match(third.stderr, /another program listens there already/);
  assert.equal((await get(socket, '/healthz')).status, 200);
  await stop(second.child);
});

test('options win over the configuration, and a base path is part of each address', async () => {
  const config = house.path('etc/web.yaml');
  const web = `web: {socket: ${house.path('run/web/a.sock')}, base_path: /a, hosts: [Shop.example.org]}\n`;
  writeFileSync(config, readFileSync(house.configFile, 'utf8') + web);
  const other = house.path('run/web/b.sock');
  const byConfig = await start('--config', config);
  assert.equal((await get(house.path('run/web/a.sock'), '/a/jobs')).status, 200);
  const byOptions = await start('--config', config, '--socket', other, '--base-path', '/b/c');
  assert.equal((await get(other, '/b/c/jobs')).status, 200);
  assert.equal((await get(other, '/a/jobs')).status, 404);
  await Promise.all([stop(byConfig.child), stop(byOptions.child)]);
});

test('a place that is no place for a socket is refused in words', async () => {
  const open = house.path('run/open');
  mkdirSync(open);
  const file = house.path('run/file');
  writeFileSync(file, 'precious\n');
  chmodSync(open, 0o777);
  for (const [place, words] of [
    [`${open}/view.sock`, /everyone can write there/],
    [file, /no socket/],
    [house.path(`run/${'a'.repeat(120)}`), /at most 107 bytes/],
    ['/etc/process-control-test.sock', /permission denied; --socket names another place/],
  ] as const) {
    const { code, stderr } = await house.run('process-control-web', ['--socket', place]);
    assert.equal(code, 125, stderr);
    assert.match(stderr, words);
  }
  assert.equal(readFileSync(file, 'utf8'), 'precious\n');
  rmSync(file);
});

test('wrong usage is refused', async () => {
  for (const args of [
    ['--base-path', 'jobs'],
    ['--base-path', '/a/../b'],
    ['--base-path', '/a/'],
    ['--socket', ''],
    ['x'],
  ]) {
    const { code, stderr } = await house.run('process-control-web', args);
    assert.equal(code, 64, stderr);
  }
});

test('TCP needs a file of tokens that is in order, and then each request needs one of them', async () => {
  const tokens = house.path('etc/tokens');
  const token = 'abcdefghijklmnopqrstuvwxyz0123456789';
  writeFileSync(tokens, `${token}\n`, { mode: 0o644 });
  if (isRoot) chownSync(tokens, house.service.uid, house.service.gid);
  const listen = ['--listen', '127.0.0.1:0'];
  for (const [args, words] of [
    [listen, /TCP needs a file of tokens/],
    [[...listen, '--token-file', tokens], /others can read it/],
    [[...listen, '--token-file', house.path('etc')], /it is a directory/],
  ] as const) {
    const { code, stderr } = await house.run('process-control-web', args);
    assert.deepEqual([code, words.test(stderr)], [78, true], stderr);
  }
  chmodSync(tokens, 0o600);
  const { child, said } = await start(...listen, '--token-file', tokens);
  const [, port = ''] = /the page is at http:\/\/127\.0\.0\.1:(\d+)\//.exec(said()) ?? [];
  // Only TCP was asked for.
  assert.equal(existsSync(socket), false);
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/jobs`, { headers })).status;
  assert.equal(await ask({}), 401);
  assert.equal(await ask({ Authorization: `Bearer ${token}` }), 200);
  assert.doesNotMatch(said(), new RegExp(token));
  assert.equal(await stop(child), 0);
});

test('a proxy has a socket of its own, whose group is that of its directory', {
  skip: !isRoot && 'needs root',
}, async () => {
  const folder = house.path('run/proxy');
  const { uid } = house.service;
  mkdirSync(folder);
  chownSync(folder, uid, 33);
  chmodSync(folder, 0o2750);
  const { child } = await start('--proxy-socket', `${folder}/view.sock`);
  const { mode, gid } = statSync(`${folder}/view.sock`);
  assert.deepEqual([mode & 0o777, gid], [0o660, 33]);
  assert.equal((await get(`${folder}/view.sock`, '/jobs')).status, 403);
  assert.equal((await get(socket, '/jobs')).status, 200);
  assert.equal(await stop(child), 0);
  assert.deepEqual(readdirSync(folder), []);
});

const strace = spawnSync('sh', ['-c', 'command -v strace']).status === 0 ? false : 'needs strace';

for (const [how, args] of [
  ['by itself', []],
  ['confined by node', [`--confine=${path.dirname(socket)}`]],
] as const)
  test(`${how} it writes nothing and starts nothing, whatever is asked`, { skip: strace }, async () => {
    const trace = house.path('run/trace');
    const own = path.dirname(socket);
    rmSync(`${own}/history.index`, { force: true });
    const calls =
      'execve,openat,open,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate,ftruncate';
    const child = house.spawn('process-control-web', args, {
      under: ['strace', '-f', '-q', '-o', trace, '-e', `trace=${calls}`],
    });
    await until('the page', () => existsSync(socket));
    for (const target of ['/', '/jobs', '/timeline', '/events', '/services', '/host', '/why/hello', '/help', '/none'])
      await get(socket, target);
    const { body } = await get(socket, '/jobs/hello');
    assert.match(body, /Say hello/);
    const run = /href="(\/jobs\/hello\/runs\/[^"]+)"/.exec(body)?.[1] ?? assert.fail('no run');
    for (const target of [run, `${run}?find=hello`, `${run}/log.txt`, `${run}/log/stream`])
      assert.match((await get(socket, target)).body, /hello/);
    const [pid = ''] = readFileSync(trace, 'utf8').split(' ');
    process.kill(Number(pid), 'SIGTERM');
    await new Promise((resolve) => child.once('close', resolve));
    const lines = readFileSync(trace, 'utf8').split('\n');
    const acts = lines.filter((line) => !/ open(?:at)?\(/.test(line) || /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line));
    const words = acts.flatMap((line) => /^\d+ +(\w+)\((?:AT_FDCWD, )?"([^"]*)"/.exec(line)?.slice(1).join(' ') ?? []);
    const others = words.filter(
      (word) =>
        !/^(?:execve \S+\/(?:process-control-web|node|readlink)|open\w* \/dev\/(?:null|tty|random|urandom))$/.test(
          word,
        ),
    );
    const index = [`${own}/.history.index.new`, `${own}/history.index`];
    assert.deepEqual(
      others.filter((word) => !index.some((file) => word === `openat ${file}` || word === `rename ${file}`)),
      [`mkdir ${own}`, `unlink ${socket}`],
    );
    assert.ok(others.includes(`rename ${index[0]}`), others.join('\n'));
  });

test('confined by node it is all that it is otherwise, but can make no socket elsewhere', async () => {
  const confine = `--confine=${path.dirname(socket)}`;
  const { child, said } = await start(confine);
  assert.match(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), /\0--(?:experimental-)?permission\0/);
  assert.doesNotMatch(said(), /Warning/);
  await house.run('run-job', ['hello']);
  await until('the run', async () => /succeeded/.test((await get(socket, '/jobs/hello')).body));
  assert.equal(await stop(child, 'SIGKILL'), null);
  // The socket of the killed one is in its directory, so it is replaced.
  const second = await start(confine);
  assert.equal(await stop(second.child), 0);
  const other = await house.run('process-control-web', [confine, '--socket', house.path('run/other/view.sock')]);
  assert.deepEqual([other.code, /permission denied/.test(other.stderr)], [125, true], other.stderr);
  for (const args of [['--debug', confine], ['--confine', path.dirname(socket)], ['--confine=run']])
    assert.equal((await house.run('process-control-web', args)).code, 64);
});

test('as root it refuses to start', { skip: !isRoot && 'needs root' }, async () => {
  const { code, stderr } = await house.run('process-control-web', [], { as: 'root' });
  assert.equal(code, 77);
  assert.match(stderr, /does not run as root/);
  assert.equal(existsSync(socket), false);
});

test('no program of root’s has a word of the page in it', () => {
  const dist = path.join(repository, 'dist');
  const bundles = readdirSync(dist).filter((name) => name.endsWith('.cjs'));
  const withPage = bundles.filter((name) =>
    readFileSync(path.join(dist, name), 'utf8').includes('there is no such page'),
  );
  assert.deepEqual(withPage, ['process-control-web.cjs']);
});
