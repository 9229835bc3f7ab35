/** Who gets in: each door of the page and each address of its table, asked without rights, as raw bytes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { tokenLogin } from '../../../src/cli/web/login/login.tsx';
import { readTokens } from '../../../src/cli/web/login/tokens.ts';
import { pageServer } from '../../../src/cli/web/server.ts';
import { getLines, send } from './raw.ts';
import { sceneRoutes, secrets } from './scene.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'access-'));
const tokenFile = path.join(folder, 'tokens');
const token = 'c3VjaCBhIGxvbmcgdG9rZW4gdGhhdCBubyBvbmUgZ3Vlc3Nlcw';
const second = 'YW5vdGhlciBvbmUgdGhhdCBpcyBldmVuIGxvbmdlciB0aGFuIGl0';
writeFileSync(tokenFile, `# of ada\n${token}\n\n${second}\n`, { mode: 0o600 });

const routes = sceneRoutes('');
const hosts = ['localhost', 'shop.example.org'];
const told: string[] = [];
const login = tokenLogin({ tokenFile, base: '', tell: (words) => told.push(words) });
const servers = {
  socket: pageServer(routes, { door: 'socket', hosts, loginPath: '/login' }),
  proxy: pageServer(routes, { door: 'proxy', hosts, loginPath: '/login' }),
  token: pageServer(routes, { door: 'token', hosts, loginPath: '/login' }, login),
};
type Door = keyof typeof servers;
const doors: Record<Door, NetConnectOpts> = {
  socket: { path: path.join(folder, 'view.sock') },
  proxy: { path: path.join(folder, 'proxy.sock') },
  token: { port: 0, host: '127.0.0.1' },
};

const listen = (server: Server, where: object) => new Promise<void>((resolve) => server.listen(where, resolve));

before(async () => {
  for (const name of ['socket', 'proxy', 'token'] as const) await listen(servers[name], doors[name]);
  doors.token = { host: '127.0.0.1', port: (servers.token.address() as AddressInfo).port };
  // The other tests go on meanwhile.
  slow = trickle();
});
after(() => {
  for (const server of Object.values(servers)) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true });
});

/** How long a connection lives on which a header trickles that never ends. */
function trickle(): Promise<number> {
  const beganMs = performance.now();
  return new Promise((resolve) => {
    const connection = connect(doors.socket, () => connection.write('GET / HTTP/1.1\r\nHost: localhost\r\n'));
    const more = setInterval(() => connection.write('X-Slow: 1\r\n'), 200);
    connection.on('error', () => undefined);
    connection.resume().on('close', () => {
      clearInterval(more);
      resolve(performance.now() - beganMs);
    });
  });
}
let slow: Promise<number>;

/** Each address of the table, with names of the scene in the places of its parameters. */
const table = routes.routes.filter(({ method }) => method !== 'ALL');
const targets = [
  ...new Set(
    table.map(({ path: pattern }) =>
      pattern
        .replace(/:slug|:name/, 'backup')
        .replace(/:(?:run|id)/, '20261129-010005-4147f7f4')
        .replace(/:\w+(?:\{[^}]*\})?/g, 'x'),
    ),
  ),
];

const get = (door: Door, target: string, ...headers: readonly string[]) =>
  send(doors[door], getLines(target, ...headers));
const bearer = (word: string) => `Authorization: Bearer ${word}`;

test('the table has addresses for GET alone, and each has one that this test asks', () => {
  assert.ok(targets.length >= 5);
  assert.deepEqual(
    table.filter(({ method }) => method !== 'GET'),
    [],
  );
});

