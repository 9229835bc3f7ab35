/** What every engine of a fleet must do, as a table of cases. */
import assert from 'node:assert/strict';
import { claim } from '../../src/fleet/claim/claim.ts';
import type { ClaimRequest, FleetJob } from '../../src/fleet/claim/request.ts';
import { holdBack, letGo } from '../../src/fleet/orders.ts';
import { finish } from '../../src/fleet/run/finish.ts';
import { Keys } from '../../src/fleet/store/keys.ts';
import type { Clock } from '../../src/system/types/clock.ts';
import { absent, type Change, type Engine } from '../../src/system/types/engine.ts';

/** Patient, because the machine may be busy with other tests. */
export const patience = { patienceMs: 60_000 };

interface Place {
  readonly engine: Engine;
  /** Nothing is below it yet. */
  readonly prefix: string;
}

export function put(key: string, value: string, lease?: string): Change {
  return { is: 'put', key, value, ...(lease !== undefined && { lease }) };
}

export async function done(engine: Engine, changes: readonly Change[]): Promise<string> {
  const answer = await engine.txn([], changes, patience);
  assert.equal(answer.is, 'done', JSON.stringify(answer));
  return answer.is === 'done' ? answer.revision : '';
}

export async function valuesIn(engine: Engine, prefix: string): Promise<Readonly<Record<string, string>>> {
  const answer = await engine.read([{ prefix }], patience);
  assert.ok(answer.is === 'read', JSON.stringify(answer));
  return Object.fromEntries(answer.entries.map(({ key, value }) => [key.slice(prefix.length), value]));
}

export async function leaseOf(engine: Engine, seconds: number): Promise<string> {
  const answer = await engine.grant(seconds, patience);
  assert.ok(answer.is === 'granted', JSON.stringify(answer));
  return answer.lease;
}

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sinceBootMs: () => performance.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

const job: FleetJob = {
  ...{ slug: 'backup', tags: ['db'], locks: ['orders'], definition: 'd', rule: 'A', takeoverSeconds: 300 },
  ...{ whenBusy: 'skip', busyPatienceSeconds: 60, killGraceSeconds: 5, ticksAfter: () => [] },
};

function ask({ engine, prefix }: Place, request: Pick<ClaimRequest, 'tickMs' | 'run' | 'host'>) {
  const ports = { engine, keys: new Keys(prefix), clock, tryLock: async () => true, outcomeOf: () => undefined };
  return claim(job, { ...request, boot: 'b', rank: 0, contactPatienceMs: 60_000 }, ports);
}

