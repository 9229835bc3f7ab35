/**
 * Three hosts with the same job files and one etcd: each tick has one fate, two runs of a job are
 * never at once, and what etcd can't answer is said. Each host is an installation on this machine.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { holdBack, letGo, orderStop } from '../../src/fleet/orders.ts';
import { Keys, tickText } from '../../src/fleet/store/keys.ts';
import { type EtcdEngine, etcd } from '../../src/system/state/etcd/etcd.ts';
import { EtcdCluster, withoutEtcd } from '../system/state/etcd-cluster.ts';
import { endAtOnce, House, until } from './house.ts';

const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };
const patience = { patienceMs: 5000 };
const names = ['web1', 'web2', 'web3'];

const everyMinute = 'schedule: "* * * * *"\npool: web\n';
const jobs = {
  turn: `name: Turn\ncommand: sh -c 'echo "fence $PROCESS_CONTROL_FENCE"'\n${everyMinute}placement: spread\n`,
  held: `name: Held\ncommand: sleep 1000\n${everyMinute}kill_grace: 1s\n`,
  paused: `name: Paused\ncommand: /bin/true\n${everyMinute}`,
  tried: `name: Tried\ncommand: echo ran\n${everyMinute}placement: ordered\nwithout_engine: run\n`,
  two: `name: Two\ncommand: /bin/true\n${everyMinute}placement: ordered\ncandidates: 2\n`,
  locking: 'name: Locking\ncommand: sleep 1000\npool: web\nlocks: [fleet/orders]\nkill_grace: 1s\n',
  locked: 'name: Locked\ncommand: /bin/true\npool: web\nlocks: [fleet/orders]\n',
  lost: `name: Lost\ncommand: sleep 1000\n${everyMinute}kill_grace: 1s\n`,
  brief: `name: Brief\ncommand: sh -c 'echo $$ >"$BEGUN"; exec sleep 1000'\npass_environment: [BEGUN]\n${everyMinute}takeover: 10s\nkill_grace: 0s\n`,
  late: 'name: Late\ncommand: /bin/true\nschedule: "0 * * * *"\npool: web\ncatch_up: last\n',
};

const configOf = (host: string, endpoints: readonly string[]) =>
  `fleet: {host: ${host}, pools: {web: [${names}]}, etcd: {endpoints: ${JSON.stringify(endpoints)}}}`;

describe('three hosts that ask etcd', { skip: withoutEtcd() }, () => {
  const cluster = new EtcdCluster(1);
  const keys = new Keys('/process-control/');
  let engine: EtcdEngine;
  let hosts: readonly House[] = [];

  before(async () => {
    await cluster.start();
    engine = etcd({ endpoints: cluster.endpoints });
    hosts = names.map((name) => new House(jobs, { config: configOf(name, cluster.endpoints) }));
  });

  after(async () => {
    for (const house of hosts) house.remove();
    engine?.close();
    await cluster.stop();
  });

  const host = (at: number) => hosts[at] ?? assert.fail();
  const history = (house: House, slug: string) => {
    const file = house.path(`state/history/${slug}.jsonl`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const entries = async (slug: string) => {
    const read = await engine.read([{ prefix: keys.job(slug) }], patience);
    assert.ok(read.is === 'read', JSON.stringify(read));
    return new Map(read.entries.map(({ key, value }) => [key.slice(keys.job(slug).length), JSON.parse(value)]));
  };
  const running = (slug: string) => until(`a run of ${slug}`, async () => (await entries(slug)).get('run'));
  const endOf = (child: ReturnType<House['spawn']>) =>
    new Promise<number | null>((resolve) => void child.once('exit', (code) => resolve(code)));

  test('each tick starts on one of them, with a fence, and the others have no trace of it', async () => {
    const ends = await Promise.all(hosts.map((house) => house.run('run-job', ['--job', 'turn'], byClock)));
    assert.deepEqual(
      ends.map(({ code, stderr }) => [code, stderr]),
      [0, 0, 0].map((code) => [code, '']),
    );
    const ran = hosts.filter((house) => history(house, 'turn') !== '');
    const ticks = [...(await entries('turn')).entries()].filter(([key]) => key.startsWith('tick/'));
    // Two, if a minute began in between.
    assert.ok(ticks.length >= 1 && ran.length === ticks.length, JSON.stringify(ticks));
    for (const [, fate] of ticks) assert.deepEqual([fate.fate, fate.outcome], ['started', 'succeeded']);
    for (const house of ran) {
      const [, fence] = /"fence":"(\d+)"/.exec(history(house, 'turn')) ?? [];
      assert.match(house.log('turn'), new RegExp(`web\\d has claimed this run in etcd, fence ${fence}\\b`));
      assert.match(house.log('turn'), new RegExp(`\tfence ${fence}$`, 'm'));
    }
    assert.equal((await entries('turn')).get('run'), undefined);
  });

  test('a run that a person starts is one of the fleet too; an order to stop reaches it; the fence grows', async () => {
    const first = host(0).spawn('run-job', ['held']);
    try {
      const run = await running('held');
      assert.equal(run.host, 'web1');
      const second = await host(1).run('run-job', ['held']);
      assert.equal(second.code, 75);
      assert.match(second.stderr, /held was skipped: still running on web1 \(run /);
      await orderStop('held', { run: run.run, why: 'disk full', by: 'ann' }, { engine, keys }, patience);
      assert.equal(await endOf(first), 143);
      assert.match(host(0).log('held'), /was stopped with SIGTERM by ann after/);
    } finally {
      endAtOnce(first);
    }
    const fences = [...history(host(0), 'held').matchAll(/"fence":"(\d+)"/g)].map(([, fence]) => Number(fence));
    const third = host(2).spawn('run-job', ['held']);
    try {
      await running('held');
      await until('its record', () => /"fence"/.test(history(host(2), 'held')));
      const [, later] = /"fence":"(\d+)"/.exec(history(host(2), 'held')) ?? [];
      assert.ok(Number(later) > (fences[0] ?? Number.POSITIVE_INFINITY), `${fences} ${later}`);
      third.kill('SIGTERM');
      assert.equal(await endOf(third), 143);
    } finally {
      endAtOnce(third);
    }
  });

  test('a pause in etcd holds all hosts, and the tick is skipped once', async () => {
    const ports = { engine, keys };
    await holdBack({ job: 'paused' }, { by: 'ann', atMs: Date.now() }, ports, patience);
    const ends = await Promise.all(hosts.map((house) => house.run('run-job', ['--job', 'paused'], byClock)));
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0, 0],
    );
    const fates = [...(await entries('paused')).entries()].filter(([key]) => key.startsWith('tick/'));
    assert.ok(fates.every(([, { fate, why }]) => fate === 'skipped' && why === 'paused'));
    const told = hosts.map((house) => history(house, 'paused')).filter((text) => text.includes('paused in etcd'));
    assert.equal(told.length, fates.length);
    const person = await host(0).run('run-job', ['paused']);
    assert.deepEqual([person.code, person.stderr.includes('paused in etcd')], [75, true]);
    await letGo({ job: 'paused' }, ports, patience);
    assert.equal((await host(0).run('run-job', ['paused'])).code, 0);
  });

  test('without an answer of etcd a tick is recorded as not claimed; the first host may run it all the same', async () => {
    const away = names.map((name) => new House(jobs, { config: configOf(name, ['http://127.0.0.1:9']) }));
    try {
      const [skipped, first, second] = await Promise.all([
        away[0]?.run('run-job', ['--job', 'two'], byClock),
        away[0]?.run('run-job', ['--job', 'tried'], byClock),
        away[1]?.run('run-job', ['--job', 'tried'], byClock),
      ]);
      assert.equal(skipped?.code, 75);
      assert.match(
        skipped?.stderr ?? '',
        /two was skipped: it could not be claimed: etcd does not answer \(http:.*ECONNREFUSED/,
      );
      assert.match(history(away[0] ?? assert.fail(), 'two'), /"reason":"unclaimed"/);
      assert.deepEqual([first?.code, second?.code], [0, 0]);
      assert.match(away[0]?.log('tried') ?? '', /this run is not claimed \(without_engine: run\)/);
      assert.match(history(away[1] ?? assert.fail(), 'tried'), /"reason":"unclaimed".*"allowed":true/);
    } finally {
      for (const house of away) house.remove();
    }
  });

  test('a run whose run-job was killed keeps other hosts from starting until its own host has freed it', async () => {
    const killed = host(0).spawn('run-job', ['lost']);
    const { run } = await running('lost');
    await until('its record', () => history(host(0), 'lost').includes('"event":"started"'));
    killed.kill('SIGKILL');
    await endOf(killed);
    const refused = await host(1).run('run-job', ['lost']);
    assert.deepEqual([refused.code, refused.stderr.includes('still running on web1')], [75, true], refused.stderr);
    const freed = await until('its lock to be free', async () => {
      const round = await host(0).run('run-job', ['--ensure']);
      return round.stderr.includes(run) && round;
    });
    assert.match(freed.stderr, /lost: run \S+ has lost its run-job, so its end is not known/);
    const [fate] = [...(await entries('lost')).values()].filter((value) => value.run === run);
    assert.equal(fate.outcome, 'lost');
    const later = host(1).spawn('run-job', ['lost']);
    try {
      assert.equal((await running('lost')).host, 'web2');
      later.kill('SIGTERM');
      await endOf(later);
    } finally {
      endAtOnce(later);
    }
    const seen = await engine.read([{ key: keys.seen('web1') }], patience);
    assert.ok(seen.is === 'read' && seen.entries.length === 1);
  });

  test('after the silence of its host a run has ended, and another host starts the job', async () => {
    const silent = host(0).spawn('run-job', ['brief'], { environment: { BEGUN: host(0).path('run/begun') } });
    try {
      const { run } = await running('brief');
      await until('its command', () => existsSync(host(0).path('run/begun')));
      // run-job can't renew; its reaper holds the deadline.
      silent.kill('SIGSTOP');
      await until('the lease to end', async () => (await entries('brief')).get('run') === undefined);
      assert.throws(() => process.kill(Number(readFileSync(host(0).path('run/begun'), 'utf8')), 0), { code: 'ESRCH' });
      const other = host(1).spawn('run-job', ['brief'], { environment: { BEGUN: host(1).path('run/begun') } });
      try {
        const next = await running('brief');
        assert.deepEqual([next.host, next.run === run], ['web2', false]);
        other.kill('SIGTERM');
        assert.equal(await endOf(other), 143);
      } finally {
        endAtOnce(other);
      }
      silent.kill('SIGCONT');
      assert.notEqual(await endOf(silent), 0);
      await until('why it was stopped', () =>
        /was stopped: (its lease|no contact|the fleet)/.test(host(0).log('brief')),
      );
    } finally {
      endAtOnce(silent);
    }
  });

  test('ticks that no host has started are recorded once, and the last one is caught up by one host', async () => {
    const hourMs = 3_600_000;
    const nowMs = Date.now();
    const last = Math.floor((nowMs - 20 * 60_000) / hourMs) * hourMs;
    // As if the account had been kept until three ticks ago.
    const [{ rule }] = await settledRule();
    await engine.txn(
      [],
      [{ is: 'put', key: keys.settled('late'), value: JSON.stringify({ rule, untilMs: last - 2 * hourMs - 1000 }) }],
      patience,
    );
    await Promise.all(hosts.map((house) => house.run('run-job', ['--catch-up'])));
    await until(
      'the last tick',
      async () => (await entries('late')).get(`tick/${tickText(last)}`)?.outcome === 'succeeded',
    );
    const fates = [...(await entries('late')).entries()].filter(([key]) => key.startsWith('tick/'));
    assert.deepEqual(
      fates.map(([, { fate }]) => fate),
      ['missed', 'missed', 'started'],
    );
    const count = (words: string) => hosts.filter((house) => history(house, 'late').includes(words)).length;
    await until('the end of the run', () => count('"event":"ended"') === 1);
    assert.equal(count('"event":"missed"'), 1);
    assert.match(hosts.map((house) => history(house, 'late')).join(''), /no host of the pool web started it from/);
  });

  /** Lets a host begin the account of the job, and returns it. */
  async function settledRule() {
    await host(0).run('run-job', ['--catch-up']);
    return [await until('an account', async () => (await entries('late')).get('settled'))];
  }

  test('a lock of the fleet keeps two jobs apart on different hosts', async () => {
    const first = host(0).spawn('run-job', ['locking']);
    try {
      await running('locking');
      const second = await host(1).run('run-job', ['locked']);
      assert.equal(second.code, 75);
      assert.match(second.stderr, /another job holds one of its locks of the fleet: orders/);
      first.kill('SIGTERM');
      await endOf(first);
    } finally {
      endAtOnce(first);
    }
    assert.equal((await host(1).run('run-job', ['locked'])).code, 0);
  });

  test('a host that is no candidate has no line, and refuses to start the job', async () => {
    await host(2).run('cron-generate', [], { as: 'root' });
    assert.match(readFileSync(host(2).path('etc/crontab'), 'utf8'), /^# Not on this host: two, on one of web1, web2$/m);
    assert.match(readFileSync(host(2).path('etc/crontab'), 'utf8'), /run-job --job turn\b/);
    const refused = await host(2).run('run-job', ['two']);
    assert.equal(refused.code, 64);
    assert.match(refused.stderr, /belongs to one of web1, web2 \(pool web\); this host is web3/);
  });
});
