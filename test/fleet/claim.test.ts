/** A claim of which nobody waits for the answer any more, and an engine that refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claim } from '../../src/fleet/claim/claim.ts';
import type { ClaimAnswer, FleetJob } from '../../src/fleet/claim/request.ts';
import { enterUnclaimed } from '../../src/fleet/permission/enter.ts';
import { freeHost } from '../../src/fleet/run/free-host.ts';
import { Keys } from '../../src/fleet/store/keys.ts';
import type { Engine } from '../../src/system/types/engine.ts';
import { epochMs, ModelEngine } from './sim/model-engine.ts';
import { ModelHost, ModelProcess } from './sim/model-host.ts';
import { Chance, VirtualTime } from './sim/virtual-time.ts';

const keys = new Keys('/fleet/');
/** What has begun has asked the engine. */
const settled = () => new Promise(setImmediate);
const patience = { patienceMs: 1000 };

const job: FleetJob = {
  ...{ slug: 'backup', tags: [], locks: [], definition: 'd', rule: 'A', whenBusy: 'skip' },
  ...{ busyPatienceSeconds: 60, killGraceSeconds: 2, ticksAfter: () => [] },
};

function scene() {
  const time = new VirtualTime();
  const engine = new ModelEngine(time, {}, () => {});
  const host = new ModelHost(1, { time, chance: new Chance(1), engine, faults: {} });
  host.start();
  return { time, host, process: new ModelProcess(host) };
}

interface Asked {
  readonly rank?: number;
  readonly overMs?: number;
  readonly engine?: (process: ModelProcess) => Engine;
  readonly isCut?: boolean;
}

/** The answer, and when it came. */
async function ask({ rank = 0, overMs = Number.POSITIVE_INFINITY, isCut = false, engine }: Asked) {
  const { time, host, process } = scene();
  host.isCut = isCut;
  let answer: ClaimAnswer | undefined;
  let atMs = 0;
  void claim(
    job,
    { tickMs: epochMs, rank, host: 'host1', boot: 'b', run: 'r1', contactPatienceMs: 600_000 },
    {
      ...{ engine: engine?.(process) ?? process.fleetEngine, keys, clock: process.clock },
      tryLock: async () => true,
      isOver: () => time.nowMs >= overMs,
      outcomeOf: () => undefined,
    },
  ).then((given) => {
    answer = given;
    atMs = time.nowMs;
  });
  await settled();
  await time.run(1_000_000);
  return { is: answer?.is, atMs };
}

test('a run that is asked to stop while etcd is away ends soon, however long it could wait', async () => {
  const { is, atMs } = await ask({ isCut: true, overMs: 20_000 });
  assert.equal(is, 'over');
  assert.ok(atMs < 30_000, String(atMs));
});

test('a run that is asked to stop while it waits for its turn ends soon', async () => {
  const { is, atMs } = await ask({ rank: 50, overMs: 20_000 });
  assert.equal(is, 'over');
  assert.ok(atMs < 22_000, String(atMs));
});

for (const [what, isRead] of [
  ['each request', true],
  ['each change', false],
] as const)
  test(`an engine that refuses ${what} is asked about once a second`, async () => {
    let requests = 0;
    const { is, atMs } = await ask({
      engine: ({ fleetEngine, clock }) => {
        const refuse = async () => {
          requests += 1;
          await new Promise<void>((resolve) => clock.after(20, resolve));
          return { is: 'unreachable', reason: 'permission denied' } as const;
        };
        return { ...fleetEngine, txn: refuse, ...(isRead && { read: refuse }) };
      },
    });
    assert.equal(is, 'unreachable');
    assert.ok(atMs >= 500_000 && requests > 100 && requests <= 620, `${requests} requests in ${atMs} ms`);
  });

/** An engine whose answers come at once. */
function nearEngine(): Engine {
  const { host, process } = scene();
  return {
    ...process.fleetEngine,
    txn: async (guards, changes) => host.engine.txn(guards, changes),
    read: async (ranges) => ({
      ...{ is: 'read', entries: host.engine.read(ranges) },
      time: { nowMs: epochMs, errorMs: 500, member: 'm' },
    }),
  };
}

test('a key of the fleet that names no job frees nothing, and takes no lock', async () => {
  const engine = nearEngine();
  const touched: string[] = [];
  for (const name of ['..%2F..%2Fetc', '%', '.hidden', 'a/b', 'backup'])
    await engine.txn([], [{ is: 'put', key: `${keys.hostRuns('host1')}${name}`, value: '{}' }], patience);
  const whileOver = async (slug: string) => void touched.push(slug);
  const freed = await freeHost({ host: 'host1', whileOver, outcomeOf: () => undefined }, { engine, keys }, patience);
  assert.deepEqual(freed, { is: 'freed', runs: [] });
  assert.deepEqual(touched, ['backup']);
});

const record = {
  ...{ fate: 'started' as const, host: 'host1', boot: 'b', run: 'r1', atMs: epochMs, attempt: 1, definition: 'd' },
};
const twice = ['another host has had this tick too, so the job ran twice'];
const entered = { ...record, outcome: 'succeeded' };

for (const [what, before, warnings, after] of [
  ['no fate', undefined, [], entered],
  ['the fate of its own claim, of which the answer was lost', record, [], entered],
  ['a run of another host', { ...record, run: 'r2' }, twice, { ...record, run: 'r2' }],
  [
    'the fate of a missed tick',
    { fate: 'missed', host: 'host2', boot: 'b', run: 'r2', atMs: epochMs },
    ['the other hosts did not know of it, and have its tick as missed'],
    { fate: 'missed', host: 'host2', boot: 'b', run: 'r2', atMs: epochMs },
  ],
] as const)
  test(`a run without a claim ends where its tick has ${what}`, async () => {
    const engine = nearEngine();
    const key = keys.tick('backup', epochMs);
    if (before !== undefined) await engine.txn([], [{ is: 'put', key, value: JSON.stringify(before) }], patience);
    const run = { slug: 'backup', tickMs: epochMs, record, locks: [] };
    assert.deepEqual(await enterUnclaimed(run, 'succeeded', { engine, keys }), warnings);
    const read = await engine.read([{ key }], patience);
    assert.deepEqual(read.is === 'read' && JSON.parse(read.entries[0]?.value ?? '{}'), after);
  });
