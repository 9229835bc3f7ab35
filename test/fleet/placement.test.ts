/**
 * Which host of a pool has a job: properties that hold for all names, and answers that must stay as
 * they are for ever.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidates, type Placed, rendezvous, soleHost, turns } from '../../src/fleet/placement.ts';

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const hostName = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
const pool = fc.uniqueArray(hostName, { minLength: 1, maxLength: 12 });
const slug = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `web${index + 1}.example.org`);
const jobs = Array.from({ length: 400 }, (_, index) => `job-${index}`);

test('the order of the list does not matter, unless it is the order', () => {
  fc.assert(
    fc.property(
      slug,
      pool.chain((hosts) => fc.tuple(fc.constant(hosts), fc.shuffledSubarray(hosts, { minLength: hosts.length }))),
      (job, [hosts, shuffled]) => {
        assert.deepEqual(rendezvous(job, shuffled, digest), rendezvous(job, hosts, digest));
        for (const placement of ['spread', 'sticky'] as const) {
          const placed = (names: readonly string[]): Placed => ({ slug: job, pool: names, placement });
          assert.deepEqual(candidates(placed(shuffled), 3, digest), candidates(placed(hosts), 3, digest));
          assert.equal(soleHost(placed(shuffled), digest), soleHost(placed(hosts), digest));
        }
        assert.equal(soleHost({ slug: job, pool: shuffled, placement: 'ordered' }, digest), shuffled[0]);
      },
    ),
  );
});

test('each host stands in the order once, and candidates are its beginning', () => {
  fc.assert(
    fc.property(
      slug,
      pool,
      fc.constantFrom('spread' as const, 'sticky' as const, 'ordered' as const),
      fc.nat(15),
      (job, hosts, placement, count) => {
        const placed: Placed = { slug: job, pool: hosts, placement };
        const all = candidates(placed, hosts.length, digest);
        assert.equal(soleHost(placed, digest), all[0]);
        assert.deepEqual([...all].sort(), [...hosts].sort());
        assert.deepEqual(candidates(placed, count, digest), all.slice(0, count));
        assert.deepEqual(
          [...turns({ slug: job, placement, hosts: all }, '20261129T020000Z', digest)].sort(),
          [...hosts].sort(),
        );
        if (placement !== 'spread')
          assert.deepEqual(turns({ slug: job, placement, hosts: all }, '20261129T020000Z', digest), all);
      },
    ),
  );
});

test('a host that joins or leaves moves only its own share', () => {
  fc.assert(
    fc.property(slug, pool, hostName, (job, hosts, joining) => {
      fc.pre(!hosts.includes(joining));
      const before = rendezvous(job, hosts, digest);
      const after = rendezvous(job, [...hosts, joining], digest);
      assert.deepEqual(
        after.filter((host) => host !== joining),
        before,
      );
    }),
  );
  const ten = numbered(10);
  const hostOf = (job: string, hosts: readonly string[]) =>
    soleHost({ slug: job, pool: hosts, placement: 'sticky' }, digest);
  const moved = jobs.filter((job) => hostOf(job, ten) !== hostOf(job, [...ten, 'web11.example.org']));
  assert.ok(moved.every((job) => hostOf(job, [...ten, 'web11.example.org']) === 'web11.example.org'));
  assert.ok(moved.length > 15 && moved.length < 65, `${moved.length} of 400 jobs moved to an eleventh host`);
});

test('jobs are spread evenly over the hosts, and the ticks of a job over its candidates', () => {
  const shares = (names: readonly (string | undefined)[]) =>
    [...new Set(names)].map((name) => names.filter((other) => other === name).length);
  const perHost = shares(jobs.map((job) => soleHost({ slug: job, pool: numbered(8), placement: 'spread' }, digest)));
  assert.equal(perHost.length, 8);
  assert.ok(Math.min(...perHost) > 25 && Math.max(...perHost) < 80, `${perHost}`);
  const hosts = numbered(3);
  const perTick = shares(jobs.map((tick) => turns({ slug: 'backup', placement: 'spread', hosts }, tick, digest)[0]));
  assert.equal(perTick.length, 3);
  assert.ok(Math.min(...perTick) > 90, `${perTick}`);
});

test('the answers stay as they are: hosts with other versions compute the same', () => {
  assert.deepEqual(
    rendezvous('backup', numbered(5), digest),
    [3, 2, 4, 1, 5].map((n) => `web${n}.example.org`),
  );
  assert.deepEqual(turns({ slug: 'backup', placement: 'spread', hosts: numbered(5) }, '20261129T020000Z', digest), [
    ...[5, 3, 2, 4, 1].map((n) => `web${n}.example.org`),
  ]);
});

test('an empty pool has no host', () => {
  assert.equal(soleHost({ slug: 'backup', pool: [], placement: 'spread' }, digest), undefined);
});
