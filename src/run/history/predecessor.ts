/** Reads the records of the Python process-control about a job, as the history before our own. */

import type { LastStatus, Outcome } from '../outcome/outcome.ts';
import type { Streak, Trigger } from './event.ts';
import { emptyHistory, type History } from './history.ts';
import type { RunRecord } from './run-record.ts';
import { extendStreak } from './streak.ts';

/**
 * Reads PyYAML's dump of `{history: [{status, time}], last_completion_status}`, which each run
 * wrote in place; its times are in UTC. A regular expression is enough: the shape is fixed, a torn
 * file is used as far as it goes, and no run pays for a YAML parser.
 */
export function earlierHistory(bytes: Uint8Array | undefined): History {
  if (bytes === undefined) return emptyHistory;
  const entries = entriesOf(new TextDecoder().decode(bytes));
  const lastStatus = lastStatusOf(bytes);
  const counted = entries.reduce<Streak>((streak, { status, atMs }) => {
    const outcome = outcomes.get(status);
    return outcome === undefined ? streak : extendStreak(streak, outcome, atMs);
  }, emptyHistory.streak);
  // Its failures never pause a job: `pause_after_failures` counts what happened since.
  const { failedRuns: _counted, ...streak } = counted;
  const failures = lastStatus === 'failure' ? Math.max(streak.failures, 1) : streak.failures;
  return { ...emptyHistory, runs: runsOf(entries), streak: { ...streak, failures }, lastStatus };
}

interface Entry {
  readonly status: string;
  readonly atMs: number;
}

/**
 * PyYAML writes entries in block style or, in old versions, as `{status: completed, time: '…'}`.
 */
function entriesOf(text: string): readonly Entry[] {
  const found = text.matchAll(/status: (\w+)[,\s]+time: '?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)'?/g);
  return [...found].flatMap(([, status = '', day, time]) => {
    const atMs = Date.parse(`${day}T${time?.slice(0, 12)}Z`);
    return Number.isNaN(atMs) ? [] : [{ status, atMs }];
  });
}

const outcomes: ReadonlyMap<string, Outcome> = new Map<string, Outcome>([
  ['completed', { kind: 'exited', code: 0 }],
  ['failed', { kind: 'exited', code: 1 }],
  ['skipped', { kind: 'skipped', reason: 'running', words: 'the previous run was still running', allowed: true }],
]);

/** Pairs each start with the entry of its end. A start without an end was interrupted. */
function runsOf(entries: readonly Entry[]): readonly RunRecord[] {
  const trigger: Trigger = { by: 'clock' };
  const runs: RunRecord[] = [];
  let startedMs: number | undefined;
  for (const { status, atMs } of entries) {
    if (startedMs !== undefined && status === 'started')
      runs.push(legacyRun(startedMs, { trigger, outcome: { kind: 'interrupted' } }));
    const outcome = outcomes.get(status);
    if (outcome !== undefined) {
      const began = startedMs ?? atMs;
      runs.push(legacyRun(began, { trigger, outcome, endedMs: atMs, durationMs: atMs - began }));
    }
    startedMs = status === 'started' ? atMs : undefined;
  }
  if (startedMs !== undefined) runs.push(legacyRun(startedMs, { trigger, outcome: { kind: 'interrupted' } }));
  return runs;
}

function legacyRun(startedMs: number, fields: Omit<RunRecord, 'run' | 'startedMs'>): RunRecord {
  return { run: `python-${new Date(startedMs).toISOString()}`, startedMs, ...fields };
}

function lastStatusOf(bytes: Uint8Array): LastStatus {
  const found = /^last_completion_status: (success|failure|skipped)\b/m.exec(new TextDecoder().decode(bytes))?.[1];
  return (found as LastStatus | undefined) ?? 'unknown';
}