export const cases: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  async 'nothing is read where nothing is, with the time'({ engine, prefix }) {
    const beforeMs = Date.now();
    const answer = await engine.read([{ prefix }, { key: `${prefix}a` }], patience);
    assert.ok(answer.is === 'read');
    assert.deepEqual(answer.entries, []);
    const { nowMs, errorMs } = answer.time;
    assert.ok(nowMs >= beforeMs - errorMs - 1 && nowMs <= Date.now() + errorMs + 1, `${beforeMs} ${nowMs}`);
  },
  async 'a value is read as it was written'({ engine, prefix }) {
    const value = `{"grüße":"\u{1F600}\\n"}\n${'x'.repeat(100_000)}`;
    await done(engine, [put(`${prefix}a`, value), put(`${prefix}b`, '')]);
    assert.deepEqual(await valuesIn(engine, prefix), { a: value, b: '' });
  },
  async 'a prefix has no neighbours'({ engine, prefix }) {
    await done(
      engine,
      ['job/a/x', 'job/a0', 'job/ab/x', 'job/a'].map((key) => put(prefix + key, key)),
    );
    assert.deepEqual(await valuesIn(engine, `${prefix}job/a/`), { x: 'job/a/x' });
  },
  async 'several ranges are read at once'({ engine, prefix }) {
    await done(
      engine,
      ['a/1', 'a/2', 'b', 'c'].map((key) => put(prefix + key, key)),
    );
    const answer = await engine.read([{ prefix: `${prefix}a/` }, { key: `${prefix}c` }], patience);
    assert.ok(answer.is === 'read');
    assert.deepEqual(
      answer.entries.map(({ value }) => value),
      ['a/1', 'a/2', 'c'],
    );
  },
  async 'a key is created once'({ engine, prefix }) {
    const create = () => engine.txn([{ key: `${prefix}a`, modified: absent }], [put(`${prefix}a`, '1')], patience);
    assert.equal((await create()).is, 'done');
    assert.equal((await create()).is, 'refused');
  },
  async 'of twenty that ask at once, one creates it'({ engine, prefix }) {
    const key = `${prefix}a`;
    const asks = Array.from({ length: 20 }, (_, one) =>
      engine.txn([{ key, modified: absent }], [put(key, String(one)), put(`${prefix}by/${one}`, '')], patience),
    );
    await Promise.all(asks);
    assert.equal(Object.keys(await valuesIn(engine, `${prefix}by/`)).length, 1);
  },
  async 'a guard holds until the key is written again'({ engine, prefix }) {
    const guard = { key: `${prefix}a`, modified: await done(engine, [put(`${prefix}a`, '1')]) };
    assert.equal((await engine.txn([guard], [put(`${prefix}b`, '1')], patience)).is, 'done');
    await done(engine, [put(`${prefix}a`, '1')]);
    assert.equal((await engine.txn([guard], [put(`${prefix}b`, '2')], patience)).is, 'refused');
    assert.deepEqual(await valuesIn(engine, prefix), { a: '1', b: '1' });
  },
  async 'a key that was removed is absent'({ engine, prefix }) {
    const key = `${prefix}a`;
    await done(engine, [put(key, '1')]);
    await done(engine, [{ is: 'delete', key }]);
    assert.equal((await engine.txn([{ key, modified: absent }], [put(key, '2')], patience)).is, 'done');
  },
  async 'a refused transaction changes nothing'({ engine, prefix }) {
    const guards = [
      { key: `${prefix}a`, modified: absent },
      { key: `${prefix}b`, modified: '1' },
    ];
    assert.equal((await engine.txn(guards, [put(`${prefix}a`, '1')], patience)).is, 'refused');
    assert.deepEqual(await valuesIn(engine, prefix), {});
  },
  async 'revisions grow, and are those of the keys'({ engine, prefix }) {
    const first = await done(engine, [put(`${prefix}a`, '1'), put(`${prefix}b`, '1')]);
    const second = await done(engine, [put(`${prefix}c`, '1')]);
    assert.ok(BigInt(second) > BigInt(first));
    const answer = await engine.read([{ prefix }], patience);
    assert.ok(answer.is === 'read');
    assert.deepEqual(
      answer.entries.map(({ modified }) => modified),
      [first, first, second],
    );
  },
  async 'a range is removed without its end'({ engine, prefix }) {
    await done(
      engine,
      ['1', '2', '3', '4'].map((key) => put(prefix + key, key)),
    );
    await done(engine, [{ is: 'delete-range', from: `${prefix}2`, to: `${prefix}3\0` }]);
    assert.deepEqual(Object.keys(await valuesIn(engine, prefix)), ['1', '4']);
  },
  async 'a lease that is revoked takes its keys along'({ engine, prefix }) {
    const lease = await leaseOf(engine, 60);
    await done(engine, [put(`${prefix}a`, '1', lease), put(`${prefix}b`, '1', lease), put(`${prefix}c`, '1')]);
    assert.equal((await engine.revoke(lease, patience)).is, 'revoked');
    assert.deepEqual(await valuesIn(engine, prefix), { c: '1' });
  },
  async 'a lease is revoked twice'({ engine }) {
    const lease = await leaseOf(engine, 60);
    assert.equal((await engine.revoke(lease, patience)).is, 'revoked');
    assert.equal((await engine.revoke(lease, patience)).is, 'revoked');
  },
  async 'a lease lasts at least its time from before it was asked for'({ engine, prefix }) {
    const askedMs = performance.now();
    const answer = await engine.grant(2, patience);
    assert.ok(answer.is === 'granted');
    await done(engine, [put(`${prefix}a`, '1', answer.lease)]);
    while (Object.keys(await valuesIn(engine, prefix)).length > 0);
    assert.ok(performance.now() - askedMs >= answer.seconds * 1000);
  },
  async 'a lease is renewed by its id, however great'({ engine }) {
    const lease = await leaseOf(engine, 60);
    assert.match(lease, /^\d+$/);
    assert.deepEqual(await engine.keepAlive(lease, patience), { is: 'renewed', seconds: 60 });
    assert.deepEqual(await engine.keepAlive('9007199254740993', patience), { is: 'gone' });
  },
  async 'a revoked lease can not be renewed'({ engine }) {
    const lease = await leaseOf(engine, 60);
    await engine.revoke(lease, patience);
    assert.deepEqual(await engine.keepAlive(lease, patience), { is: 'gone' });
  },
  async 'nothing is written on a lease that is gone'({ engine, prefix }) {
    const lease = await leaseOf(engine, 60);
    await engine.revoke(lease, patience);
    const answer = await engine.txn([], [put(`${prefix}a`, '1'), put(`${prefix}b`, '1', lease)], patience);
    assert.equal(answer.is, 'no-lease');
    assert.deepEqual(await valuesIn(engine, prefix), {});
  },
  async 'a key leaves its lease when it is written without'({ engine, prefix }) {
    const lease = await leaseOf(engine, 60);
    await done(engine, [put(`${prefix}a`, '1', lease)]);
    await done(engine, [put(`${prefix}a`, '2')]);
    await engine.revoke(lease, patience);
    assert.deepEqual(await valuesIn(engine, prefix), { a: '2' });
  },
  async 'a transaction may have 128 guards and 128 changes'({ engine, prefix }) {
    const names = Array.from({ length: 128 }, (_, one) => `${prefix}${one}`);
    const answer = await engine.txn(
      names.map((key) => ({ key, modified: absent })),
      names.map((key) => put(key, '')),
      patience,
    );
    assert.equal(answer.is, 'done');
  },
  async 'a transaction that puts a key twice is not carried out'({ engine, prefix }) {
    const answer = await engine.txn([], [put(`${prefix}a`, '1'), put(`${prefix}a`, '2')], patience);
    assert.equal(answer.is, 'unreachable');
    assert.deepEqual(await valuesIn(engine, prefix), {});
  },
  async 'of five hosts that claim a tick, one has it'(place) {
    const tickMs = Math.floor(Date.now() / 1000) * 1000 - 1000;
    const hosts = ['h1', 'h2', 'h3', 'h4', 'h5'];
    const answers = await Promise.all(hosts.map((host) => ask(place, { tickMs, host, run: `r-${host}` })));
    const found = answers.map(({ is }) => is).sort();
    assert.equal(found.filter((is) => is === 'mine').length, 1, JSON.stringify(answers));
    assert.deepEqual([...new Set(found)], ['had', 'mine']);
  },
  async 'a run ends, and the next one has a greater fence'(place) {
    const { engine, prefix } = place;
    const tickMs = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const first = await ask(place, { tickMs, host: 'h1', run: 'r1' });
    assert.ok(first.is === 'mine', JSON.stringify(first));
    const meanwhile = await ask(place, { tickMs: tickMs + 1000, host: 'h2', run: 'r2' });
    assert.ok(meanwhile.is === 'skipped' && meanwhile.why === 'running', JSON.stringify(meanwhile));
    const ports = { engine, keys: new Keys(prefix) };
    assert.deepEqual(await finish(first.held, 'succeeded', ports, 60_000), { is: 'written' });
    assert.deepEqual(await finish(first.held, 'succeeded', ports, 60_000), { is: 'written' });
    const second = await ask(place, { tickMs: tickMs + 2000, host: 'h2', run: 'r3' });
    assert.ok(second.is === 'mine', JSON.stringify(second));
    assert.ok(BigInt(second.held.fence) > BigInt(first.held.fence));
    const keys = Object.keys(await valuesIn(engine, prefix));
    assert.ok(keys.includes('lock/orders') && keys.includes('host/h2/run/backup'), keys.join(' '));
  },
  async 'nothing starts after a pause or a cordon has returned'(place) {
    const { engine, prefix } = place;
    const ports = { engine, keys: new Keys(prefix) };
    const tickMs = Math.floor(Date.now() / 1000) * 1000 - 5000;
    await holdBack({ host: 'h1' }, { by: 'ada', atMs: tickMs }, ports, patience);
    assert.deepEqual(await ask(place, { tickMs, host: 'h1', run: 'r1' }), { is: 'cordoned' });
    await letGo({ host: 'h1' }, ports, patience);
    await holdBack({ tag: 'db' }, { by: 'ada', atMs: tickMs }, ports, patience);
    const paused = await ask(place, { tickMs, host: 'h1', run: 'r2' });
    assert.ok(paused.is === 'skipped' && paused.why === 'paused', JSON.stringify(paused));
  },
};
