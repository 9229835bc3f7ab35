/** etcd as an engine, with real etcds: a cluster of three, and one with TLS, client certificates and users. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { privateCache } from '../../../src/system/state/cache.ts';
import { etcd } from '../../../src/system/state/etcd/etcd.ts';
import { openEtcd } from '../../../src/system/state/etcd/open.ts';
import { absent } from '../../../src/system/types/engine.ts';
import { cases, done, leaseOf, patience, put, valuesIn } from '../../fleet/engine-conformance.ts';
import { EtcdCluster, withoutEtcd } from './etcd-cluster.ts';

let place = 0;
const newPrefix = () => `/test-${place++}/`;

/** An HTTP server that is used as if it were a member of etcd. */
async function serving(listener: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe('etcd, three members', { skip: withoutEtcd() }, () => {
  const cluster = new EtcdCluster(3);
  let engine: ReturnType<typeof etcd>;

  before(async () => {
    await cluster.start();
    engine = etcd({ endpoints: cluster.endpoints });
  });

  after(async () => {
    engine?.close();
    await cluster.stop();
  });

  for (const [title, check] of Object.entries(cases)) test(title, () => check({ engine, prefix: newPrefix() }));

  test('another member is asked for its time, where there is one', async () => {
    const first = await engine.read([], patience);
    assert.ok(first.is === 'read', JSON.stringify(first));
    const second = await engine.read([], { ...patience, unlike: [first.time.member] });
    assert.ok(second.is === 'read');
    assert.notEqual(second.time.member, first.time.member);
    const granted = await engine.grant(60, patience);
    assert.ok(granted.is === 'granted');
    assert.notEqual(granted.time.member, second.time.member);
    const alone = etcd({ endpoints: cluster.endpoints.slice(0, 1) });
    const one = await alone.read([], patience);
    assert.ok(one.is === 'read');
    const same = await alone.read([], { ...patience, unlike: [one.time.member] });
    assert.ok(same.is === 'read' && same.time.member === one.time.member);
    alone.close();
  });

  test('a write whose answer is lost was carried out, and is not carried out twice', async () => {
    const prefix = newPrefix();
    const [member = ''] = cluster.endpoints;
    const proxy = await serving((incoming, outgoing) => {
      const forwarded = httpRequest(`${member}${incoming.url}`, { method: 'POST' }, (answer) => {
        // etcd has answered; nobody hears it.
        answer.resume().on('end', () => outgoing.destroy());
      });
      incoming.pipe(forwarded);
    });
    const behind = etcd({ endpoints: [proxy.url, ...cluster.endpoints.slice(1)] });
    const answer = await behind.txn([{ key: `${prefix}a`, modified: absent }], [put(`${prefix}a`, 'mine')], patience);
    assert.deepEqual(answer, { is: 'refused' });
    assert.deepEqual(await valuesIn(behind, prefix), { a: 'mine' });
    behind.close();
    const only = etcd({ endpoints: [proxy.url] });
    const unheard = await only.txn([], [put(`${prefix}b`, 'mine')], { patienceMs: 1 });
    assert.equal(unheard.is, 'unreachable');
    only.close();
    proxy.close();
  });

  test('a member that never answers, one without a leader, and one that is no etcd are passed over', async () => {
    const silent = await serving(() => {});
    const leaderless = await serving((_, outgoing) => {
      outgoing
        .writeHead(503)
        .end('{"error":"etcdserver: leader changed","code":14,"message":"etcdserver: leader changed"}');
    });
    const other = await serving((_, outgoing) => void outgoing.writeHead(200).end('<html>'));
    for (const { url } of [silent, leaderless, other]) {
      const beside = etcd({ endpoints: [url, ...cluster.endpoints], tryMs: 300 });
      const answer = await beside.read([], patience);
      assert.equal(answer.is, 'read');
      beside.close();
      const alone = etcd({ endpoints: [url], tryMs: 100 });
      const unreachable = await alone.read([], { patienceMs: 200 });
      assert.ok(unreachable.is === 'unreachable' && unreachable.reason.startsWith(url), JSON.stringify(unreachable));
      alone.close();
    }
    for (const server of [silent, leaderless, other]) server.close();
  });

  test('with one member killed everything goes on, also its leases; with two nothing is promised', async () => {
    const prefix = newPrefix();
    const lease = await leaseOf(engine, 300);
    await done(engine, [put(`${prefix}a`, '1', lease)]);
    await cluster.kill(0);
    assert.deepEqual(await valuesIn(engine, prefix), { a: '1' });
    assert.equal((await engine.keepAlive(lease, patience)).is, 'renewed');
    await done(engine, [put(`${prefix}b`, '2')]);
    await cluster.kill(1);
    assert.equal((await engine.read([{ prefix }], { patienceMs: 300 })).is, 'unreachable');
    assert.equal((await engine.txn([], [put(`${prefix}c`, '3')], { patienceMs: 300 })).is, 'unreachable');
    cluster.startMember(0);
    cluster.startMember(1);
    const { a, b } = await valuesIn(engine, prefix);
    assert.deepEqual([a, b], ['1', '2']);
  });
});

describe('etcd with TLS, client certificates and users', { skip: withoutEtcd() }, () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'etcd-tls-'));
  const file = (name: string) => path.join(directory, name);
  const cluster = new EtcdCluster(1, { ca: file('ca.crt'), cert: file('etcd.crt'), key: file('etcd.key') });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore', cwd: directory });
  const pem = (name: string) => readFileSync(file(name), 'utf8');
  const trusted = () => ({
    endpoints: cluster.endpoints,
    ca: pem('ca.crt'),
    cert: pem('host.crt'),
    key: pem('host.key'),
  });

  function authority(name: string): void {
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...algorithm, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`);
  }

  function certificate(name: string, extensions: string): void {
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    // etcd with users refuses a client certificate with a common name (CN) at its gateway.
    openssl('req', '-new', ...algorithm, '-subj', `/O=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(file('ext'), extensions);
    const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-days', '2', '-out', `${name}.crt`);
  }

  before(async () => {
    authority('ca');
    authority('other');
    certificate('etcd', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
    certificate('host', 'extendedKeyUsage=clientAuth\n');
    await cluster.start();
  });

  after(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('a host with a certificate of the authority is let in, others are not', async () => {
    const engine = etcd(trusted());
    await done(engine, [put('/tls/a', '1')]);
    assert.deepEqual(await valuesIn(engine, '/tls/'), { a: '1' });
    engine.close();
    const { endpoints, ca, cert, key } = trusted();
    for (const settings of [
      { endpoints, ca },
      { endpoints, ca: pem('other.crt'), cert, key },
      { endpoints, cert, key },
    ]) {
      const stranger = etcd(settings);
      const answer = await stranger.read([{ prefix: '/tls/' }], { patienceMs: 300 });
      assert.equal(answer.is, 'unreachable');
      stranger.close();
    }
  });

  test('a user sees one prefix; a token that etcd does not know any more is replaced', async () => {
    await enableUsers();
    const tokens: string[] = ['stale.1'];
    const token = { read: () => tokens.at(-1), write: (text: string) => void tokens.push(text) };
    const settings = { ...trusted(), login: { user: 'fleet', password: 'secret', token } };
    const engine = etcd(settings);
    await done(engine, [put('/fleet/a', '1')]);
    assert.equal(tokens.length, 2);
    // The next program has the token already.
    const next = etcd(settings);
    assert.deepEqual(await valuesIn(next, '/fleet/'), { a: '1' });
    assert.equal((await next.grant(60, patience)).is, 'granted');
    assert.equal(tokens.length, 2);
    const other = await next.txn([], [put('/other/a', '1')], patience);
    assert.ok(other.is === 'unreachable' && /permission denied/.test(other.reason), JSON.stringify(other));
    const wrong = etcd({
      ...settings,
      login: { ...settings.login, password: 'no', token: { read: () => undefined, write: () => {} } },
    });
    const refused = await wrong.read([{ prefix: '/fleet/' }], patience);
    assert.ok(refused.is === 'unreachable' && /password/.test(refused.reason), JSON.stringify(refused));
    const nobody = etcd(trusted());
    assert.equal((await nobody.read([{ prefix: '/fleet/' }], patience)).is, 'unreachable');
    for (const one of [engine, next, wrong, nobody]) one.close();
  });

  test('the etcd of the configuration is opened with the files that it names, and the token is kept for the next program', async () => {
    const file = (name: string) => path.join(directory, name);
    writeFileSync(file('password'), 'secret\n', { mode: 0o600 });
    const access = {
      ...{ endpoints: trusted().endpoints, prefix: '/fleet/', user: 'fleet', passwordFile: file('password') },
      ...{ caFile: file('ca.crt'), certFile: file('host.crt'), keyFile: file('host.key') },
    };
    const kept = path.join(directory, 'kept');
    const used = async () => {
      const opened = openEtcd(access, privateCache(kept));
      assert.ok(opened.is === 'open', JSON.stringify(opened));
      assert.equal((await opened.engine.read([{ prefix: '/fleet/' }], patience)).is, 'read');
      opened.engine.close();
      const [name = '', ...others] = readdirSync(kept);
      assert.deepEqual(others, []);
      assert.equal(statSync(path.join(kept, name)).mode & 0o777, 0o600);
      return readFileSync(path.join(kept, name), 'utf8');
    };
    assert.equal(await used(), await used());
  });

  /** By the gateway, since etcdctl is in another package. */
  async function enableUsers(): Promise<void> {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const all = { permType: 2, key: base64('/fleet/'), range_end: base64('/fleet0') };
    await post('auth/user/add', { name: 'root', password: 'root' });
    await post('auth/role/add', { name: 'root' });
    await post('auth/user/grant', { user: 'root', role: 'root' });
    await post('auth/user/add', { name: 'fleet', password: 'secret' });
    await post('auth/role/add', { name: 'fleet' });
    await post('auth/role/grant', { name: 'fleet', perm: all });
    await post('auth/user/grant', { user: 'fleet', role: 'fleet' });
    await post('auth/enable', {});
  }

  async function post(where: string, body: object): Promise<void> {
    const { request } = await import('node:https');
    const { ca, cert, key, endpoints } = trusted();
    await new Promise<void>((resolve, reject) => {
      request(`${endpoints[0]}/v3/${where}`, { method: 'POST', ca, cert, key, agent: false }, (answer) => {
        answer.resume().on('end', resolve);
        assert.equal(answer.statusCode, 200, where);
      })
        .on('error', reject)
        .end(JSON.stringify(body));
    });
  }
});
