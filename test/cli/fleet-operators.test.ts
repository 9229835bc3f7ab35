/** What operators of a fleet type: two installations are hosts of it, and a real etcd is what they share. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { holdBack } from '../../src/fleet/orders.ts';
import { holdingChanges, releaseChanges } from '../../src/fleet/run/held.ts';
import { writePresence } from '../../src/fleet/run/presence.ts';
import { Keys } from '../../src/fleet/store/keys.ts';
import type { Fate, Holder } from '../../src/fleet/store/records.ts';
import { put } from '../../src/fleet/store/view.ts';
import { type EtcdEngine, etcd } from '../../src/system/state/etcd/etcd.ts';
import { clock } from '../../src/system/time/clock.ts';
import { EtcdCluster, withoutEtcd } from '../system/state/etcd-cluster.ts';
import { House, isRoot, until } from './house.ts';
import { assertFleet } from './snapshot-schema.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};
const patience = { patienceMs: 60_000 };
const keys = new Keys('/process-control/');

const jobs = {
  one: 'name: One\ncommand: /bin/true\nschedule: "0 3 * * *"\npool: web\ntags: [night]\nkill_grace: 1s\n',
  two: 'name: Two\ncommand: /bin/true\nschedule: "0 3 * * *"\npool: web\n',
  each: 'name: Each\ncommand: /bin/true\nschedule: "0 3 * * *"\npool: web\nruns: each\n',
  local: 'name: Local\ncommand: /bin/true\nschedule: "0 3 * * *"\ntags: [night]\n',
};

describe('operators of a fleet', { skip: withoutEtcd() }, () => {
  const cluster = new EtcdCluster(1);
  const houses: House[] = [];
  let engine: EtcdEngine;
  let web1: House;
  let web2: House;
  let cutOff: House;

  const houseOf = (host: string, endpoints: readonly string[]) => {
    const config = `fleet: {host: ${host}, pools: {web: [web1, web2]}, etcd: {endpoints: [${endpoints}]}}`;
    const house = new House(jobs, { config });
    houses.push(house);
    return house;
  };
  before(async () => {
    await cluster.start();
    engine = etcd({ endpoints: cluster.endpoints });
    web1 = houseOf('web1', cluster.endpoints);
    web2 = houseOf('web2', cluster.endpoints);
    // Nothing listens there.
    cutOff = houseOf('web2', ['http://127.0.0.1:1']);
  });
  after(async () => {
    for (const house of houses) house.remove();
    engine?.close();
    await cluster.stop();
  });
  const jobctl = (house: House, ...args: readonly string[]) => house.run('jobctl', args);
  const value = async (house: House, ...args: readonly string[]) =>
    JSON.parse((await jobctl(house, ...args, '--json')).stdout) as Record<string, unknown>;
  const stored = async (key: string): Promise<Record<string, unknown> | undefined> => {
    const answer = await engine.read([{ key }], patience);
    assert.ok(answer.is === 'read');
    const [entry] = answer.entries;
    return entry && JSON.parse(entry.value);
  };
  const write = async (...changes: readonly Parameters<EtcdEngine['txn']>[1][number][]) => {
    const done = await engine.txn([], changes, patience);
    assert.equal(done.is, 'done');
  };
  /** The last 3:00 of this host. */
  const tickMs = (() => {
    const tick = new Date();
    if (tick.getHours() < 3) tick.setDate(tick.getDate() - 1);
    return tick.setHours(3, 0, 0, 0);
  })();
  const writer = (host: string, run: string) => ({ host, boot: 'b', run });
  /** A run as a claim begins it. */
  const begin = async (slug: string, host: string, run = `run-of-${slug}`): Promise<Holder> => {
    const holder: Holder = { ...writer(host, run), tickMs, atMs: tickMs, locks: ['orders'] };
    const fate: Fate = { ...writer(host, run), fate: 'started', atMs: tickMs, attempt: 1, definition: 'd' };
    await write(...holdingChanges(keys, slug, holder, undefined), put(keys.tick(slug, tickMs), fate));
    return holder;
  };
  const end = async (slug: string, holder: Holder, outcome = 'success') => {
    const { host, run } = holder;
    const fate: Fate = { ...writer(host, run), fate: 'started', atMs: tickMs, attempt: 1, definition: 'd', outcome };
    await write(...releaseChanges(keys, slug, holder), put(keys.tick(slug, tickMs), fate));
  };
  const seen = (host: string, boot = 'b', sinceBootMs = 1e9) =>
    writePresence(
      { host, boot, version: '1.0.0' },
      { engine, keys, clock: { ...clock, sinceBootMs: () => sinceBootMs } },
      patience,
    );

  test('cordon a host with who and why, are told what still runs there, and bring it back', async () => {
    const holder = await begin('one', 'web1');
    const { stdout, code } = await jobctl(web2, 'host', 'cordon', 'WEB1.', '--reason', 'kernel update');
    assert.equal(code, 0);
    assert.match(stdout, /^web1 cordoned by \S+ since .*: kernel update; nothing of the pools starts there$/m);
    assert.match(stdout, /^web1 still runs one; to wait for the end: jobctl host drain web1 --wait$/m);
    const written = await stored(keys.cordon('web1'));
    assert.equal(written?.reason, 'kernel update');
    assert.equal(typeof written?.by, 'string');
    await end('one', holder);
    assert.match(
      (await jobctl(web2, 'host', 'cordon', 'web1')).stdout,
      /this replaces another cordon: .*kernel update/,
    );
    assert.deepEqual(await value(web1, 'host', 'uncordon', 'web1'), { host: 'web1', wasCordoned: true });
    assert.equal(await stored(keys.cordon('web1')), undefined);
    assert.match((await jobctl(web1, 'host', 'uncordon', 'web1')).stdout, /^web1 was not cordoned$/m);
  });

  test('drain a host: wait until its runs have ended', async () => {
    const holder = await begin('one', 'web1');
    const child = web2.spawn('jobctl', ['host', 'drain', 'web1', '--wait'], asRoot);
    let text = '';
    child.stdout?.on('data', (bytes) => {
      text += String(bytes);
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until('the wait has begun', () => /^web1 still runs one$/m.test(text));
    await end('one', holder);
    assert.equal(await ended, 0);
    assert.match(text, /^one has ended\nweb1 is drained: nothing of the pools runs there$/m);
    assert.notEqual(await stored(keys.cordon('web1')), undefined);
    await jobctl(web2, 'host', 'uncordon', 'web1');
  });

  test('free what a lost host holds, never of one that is there, and only when they say that it is off', async () => {
    await begin('one', 'web1');
    await seen('web1');
    const alive = await jobctl(web2, 'host', 'lost', 'web1', '--yes');
    assert.equal(alive.code, 1);
    assert.match(alive.stderr, /web1 was there [\d.]+ s ago, so it is not lost/);
    await write(put(keys.seen('web1'), { boot: 'b', atMs: tickMs, aheadMs: 0, version: '1.0.0' }));
    const asked = await jobctl(web2, 'host', 'lost', 'web1');
    assert.equal(asked.code, 1);
    assert.match(
      asked.stdout,
      /^web1 was there last .* ago, at .*, and holds:\n {2}one, run run-of-one of the tick .*, with the lock orders$/m,
    );
    assert.match(asked.stderr, /if web1 is off, free them; .*: jobctl host lost web1 --yes/);
    assert.notEqual(await stored(keys.run('one')), undefined);
    const freed = await jobctl(web2, 'host', 'lost', 'web1', '--yes');
    assert.equal(freed.code, 0, freed.stderr);
    assert.match(freed.stdout, /^one freed: run run-of-one of the tick .* is lost$/m);
    assert.equal(await stored(keys.run('one')), undefined);
    assert.equal(await stored(keys.lock('orders')), undefined);
    assert.equal((await stored(keys.tick('one', tickMs)))?.outcome, 'lost');
    assert.match((await jobctl(web2, 'host', 'lost', 'web1')).stdout, /^web1 holds nothing$/m);
    // A record of another version may be that of a living host.
    await begin('one', 'web1');
    await write(put(keys.seen('web1'), { since: 'later' }));
    assert.equal((await jobctl(web2, 'host', 'lost', 'web1', '--yes')).code, 1);
    await write({ is: 'delete', key: keys.seen('web1') }, ...releaseChanges(keys, 'one', { host: 'web1', locks: [] }));
  });

  test('are told which hosts there are, and that without etcd there is nothing to cordon', async () => {
    const unknown = await jobctl(web1, 'host', 'cordon', 'web9');
    assert.equal(unknown.code, 64);
    assert.match(unknown.stderr, /no pool has the host "web9", only web1, web2; did you mean web1\?/);
    const plain = new House(jobs, { config: 'fleet: {host: web1, pools: {web: [web1, web2]}}' });
    houses.push(plain);
    const none = await jobctl(plain, 'host', 'cordon', 'web1');
    assert.equal(none.code, 64);
    assert.match(none.stderr, /the configuration has no "fleet.etcd"/);
  });

  test('pause a job on all hosts, until a time of the engine, and resume it from another host', async () => {
    const { stdout, code } = await jobctl(web1, 'pause', 'one', '--for', '2h', '--reason', 'upgrade');
    assert.equal(code, 0);
    assert.match(stdout, /^one paused by \S+ until .*: upgrade\none nothing starts on any host\n$/);
    const hold = await stored(keys.pause('one'));
    assert.equal(hold?.reason, 'upgrade');
    assert.equal(Math.round((Number(hold?.untilMs) - Number(hold?.atMs)) / 60_000), 120);
    assert.match((await jobctl(web2, 'pause', 'one')).stdout, /this replaces another pause: paused by .*: upgrade/);
    assert.equal((await value(web2, 'resume', 'one')).wasPaused, true);
    assert.equal(await stored(keys.pause('one')), undefined);
    assert.match((await jobctl(web1, 'resume', 'one')).stdout, /^one was not paused$/m);
  });

  test('pause a tag: its jobs of a pool everywhere, the others on this host, and are told which', async () => {
    const { stdout } = await jobctl(web1, 'pause', '--tag', 'night');
    assert.match(
      stdout,
      /^tag night: nothing starts on any host: one\ntag night: nothing starts on this host: local$/m,
    );
    assert.notEqual(await stored(keys.tagPause('night')), undefined);
    const run = await web1.run('run-job', ['--job', 'local']);
    assert.match(run.stderr, /paused by tag night/);
    assert.equal((await web2.run('run-job', ['--job', 'local'])).code, 0);
    await jobctl(web1, 'resume', '--tag', 'night');
    assert.equal(await stored(keys.tagPause('night')), undefined);
    assert.equal((await web1.run('run-job', ['--job', 'local'])).code, 0);
    // A job that runs on each host is claimed by nobody, so only its own host can hold it.
    const each = await jobctl(web1, 'pause', 'each');
    assert.match(each.stdout, /^each paused by .*\n$/);
    assert.equal(await stored(keys.pause('each')), undefined);
    // The tag of a pause may be on no job any more.
    await holdBack({ tag: 'old' }, { by: 'ada', atMs: 0 }, { engine, keys }, patience);
    assert.match((await jobctl(web1, 'resume', '--tag', 'old')).stdout, /^tag old: resumed$/m);
    assert.match((await jobctl(web1, 'resume', '--tag', 'old')).stderr, /no job has the tag "old"/);
  });

  test('pause nothing, and hear of it, while etcd is out of reach', async () => {
    const refused = [
      ['pause', 'one'],
      ['pause', '--tag', 'night'],
      ['resume', 'one'],
      ['host', 'cordon', 'web1'],
    ];
    const answers = refused.map(async (args) => {
      const { code, stdout, stderr } = await jobctl(cutOff, ...args);
      assert.equal(code, 1, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /nothing was (?:paused|resumed|done): etcd can't be reached: .*ECONNREFUSED/);
    });
    const unknown = jobctl(cutOff, 'stop', 'one');
    await Promise.all(answers);
    assert.equal((await unknown).code, 1);
    assert.match((await unknown).stderr, /it is not known whether one runs on another host: etcd can't be reached/);
    assert.equal((await cutOff.run('run-job', ['--job', 'local'])).code, 0);
    assert.equal((await jobctl(cutOff, 'pause', 'local')).code, 0);
    assert.equal((await jobctl(cutOff, 'stop', 'local')).code, 0);
  });

  test('stop a run on another host, and are told how it ended', async () => {
    const holder = await begin('one', 'web1', 'r7');
    const child = web2.spawn('jobctl', ['stop', 'one', '--reason', 'too slow']);
    let text = '';
    child.stdout?.on('data', (bytes) => {
      text += String(bytes);
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until('the order is there', async () => (await stored(keys.stop('one'))) !== undefined);
    const order = await stored(keys.stop('one'));
    assert.deepEqual({ run: order?.run, why: order?.why }, { run: 'r7', why: 'too slow' });
    await end('one', holder, 'stopped');
    assert.equal(await ended, 0);
    assert.match(text, /^one runs on web1, which is asked to end run r7\none has ended on web1: stopped\.$/m);
    assert.match((await jobctl(web2, 'stop', 'one')).stdout, /No running process found for job one\./);
  });

  test('ask why: which host had the tick, how it went there, and what keeps this host from the next', async () => {
    const holder = await begin('two', 'db9');
    const running = await jobctl(web1, 'why', 'two');
    assert.equal(running.code, 0, running.stdout);
    assert.match(running.stdout, /^two runs on db9 since .*, as run run-of-two/);
    assert.match(running.stdout, /^ {4}ssh db9 jobctl logs two/m);
    await end('two', holder);
    const ran = await jobctl(web2, 'why', 'two');
    assert.equal(ran.code, 0, ran.stdout);
    assert.match(ran.stdout, /^two ran on db9 at .*, as run run-of-two: success/);
    await end('two', holder, 'lost');
    const lost = await jobctl(web1, 'why', 'two');
    assert.equal(lost.code, 1);
    assert.match(lost.stdout, /^two was started on db9 at .* as run run-of-two, of which nothing was heard any more/);
    await write(put(keys.tick('two', tickMs), { ...writer('db9', 'r'), fate: 'missed', atMs: tickMs }));
    const at = new Date(tickMs).toISOString();
    const missed = await jobctl(web1, 'why', 'two', '--at', at);
    assert.equal(missed.code, 1);
    assert.match(missed.stdout, /^two did not run at .*: no host started it, as db9 has found/);
    await jobctl(web1, 'pause', 'two', '--reason', 'upgrade');
    await web2.run('cron-generate', [], asRoot);
    const [why, status, next, start, listing] = await Promise.all([
      jobctl(web2, 'why', 'two'),
      jobctl(web2, 'status', 'two'),
      jobctl(web2, 'next', 'two'),
      jobctl(web2, 'start', 'two'),
      jobctl(web2, 'status'),
    ]);
    assert.match(why.stdout, /^two will not run.*: it is paused by .*: upgrade/);
    assert.match(status.stdout, /^paused: +by .*: upgrade; to end that: jobctl resume two$/m);
    assert.match(status.stdout, /^fleet tick: +.* missed$/m);
    assert.match(next.stdout, /two.* will be skipped: paused by .*: upgrade$/m);
    assert.match(next.stdout, /^on one of .*, this host among them; etcd decides at each tick$/m);
    assert.equal(start.code, 75);
    assert.match(start.stderr, /two is paused by .*: upgrade; to end that: jobctl resume two/);
    assert.match(listing.stdout, /^two +paused /m);
    assert.match((await jobctl(web2, 'history', 'two')).stdout, /^The last ticks on all hosts:\n {2}.* missed$/m);
    await jobctl(web1, 'resume', 'two');
    const unknown = await jobctl(cutOff, 'why', 'two', '--all');
    assert.match(
      unknown.stdout,
      /^two will not run: etcd can't be reached, so this host can claim no tick: .*ECONNREFUSED/,
    );
  });

  test('see the fleet: hosts, cordons, what runs where, pauses, and other job files', async () => {
    await Promise.all([seen('web1'), seen('web2', 'b2')]);
    const holder = await begin('one', 'web1', 'r1');
    await jobctl(web1, 'host', 'cordon', 'web2', '--reason', 'disk');
    await jobctl(web1, 'pause', '--tag', 'night', '--reason', 'upgrade');
    const start = (host: string, definition: string, hours: number) =>
      put(keys.tick('two', tickMs + hours * 3_600_000), {
        ...{ ...writer(host, `r-${hours}`), fate: 'started', atMs: tickMs, attempt: 1, definition, outcome: 'success' },
      });
    await write(start('web1', 'old', 1), start('web1', 'new', 2), start('web2', 'old', 3), start('web1', 'new', 4));
    const { stdout, code } = await jobctl(web2, 'fleet');
    assert.equal(code, 0);
    assert.match(stdout, /^etcd: reached; its clock and that of this host agree$/m);
    assert.match(stdout, /^HOST +STATE +SEEN +CLOCK +VERSION +RUNS +NOTE$/m);
    assert.match(stdout, /^web1 +there +[\d.]+ s ago +[+-][\d.]+ s +1\.0\.0 +one$/m);
    assert.match(stdout, /^web2 +cordoned .* cordoned by \S+ since .*: disk$/m);
    assert.match(stdout, /^tag night: paused by .*: upgrade$/m);
    assert.match(stdout, /^one .* runs on web1 since /m);
    assert.match(stdout, /^two .* success on web1 at .*; another job file: web2$/m);
    const answer = await value(web2, 'fleet');
    assertFleet(answer);
    const cut = await jobctl(cutOff, 'fleet', '--json');
    assert.equal(cut.code, 1);
    assertFleet(JSON.parse(cut.stdout));
    assert.match(cut.stderr, /this is what the configuration says; etcd can't be reached: .*ECONNREFUSED/);
    await end('one', holder);
    await Promise.all([jobctl(web1, 'host', 'uncordon', 'web2'), jobctl(web1, 'resume', '--tag', 'night')]);
  });

  test('see that two hosts have one name', async () => {
    // The other host wrote a moment ago, and this one is up for days.
    await seen('web1', 'other-boot');
    const mine = await seen('web1', 'b');
    assert.ok(mine.is === 'written');
    assert.equal(mine.beside?.boot, 'other-boot');
    assert.match((await jobctl(web2, 'fleet')).stdout, /^web1 .* two hosts have this name$/m);
    // After a boot the record before it is that of the same host.
    await write({ is: 'delete', key: keys.seen('web1') });
    await seen('web1', 'before');
    const booted = await seen('web1', 'after', 0);
    assert.ok(booted.is === 'written');
    assert.equal(booted.beside, undefined);
  });

  test('doctor names a cordon, two hosts with one name, and a member that is away', async () => {
    const house = houseOf('web1', [...cluster.endpoints, 'http://127.0.0.1:1']);
    await seen('web1', 'other-boot');
    await Promise.all([seen('web1', 'b'), jobctl(house, 'host', 'cordon', 'web1', '--reason', 'disk')]);
    const { stdout } = await house.run('jobctl', ['doctor'], asRoot);
    assert.match(stdout, /etcd: this host is cordoned by .*: disk; to end that: jobctl host uncordon web1/);
    assert.match(stdout, /etcd: another host has the name web1 too/);
    assert.match(stdout, /etcd: a member does not answer; .*127\.0\.0\.1:1: /);
    await jobctl(house, 'host', 'uncordon', 'web1');
  });
});
