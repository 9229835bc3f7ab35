/** A job that ran at its last tick on a host where all is well; each test changes what it is about. */

import type { RunSnapshot } from '../../src/report/latest-runs.ts';
import type { Evidence } from '../../src/report/why/evidence.ts';
import type { Outcome } from '../../src/run/outcome/outcome.ts';
import { outcomeWords } from '../../src/run/outcome/outcome.ts';
import { zoneNamed } from '../fakes/zones.ts';

export const tickMs = Date.parse('2026-11-25T10:30:00Z');
export const minute = 60_000;
export const hour = 60 * minute;

/** An hour and a half after the tick. */
export const nowMs = tickMs + 90 * minute;

export function runAt(startedMs: number, outcome?: Outcome, more: Partial<RunSnapshot> = {}): RunSnapshot {
  return {
    run: `r${startedMs}`,
    startedMs,
    trigger: { by: 'clock' },
    ...(outcome !== undefined && { outcome, endedMs: startedMs }),
    words: outcome === undefined ? 'is running' : outcomeWords(outcome),
    ...more,
  };
}

export const succeeded: Outcome = { kind: 'exited', code: 0 };

const line = '30 * * * * svc /usr/bin/run-job --job backup';

/** Without a run at the tick: nothing explains that. */
export const puzzle: Evidence = {
  slug: 'backup',
  nowMs,
  forms: { changing: '', named: '' },
  hostZone: zoneNamed('UTC'),
  file: { path: '/jobs/backup.yaml', is: 'good', problems: [], changedMs: tickMs - 100 * hour },
  job: { schedule: '30 * * * *', enabled: true, delayMs: 0, catchUp: 'none' },
  ticks: { tickMs, beforeMs: tickMs - hour, afterMs: tickMs + hour },
  pauses: [],
  steered: [],
  runs: [runAt(tickMs - hour, succeeded, { tick: { tickMs: tickMs - hour } })],
  crontab: {
    path: '/etc/cron.d/process-control',
    command: 'sudo cron-generate',
    kind: 'cron.d',
    facts: { kind: 'file', uid: 0, mode: 0o644, links: 1, mtimeMs: tickMs - 99 * hour },
    lineCount: 12,
    faults: [],
    endsWithLineBreak: true,
    unknownUsers: [],
    line,
    wanted: line,
  },
  daemon: { is: 'running', name: 'cron', pid: 812, sinceMs: tickMs - 1000 * hour, stopped: false },
  user: { name: 'svc', exists: true, home: '/home/svc', homeExists: true },
  runner: { path: '/usr/bin/run-job' },
  state: { path: '/var/lib/process-control-state' },
  machine: { bootMs: tickMs - 1001 * hour, suspendedMs: 0 },
  cronLog: { missing: 'there is none', lines: [] },
};

export const well: Evidence = {
  ...puzzle,
  runs: [
    ...puzzle.runs,
    runAt(tickMs + 500, succeeded, { tick: { tickMs }, durationMs: 2000, logPath: '/log/backup.log' }),
  ],
};
