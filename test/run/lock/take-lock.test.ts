import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../../../src/job/keys/policy.ts';
import { timingOf } from '../../../src/job/keys/timing.ts';
import { parseEvents } from '../../../src/run/history/event-lines.ts';
import { type Taken, takeLock } from '../../../src/run/lock/take-lock.ts';
import { StopWatch } from '../../../src/run/stop-watch.ts';
import type { LockHolder } from '../../../src/system/types/lock.ts';
import { fakeHost } from '../../fakes/host.ts';

const orphaned: LockHolder = { state: 'orphaned', runId: 'old', pids: [5, 6], deadlineSinceBootMs: 1_000_000 };
const running: LockHolder = { state: 'running', runId: 'old', wrapper: { pid: 9, startTicks: '1' }, pids: [] };

type FakeHost = ReturnType<typeof fakeHost>;

interface Case {
  readonly policy?: Parameters<typeof policyOf>[0];
  readonly deadline?: string;
  readonly paused?: () => string | undefined;
  readonly allowOvertime?: boolean;
  readonly tick?: { readonly tickMs: number };
  readonly ancestors?: readonly string[];
  readonly run?: string;
}

function take(host: FakeHost, { policy = {}, deadline, ...more }: Case = {}): Promise<Taken> {
  const { paused = () => undefined, allowOvertime = false, ancestors = [], run = 'new', tick } = more;
  const timing = timingOf(deadline === undefined ? {} : { start_deadline: deadline });
  const job = { slug: 'backup', killGraceSeconds: 10, policy: policyOf(policy), timing, allowOvertime };
  const watch = new StopWatch(host.stops);
  const trigger = { by: 'clock' } as const;
  return takeLock({ slug: 'backup', run, trigger, job, ancestors, watch, paused, ...(tick && { tick }) }, host);
}

function events(host: FakeHost): readonly string[] {
  return parseEvents(host.history.read('backup')).map(({ event, run }) => `${event} ${run}`);
}

const queue = { cron_collision_policy: 'queue' };
const replace = { cron_collision_policy: 'Kill_Existing' };

test('remaining processes past their timeout are ended within the grace of the job, and the next run begins', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', orphaned);
  const taking = take(host);
  await host.clock.advance(3500);
  const taken = await taking;
  assert.deepEqual(host.sweeper.swept, [{ runId: 'old', graceMs: 10_000 }]);
  assert.match(
    taken.is === 'held' ? (taken.warnings[0] ?? '') : '',
    /^run old had lost its run-job.*: 5 forever, 6 forever$/,
  );
});

test('remaining processes that can not be killed are tried once and keep the lock', async () => {
  const host = fakeHost();
  host.sweeper.canNotKill = true;
  host.locks.holders.set('backup', orphaned);
  const taking = take(host);
  await host.clock.advance(10_000);
  const taken = await taking;
  assert.match(taken.is === 'skipped' ? taken.words : '', /are alive: 5, 6$/);
  assert.equal(host.sweeper.swept.length, 1);
});

test('an orphaned run without a timeout keeps the lock until an operator ends it', async () => {
  const host = fakeHost();
  const { deadlineSinceBootMs: _none, ...endless } = orphaned;
  host.locks.holders.set('backup', endless);
  const taking = take(host);
  await host.clock.advance(3500);
  assert.equal((await taking).is, 'skipped');
  assert.deepEqual(host.sweeper.swept, []);
});

test('QUEUE: the new run begins when the old one has ended, and is recorded as waiting until then', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', running);
  const taking = take(host, { policy: queue });
  await host.clock.advance(600_000);
  assert.equal(host.locks.holder('backup@next')?.runId, 'new');
  assert.deepEqual(events(host), ['waiting new']);
  host.locks.holders.delete('backup');
  await host.clock.advance(1000);
  assert.equal((await taking).is, 'held');
  assert.equal(host.locks.holder('backup')?.runId, 'new');
  assert.equal(host.locks.holder('backup@next'), undefined);
});

