/** Which hosts have a job of a pool, and how that is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elsewhereWords, hostWords, poollessWords, rankAt, seated, seatOf, seatWords } from '../../src/fleet/seat.ts';

const web = ['web1', 'web2', 'web3'];
const fleet = (host: string) => ({ host, pools: { web, spare: [] } });
const pool = (runs: 'one' | 'each', placement: 'sticky' | 'ordered' = 'sticky', name = 'web') => ({
  name,
  runs,
  placement,
});

test('a job of a pool is on one host, the same by the answer of each, or on each of them', () => {
  for (const placement of ['sticky', 'ordered'] as const) {
    const seats = [...web, 'db1'].map((host) => seatOf('backup', pool('one', placement), fleet(host)));
    assert.equal(seats.filter(({ isHere }) => isHere).length, 1);
    assert.equal(new Set(seats.map(({ hosts }) => hosts.join())).size, 1);
  }
  assert.deepEqual(seatOf('backup', pool('one', 'ordered'), fleet('web2')).hosts, ['web1']);
  const each = [...web, 'db1'].map((host) => seatOf('backup', pool('each'), fleet(host)).isHere);
  assert.deepEqual(each, [true, true, true, false]);
});

test('a pool without hosts, or with the name of a property of every object, has no job anywhere', () => {
  for (const name of ['spare', 'constructor', 'toString']) {
    const seat = seatOf('backup', pool('each', 'sticky', name), fleet('web1'));
    assert.deepEqual([seat.hosts, seat.isHere], [[], false]);
  }
});

test('nothing starts a job on a host that does not have it', () => {
  const job = { slug: 'backup', enabled: true, pool: pool('one', 'ordered') };
  assert.equal(seated(job, fleet('web1')).enabled, true);
  assert.equal(seated(job, fleet('web2')).enabled, false);
  assert.equal(seated({ ...job, enabled: false }, fleet('web1')).enabled, false);
  assert.deepEqual(seated({ slug: 'plain', enabled: true }, fleet('db1')), { slug: 'plain', enabled: true });
});

test('the words say where a job is, and that no other host takes over', () => {
  const seat = (host: string, runs: 'one' | 'each') => seatOf('backup', pool(runs, 'ordered'), fleet(host));
  assert.equal(elsewhereWords(seat('db1', 'one')), 'belongs to web1 (pool web); this host is db1');
  assert.equal(
    seatWords(seat('web1', 'one')),
    'on web1 of the pool web, this host; no other host takes over while it is away',
  );
  assert.equal(seatWords(seat('web2', 'each')), 'on web1, web2, web3 of the pool web, this host too');
  const none = seatOf('backup', pool('one', 'sticky', 'spare'), fleet('db1'));
  assert.equal(elsewhereWords(none), 'belongs to no host: the pool "spare" is empty; this host is db1');
  assert.equal(hostWords(Array.from({ length: 12 }, (_, at) => `h${at}`)), 'h0, h1, h2 and 9 more');
});

test('the candidates of a job about which etcd decides are the same by the answer of each host, and have their turns', () => {
  const claims = { candidates: 2, onLostRun: 'record', withoutEngine: 'skip' } as const;
  for (const placement of ['spread', 'sticky', 'ordered'] as const) {
    const jobPool = { name: 'web', runs: 'one', placement, claims } as const;
    const seats = [...web, 'db1'].map((host) => seatOf('backup', jobPool, fleet(host)));
    assert.equal(seats.filter(({ isHere }) => isHere).length, 2, placement);
    assert.equal(new Set(seats.map(({ hosts }) => hosts.join())).size, 1);
    for (const tick of ['20261129T020000Z', '20261129T030000Z'])
      assert.deepEqual(seats.map((seat) => rankAt('backup', jobPool, seat, tick)).sort(), [-1, -1, 0, 1]);
    const all = { ...jobPool, claims: { ...claims, candidates: 'all' } } as const;
    assert.deepEqual([...seatOf('backup', all, fleet('web1')).hosts].sort(), web);
  }
  const ordered = { name: 'web', runs: 'one', placement: 'ordered', claims } as const;
  assert.equal(
    elsewhereWords(seatOf('backup', ordered, fleet('web3'))),
    'belongs to one of web1, web2 (pool web); this host is web3',
  );
  assert.equal(
    seatWords(seatOf('backup', ordered, fleet('web2'))),
    'on one of web1, web2 of the pool web, this host among them; etcd decides at each tick',
  );
});

test('a host that is in no pool hears which name may be its own, unless there are two', () => {
  const pools = { web: ['web1.example.org', 'web2.a.org', 'web2.b.org'] };
  assert.equal(poollessWords({ host: 'web1.example.org', pools }), undefined);
  assert.match(poollessWords({ host: 'web1', pools }) ?? '', /write "fleet: \{host: web1\.example\.org\}"$/);
  assert.match(poollessWords({ host: 'web1.other.org', pools }) ?? '', /if it is web1\.example\.org there/);
  assert.match(poollessWords({ host: 'web2', pools }) ?? '', /names a pool$/);
});
