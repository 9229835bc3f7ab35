import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type Move, type Present } from '../../src/fleet/claim/decide.ts';
import { EngineClock } from '../../src/fleet/claim/engine-clock.ts';
import type { ClaimRequest, FleetJob, WhenBusy } from '../../src/fleet/claim/request.ts';
import { deadlineOf, defaultTakeoverSeconds } from '../../src/fleet/run/deadline.ts';
import { Keys, tickOfText, tickText } from '../../src/fleet/store/keys.ts';
import { viewOf } from '../../src/fleet/store/view.ts';

const keys = new Keys('/process-control/');
const tickMs = Date.parse('2026-11-29T02:00:00Z');
const sight = { slug: 'backup', tags: ['db'], locks: ['orders'], host: 'web1' };
const mine = { host: 'web1', boot: 'b1', run: 'r1' };
const theirs = { host: 'web2', boot: 'b2', run: 'r2' };
const started = { ...theirs, fate: 'started', atMs: tickMs, attempt: 1, definition: 'd' };
const hold = { by: 'ada', atMs: tickMs };
const request: ClaimRequest = { ...mine, tickMs, rank: 0, contactPatienceMs: 15_000 };
const known = { is: 'known', nowMs: tickMs + 200, errorMs: 500, aheadMs: 10, isSure: true } as const;

function moveOf(
  values: Readonly<Record<string, unknown>>,
  {
    whenBusy = 'skip' as WhenBusy,
    ask = {},
    present = {},
  }: { whenBusy?: WhenBusy; ask?: object; present?: object } = {},
): Move {
  const entries = Object.entries(values).map(([key, value]) => ({
    key: `/process-control/${key}`,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    modified: '7',
  }));
  const job: FleetJob = {
    ...{ ...sight, whenBusy, definition: 'd', rule: 'A', busyPatienceSeconds: 60, killGraceSeconds: 5 },
    ...{ startDeadlineSeconds: 120, ticksAfter: () => [] },
  };
  const usual: Present = { view: viewOf(keys, sight, entries), clock: known, hasLock: true, waitedMs: 0 };
  return decide(job, { ...request, ...ask }, { ...usual, ...present });
}

const tick = 'job/backup/tick/20261129T020000Z';
const run = { 'job/backup/run': { ...theirs, tickMs: tickMs - 60_000, atMs: tickMs, locks: [] } };
const next = (tickOfWaiter: number) => ({ 'job/backup/next': { ...theirs, tickMs: tickOfWaiter } });