test('QUEUE: at most one run waits, and no run overtakes it', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', running);
  const first = take(host, { policy: queue, run: 'first' });
  await host.clock.advance(1000);
  const second = await take(host, { policy: queue, run: 'second' });
  const words = 'run first is already queued; at most one run can wait';
  assert.deepEqual(second, { is: 'skipped', reason: 'queue-full', words, allowed: false });
  host.locks.holders.delete('backup');
  const third = await take(host, { policy: queue, run: 'third' });
  assert.equal(third.is === 'skipped' && third.reason, 'queue-full');
  await host.clock.advance(1000);
  assert.equal((await first).is, 'held');
});

test('QUEUE: a run that has waited for an hour, or until its deadline, is skipped and names the holder', async () => {
  for (const [deadline, beforeMs, tick] of [
    [undefined, 3_599_000, undefined],
    ['10m', 599_000, undefined],
    ['10m', 479_000, 120_000],
    // A tick that is caught up after its deadline has all of it again.
    ['10m', 599_000, 7_200_000],
  ] as const) {
    const host = fakeHost();
    host.locks.holders.set('backup', running);
    const ends: Taken[] = [];
    const ofTick = tick === undefined ? {} : { tick: { tickMs: host.clock.nowMs() - tick } };
    const given = { policy: queue, ...(deadline !== undefined && { deadline }), ...ofTick };
    void take(host, given).then((taken) => ends.push(taken));
    await host.clock.advance(beforeMs);
    assert.equal(ends.length, 0);
    await host.clock.advance(3000);
    const [taken] = ends;
    assert.equal(taken?.is === 'skipped' && taken.reason, 'deadline');
    assert.match(
      taken?.is === 'skipped' ? taken.words : '',
      /of waiting it is too late to start; still running .*run old/,
    );
    assert.equal(host.locks.holder('backup@next'), undefined);
    assert.equal(host.clock.armed, 0);
  }
});

test('QUEUE: a run that waits ends if it is stopped or its job is paused', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', running);
  let paused: string | undefined;
  const stopped = take(host, { policy: queue });
  await host.clock.advance(1000);
  host.stops.request(15);
  assert.equal((await stopped).is, 'stopped');
  const waiting = take(host, { policy: queue, paused: () => paused });
  await host.clock.advance(1000);
  paused = 'paused by ada';
  await host.clock.advance(1000);
  assert.deepEqual(await waiting, { is: 'skipped', reason: 'paused', words: 'paused by ada', allowed: true });
  assert.equal(host.clock.armed, 0);
});

test('KILL_EXISTING: the old run is asked to stop, the history says by which run, and the new one begins', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', running);
  const taken = await take(host, { policy: replace });
  assert.deepEqual(taken.is === 'held' && taken.warnings, ['run old was still running and was ended for this one']);
  assert.deepEqual([host.wrappers.asked, host.wrappers.killed], [['old'], []]);
  assert.deepEqual(events(host), ['waiting new', 'stop-requested old']);
  assert.match(host.history.read('backup'), /"by":"run new","replacedBy":"new"/);
});

test('KILL_EXISTING: a run-job that does not end in time is killed, and its remaining processes are ended before the new run begins', async () => {
  const host = fakeHost();
  host.wrappers.listens = false;
  host.wrappers.orphans = [5, 6];
  host.locks.holders.set('backup', running);
  const taking = take(host, { policy: replace });
  await host.clock.advance(19_900);
  assert.deepEqual(host.wrappers.killed, []);
  await host.clock.advance(1000);
  assert.deepEqual(host.wrappers.killed, ['old']);
  assert.equal(host.sweeper.swept.length, 1);
  const taken = await taking;
  assert.match(taken.is === 'held' ? (taken.warnings[0] ?? '') : '', /its run-job was killed$/);
});

test('KILL_EXISTING: if the old run can not be killed the new one is not started', async () => {
  const host = fakeHost();
  host.wrappers.listens = false;
  host.wrappers.canBeKilled = false;
  host.locks.holders.set('backup', running);
  const taking = take(host, { policy: replace });
  await host.clock.advance(35_000);
  const reason = "run old can't be ended; look at its processes: 9";
  assert.deepEqual(await taking, { is: 'not-started', stage: 'ending the run before', reason, code: 125 });
  assert.equal(host.locks.holder('backup')?.runId, 'old');
  assert.equal(host.locks.holder('backup@next'), undefined);
});

