/** Which jobs need a person, in which order, and what their states have in common. */

import type { JobState } from '../../../../report/state.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { needsAttention } from '../../../../report/text/listing.ts';
import { remembered } from './remembered.ts';

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
  elsewhere: 'held',
  overdue: 'late',
  invalid: 'bad',
  'never-run': 'unknown',
  unknown: 'bad',
  DOWN: 'held',
  STOPPING: 'busy',
  STARTING: 'busy',
  FAILED: 'bad',
  UP: 'well',
  DEGRADED: 'late',
};

/** A job that runs again after failures still needs a person. */
export const kindOf = remembered(
  ({ state, health }: AnySnapshot): Kind => (state === 'running' && health === 'failing' ? 'bad' : kindOfState[state]),
);

export const needsPerson = remembered((job: AnySnapshot) => needsAttention(job.state) || kindOf(job) === 'bad');

/** The jobs that need a person, in their order. */
export const needing = remembered((jobs: readonly AnySnapshot[]): readonly AnySnapshot[] => jobs.filter(needsPerson));

/** The jobs in each state, in their order. */
export const byState = remembered((jobs: readonly AnySnapshot[]): ReadonlyMap<JobState, readonly AnySnapshot[]> => {
  const found = new Map<JobState, AnySnapshot[]>();
  for (const job of jobs) {
    const { state } = job;
    const known = found.get(state);
    if (known === undefined) found.set(state, [job]);
    else known.push(job);
  }
  return found;
});

/** The worst first, then by name as all listings are. Of ten thousand jobs nearly all are of one kind, and in order. */
export const byNeed = remembered((jobs: readonly AnySnapshot[]): readonly AnySnapshot[] => {
  const ofKind = new Map(kinds.map((kind): [Kind, AnySnapshot[]] => [kind, []]));
  for (const job of jobs) ofKind.get(kindOf(job))?.push(job);
  return [...ofKind.values()].flatMap((some) => some.sort((a, b) => (a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0)));
});

export interface StateCount {
  readonly state: JobState;
  readonly kind: Kind;
  readonly count: number;
}

/** "2 failing · 1 overdue · 4 running": each state that some job has, the worst first. */
export const countsOf = remembered((jobs: readonly AnySnapshot[]): readonly StateCount[] => {
  const counts = new Map<JobState, number>();
  for (const { state } of byNeed(jobs)) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, kind: kindOfState[state], count }));
});

/** When the present trouble of a job began; absent when that is not known. */
export function troubleSinceMs(job: AnySnapshot): number | undefined {
  if (job.service !== undefined) return job.service.sinceMs;
  if ('overdue' in job && job.state === 'overdue') return job.overdue?.tickMs;
  return job.streak.failingSinceMs;
}

/** A few jobs with the same words that began to fail within this time may have one cause. */
const togetherMs = 2 * 60_000;
const leastTogether = 3;

export interface Need {
  readonly jobs: readonly AnySnapshot[];
  /** The words that all of them have. */
  readonly words: string;
}

/** Jobs that need a person; those that began to fail together, in the same words, are one. */
export function needsOf(jobs: readonly AnySnapshot[], wordsOf: (job: AnySnapshot) => string): readonly Need[] {
  const groups = new Map<string, AnySnapshot[]>();
  for (const job of byNeed(needing(jobs))) {
    const words = wordsOf(job);
    const sinceMs = troubleSinceMs(job);
    // A group lives in one span of two minutes, beginning with its first member.
    const known = groups.get(words);
    const fits =
      known !== undefined &&
      sinceMs !== undefined &&
      Math.abs(sinceMs - (troubleSinceMs(known[0] ?? job) ?? 0)) <= togetherMs;
    if (fits) known.push(job);
    else groups.set(known === undefined ? words : `${words}\n${job.slug}`, [job]);
  }
  return [...groups].flatMap(([key, members]): readonly Need[] => {
    const words = key.split('\n')[0] ?? '';
    return members.length >= leastTogether
      ? [{ jobs: members, words }]
      : members.map((job) => ({ jobs: [job], words }));
  });
}
