/** The endpoints of a service in the formats of proxies, which haproxy and nginx check where they are installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { type Endpoint, endpointsText } from '../../src/service/endpoints.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'endpoints-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const one: Endpoint = {
  instance: 0,
  host: 'web1',
  address: '127.0.0.1',
  ports: { http: 31_000, ops: 31_001 },
  state: 'up',
};
const other: Endpoint = { ...one, instance: 1, address: '::1', ports: { http: 31_002 }, state: 'starting' };
const web = { service: 'web-shop.v2', ports: ['http', 'ops'], instances: [one, other] };
const none = { ...web, instances: [] };

test('JSON has all that is known', () => {
  assert.deepEqual(JSON.parse(endpointsText(web, 'json')), { service: 'web-shop.v2', instances: [one, other] });
});

test('nginx has an upstream for each port, and a server that is down for none', () => {
  assert.equal(
    endpointsText(web, 'nginx'),
    `upstream web-shop.v2_http {
    server 127.0.0.1:31000; # web-shop.v2.0
    server [::1]:31002 down; # web-shop.v2.1
}

upstream web-shop.v2_ops {
    server 127.0.0.1:31001; # web-shop.v2.0
}
`,
  );
  assert.match(
    endpointsText(none, 'nginx'),
    /upstream web-shop.v2_ops {\n {4}server 127.0.0.1:9 down; # no instance is up\n}/,
  );
});

test('haproxy has a backend for each port', () => {
  assert.equal(
    endpointsText(web, 'haproxy'),
    `backend web-shop.v2_http
    server web-shop.v2.0 127.0.0.1:31000
    server web-shop.v2.1 [::1]:31002 disabled

backend web-shop.v2_ops
    server web-shop.v2.0 127.0.0.1:31001
`,
  );
});

function isMissing(program: string, ...args: readonly string[]): string | false {
  return spawnSync(program, args).error === undefined ? false : `${program} is not installed`;
}

for (const [title, endpoints] of [
  ['instances', web],
  ['no instance', none],
] as const) {
  test(`haproxy takes ${title}`, { skip: isMissing('haproxy', '-v') }, () => {
    const head = path.join(directory, 'haproxy.cfg');
    const file = path.join(directory, 'web.cfg');
    writeFileSync(
      head,
      'defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n' +
        'frontend all\n    bind 127.0.0.1:9\n    default_backend web-shop.v2_http\n',
    );
    writeFileSync(file, endpointsText(endpoints, 'haproxy'));
    const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', head, '-f', file], { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  test(`nginx takes ${title}`, { skip: isMissing('nginx', '-v') }, () => {
    const file = path.join(directory, 'nginx.conf');
    const server = `server { listen 127.0.0.1:9; location / { proxy_pass http://web-shop.v2_http; } }`;
    const http = `access_log off; ${endpointsText(endpoints, 'nginx')} ${server}`;
    writeFileSync(file, `pid ${directory}/nginx.pid; error_log stderr; events {} http { ${http} }\n`);
    const { status, stderr } = spawnSync('nginx', ['-t', '-e', 'stderr', '-c', file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}