test("KILL_EXISTING: a run of the Python process-control, and a process that can't be examined, are not ended", async () => {
  for (const state of ['predecessor', 'unknown'] as const) {
    const host = fakeHost();
    host.locks.holders.set('backup', { ...running, state });
    const taken = await take(host, { policy: replace });
    assert.match(taken.is === 'not-started' ? taken.reason : '', /end it by hand$/);
    assert.deepEqual(host.wrappers.asked, []);
  }
});

test('KILL_EXISTING: while one run is about to take the place of another, a third one is skipped', async () => {
  const host = fakeHost();
  host.wrappers.listens = false;
  host.locks.holders.set('backup', running);
  void take(host, { policy: replace, run: 'first' });
  await host.clock.advance(1000);
  const second = await take(host, { policy: replace, run: 'second' });
  assert.equal(second.is === 'skipped' && second.reason, 'queue-full');
  assert.deepEqual(host.wrappers.asked, ['old']);
});

test("shared locks are taken in sorted order after the job's own, and all are released together", async () => {
  const host = fakeHost();
  const taken = await take(host, { policy: { locks: ['b', 'a', 'b'] } });
  assert.deepEqual(host.locks.taken, ['backup', '@a', '@b']);
  assert.equal(host.locks.holder('@a')?.job, 'backup');
  assert.deepEqual(taken.is === 'held' && taken.lock.sharedFds, [3, 3]);
  if (taken.is === 'held') {
    taken.lock.record({ logPath: '/log' });
    assert.equal(host.locks.records.length, 3);
    await taken.lock.release();
  }
  assert.equal(host.locks.holders.size, 0);
});

test('the skip names the holder of a shared lock, and the run keeps no other lock', async () => {
  for (const policy of [{}, replace]) {
    const host = fakeHost();
    host.locks.holders.set('@b', { ...running, job: 'report' });
    const taken = await take(host, { policy: { ...policy, locks: ['a', 'b'] }, allowOvertime: true });
    assert.ok(taken.is === 'skipped' && taken.reason === 'locked' && taken.allowed);
    assert.match(taken.words, /^the lock "b" is held by job report: pid 9, run old has it/);
    assert.deepEqual([...host.locks.holders.keys()], ['@b']);
    assert.deepEqual(host.wrappers.asked, []);
  }
});

test('KILL_EXISTING does not end a run of its job while another job holds a shared lock', async () => {
  const host = fakeHost();
  host.locks.holders.set('backup', running);
  host.locks.holders.set('@a', { ...running, job: 'report', runId: 'other' });
  const taken = await take(host, { policy: { ...replace, locks: ['a'] } });
  assert.equal(taken.is === 'skipped' && taken.reason, 'locked');
  assert.deepEqual(host.wrappers.asked, []);
});

test('QUEUE holds no lock while it waits for a shared lock', async () => {
  const host = fakeHost();
  host.locks.holders.set('@b', { ...running, job: 'report' });
  const taking = take(host, { policy: { ...queue, locks: ['a', 'b'] } });
  await host.clock.advance(5000);
  assert.deepEqual([...host.locks.holders.keys()].sort(), ['@b', 'backup@next']);
  host.locks.holders.delete('@b');
  await host.clock.advance(1500);
  assert.equal((await taking).is, 'held');
});

test('a shared lock of the run which started this one is a problem of the job files; the run does not wait', async () => {
  const host = fakeHost();
  host.locks.holders.set('@a', { ...running, job: 'parent' });
  const taken = await take(host, { policy: { ...queue, locks: ['a'] }, ancestors: ['old'] });
  const reason =
    'the lock "a" belongs to run old of parent, which waits for this one: take it out of "locks" in one of the two job files';
  assert.deepEqual(taken, { is: 'not-started', stage: 'configuration', reason, code: 78 });
});
