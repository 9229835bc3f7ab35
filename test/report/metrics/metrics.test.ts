import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCrontabInSync } from '../../../src/report/clock/crontab-in-sync.ts';
import type { Installed } from '../../../src/report/clock/installed.ts';
import { neverBelow, rememberedCounters } from '../../../src/report/metrics/counters.ts';
import { exposition, type Family } from '../../../src/report/metrics/exposition.ts';
import { jobMetrics } from '../../../src/report/metrics/job-metrics.ts';
import { snapshotBroken, snapshotJob } from '../../../src/report/snapshot.ts';
import { emptyHistory, type History } from '../../../src/run/history/history.ts';
import { parsed, series } from './parsed.ts';

const counter = (name: string, value: number, labels = {}): Family => ({
  ...{ name, type: 'counter', help: 'h' },
  samples: [{ labels, value }],
});

test('any label and any number is read back as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true, noDefaultInfinity: true }), (tag, value) => {
      const text = exposition([{ name: 'm', type: 'gauge', help: tag, samples: [{ labels: { tag }, value }] }]);
      // -0 is written as 0.
      assert.equal(parsed(text).values.get(series('m', { tag })), value + 0);
    }),
  );
});

test('a counter stays where the file has it until more is counted; a gauge falls', () => {
  const labels = { job_name: 'a "b" \\ c' };
  const before = exposition([counter('runs_total', 7, labels), { ...counter('age', 7), type: 'gauge' }]);
  const now = [counter('runs_total', 3, labels), { ...counter('age', 3), type: 'gauge' } as const];
  const { values } = parsed(exposition(neverBelow(now, before)));
  assert.equal(values.get(series('runs_total', labels)), 7);
  assert.equal(values.get(series('age')), 3);
  const more = parsed(exposition(neverBelow([counter('runs_total', 8, labels)], before))).values;
  assert.equal(more.get(series('runs_total', labels)), 8);
  for (const odd of ['', 'runs_total{', 'runs_total NaN\n', '\0\n'])
    assert.equal(parsed(exposition(neverBelow([counter('runs_total', 3)], odd))).values.get(series('runs_total')), 3);
});

test('who answers again and again never says less than before, also of a job that was gone meanwhile', () => {
  const raised = rememberedCounters();
  const labels = { job_name: 'a' };
  const value = (families: readonly Family[]) => parsed(exposition(families)).values.get(series('runs_total', labels));
  assert.equal(value(raised([counter('runs_total', 7, labels)])), 7);
  assert.equal(value(raised([counter('runs_total', 9, { job_name: 'b' })])), undefined);
  assert.equal(value(raised([counter('runs_total', 3, labels)])), 7);
  assert.equal(value(raised([counter('runs_total', 8, labels)])), 8);
});

const part = {
  path: '/etc/cron.d/process-control',
  kind: 'cron.d',
  lineCount: 1,
  faults: [],
  endsWithLineBreak: true,
  unknownUsers: [],
} as const;
const line = { text: '', schedule: '0 * * * *', due: false, part };
const installed: Installed = {
  main: part,
  lines: new Map([['a', line]]),
  daemon: { is: 'hidden' },
  command: 'sudo cron-generate',
  dueMinutes: () => '*',
};
const same = { is: 'in-sync' } as const;

test('a crontab is in sync when cron accepts it and cron-generate would change nothing', () => {
  assert.equal(isCrontabInSync(same, installed), true);
  const lines = { added: [], removed: ['gone'], changed: [], commands: [], words: '1 removed (gone)' };
  assert.equal(isCrontabInSync({ is: 'differs', ...lines }, installed), false);
  assert.equal(isCrontabInSync({ is: 'refused', words: 'was not written by cron-generate' }, installed), false);
  const facts = { kind: 'file', uid: 1000, mode: 0o644, links: 1, mtimeMs: 0 } as const;
  const ignored = { ...part, facts };
  assert.equal(isCrontabInSync(same, { ...installed, main: ignored }), false, 'cron ignores it');
  assert.equal(isCrontabInSync(same, { ...installed, ensure: ignored }), false, 'cron ignores a part');
});