const rows: readonly (readonly [string, () => Move, object])[] = [
  ['a free tick is started', () => moveOf({}), { is: 'start', attempt: 1 }],
  [
    'a tick that another run has is left alone',
    () => moveOf({ [tick]: started }),
    { is: 'answer', answer: { is: 'had', by: started } },
  ],
  [
    'a fate that can not be understood is a fate',
    () => moveOf({ [tick]: '{' }),
    { is: 'answer', answer: { is: 'had' } },
  ],
  [
    'a tick before the mark is had',
    () => moveOf({ 'job/backup/settled': { rule: 'A', untilMs: tickMs } }),
    { is: 'answer', answer: { is: 'had' } },
  ],
  [
    'a mark that can not be understood starts nothing',
    () => moveOf({ 'job/backup/settled': 'x' }),
    { is: 'answer', answer: { is: 'unreadable', key: '/process-control/job/backup/settled' } },
  ],
  [
    'its own claim is known again',
    () => moveOf({ [tick]: { ...started, ...mine }, 'job/backup/run': { ...mine, tickMs, atMs: tickMs, locks: [] } }),
    { is: 'won', fence: '7', attempt: 1 },
  ],
  [
    'a claim whose lease is gone is worth nothing',
    () => moveOf({ [tick]: { ...started, ...mine } }),
    { is: 'answer', answer: { is: 'lapsed' } },
  ],
  [
    'a cordoned host starts nothing',
    () => moveOf({ 'host/web1/cordon': hold }),
    { is: 'answer', answer: { is: 'cordoned' } },
  ],
  ['another host may be cordoned', () => moveOf({ 'host/web2/cordon': hold }), { is: 'start', attempt: 1 }],
  ['a paused job is skipped', () => moveOf({ 'job/backup/pause': hold }), { is: 'skip', why: 'paused' }],
  ['a paused tag too', () => moveOf({ 'tag/db/pause': hold }), { is: 'skip', why: 'paused' }],
  ['a pause that can not be understood is one', () => moveOf({ 'tag/db/pause': 'x' }), { is: 'skip', why: 'paused' }],
  [
    'a pause that is over is none',
    () => moveOf({ 'job/backup/pause': { ...hold, untilMs: tickMs } }),
    { is: 'start', attempt: 1 },
  ],
  [
    'a job that runs elsewhere is skipped',
    () => moveOf(run),
    { is: 'skip', why: 'running', by: run['job/backup/run'] },
  ],
  ['a holder that can not be understood runs', () => moveOf({ 'job/backup/run': 'x' }), { is: 'skip', why: 'running' }],
  [
    'a run of this host is over when its lock is free',
    () => moveOf({ 'job/backup/run': { ...run['job/backup/run'], host: 'web1' } }),
    { is: 'free', left: { ...run['job/backup/run'], host: 'web1' } },
  ],
  [
    'without the lock of this host nothing starts',
    () => moveOf({}, { present: { hasLock: false, waitedMs: 4000 } }),
    { is: 'answer', answer: { is: 'busy-here' } },
  ],
  [
    'a held lock skips the tick',
    () => moveOf({ 'lock/orders': { ...theirs, job: 'report' } }),
    { is: 'skip', why: 'locked' },
  ],
  ['replace orders the run to stop', () => moveOf(run, { whenBusy: 'replace' }), { is: 'stop', victim: 'r2' }],
  [
    'and waits for its end',
    () => moveOf({ ...run, 'job/backup/stop': { run: 'r2', why: 'replaced', by: 'web3' } }, { whenBusy: 'replace' }),
    { is: 'wait', forMs: 2000 },
  ],
  [
    'but not for ever',
    () => moveOf(run, { whenBusy: 'replace', present: { waitedMs: 61_000 } }),
    { is: 'skip', why: 'running', by: run['job/backup/run'] },
  ],
  [
    'an earlier tick does not replace the run of a later one',
    () => moveOf(run, { whenBusy: 'replace', ask: { tickMs: tickMs - 60_000 } }),
    { is: 'skip', why: 'running', by: run['job/backup/run'] },
  ],
  ['queue takes the place', () => moveOf(run, { whenBusy: 'queue' }), { is: 'queue' }],
  [
    'one run waits at most',
    () => moveOf({ ...run, ...next(tickMs - 60_000) }, { whenBusy: 'queue' }),
    { is: 'skip', why: 'queue-full' },
  ],
  [
    'another host may wait with the same tick',
    () => moveOf({ ...run, ...next(tickMs) }, { whenBusy: 'queue' }),
    { is: 'answer', answer: { is: 'waits-elsewhere', host: 'web2' } },
  ],
  [
    'a run that waits is not overtaken',
    () => moveOf(next(tickMs - 60_000), { whenBusy: 'queue' }),
    { is: 'skip', why: 'queue-full' },
  ],
  [
    'a start past its deadline is skipped',
    () => moveOf({}, { present: { clock: { ...known, nowMs: tickMs + 121_000 } } }),
    { is: 'skip', why: 'late' },
  ],
  [
    'a missed tick is caught up',
    () => moveOf({ [tick]: { ...theirs, fate: 'missed', atMs: tickMs } }, { ask: { again: 'caught-up' } }),
    { is: 'start', attempt: 1 },
  ],
  [
    'a lost run is run again',
    () => moveOf({ [tick]: { ...started, outcome: 'lost' } }, { ask: { again: 'rerun' } }),
    { is: 'start', attempt: 2 },
  ],
  [
    'a run that has ended is not',
    () => moveOf({ [tick]: { ...started, outcome: 'failed' } }, { ask: { again: 'rerun' } }),
    { is: 'answer', answer: { is: 'had', by: { ...started, outcome: 'failed' } } },
  ],
  [
    'a missed tick keeps its fate while the job is paused',
    () =>
      moveOf(
        { [tick]: { ...theirs, fate: 'missed', atMs: tickMs }, 'job/backup/pause': hold },
        { ask: { again: 'caught-up' } },
      ),
    { is: 'answer', answer: { is: 'held', why: 'paused' } },
  ],
  [
    'a host with a wrong clock starts nothing',
    () => moveOf({}, { present: { clock: { ...known, aheadMs: 12_000 } } }),
    { is: 'answer', answer: { is: 'wrong-clock', aheadMs: 12_000 } },
  ],
  [
    'which another member has to confirm',
    () => moveOf({}, { present: { clock: { ...known, aheadMs: 12_000, isSure: false } } }),
    { is: 'confirm' },
  ],
  [
    'so is all that is written',
    () => moveOf(run, { present: { clock: { ...known, isSure: false } } }),
    { is: 'confirm' },
  ],
  [
    'a host that is early waits',
    () => moveOf({}, { present: { clock: { ...known, nowMs: tickMs - 800 } } }),
    { is: 'wait', forMs: 800 },
  ],
  ['a host whose turn is later waits for it', () => moveOf({}, { ask: { rank: 2 } }), { is: 'wait', forMs: 3800 }],
];

