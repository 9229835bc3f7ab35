/** A service that three hosts share: each is an installation of its own, with a real etcd that can be cut off. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { slotsView } from '../../src/fleet/slots/view.ts';
import { Keys } from '../../src/fleet/store/keys.ts';
import { type EtcdEngine, etcd } from '../../src/system/state/etcd/etcd.ts';
import { EtcdCluster, withoutEtcd } from '../system/state/etcd-cluster.ts';
import { House, isRoot, until } from './house.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};
const names = ['web1', 'web2', 'web3'] as const;
type Name = (typeof names)[number];
const keys = new Keys('/process-control/');
const patience = { patienceMs: 20_000 };

const common = 'service: true\npool: web\nplacement: ordered\nstop_timeout: 1s\n';
const jobs = {
  web: `name: Web\ncommand: sleep 1000\ninstances: 5\nports: [http]\ntakeover: 6s\n${common}`,
  single: `name: Single\ncommand: sleep 1000\ntakeover: 12s\nwhen_cut_off: stop\n${common}`,
};

/** The way of one host to etcd, which can be cut. */
class Cable {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  async plug(target: number): Promise<void> {
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('a service that three hosts share', { skip: withoutEtcd() }, () => {
  const cluster = new EtcdCluster(1);
  const cables = { web1: new Cable(), web2: new Cable(), web3: new Cable() };
  const houses = new Map<Name, House>();
  let engine: EtcdEngine;
  const house = (name: Name) => houses.get(name) as House;
  const etcdPort = () => Number(new URL(cluster.endpoints[0] ?? '').port);

  const view = async (slug = 'web') => {
    const answer = await engine.read([{ prefix: keys.service(slug) }], patience);
    assert.ok(answer.is === 'read', JSON.stringify(answer));
    return slotsView(keys, slug, answer.entries, answer.time.nowMs);
  };
  /** "web1 web2 web3 web1 web2": the host of each instance that is up. */
  const placesOf = async (slug = 'web') => {
    const { slots } = await view(slug);
    const numbers = [...Array(slug === 'web' ? 5 : 1).keys()];
    return numbers
      .map((number) => {
        const slot = slots.get(number)?.value;
        return slot?.state === 'up' ? slot.host : '-';
      })
      .join(' ');
  };
  const untilPlaces = (what: string, places: string | RegExp, slug = 'web') =>
    until(what, async () => {
      const now = await placesOf(slug);
      return typeof places === 'string' ? now === places : places.test(now);
    });
  const record = (name: Name, slug = 'web') => {
    const file = house(name).path(`state/services/${slug}/supervised.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  };
  const pidsOf = (name: Name, slug = 'web'): readonly number[] =>
    (record(name, slug)?.instances ?? []).flatMap((one: { process?: { pid: number } }) => one.process?.pid ?? []);
  const ensure = (...some: readonly Name[]) =>
    Promise.all(some.map((name) => house(name).run('run-job', ['--ensure'])));
  const jobctl = (name: Name, ...args: readonly string[]) => house(name).run('jobctl', args, asRoot);
  const supervisorOf = async (name: Name, slug = 'web') => {
    const { stdout } = await jobctl(name, 'status', slug, '--json');
    return JSON.parse(stdout).service.supervisor?.pid as number | undefined;
  };

  before(async () => {
    await cluster.start();
    engine = etcd({ endpoints: cluster.endpoints });
    for (const [index, name] of names.entries()) {
      await cables[name].plug(etcdPort());
      const endpoint = `http://127.0.0.1:${cables[name].port}`;
      const fleet = `fleet: {host: ${name}, pools: {web: [${names}]}, etcd: {endpoints: ["${endpoint}"]}}`;
      const config = `${fleet}\nport_range: ${31_500 + index * 20}-${31_519 + index * 20}`;
      houses.set(name, new House(jobs, { config }));
    }
  });

  after(async () => {
    await Promise.all(names.map((name) => houses.get(name)?.run('jobctl', ['stop', '--supervisors'], asRoot)));
    for (const one of houses.values()) one.remove();
    for (const cable of Object.values(cables)) cable.cut();
    engine?.close();
    await cluster.stop();
  });

  test('runs each instance at home', async () => {
    await ensure(...names);
    await untilPlaces('all are at home', 'web1 web2 web3 web1 web2');
    const status = await jobctl('web3', 'status', 'web');
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^5 of 5 up on all hosts of the pool:\nweb\.0 +up +on web1 +http 315/m);
    assert.match(status.stdout, /^state: +UP/m);
  });

