/** Which jobs need a person, in which order, and in which words the page says their state. */

import type { BrokenJobSnapshot, JobSnapshot } from '../../../report/snapshot.ts';
import type { JobState } from '../../../report/state.ts';
import { durationWords } from '../../../text/duration.ts';

export type PageJob = JobSnapshot | BrokenJobSnapshot;

/** The few kinds of state that have a colour; the word and the sign beside it say the same. */
export type Kind = 'bad' | 'late' | 'busy' | 'held' | 'well' | 'unknown';

/** Sorts first what needs a person first. */
const kinds: readonly Kind[] = ['bad', 'late', 'busy', 'unknown', 'held', 'well'];

export const signs: Readonly<Record<Kind, string>> = {
  bad: '✗',
  late: '◷',
  busy: '▶',
  unknown: '?',
  held: '‖',
  well: '✓',
};

const kindOfState: Readonly<Record<JobState, Kind>> = {
  ok: 'well',
  failing: 'bad',
  running: 'busy',
  paused: 'held',
  disabled: 'held',
  overdue: 'late',
  invalid: 'bad',
  'never-run': 'unknown',
  unknown: 'unknown',
  DOWN: 'held',
  STOPPING: 'busy',
  STARTING: 'busy',
  FAILED: 'bad',
  UP: 'well',
  DEGRADED: 'late',
};

/** A job that runs again after failures still needs a person. */
export function kindOf({ state, health }: PageJob): Kind {
  return state === 'running' && health === 'failing' ? 'bad' : kindOfState[state];
}

export function needsPerson(job: PageJob): boolean {
  const kind = kindOf(job);
  return kind === 'bad' || kind === 'late';
}

/** The worst first, then by name as all listings are. */
export function byNeed(jobs: readonly PageJob[]): readonly PageJob[] {
  return [...jobs].sort(
    (a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b)) || (a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0),
  );
}

/** "failed with exit code 3, 4th in a row": why the job is in its state, in one line. */
export function reasonOf(job: PageJob): string {
  if ('problems' in job) return job.problems[0] ?? `its file is ${job.file}`;
  const { service, state, lastRun, overdue, paused, historyHidden, streak } = job;
  if (historyHidden !== undefined) return `its history can't be read: ${historyHidden}`;
  if (service !== undefined) return `service, ${service.state}`;
  if (state === 'paused' && paused !== undefined) return pausedWords(paused);
  if (state === 'overdue' && overdue !== undefined) return `overdue by ${durationWords(overdue.overdueMs / 1000)}`;
  const inARow = streak.failures > 1 ? `, ${streak.failures} failures in a row` : '';
  return `${lastRun?.words ?? 'has never run'}${inARow}`;
}

function pausedWords({ by, reason }: NonNullable<JobSnapshot['paused']>): string {
  return `paused by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}

/** "2 failing · 1 overdue · 4 running": each state that some job has, the worst first. */
export function countsOf(jobs: readonly PageJob[]): readonly { readonly state: JobState; readonly count: number }[] {
  const counts = new Map<JobState, number>();
  for (const { state } of byNeed(jobs)) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count }));
}