test('no address of the table says a byte of its data without rights, at any door', async () => {
  const refusals: readonly (readonly [Door, number, (target: string) => readonly string[]])[] = [
    ['socket', 403, (target) => [`GET ${target} HTTP/1.1`, 'Host: attacker.example', 'Connection: close']],
    ['socket', 403, (target) => getLines(target, 'Host: localhost')],
    ['socket', 403, (target) => getLines(target, 'X-Remote-User: ada')],
    [
      'socket',
      403,
      (target) => getLines(target, 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors'),
    ],
    ['socket', 403, (target) => getLines(target, 'Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: no-cors')],
    [
      'socket',
      405,
      (target) => [`POST ${target} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0', 'Connection: close'],
    ],
    ['socket', 400, (target) => getLines(`/..${target}`)],
    ['socket', 400, (target) => getLines(`/%2e%2E${target}`)],
    ['socket', 400, (target) => getLines(target, 'Content-Length: 1')],
    ['proxy', 403, (target) => getLines(target)],
    ['proxy', 403, (target) => getLines(target, 'X-Remote-User: ada', 'X-Remote-User: root')],
    ['proxy', 403, (target) => getLines(target, 'X-Remote-User: ada, root')],
    ['proxy', 403, (target) => getLines(target, 'X-Remote-User:')],
    ['proxy', 403, (target) => getLines(target, `X-Remote-User: ${'a'.repeat(65)}`)],
    ['token', 401, (target) => getLines(target)],
    ['token', 401, (target) => getLines(`${target}?token=${token}`)],
    ['token', 401, (target) => getLines(target, `Cookie: process-control-session=${token}`)],
    ['token', 403, (target) => getLines(target, bearer(token), 'X-Remote-User: ada')],
    [
      'token',
      403,
      (target) => [`GET ${target} HTTP/1.1`, 'Host: attacker.example', 'Connection: close', bearer(token)],
    ],
  ];
  for (const target of targets)
    for (const [door, status, lines] of refusals) {
      const answer = await send(doors[door], lines(target));
      assert.equal(answer.status, status, `${door}: ${lines(target).join(' | ')}`);
      assert.doesNotMatch(answer.body, secrets, target);
      assert.doesNotMatch(answer.body, /attacker|evil/);
      assert.match(answer.head, /content-security-policy: default-src 'none'/i);
    }
});

test('with rights each address answers, and HEAD as GET without a body', async () => {
  const rights: readonly (readonly [Door, readonly string[]])[] = [
    ['socket', []],
    ['proxy', ['X-Remote-User: ada']],
    ['token', [bearer(token)]],
    ['token', [bearer(second)]],
  ];
  for (const [door, headers] of rights) {
    const { status, body } = await get(door, '/', ...headers);
    assert.equal(status, 200, door);
    assert.match(body, secrets);
    const [, ...others] = getLines('/', ...headers);
    assert.deepEqual(
      await send(doors[door], ['HEAD / HTTP/1.1', ...others]).then((answer) => [answer.status, answer.body]),
      [200, ''],
    );
  }
});

test('a browser logs in by a form and gets a cookie that scripts and other sites never see', async () => {
  const form = await get('token', '/');
  assert.equal(form.status, 401);
  const mark = /name="mark" value="([^"]+)"/.exec(form.body)?.[1] ?? assert.fail(form.body);
  const post = (fields: Record<string, string>, ...headers: readonly string[]) => {
    const body = new URLSearchParams(fields).toString();
    const lines = [
      'POST /login HTTP/1.1',
      'Host: localhost:8080',
      'Connection: close',
      `Content-Length: ${body.length}`,
    ];
    return send(doors.token, [...lines, ...headers], body);
  };
  const own = 'Origin: http://localhost:8080';
  for (const headers of [
    [],
    ['Origin: null'],
    ['Origin: http://evil.example'],
    ['Origin: http://localhost:8081'],
    [own, 'Sec-Fetch-Site: same-site'],
    [own, own],
  ])
    assert.equal((await post({ mark, token }, ...headers)).status, 403, headers.join());
  assert.equal((await post({ mark: `2${mark.slice(1)}`, token }, own)).status, 401);
  assert.equal((await post({ token }, own)).status, 401);
  assert.equal((await post({ mark, token: 'x'.repeat(4096) }, own)).status, 413);
  const answer = await post({ mark, token }, own, 'Sec-Fetch-Site: same-origin');
  assert.equal(answer.status, 303);
  assert.match(answer.head, /^location: \/$/im);
  const [, cookie = '', flags] = /^set-cookie: ([^;]+)(.*)$/im.exec(answer.head) ?? [];
  assert.equal(flags?.trim(), '; Path=/; HttpOnly; SameSite=Strict');
  assert.doesNotMatch(answer.head + form.head + form.body, new RegExp(token));
  assert.equal((await get('token', '/', `Cookie: a=b; ${cookie}`)).status, 200);
  assert.equal((await get('token', '/', `Cookie: ${cookie}; ${cookie}`)).status, 401);
  assert.equal(
    (await get('token', '/', `Cookie: ${cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`)).status,
    401,
  );
  assert.equal((await get('token', '/', `Cookie: ${cookie.replace('=1', '=2')}`)).status, 401);
  assert.equal((await get('socket', '/login')).status, 404);
  // Its token is taken out of the file: it is logged out.
  writeFileSync(tokenFile, `${second}\n`);
  assert.equal((await get('token', '/', `Cookie: ${cookie}`)).status, 401);
  assert.equal((await get('token', '/', bearer(second))).status, 200);
  writeFileSync(tokenFile, `${token}\n${second}\n`);
});

test('a wrong token is answered as a right one is not, and the next try has to wait', async () => {
  const wrong = 'd3JvbmcgYnV0IGxvbmcgZW5vdWdoIHRvIGJlIGEgdG9rZW4K';
  const first = await get('token', '/', bearer(wrong));
  assert.equal(first.status, 401);
  assert.match(first.head, /www-authenticate: Bearer error="invalid_token"/i);
  const beganMs = performance.now();
  const both = await Promise.all([get('token', '/', bearer(wrong)), get('token', '/', bearer(wrong))]);
  assert.deepEqual(
    both.map(({ status }) => status),
    [401, 401],
  );
  // A second for each try that comes before; the first one has just been.
  assert.ok(performance.now() - beganMs > 1500);
});

test('a file of tokens that others can read, or without tokens, opens nothing', async () => {
  chmodSync(tokenFile, 0o640);
  assert.equal((await get('token', '/', bearer(token))).status, 401);
  assert.match(told.join(), /others can read it/);
  chmodSync(tokenFile, 0o600);
  const read = (text: string) => {
    const file = path.join(folder, 'other');
    writeFileSync(file, text, { mode: 0o600 });
    return readTokens(file);
  };
  for (const text of ['', '# none\n', 'short\n', `${token} ${second}\n`, `${'a'.repeat(513)}\n`])
    assert.equal(read(text).ok, false, text);
  assert.equal(readTokens(folder).ok, false);
  assert.equal(readTokens(path.join(folder, 'missing')).ok, false);
});

test('a reader who sends slowly, or too much, is cut off', async () => {
  const long = await send(doors.socket, getLines(`/jobs?q=${'a'.repeat(2048)}`));
  assert.equal(long.status, 414);
  assert.equal((await send(doors.socket, getLines('/', `X-Long: ${'a'.repeat(9000)}`))).status, 431);
  assert.ok((await slow) >= 4900);
});

test('connections beyond 64 are closed at once, and do not hold up who is in', async () => {
  const idle = Array.from({ length: 64 }, () => connect(doors.proxy));
  await Promise.all(idle.map((one) => new Promise((resolve) => one.once('connect', resolve))));
  const one = idle[0] ?? assert.fail();
  const answered = new Promise<string>((resolve) => one.once('data', (bytes) => resolve(String(bytes))));
  one.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Remote-User: ada\r\n\r\n');
  assert.match(await answered, /^HTTP\/1\.1 200/);
  // One more is closed without a word.
  const late = await send(doors.proxy, getLines('/healthz', 'X-Remote-User: ada')).catch(() => undefined);
  assert.equal(late?.status ?? 0, 0);
  for (const each of idle) each.destroy();
});
