/** A run keeps its lease and finds out when it has lost the job. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadlineOf } from '../../src/fleet/run/deadline.ts';
import type { HeldRun } from '../../src/fleet/run/held.ts';
import { Renewal } from '../../src/fleet/run/renew.ts';
import { Keys } from '../../src/fleet/store/keys.ts';
import type { Deadline } from '../../src/run/permission/run-deadline.ts';
import { ModelEngine } from './sim/model-engine.ts';
import { ModelHost, ModelProcess } from './sim/model-host.ts';
import { Chance, VirtualTime } from './sim/virtual-time.ts';

const keys = new Keys('/fleet/');

async function scene(act: (engine: ModelEngine, host: ModelHost, lease: string) => void, killGraceSeconds = 2) {
  const time = new VirtualTime();
  const engine = new ModelEngine(time, {}, () => {});
  const host = new ModelHost(1, { time, chance: new Chance(1), engine, faults: {} });
  host.start();
  const process = new ModelProcess(host);
  const id = engine.grant(60);
  const run = { is: 'put', key: keys.run('backup'), value: '{}', lease: id } as const;
  const answer = engine.txn([], [run]);
  const fence = answer.is === 'done' ? answer.revision : '';
  const record = { host: 'host1', boot: 'b', run: 'r1', atMs: 0, attempt: 1, definition: 'd' };
  const lease = { id, seconds: 60, askedBootMs: 0 };
  const held: HeldRun = { slug: 'backup', tickMs: 0, record, fence, locks: [], lease };
  const deadlines: (Deadline & { readonly toldBootMs: number })[] = [];
  const stops: string[] = [];
  const renewal = new Renewal(held, killGraceSeconds, {
    ...{ engine: process.fleetEngine, keys, clock: process.clock },
    onDeadline: (deadline) => deadlines.push({ ...deadline, toldBootMs: process.clock.sinceBootMs() }),
    onStop: ({ by }) => stops.push(by),
  });
  time.at(100_000, () => act(engine, host, id));
  time.at(200_000, () => renewal.close());
  await time.run(400_000);
  return { deadlines, stops, first: { ...deadlineOf(lease, killGraceSeconds), toldBootMs: 0 } };
}

/** The deadlines that lie in the past when they are told. */
const endings = (deadlines: readonly Deadline[]) =>
  deadlines.filter(({ termBootMs, killBootMs }) => termBootMs === killBootMs);

test('each renewal puts the deadline off', async () => {
  const { deadlines, stops, first } = await scene(() => {});
  assert.ok(deadlines.length >= 8, String(deadlines.length));
  assert.ok(deadlines.every(({ killBootMs }, place) => killBootMs > (deadlines[place - 1] ?? first).killBootMs));
  assert.deepEqual(endings(deadlines), []);
  assert.deepEqual(stops, []);
});

test('a run in touch with the engine is never ended, however long its processes may take to end', async () => {
  for (const killGraceSeconds of [0, 2, 30, 45, 49]) {
    const { deadlines, first } = await scene(() => {}, killGraceSeconds);
    const late = deadlines.filter(
      ({ toldBootMs }, place) => toldBootMs >= (deadlines[place - 1] ?? first).termBootMs - 1000,
    );
    assert.deepEqual(late, [], `kill_grace: ${killGraceSeconds}`);
    assert.ok(deadlines.length >= 3);
  }
});

test('a run ends when its host was declared lost, although its lease lives', async () => {
  const { deadlines } = await scene((engine) => engine.txn([], [{ is: 'delete', key: keys.run('backup') }]));
  const [end] = endings(deadlines);
  assert.ok(end !== undefined && end.killBootMs > 100_000 && end.killBootMs < 115_000, JSON.stringify(end));
});

test('a run ends when its lease is gone', async () => {
  const { deadlines } = await scene((engine, _, lease) => engine.revoke(lease));
  const [end] = endings(deadlines);
  assert.ok(end !== undefined && end.killBootMs < 125_000, JSON.stringify(end));
});

test('silence of the engine ends nothing before the deadline', async () => {
  const { deadlines } = await scene((_, host) => {
    host.isCut = true;
  });
  assert.deepEqual(endings(deadlines), []);
});

test('an order to stop is for one run', async () => {
  const order = (run: string) => JSON.stringify({ run, why: 'replaced', by: 'ada' });
  const put = (value: string) => ({ is: 'put', key: keys.stop('backup'), value }) as const;
  const stopped = await scene((engine) => engine.txn([], [put(order('r1'))]));
  assert.equal(stopped.stops[0], 'ada');
  const other = await scene((engine) => engine.txn([], [put(order('r0'))]));
  assert.deepEqual(other.stops, []);
});
