import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobFacts, type JobSnapshot, snapshotBroken, snapshotJob } from '../../../src/report/snapshot.ts';
import { jobStateCode } from '../../../src/report/state.ts';
import { historyText } from '../../../src/report/text/history.ts';
import { jobDetails } from '../../../src/report/text/job.ts';
import { brokenStatusText, statusText } from '../../../src/report/text/status.ts';
import { emptyHistory, type History } from '../../../src/run/history/history.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import type { LockHolder } from '../../../src/system/types/lock.ts';
import { timeText } from '../../../src/zone/wall-time.ts';
import { zoneNamed } from '../../fakes/zones.ts';
import { listed } from '../listed.ts';

const time = timeText(zoneNamed('UTC'));
const atMs = Date.parse('2026-11-22T10:30:00Z');

const well: History = {
  ...emptyHistory,
  runs: [
    {
      run: 'r1',
      startedMs: atMs,
      endedMs: atMs + 5000,
      durationMs: 5000,
      trigger: { by: 'clock' },
      outcome: { kind: 'exited', code: 0 },
    },
  ],
  streak: { failures: 0, lastSuccessMs: atMs + 5000 },
  lastStatus: 'success',
};

function snapshot(changes: Partial<Omit<JobFacts, 'job'>> & { job?: Partial<JobFacts['job']> } = {}): JobSnapshot {
  return snapshotJob({
    holder: undefined,
    history: emptyHistory,
    paused: undefined,
    ...changes,
    job: { slug: 'multi', name: 'Multi job', tags: ['database', 'queue'], disabled: false, ...changes.job },
  });
}

const running = {
  state: 'running',
  wrapper: { pid: 5647, startTicks: '1' },
  runId: 'r2',
  pids: [],
  startedMs: atMs,
} as const;

function broken(slug: string, problem: string, holder?: LockHolder) {
  return snapshotBroken({ slug, file: 'broken', problems: [problem], holder, history: emptyHistory });
}

test('a broken file does not hide the run that goes on', () => {
  assert.equal(
    brokenStatusText(broken('bad', 'x', running)),
    'bad ***Invalid configuration***\t{pid: 5647, status: running}\n',
  );
  assert.match(
    listed([broken('bad', 'bad.yaml:1:1: x', running)], time),
    /^bad {2}running .*pid 5647; bad\.yaml:1:1: x\n/,
  );
});

test('status lines keep the shape that scripts know', () => {
  assert.equal(
    statusText(snapshot({ history: well }), time),
    'multi - Multi job\n\ttags: database, queue\n\tlast status: success\n',
  );
  const blast = snapshot({ job: { slug: 'blast', name: 'Blastoff job', tags: [] }, holder: running });
  assert.equal(statusText(blast, time), 'blast - Blastoff job\t{pid: 5647, status: running}\n\tlast status: unknown\n');
  assert.equal(brokenStatusText(broken('bad', 'x')), 'bad ***Invalid configuration***\n');
});

test('a job name cannot forge a line of the listing', () => {
  const text = statusText(snapshot({ job: { name: 'x\n\tlast status: success\u001b[2J' } }), time);
  assert.equal(text.split('\n').length, 4);
  assert.ok(!text.includes('\u001b'));
});

test('a run without an end, and nobody holding the lock, is shown as interrupted and counts as a failure', () => {
  const history: History = { ...well, runs: [...well.runs, { run: 'r9', startedMs: atMs + 60_000 }] };
  const dead = snapshot({ history });
  assert.equal(dead.lastStatus, 'failure');
  assert.equal(dead.lastRun?.words.startsWith('was interrupted'), true);
  assert.equal(dead.streak.failures, 1);
  const alive = snapshot({ history, holder: { ...running, runId: 'r9' } });
  assert.equal(alive.lastStatus, 'success');
  assert.equal(alive.lastRun?.words, 'is running');
});

const overdue = { tickMs: atMs, overdueMs: 600_000 };
const pause = { target: { job: 'multi' }, atMs, by: 'ada', reason: 'upgrade' };
const failed: History = { ...well, streak: { failures: 2, failingSinceMs: atMs }, lastStatus: 'failure' };
const onlyRun = (outcome: Outcome): History => ({ ...emptyHistory, runs: [{ run: 'r1', startedMs: atMs, outcome }] });

