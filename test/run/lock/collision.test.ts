import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CollisionAction,
  type CollisionFacts,
  collisionAction,
  collisionWords,
} from '../../../src/run/lock/collision.ts';
import type { LockHolder } from '../../../src/system/types/lock.ts';

const orphaned: LockHolder = { state: 'orphaned', runId: 'old', pids: [5, 6], deadlineSinceBootMs: 1_000_000 };
const running: LockHolder = { state: 'running', runId: 'old', pids: [] };
const unknown: LockHolder = { state: 'unknown', pids: [] };
const predecessor: LockHolder = { state: 'predecessor', pids: [] };
const { deadlineSinceBootMs: _none, ...endless } = orphaned;

const usual: CollisionFacts = {
  policy: 'CANCEL_NEW',
  ancestors: [],
  waitedMs: 9000,
  sinceBootMs: 2_000_000,
  hasReplaced: false,
};

/** The actions under CANCEL_NEW, KILL_EXISTING and QUEUE. */
type Actions = readonly [CollisionAction, CollisionAction, CollisionAction];

const own: readonly [string, LockHolder, Partial<CollisionFacts>, Actions][] = [
  ['a run that is running', running, {}, ['skip', 'replace', 'wait']],
  ['a process that can not be examined', unknown, {}, ['skip', 'replace', 'wait']],
  ['a run of the Python process-control', predecessor, {}, ['skip', 'replace', 'wait']],
  [
    'remaining processes of a dead run-job, while its reaper may be ending them',
    orphaned,
    { waitedMs: 2999 },
    ['poll', 'poll', 'poll'],
  ],
  [
    'remaining processes past their timeout',
    orphaned,
    { waitedMs: 3001, sinceBootMs: 1_000_000 },
    ['end', 'end', 'end'],
  ],
  [
    'remaining processes within their timeout',
    orphaned,
    { waitedMs: 3001, sinceBootMs: 999_999 },
    ['skip', 'end', 'wait'],
  ],
  ['remaining processes without a timeout', endless, {}, ['skip', 'end', 'wait']],
  ['the run that started this one', running, { ancestors: ['older', 'old'] }, ['skip', 'skip', 'skip']],
];

const shared: typeof own = [
  ['a run of another job', running, {}, ['skip', 'skip', 'wait']],
  ['a run of another job, after this run has replaced one', running, { hasReplaced: true }, ['skip', 'wait', 'wait']],
  ['remaining processes of another job, past their timeout', orphaned, {}, ['skip', 'skip', 'wait']],
  [
    'remaining processes of another job, while the reaper may be ending them',
    orphaned,
    { waitedMs: 0 },
    ['poll', 'poll', 'poll'],
  ],
  [
    'the run that started this one',
    running,
    { ancestors: ['old'] },
    ['contradiction', 'contradiction', 'contradiction'],
  ],
];

for (const [rows, sharedLock] of [
  [own, undefined],
  [shared, 'ledger'],
] as const) {
  for (const [title, holder, facts, actions] of rows) {
    const whose = sharedLock === undefined ? "the job's own lock" : 'a shared lock';
    test(`${whose} is held by: ${title}`, () => {
      const collision = { holder, ...(sharedLock !== undefined && { sharedLock }) };
      const asked = (['CANCEL_NEW', 'KILL_EXISTING', 'QUEUE'] as const).map((policy) =>
        collisionAction(collision, { ...usual, ...facts, policy }),
      );
      assert.deepEqual(asked, actions);
    });
  }
}

test('the words name the holder and for how long it has run', () => {
  const holder: LockHolder = { ...running, wrapper: { pid: 9, startTicks: '1' }, startedMs: 0, job: 'backup' };
  assert.equal(collisionWords({ holder }, 90_000), 'still running for 1 min 30 s (pid 9, run old)');
  const words = 'the lock "db" is held by job backup: pid 9, run old has it for 1 min 30 s';
  assert.equal(collisionWords({ holder, sharedLock: 'db' }, 90_000), words);
  const left =
    'the lock "db" is held by another job: its last run-job is gone but processes of run old are alive: 5, 6';
  assert.equal(collisionWords({ holder: orphaned, sharedLock: 'db' }, 0), left);
  const processes = [
    { pid: 5, command: 'apt-get upgrade', why: 'belongs to root' },
    { pid: 6, command: 'cat /net/x', why: 'is in uninterruptible sleep' },
  ];
  const outOfReach =
    "processes of run old live on and can't be ended from here: 5 apt-get upgrade (belongs to root), 6 cat /net/x (is in uninterruptible sleep)";
  assert.equal(collisionWords({ holder: { ...orphaned, processes } }, 0), outOfReach);
});
