import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { post } from '../../../src/system/message/http.ts';
import type { Delivery } from '../../../src/system/types/message.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'http-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function answering(listener: RequestListener): Promise<string> {
  return `http://localhost:${await listening(createServer(listener))}/hook`;
}

const message = (url: string) => ({ url, contentType: 'application/json', body: '{"text":"Sicherung: ✗"}' });
const short = { connectMs: 5000, totalMs: 300 };
const reason = (delivery: Delivery) => (delivery.ok ? assert.fail('was taken') : delivery.reason);

test('a message arrives unchanged, with its token', async () => {
  const seen: string[] = [];
  const url = await answering(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    seen.push(
      `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers.authorization} ${body}`,
    );
    response.writeHead(204).end();
  });
  assert.deepEqual(await post({ ...message(url), bearer: 't0ken' }), { ok: true });
  assert.deepEqual(seen, ['POST /hook application/json Bearer t0ken {"text":"Sicherung: ✗"}']);
});

test('a refusal quotes the server in one short line', async () => {
  const url = await answering((_request, response) => {
    response.writeHead(500).end(`no\n\u001b[31mdatabase\u0007${'x'.repeat(100_000)}`);
  });
  const words = reason(await post(message(url)));
  assert.match(words, /^answered 500: no \\u001b\[31mdatabase\\u0007x+$/);
  assert.ok(words.length < 300);
});

test('a redirect is not followed, and its target is not quoted', async () => {
  const elsewhere: string[] = [];
  const target = await answering((request, response) => {
    elsewhere.push(request.url ?? '');
    response.end();
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await answering((_request, response) => response.writeHead(status, { location: target }).end());
    const words = reason(await post({ ...message(url), bearer: 't0ken' }));
    assert.match(words, new RegExp(`^answered ${status}: redirects are not followed`));
    assert.ok(!words.includes(target));
  }
  assert.deepEqual(elsewhere, []);
});

test('a server that never answers, or never ends its answer, is given up', async () => {
  const silent = await answering(() => {});
  assert.equal(reason(await post(message(silent), short)), 'no end after 0.3 s');
  const endless = await answering((_request, response) => {
    response.writeHead(500);
    response.write('x');
  });
  assert.equal(reason(await post(message(endless), short)), 'no end after 0.3 s');
  const trickle = await answering((_request, response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write('x'), 20);
    response.once('close', () => clearInterval(timer));
  });
  assert.match(reason(await post(message(trickle), short)), /^no end after 0\.3 s$/);
});

test('a complete answer counts, however long its body is', async () => {
  const url = await answering((_request, response) => {
    response.writeHead(200);
    response.write('O');
  });
  assert.deepEqual(await post(message(url)), { ok: true });
});

test('a connection that is cut, refused or leads nowhere gives a reason and does not throw', async () => {
  const cut = await answering((request) => request.socket.resetAndDestroy());
  assert.match(reason(await post(message(cut))), /ECONNRESET|socket|closed/i);
  const closed = createServer();
  const port = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  assert.match(reason(await post(message(`http://127.0.0.1:${port}/`))), /ECONNREFUSED/);
  assert.match(reason(await post(message('http://no-such-host.invalid/'))), /no-such-host\.invalid/);
  const garbage = await answering((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  assert.ok(reason(await post(message(garbage))).length > 5);
});

test('a certificate must be valid, for the name in the address', async () => {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ],
    { stdio: 'ignore' },
  );
  let taken = 0;
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    taken += 1;
    response.end();
  });
  const port = await listening(server as unknown as Server);
  const limits = { connectMs: 10_000, totalMs: 20_000 };
  assert.match(reason(await post(message(`https://localhost:${port}/`), limits)), /self.signed certificate/);
  assert.match(reason(await post(message(`https://127.0.0.1:${port}/`), limits, cert)), /not in the cert|altnames/i);
  assert.equal(taken, 0);
  assert.deepEqual(await post(message(`https://localhost:${port}/`), limits, cert), { ok: true });
  assert.equal(taken, 1);
});

test('the proxy of the environment is used, except for hosts in NO_PROXY', async () => {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end();
  });
  proxy.on('connect', (request, socket) => {
    seen.push(`${request.method} ${request.url}`);
    socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  });
  const port = await listening(proxy);
  const direct = await answering((_request, response) => response.end());
  const before = { ...process.env };
  Object.assign(process.env, {
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    NO_PROXY: 'localhost',
  });
  try {
    assert.deepEqual(await post(message(direct)), { ok: true });
    assert.deepEqual(seen, []);
    assert.ok(!(await post(message('https://hooks.example.org/s3cret'))).ok);
    assert.deepEqual(seen, ['CONNECT hooks.example.org:443'], 'the path goes to nobody but the server');
  } finally {
    for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

test("without a file of authorities Node's own count", async () => {
  const url = await answering((_request, response) => response.end());
  const limits = { connectMs: 10_000, totalMs: 20_000 };
  assert.deepEqual(await post(message(url), limits, path.join(folder, 'no-such-file')), { ok: true });
});