for (const [title, job, state, code] of [
  ['whose last run succeeded', snapshot({ history: well }), 'ok', 0],
  ['whose last run failed', snapshot({ history: failed }), 'failing', 1],
  ['that is paused', snapshot({ history: well, paused: pause }), 'paused', 3],
  ['that is paused, and failed before', snapshot({ history: failed, paused: pause }), 'paused', 3],
  ['that is disabled', snapshot({ history: well, job: { disabled: true } }), 'disabled', 3],
  ['that is disabled, and failed before', snapshot({ history: failed, job: { disabled: true } }), 'failing', 1],
  ['without a run', snapshot(), 'never-run', 4],
  ['that should have run', snapshot({ history: well, times: { overdue } }), 'overdue', 1],
  ['that should have run for the first time', snapshot({ times: { overdue } }), 'overdue', 1],
  ['that failed and should have run', snapshot({ history: failed, times: { overdue } }), 'failing', 1],
  ['that runs', snapshot({ history: well, holder: running }), 'running', 0],
  ['that runs for the first time', snapshot({ holder: running }), 'running', 0],
  ['that runs after failures', snapshot({ history: failed, holder: running }), 'running', 1],
  ['whose file has problems', broken('multi', 'multi.yaml:3:1: unknown key'), 'invalid', 1],
  [
    'that a person stopped in its only run',
    snapshot({ history: onlyRun({ kind: 'stopped', signal: 15, by: 'ada', person: true }) }),
    'ok',
    0,
  ],
  [
    'whose only tick was missed',
    snapshot({ history: onlyRun({ kind: 'missed', tickMs: atMs, count: 1, words: 'the machine was off' }) }),
    'never-run',
    4,
  ],
] as const) {
  test(`a job ${title} is ${state}, in --json too, and jobctl status ends with ${code}`, () => {
    assert.equal(job.state, state);
    assert.match(listed([job], time), new RegExp(`^multi +${state}\\b`));
    assert.equal(jobStateCode(job), code);
  });
}

test('jobctl status lists one line per job, or everything about one job', () => {
  const jobs = [
    snapshot({ history: failed, job: { slug: 'a' } }),
    broken('broken', 'broken.yaml:3:1: unknown key'),
    snapshot({ job: { slug: 'never' } }),
  ];
  assert.equal(
    listed(jobs, time),
    [
      'a       failing    2026-11-22 10:30:00   5 s  .     database queue  2 failures in a row',
      'broken  invalid                                                     broken.yaml:3:1: unknown key',
      'never   never-run                                   database queue',
      '',
    ].join('\n'),
  );
  assert.equal(
    jobDetails(snapshot({ history: well, job: { schedule: '5 * * * *' } }), time),
    [
      'job:                multi - Multi job',
      'tags:               database, queue',
      'schedule:           5 * * * *',
      'state:              ok',
      'activity:           idle',
      'last run:           2026-11-22 10:30:00 r1 succeeded after 5 s',
      'last success:       2026-11-22 10:30:05',
      '',
    ].join('\n'),
  );
});

test('a history line tells when, what, how long and by whom', () => {
  const runs = well.runs.map((run) => ({ ...run, words: 'succeeded', lostBytes: 7 }));
  const entries = runs.map((run) => ({ job: 'multi', is: 'run', run }) as const);
  const line = '2026-11-22 10:30:00  r1  succeeded, after 5 s, by the clock, log incomplete (7 bytes lost)\n';
  assert.equal(historyText(entries, { formatTime: time, named: false }), line);
  assert.equal(historyText(entries, { formatTime: time, named: true }), `multi  ${line}`);
  const late = runs.map(({ lostBytes: _none, ...run }) => {
    const tick = { tickMs: atMs - 3_600_000, lateMs: 3_600_000 };
    return { job: 'multi', is: 'run', run: { ...run, tick } } as const;
  });
  assert.equal(
    historyText(late, { formatTime: time, named: false }),
    '2026-11-22 10:30:00  r1  succeeded, after 5 s, by the clock, 1 h late for 2026-11-22 09:30:00\n',
  );
});

