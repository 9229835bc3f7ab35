import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobFacts, type JobSnapshot, snapshotJob } from '../../../src/report/snapshot.ts';
import { checkJobs } from '../../../src/report/text/icinga.ts';
import { emptyHistory, type History } from '../../../src/run/history/history.ts';

const atMs = Date.parse('2026-11-22T10:30:00Z');
const failed: History = { ...emptyHistory, streak: { failures: 1 }, lastStatus: 'failure' };
const limits = { warningSeconds: 600 };

function snapshot(slug: string, changes: Partial<Omit<JobFacts, 'job'>> & { disabled?: boolean } = {}): JobSnapshot {
  const { disabled = false, ...facts } = changes;
  return snapshotJob({
    ...{ holder: undefined, history: emptyHistory, paused: undefined },
    ...facts,
    job: { slug, name: slug, tags: [], disabled },
  });
}

function late(slug: string, seconds: number): JobSnapshot {
  return snapshot(slug, { times: { overdue: { tickMs: atMs, overdueMs: seconds * 1000 } } });
}

test('the two sentences of the predecessor are kept, with performance data behind the bar', () => {
  assert.deepEqual(checkJobs([snapshot('a'), snapshot('b', { disabled: true })], limits), {
    code: 0,
    text: "JOBS OK | 'failing'=0;;;0 'warnings'=0;;;0 'running'=0;;;0 'jobs'=2;;;0 'paused'=0;;;0 'disabled'=1;;;0 'overdue'=0s;600;;0\n",
  });
  const both = checkJobs([snapshot('a', { history: failed }), snapshot('b', { history: failed })], limits);
  assert.equal(both.code, 2);
  assert.match(both.text, /^FAILING JOBS: a, b \|[^\n]*\n$/);
});

test('what is off without an end is told, with who and why; what ends by itself is not', () => {
  const pause = { target: { job: 'a' }, atMs, by: 'ada', reason: 'upgrade | later' };
  const warned = checkJobs([snapshot('a', { paused: pause })], limits);
  assert.equal(warned.code, 1);
  assert.match(warned.text, /^JOBS WARNING: a is paused without an end by ada: upgrade \/ later \| 'failing'=0/);
  assert.equal(checkJobs([snapshot('a', { paused: { ...pause, untilMs: atMs + 1 } })], limits).code, 0);
  const circuit = checkJobs([snapshot('a', { paused: { ...pause, by: 'process-control', circuit: true } })], limits);
  assert.match(circuit.text, /^JOBS WARNING: a is paused after its failures until jobctl reset a/);
});

test('a job that should have run is a warning, and critical only where a limit says so', () => {
  assert.match(checkJobs([late('a', 599)], limits).text, /^JOBS OK \| .*'overdue'=599s;600;;0\n$/);
  const warned = checkJobs([late('a', 600), late('b', 7200)], limits);
  assert.equal(warned.code, 1);
  assert.match(
    warned.text,
    /^JOBS WARNING: a is overdue by 10 minutes; b is overdue by 2 h \| .*'overdue'=7200s;600;;0\n$/,
  );
  const critical = checkJobs([late('a', 600), late('b', 7200)], { ...limits, criticalSeconds: 3600 });
  assert.equal(critical.code, 2);
  assert.match(
    critical.text,
    /^JOBS CRITICAL: b is overdue by 2 h \| .*'overdue'=7200s;600;3600;0\nb is overdue by 2 h\na is overdue by 10 minutes\n$/,
  );
  const also = checkJobs([late('a', 600), snapshot('c', { history: failed })], limits);
  assert.equal(also.code, 2);
  assert.match(also.text, /^FAILING JOBS: c \| [^\n]*\na is overdue by 10 minutes\n$/);
});

test('a tick that was missed is a warning until the job runs again', () => {
  const outcome = { kind: 'missed', tickMs: atMs, count: 3, words: 'the machine was off' } as const;
  const missed = { ...emptyHistory, runs: [{ run: 'm', startedMs: atMs, outcome }] };
  assert.match(
    checkJobs([snapshot('a', { history: missed })], limits).text,
    /^JOBS WARNING: a was missed 3 times: the machine was off/,
  );
  const ran = { run: 'r', startedMs: atMs + 1, outcome: { kind: 'exited', code: 0 } } as const;
  assert.equal(checkJobs([snapshot('a', { history: { ...missed, runs: [...missed.runs, ran] } })], limits).code, 0);
});

test('skips are a warning only where the job says how many are too many', () => {
  const skip = (reason: 'running' | 'paused', index: number) => ({
    ...{ run: `s${index}`, startedMs: atMs + index },
    outcome: { kind: 'skipped', reason, words: 'still running', allowed: false } as const,
  });
  const runs = [{ run: 'r', startedMs: atMs, outcome: { kind: 'exited', code: 0 } as const }];
  const skipped = (skipThreshold: number | undefined, reason: 'running' | 'paused') =>
    snapshotJob({
      ...{ holder: undefined, paused: undefined },
      history: { ...emptyHistory, runs: [...runs, skip(reason, 1), skip(reason, 2)], lastStatus: 'failure' },
      job: { slug: 'a', name: 'a', tags: [], disabled: false, ...(skipThreshold && { notices: { skipThreshold } }) },
    });
  assert.equal(checkJobs([skipped(undefined, 'running')], limits).code, 0);
  assert.equal(checkJobs([skipped(3, 'running'), skipped(2, 'paused')], limits).code, 0);
  assert.match(checkJobs([skipped(2, 'running')], limits).text, /^JOBS WARNING: a was skipped 2 times in a row/);
});

test('a notice that did not come through is a warning until a later one does, or a person has reset the job', () => {
  const fails = { outcome: { kind: 'exited', code: 3 } as const };
  const untold = { run: 'r1', startedMs: atMs, ...fails, noticeFailed: 'failmail: "ops@" is not a list of addresses' };
  const answer = (runs: History['runs'], more: Partial<History> = {}) =>
    checkJobs([snapshot('a', { history: { ...emptyHistory, runs, ...more } })], limits);
  assert.match(answer([untold]).text, /^JOBS WARNING: a: a notice failed: failmail: "ops@" is not/);
  const success = { run: 'r2', startedMs: atMs + 1, outcome: { kind: 'exited', code: 0 } as const };
  assert.equal(answer([untold, success]).code, 1, 'a success tells nobody of the failure before');
  assert.equal(answer([untold, { ...fails, run: 'r2', startedMs: atMs + 1 }]).code, 0);
  const reset = { event: 'steered', run: '', atMs: atMs + 2, action: 'reset', by: 'ada' } as const;
  assert.equal(answer([untold], { steered: [reset] }).code, 0);
  const waits = (seconds: number | undefined) =>
    checkJobs([snapshot('a', { undelivered: [{ atMs, ...(seconds && { forMs: seconds * 1000 }) }] })], limits);
  assert.equal(waits(599).code, 0);
  assert.match(waits(600).text, /^JOBS WARNING: a: a notice waits for 10 minutes/);
  assert.match(waits(undefined).text, /^JOBS WARNING: a: a notice waits; the clock was wrong when it was written/);
});
