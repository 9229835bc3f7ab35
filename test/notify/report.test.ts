import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportRun } from '../../src/notify/report.ts';
import { emptyHistory } from '../../src/run/history/history.ts';
import type { RunResult } from '../../src/run/history/record.ts';

const result: RunResult = {
  outcome: { kind: 'timed-out', afterSeconds: 600 },
  exitCode: 124,
  startedMs: 1000,
  endedMs: 601_000,
  history: { ...emptyHistory, streak: { failures: 2, failingSinceMs: 500, lastSuccessMs: 100 }, lastStatus: 'failure' },
  logPath: '/var/log/x.log',
  tail: 'last words',
  warnings: ['could not be killed: 7 sleep'],
  interrupted: { runs: [], streak: { failures: 0 } },
};
const job = { slug: 'backup', name: 'Backup', description: 'Saves all.' };

test('a report says what ended how, who started it, and since when it fails', () => {
  const trigger = { by: 'person', uid: 1000, name: 'ada' } as const;
  assert.deepEqual(reportRun({ job, run: 'r1', trigger, host: 'db1' }, result), {
    ...job,
    host: 'db1',
    outcome: 'timed out after 10 minutes',
    trigger: 'by ada',
    runId: 'r1',
    startedMs: 1000,
    endedMs: 601_000,
    failuresInARow: 2,
    failingSinceMs: 500,
    lastSuccessMs: 100,
    remarks: ['could not be killed: 7 sleep'],
    tail: 'last words',
    logPath: '/var/log/x.log',
  });
});

test('what a run never had is absent from its report', () => {
  const { logPath, ...rest } = result;
  const never = { ...rest, history: { ...result.history, streak: { failures: 1 } } };
  const report = reportRun({ job: { slug: 'a', name: 'A' }, run: 'r', trigger: { by: 'clock' }, host: 'h' }, never);
  for (const key of ['description', 'failingSinceMs', 'lastSuccessMs', 'logPath']) assert.equal(key in report, false);
});