test('of a crontab that can not be seen nothing is said', () => {
  assert.equal(isCrontabInSync(same, { ...installed, main: { ...part, kind: 'console' } }), undefined);
  assert.equal(isCrontabInSync(same, { ...installed, main: { ...part, unreadable: 'denied' } }), undefined);
  assert.equal(isCrontabInSync({ is: 'unknown' }, installed), undefined);
});

const job = { slug: 'a', name: 'A', tags: [], disabled: false, schedule: '0 * * * *' };
const nothing = { holder: undefined, history: emptyHistory, paused: undefined };
const exited = { kind: 'exited', code: 3 } as const;
const totals = { success: 1, failure: 2, skipped: 3, missed: 4, durationMs: 5 };
const history: History = {
  ...{ streak: { failures: 2, lastSuccessMs: 10 }, lastStatus: 'failure', totals },
  runs: [
    { run: 'r1', startedMs: 100, endedMs: 150, durationMs: 50, outcome: exited },
    { run: 'r2', startedMs: 200, outcome: { kind: 'missed', tickMs: 200, count: 1, words: '' } },
    { run: 'r3', startedMs: 300 },
  ],
};

test('the last run is the last one that has ended, also while another one runs', () => {
  const wrapper = { pid: 1, startTicks: 1 };
  const holder = { state: 'running', runId: 'r3', startedMs: 300, wrapper, pids: [] } as never;
  const seen = jobMetrics(snapshotJob({ ...nothing, job, history, holder }));
  assert.deepEqual(seen?.record?.lastEnd, { atMs: 150, durationMs: 50, exitCode: 3 });
  assert.deepEqual([seen?.running, seen?.runningSinceMs], [1, 300]);
});

test('a history that can not be read is not a history of zeros', () => {
  const hidden = { ...emptyHistory, hidden: 'permission denied' };
  assert.equal(jobMetrics(snapshotJob({ ...nothing, job, history: hidden }))?.record, undefined);
  assert.deepEqual(jobMetrics(snapshotJob({ ...nothing, job }))?.record?.totals, emptyHistory.totals);
});

test('a job whose file has problems keeps what its history says; one whose file is gone ends', () => {
  const broken = { slug: 'a', file: 'broken', problems: ['x'], holder: undefined, next: undefined, history } as const;
  const seen = jobMetrics(snapshotBroken(broken));
  assert.deepEqual([seen?.state, seen?.file, seen?.record?.totals], ['invalid', undefined, totals]);
  assert.equal(jobMetrics(snapshotBroken({ ...broken, file: 'gone' })), undefined);
});

test('runs are owed since a pause ended, and not while one lasts', () => {
  const times = { expectedSinceMs: 50, dueMs: 500 };
  const owed = (more: object) => jobMetrics(snapshotJob({ ...nothing, job, times, ...more }))?.expectedSinceMs;
  assert.equal(owed({}), 50);
  assert.equal(owed({ paused: { target: { job: 'a' }, atMs: 60, by: 'ada' } }), undefined);
  const resume = { event: 'steered', run: '', atMs: 70, action: 'resume', by: 'ada' } as const;
  assert.equal(owed({ history: { ...emptyHistory, steered: [resume] } }), 70);
  assert.equal(owed({ history: { ...emptyHistory, steered: [{ ...resume, atMs: 20 }] } }), 50);
});

test('an instance that has finished, or that a person has stopped, is not wanted', () => {
  const instance = { at: 'up', restarts: 2, ports: {} } as const;
  const service = (desired: 'up' | 'down') =>
    ({
      ...{ state: 'UP' as const, desired, wantedInstances: 4 },
      instances: [
        { ...instance, number: 0 },
        { ...instance, number: 1, at: 'finished' },
        { ...instance, number: 2, at: 'down', stopped: true },
        { ...instance, number: 3, at: 'backoff' },
        { ...instance, number: 4 },
      ],
    }) as const;
  const seen = (desired: 'up' | 'down') => {
    const { wanted, up } = jobMetrics(snapshotJob({ ...nothing, job, service: service(desired) }))?.service ?? {};
    return { wanted, up };
  };
  assert.deepEqual(seen('up'), { wanted: 2, up: 2 });
  assert.deepEqual(seen('down'), { wanted: 0, up: 2 });
});
