/** What is said of a service that ends for a reason that its program does not name, and of one whose supervisor was stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { after, test } from 'node:test';
import { judgeResponse } from '../../src/service/instance/http-response.ts';
import { probes } from '../../src/system/service/probes.ts';
import { isRoot, until } from './house.ts';
import { instanceOf, isThere, kill, pidOf, ServiceHouse } from './serving.ts';

const sleeping = 'name: S\nservice: true\ninstances: 2\ncommand: /bin/sleep 1000\nstop_timeout: 1\n';
const daemon = `name: D
service: true
command: /bin/sh -c '/bin/sleep 1000 & exit 0'
restart: on-failure
restart_delay: 0.1
respawn_limit: 1 600
`;
const house = new ServiceHouse({ sleeping, daemon });
after(() => house.end());

test('one that puts itself into the background has not finished, and is told of pid_file', async () => {
  await house.run('jobctl', ['start', 'daemon']);
  const seen = await house.until('daemon', 'its failure', ({ state }) => state === 'FAILED');
  const words = /put itself into the background, where it was ended \(\d+ \/bin\/sleep 1000\): see pid_file/;
  assert.match(instanceOf(seen, 0).lastExit?.words ?? '', words);
  assert.match((await house.run('jobctl', ['history', 'daemon'])).stdout, words);
  assert.match((await house.run('jobctl', ['logs', 'daemon'])).stdout, /NOTE\tleft in the background, and ended: \d+ /);
});

test('one whose port another process has names the port and the process', async () => {
  const code = 'const s = require("net").createServer(); s.listen(0, () => console.log(s.address().port));';
  const { uid, gid } = house.service;
  const listener = spawn(process.execPath, ['-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(isRoot && { uid, gid }),
  });
  try {
    const [port] = await once(listener.stdout.setEncoding('utf8'), 'data');
    const number = Number(port);
    house.job(
      'port',
      `name: P\nservice: true\nports: { http: ${number} }\ncommand: /bin/sh -c 'exit 98'\nrestart: never\n`,
    );
    await house.run('jobctl', ['start', 'port']);
    const seen = await house.until('port', 'its failure', ({ state }) => state === 'FAILED');
    const words = `exited with code 98; port http ${number} is in use by pid ${listener.pid} (${process.execPath} -e `;
    const said = instanceOf(seen, 0).lastExit?.words ?? '';
    assert.ok(said.startsWith(words), said);
  } finally {
    const gone = once(listener, 'exit');
    listener.kill();
    await gone;
  }
});

test('an HTTP probe says which code it got, and where it was led', async () => {
  const server = http.createServer((_, response) =>
    response.writeHead(302, { location: 'https://example.org/login' }).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await probes.http((server.address() as AddressInfo).port, '/', 20_000);
  server.close();
  assert.ok(answer.is === 'response');
  const probe = { by: 'http', port: 'http', path: '/', expectedCode: 0, expectedResponse: 'ok' } as const;
  const led = '302 to https://example.org/login';
  for (const [response, changes, reason] of [
    [answer, {}, `answered ${led}, expected "ok"`],
    [answer, { expectedCode: 200 }, `HTTP code ${led}, expected 200`],
    [{ code: 200, body: ' Not Ok\n' }, {}, 'answered 200 with "not ok", expected "ok"'],
    [{ code: 204, body: '' }, {}, 'answered 204, expected "ok"'],
    [{ code: 503, body: 'ok' }, {}, 'HTTP code 503'],
  ] as const)
    assert.deepEqual(judgeResponse(response, { ...probe, ...changes }), { is: 'failure', reason });
});

test('a service whose supervisor was stopped is not shown as UP, and can be stopped', async () => {
  assert.equal((await house.run('jobctl', ['start', 'sleeping', '--wait'])).code, 0);
  const before = await house.untilUp('sleeping');
  const supervisor = await house.supervisor('sleeping');
  kill(supervisor, 'SIGSTOP');
  const ask = async (args: readonly string[], code: number, says: RegExp, program = 'jobctl') => {
    const answer = await house.run(program, args);
    assert.equal(answer.code, code, `${args.join(' ')}: ${answer.stdout}${answer.stderr}`);
    assert.match(answer.stdout + answer.stderr, says);
  };
  await house.until('sleeping', 'the stopped supervisor', (seen) => seen.supervisor?.isStopped === true);
  const stopped = /supervisor is stopped \(SIGSTOP\), so nothing is watched: kill -CONT \d+/;
  await ask(['status', 'sleeping'], 1, stopped);
  const told =
    /^sleeping is DEGRADED: its supervisor is stopped \(SIGSTOP\), so nothing is watched\n[\s\S]*\n {4}sudo kill -CONT \d+\n/;
  await ask(['why', 'sleeping'], 1, told);
  await ask(['status'], 1, stopped);
  await ask(
    ['-j', 'sleeping'],
    2,
    /^FAILING JOBS: sleeping[\s\S]*the supervisor of sleeping is stopped \(SIGSTOP\)/,
    'check-jobs-icinga',
  );
  const refused =
    /can't be (re)?started: the supervisor of sleeping is stopped \(SIGSTOP, pid \d+\); kill -CONT \d+ continues it, jobctl stop sleeping ends it/;
  await ask(['start', 'sleeping', '--wait'], 1, refused);
  await ask(['restart', 'sleeping'], 1, refused);
  await ask(['restart', 'sleeping.1'], 1, refused);
  kill(pidOf(before, 0));
  await until('its end', () => !isThere(pidOf(before, 0)));
  await ask(
    ['status', 'sleeping'],
    1,
    /DEGRADED[\s\S]*sleeping\.0 +down .*its process \d+ has ended, and its supervisor is stopped/,
  );
  await ask(['stop', 'sleeping'], 0, /sleeping has ended[\s\S]*was stopped \(SIGSTOP, pid \d+\) and is continued/);
  assert.equal(isThere(pidOf(before, 1)), false);
  assert.equal(isThere(supervisor), false);
});
