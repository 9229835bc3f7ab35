/** Probes against real servers, sockets and programs, the unhelpful ones included. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readProcess } from '../../../src/system/process/proc.ts';
import { probes } from '../../../src/system/service/probes.ts';
import { whole, writtenPid } from '../../waiting.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'probes-'));
after(() => rmSync(directory, { recursive: true }));

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function withHttp<T>(answer: http.RequestListener, act: (port: number) => Promise<T>): Promise<T> {
  const server = http.createServer(answer);
  try {
    return await act(await listen(server));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const long = 60_000;

test('an HTTP answer is code and body, whatever the code is', async () => {
  const answer = await withHttp(
    (request, response) => response.writeHead(request.url === '/health?a=b' ? 503 : 200).end(' Ill\n'),
    (port) => probes.http(port, '/health?a=b', long),
  );
  assert.deepEqual(answer, { is: 'response', code: 503, body: ' Ill\n' });
});

test('a server that never answers, and one whose answer never ends, fail when the time is over', async () => {
  const silent = await withHttp(
    () => {},
    (port) => probes.http(port, '/', 50),
  );
  assert.deepEqual(silent, { is: 'failure', reason: 'no answer within 0.05 s' });
  const endless = await withHttp(
    (_request, response) => {
      response.writeHead(200).write('o');
    },
    (port) => probes.http(port, '/', 50),
  );
  assert.deepEqual(endless, { is: 'failure', reason: 'no answer within 0.05 s' });
});

test('an answer without end is cut', async () => {
  const answer = await withHttp(
    (_request, response) => {
      // Ends with the connection: a write after that calls back at once with an error, and would be
      // followed by the next for ever.
      const more = (error?: Error | null): void => {
        if (!error && !response.destroyed) response.write('x'.repeat(10_000), more);
      };
      response.on('error', () => {});
      more();
    },
    (port) => probes.http(port, '/', long),
  );
  assert.ok(answer.is === 'response' && answer.body.length < 200_000);
});

test('an answer that is not HTTP fails, and so does a port without a server', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}).resume();
    socket.end('220 mail.example.org ESMTP\r\n');
  });
  const port = await listen(server);
  assert.equal((await probes.http(port, '/', long)).is, 'failure');
  await new Promise((resolve) => server.close(resolve));
  const refused = await probes.http(port, '/', long);
  assert.ok(refused.is === 'failure' && /ECONNREFUSED/.test(refused.reason), JSON.stringify(refused));
  const tcp = await probes.tcp(port, long);
  assert.ok(tcp.is === 'failure' && /ECONNREFUSED/.test(tcp.reason), JSON.stringify(tcp));
});

test('a connection that is accepted is a success', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}));
  const port = await listen(server);
  assert.deepEqual(await probes.tcp(port, long), { is: 'success' });
  server.close();
});

function run(script: string, timeoutMs = long) {
  return probes.command(
    {
      argv: ['/bin/sh', '-c', script],
      environment: { WHO: 'web.2', PATH: '/usr/bin:/bin' },
      workingDirectory: directory,
    },
    timeoutMs,
  );
}

test('a command succeeds with 0, in the directory and environment it is given', async () => {
  assert.deepEqual(await run('test "$WHO" = web.2 && pwd > where'), { is: 'success' });
  assert.equal(readFileSync(path.join(directory, 'where'), 'utf8').trim(), directory);
});

test('a failed command gives its exit code, and separately its last line', async () => {
  assert.deepEqual(await run('echo one; echo "no route" >&2; exit 3'), {
    is: 'failure',
    reason: 'exit code 3',
    said: 'no route',
  });
  assert.deepEqual(await run('exit 4'), { is: 'failure', reason: 'exit code 4' });
  assert.deepEqual(await run('kill -SEGV $$'), { is: 'failure', reason: 'ended by SIGSEGV' });
});

test('a command that takes too long has failed, and its whole process group is gone', async () => {
  const file = path.join(directory, 'pid');
  // On a busy host the time grows until the command has started its child.
  for (let seconds = 1; whole(file) === undefined; seconds *= 2) {
    const answer = await run('sleep 600 & echo $! > pid; wait', seconds * 1000);
    assert.deepEqual(answer, { is: 'failure', reason: `no answer within ${seconds} s` });
  }
  const pid = await writtenPid(file);
  for (let state = readProcess(pid)?.state; state !== undefined && state !== 'Z'; state = readProcess(pid)?.state) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test('background processes of a command do not delay it, and are killed', async () => {
  assert.deepEqual(await run('sleep 600 & echo $! > left'), { is: 'success' });
  const pid = await writtenPid(path.join(directory, 'left'));
  for (let state = readProcess(pid)?.state; state !== undefined && state !== 'Z'; state = readProcess(pid)?.state) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test('a missing command or directory gives the answer unknown', async () => {
  const gone = { argv: ['/no/such/program'] as const, environment: {}, workingDirectory: directory };
  assert.equal((await probes.command(gone, long)).is, 'unknown');
  assert.equal(
    (await probes.command({ ...gone, argv: ['/bin/true'], workingDirectory: '/no/such' }, long)).is,
    'unknown',
  );
  assert.ok(!existsSync('/no/such'));
});