test('decisions of operators are listed between the runs, with who, until when and why', () => {
  const step = { event: 'steered', run: '', atMs, by: 'ada' } as const;
  const steps = [
    { ...step, action: 'pause', untilMs: atMs + 3_600_000, reason: 'upgrade\nof the database' },
    { ...step, action: 'pause', tag: 'database' },
    { ...step, action: 'resume' },
    { ...step, action: 'reset', reason: 'disk replaced' },
  ] as const;
  const entries = steps.map((one) => ({ job: 'multi', is: 'steered', step: one }) as const);
  assert.equal(
    historyText(entries, { formatTime: time, named: false }),
    [
      '2026-11-22 10:30:00  -  was paused by ada until 2026-11-22 11:30:00: upgrade\\u000aof the database',
      '2026-11-22 10:30:00  -  was paused by ada until resumed (tag database)',
      '2026-11-22 10:30:00  -  was resumed by ada',
      '2026-11-22 10:30:00  -  was reset by ada: disk replaced',
      '',
    ].join('\n'),
  );
});

test('a run that waits for its next attempt, a run that waits for another, and shared locks are seen in the status', () => {
  const failedAttempt = { outcome: { kind: 'exited', code: 4 }, nextMs: atMs + 60_000 } as const;
  const retrying: History = {
    ...emptyHistory,
    runs: [
      { run: 'r2', startedMs: atMs, attempt: 1, failedAttempt },
      { run: 'r3', startedMs: atMs + 1000, waitsFor: 'still running (run r2)' },
    ],
  };
  const facts = {
    ...{ history: retrying, holder: running, nowMs: atMs + 2000 },
    next: { ...running, runId: 'r3', startedMs: atMs + 1000 },
    sharedLocks: [
      { name: 'db', holder: { ...running, runId: 'r9', job: 'report' } },
      { name: 'tape', holder: undefined },
    ],
  };
  const job = snapshot(facts);
  const text = jobDetails(job, time);
  assert.match(text, /state: +running\n/);
  assert.match(text, /activity: .*run r2\); attempt 1 failed with exit code 4, attempt 2 at 2026-11-22 10:31:00/);
  assert.match(text, /waiting: +run r3 \(pid 5647\) waits since 2026-11-22 10:30:01: still running \(run r2\)\n/);
  assert.match(text, /shared locks: +db is held by report, run r9 since 2026-11-22 10:30:00; tape is free\n/);
  assert.match(text, /last run: .* r2 is running/);
  assert.equal(jobStateCode(job), 0);
  assert.equal(job.lastStatus, 'unknown');
  assert.match(jobDetails(snapshot({ ...facts, nowMs: atMs + 61_000 }), time), /state: +running\n/);
  assert.match(listed([snapshot({ ...facts, holder: undefined })], time), /^multi +running /);
});

test('a skip hides neither the run under way nor the failure before it', () => {
  const skipped = {
    ...{ run: 'r8', startedMs: atMs + 5000, endedMs: atMs + 5000 },
    outcome: { kind: 'skipped', reason: 'running', words: 'still running (run r2)', allowed: false },
  } as const;
  const runs = [{ run: 'r2', startedMs: atMs }, skipped];
  const under = snapshot({
    history: { ...emptyHistory, runs, streak: { failures: 0, collisions: 1 } },
    holder: running,
  });
  assert.deepEqual([under.lastRun?.run, under.lastSkip?.run, under.health], ['r2', 'r8', 'never-run']);
  assert.doesNotMatch(listed([under], time), /skipped|failed/);
  const failedRun = { run: 'r2', startedMs: atMs, outcome: { kind: 'exited', code: 3 } } as const;
  const failing = snapshot({ history: { ...emptyHistory, runs: [failedRun, skipped], streak: { failures: 1 } } });
  assert.match(listed([failing], time), /failed with exit code 3; at \S+ \S+ it was skipped: still running/);
  assert.equal(jobStateCode(failing), 1);
});