for (const [title, move, expected] of rows)
  test(`claim: ${title}`, () => {
    assert.deepEqual(move(), expected);
  });

test('tags and locks may be any text, and lead nowhere else', () => {
  assert.equal(keys.tagPause('a/../../job/x'), '/process-control/tag/a%2F..%2F..%2Fjob%2Fx/pause');
  assert.equal(keys.lock('fleet/orders'), '/process-control/lock/fleet%2Forders');
  assert.equal(tickOfText(tickText(tickMs)), tickMs);
  assert.equal(tickOfText('20261129'), undefined);
});

test('a run is over before its lease can end, and TERM comes by its grace before KILL', () => {
  const lease = { id: '1', seconds: 300, askedBootMs: 1_000_000 };
  const because = 'no contact with the fleet for 4 min 49 s';
  assert.deepEqual(deadlineOf(lease, 10), { termBootMs: 1_289_000, killBootMs: 1_299_000, because });
});

test('without a timeout nobody takes a job over; with one its whole time counts', () => {
  const job = { timeoutSeconds: 600, attempts: 3, backoffSeconds: 90, killGraceSeconds: 10 };
  assert.equal(defaultTakeoverSeconds(job), 1980);
  assert.equal(defaultTakeoverSeconds({ ...job, timeoutSeconds: 0 }), undefined);
  assert.equal(defaultTakeoverSeconds({ ...job, attempts: Number.POSITIVE_INFINITY }), undefined);
});

test('the clock of the engine is what two members agree on', () => {
  const clock = { nowMs: () => 50_000, monotonicMs: () => 0, sinceBootMs: () => 0, after: () => assert.fail() };
  const engineClock = new EngineClock(clock);
  engineClock.saw({ nowMs: 10_000_000, errorMs: 500, member: 'a' }, false);
  assert.equal(engineClock.state().isSure, false);
  engineClock.saw({ nowMs: 50_400, errorMs: 500, member: 'b' }, true);
  assert.deepEqual(engineClock.state(), { is: 'disagree', isSure: false });
  engineClock.saw({ nowMs: 50_100, errorMs: 500, member: 'c' }, true);
  assert.deepEqual(engineClock.state(), { is: 'known', nowMs: 50_100, errorMs: 500, aheadMs: -100, isSure: true });
});