  test('is taken over from a host that dies, and stays where it is when that host returns', async () => {
    const pid = await supervisorOf('web2');
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    await untilPlaces('the others have taken over', 'web1 web3 web3 web1 web3');
    await ensure('web2');
    assert.equal(await supervisorOf('web2'), undefined);
    assert.equal(await placesOf(), 'web1 web3 web3 web1 web3');
    assert.match((await jobctl('web2', 'status')).stdout, /^web +elsewhere /m);
  });

  test('goes home after a restart, when that host is there', async () => {
    assert.equal((await jobctl('web1', 'restart', 'web')).code, 0);
    await until('web3 offers', async () => (await view()).slots.get(1)?.value?.offered === true);
    await ensure('web2');
    await untilPlaces('all are at home again', 'web1 web2 web3 web1 web2');
  });

  test('leaves a cordoned host, and comes back to it only by a restart', async () => {
    const drained = await jobctl('web2', 'host', 'drain', 'web1', '--wait');
    assert.match(drained.stdout, /^web1 still runs single\.0, web\.0, web\.3$/m);
    assert.match(drained.stdout, /^web1 is drained: nothing of the pools runs there$/m);
    await untilPlaces('web1 has given up', /^web[23] web2 web3 web[23] web2$/);
    await ensure('web2');
    await untilPlaces('the single one has moved', 'web2', 'single');
    assert.deepEqual(pidsOf('web1'), []);
    assert.equal((await jobctl('web2', 'host', 'uncordon', 'web1')).code, 0);
    await ensure('web1');
    await untilPlaces('nothing has moved', /^web[23] web2 web3 web[23] web2$/);
  });

  test('goes on while etcd is away, but for what must not run twice', async () => {
    const before = pidsOf('web2');
    const [singlePid = 0] = pidsOf('web2', 'single');
    assert.ok(before.length > 0 && singlePid > 0);
    await cluster.kill(0);
    await until('the single one has ended', () => !existsSync(`/proc/${singlePid}`));
    assert.deepEqual(pidsOf('web2'), before);
    for (const pid of before) assert.ok(existsSync(`/proc/${pid}`));
    const unknown = await jobctl('web2', 'status', 'web');
    assert.match(unknown.stdout, /it is not known what runs on other hosts: etcd can't be reached/);
    const refused = await jobctl('web2', 'stop', 'web');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /could not be recorded: etcd can't be reached/);
    cluster.startMember(0);
    await untilPlaces('the single one is up again', /web/, 'single');
    assert.deepEqual(pidsOf('web2'), before);
  });

  test('runs twice while a host is cut off, until that host is in touch again', async () => {
    assert.equal((await jobctl('web2', 'restart', 'web')).code, 0);
    await until('web1 is offered its own', async () => (await view()).slots.get(0)?.value?.offered === true);
    await ensure('web1');
    await untilPlaces('all are at home again', 'web1 web2 web3 web1 web2');
    cables.web3.cut();
    const cut = pidsOf('web3');
    await untilPlaces('the others have taken over', /^(web[12] ){4}web[12]$/);
    assert.deepEqual(pidsOf('web3'), cut);
    for (const pid of cut) assert.ok(existsSync(`/proc/${pid}`));
    await cables.web3.plug(etcdPort());
    await until('web3 gives them up', () => cut.every((pid) => !existsSync(`/proc/${pid}`)));
  });

  test('stops on all hosts', async () => {
    const stopped = await jobctl('web3', 'stop', 'web');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.match(stopped.stdout, /web has ended on all hosts/);
    assert.equal((await view()).slots.size, 0);
    for (const name of names) assert.deepEqual(pidsOf(name), []);
    assert.equal((await jobctl('web1', 'status', 'web')).code, 3);
    assert.equal((await jobctl('web1', 'start', 'web')).code, 0);
    await until('it runs again', async () => /web/.test(await placesOf()));
  });
});
