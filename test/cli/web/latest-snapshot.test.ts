/** The latest snapshot: how old it may be, what a look that takes long costs its readers, and that no change is lost meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SnapshotParts, snapshotKeeper } from '../../../src/cli/web/latest/latest-snapshot.ts';
import type { AnySnapshot } from '../../../src/report/text/job.ts';
import { job, nowMs, snapshot } from './scene.ts';

/** A host of which each job takes so long to look at; what is known of a job is a number, its description. */
class SlowHost {
  ms = 0;
  looks = 0;
  readonly known = new Map(['a', 'b', 'c', 'd'].map((slug) => [slug, 0]));
  readonly waiting: (() => void)[] = [];
  readonly perJobMs: number;
  isBroken = false;
  /** A look takes the jobs whose snapshots are still true. */
  keeps = false;
  /** The jobs that looks have looked at. */
  looked: string[] = [];
  readonly keeper;

  constructor(perJobMs: number) {
    this.perJobMs = perJobMs;
    this.keeper = snapshotKeeper({
      steps: (kept) => this.#steps(kept),
      some: (slugs) => slugs.flatMap((slug) => this.#job(slug) ?? []),
      clock: { monotonicMs: () => this.ms, nowMs: () => nowMs + this.ms },
      later: (then) => this.waiting.push(then),
    });
  }

  *#steps(kept: (slug: string) => AnySnapshot | undefined): ReturnType<SnapshotParts['steps']> {
    this.looks += 1;
    const atMs = nowMs + this.ms;
    const jobs = [];
    for (const slug of [...this.known.keys()].sort()) {
      const earlier = this.keeps ? kept(slug) : undefined;
      if (earlier === undefined) this.looked.push(slug);
      this.ms += earlier === undefined ? this.perJobMs : 1;
      jobs.push(...(earlier === undefined ? (this.#job(slug) ?? []) : [earlier]));
      yield undefined;
    }
    if (this.isBroken)
      return { ok: false, problems: [{ severity: 'error', file: '/jobs', message: 'permission denied' }] };
    return { ok: true, value: { ...snapshot, host: { ...snapshot.host, atMs }, jobs }, warnings: [] };
  }

  #job(slug: string) {
    const number = this.known.get(slug);
    return number === undefined ? undefined : [job(slug, [], { description: String(number) })];
  }

  change(slug: string): void {
    this.known.set(slug, (this.known.get(slug) ?? 0) + 1);
    this.keeper.changed(slug);
  }

  /** What a reader sees of all jobs. */
  seen(): string {
    return this.keeper
      .get()
      .jobs.map((one) => `${one.slug}${'description' in one ? one.description : ''}`)
      .join(' ');
  }

  /** One slice of the look under way. */
  slice(): void {
    (this.waiting.shift() ?? assert.fail('nothing waits'))();
  }
}

test('a quick host is looked at by each reader, but not twice a second', () => {
  const host = new SlowHost(1);
  assert.equal(host.seen(), 'a0 b0 c0 d0');
  host.seen();
  assert.equal(host.looks, 1);
  host.known.set('b', 7);
  host.ms += 1000;
  assert.equal(host.seen(), 'a0 b7 c0 d0');
  assert.deepEqual([host.looks, host.waiting.length], [2, 0]);
});

test('a reader who was told that a job has changed sees it at once, also within the second', () => {
  const host = new SlowHost(1);
  host.seen();
  host.change('b');
  assert.equal(host.seen(), 'a0 b1 c0 d0');
  host.known.set('c', 5);
  host.keeper.changed();
  assert.equal(host.seen(), 'a0 b1 c5 d0');
  assert.deepEqual([host.looks, host.waiting.length], [2, 0]);
});

test('a look in slices passes over the jobs whose snapshots are still true, but for five minutes only', () => {
  const host = new SlowHost(100);
  host.keeps = true;
  host.seen();
  const look = () => {
    host.looked = [];
    host.ms += 11_000;
    host.seen();
    while (host.waiting.length > 0) host.slice();
    return host.looked.join('');
  };
  assert.equal(look(), '');
  for (let n = 0; n < 60; n += 1) host.change(`many${n}`);
  host.change('b');
  assert.equal(host.seen().includes('b1'), false);
  assert.match(look(), /^bmany/);
  assert.match(host.seen(), /^a0 b1 c0 d0 many01 /);
  host.keeper.changed();
  assert.match(look(), /^abcdmany/);
  // A look that passes over all takes no time; the host is a slow one all the same.
  assert.equal(look(), '');
  host.ms += 40_000;
  assert.equal(look(), '');
  for (let n = 0; n < 6; n += 1) {
    host.ms += 40_000;
    look();
  }
  assert.match(look() + look(), /^(?:abcdmany|$)/);
  assert.equal(host.seen().startsWith('a0 b1'), true);
});

test('whoever waits until a slow host is ready waits for slices', async () => {
  const host = new SlowHost(100);
  const order: string[] = [];
  const ready = Promise.all([host.keeper.ready(), host.keeper.ready()]).then(() => order.push('ready'));
  while (host.waiting.length > 0) {
    order.push('slice');
    host.slice();
  }
  await ready;
  assert.deepEqual(order, ['slice', 'slice', 'slice', 'slice', 'slice', 'ready']);
  assert.equal(host.seen(), 'a0 b0 c0 d0');
  assert.equal(host.looks, 1);
  await host.keeper.ready();
  host.ms += 61_000;
  const again = host.keeper.ready();
  while (host.waiting.length > 0) host.slice();
  await again;
  host.isBroken = true;
  host.ms += 61_000;
  const failed = host.keeper.ready();
  while (host.waiting.length > 0) host.slice();
  await failed;
  assert.throws(() => host.seen(), /permission denied/);
});

test('on a slow host a reader waits for no look, and sees at once what has changed', () => {
  const host = new SlowHost(100);
  host.seen();
  const beganMs = host.ms;
  host.change('c');
  host.change('new');
  host.known.delete('a');
  host.keeper.changed('a');
  assert.equal(host.seen(), 'b0 c1 d0 new1');
  assert.equal(host.ms, beganMs);
  assert.equal(host.looks, 1);
  // After a rest all are looked at, in slices of one job here.
  host.known.set('d', 5);
  host.ms += 11_000;
  assert.equal(host.seen(), 'b0 c1 d0 new1');
  assert.equal(host.waiting.length, 1);
  while (host.waiting.length > 0) {
    const startedMs = host.ms;
    host.slice();
    assert.ok(host.ms - startedMs <= 100);
  }
  assert.equal(host.seen(), 'b0 c1 d5 new1');
  assert.equal(host.looks, 2);
});

test('a job that changes after a look has passed it is not lost', () => {
  const host = new SlowHost(100);
  host.seen();
  host.ms += 11_000;
  host.seen();
  host.slice();
  host.slice();
  host.change('a');
  assert.equal(host.seen(), 'a1 b0 c0 d0');
  while (host.waiting.length > 0) host.slice();
  assert.equal(host.seen(), 'a1 b0 c0 d0');
});

test('when any job may have changed, also during a look, all are looked at again', () => {
  const host = new SlowHost(100);
  host.seen();
  host.known.set('a', 3);
  host.keeper.changed();
  host.seen();
  assert.equal(host.waiting.length, 1);
  host.slice();
  host.known.set('a', 4);
  host.keeper.changed();
  while (host.waiting.length > 0) host.slice();
  assert.equal(host.seen(), 'a3 b0 c0 d0');
  assert.equal(host.waiting.length, 1);
  while (host.waiting.length > 0) host.slice();
  assert.equal(host.seen(), 'a4 b0 c0 d0');
});

test('a snapshot that nobody has asked for in a minute is not shown, and a host that can not be read is an error', () => {
  const host = new SlowHost(100);
  host.seen();
  host.known.set('a', 1);
  host.ms += 61_000;
  assert.equal(host.seen(), 'a1 b0 c0 d0');
  host.isBroken = true;
  host.ms += 11_000;
  host.seen();
  while (host.waiting.length > 0) host.slice();
  assert.throws(() => host.seen(), /permission denied/);
  host.isBroken = false;
  assert.equal(host.seen(), 'a1 b0 c0 d0');
});
