/** `jobctl status NAME`: all that is known of one job, and the words that its row in the listing shares. */

import { seatWords } from '../../fleet/seat.ts';
import { orphanWords } from '../../run/lock/collision.ts';
import { lastedWords } from '../../run/outcome/outcome.ts';
import { pauseDetails, resumeCommand } from '../../run/pause/pause.ts';
import { defined } from '../../text/defined.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import type { Overdue } from '../clock/overdue.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import { type BrokenJobSnapshot, hiddenWords, type JobSnapshot, unreadableWords } from '../snapshot.ts';

export type AnySnapshot = JobSnapshot | BrokenJobSnapshot;

export function isBroken(job: AnySnapshot): job is BrokenJobSnapshot {
  return 'problems' in job;
}

export function activityOrphans(activity: Extract<JobSnapshot['activity'], { is: 'orphaned' }>): string {
  return orphanWords({ ...activity, ...defined({ runId: activity.run }) });
}

function undeliveredWords({ undelivered }: AnySnapshot, formatTime: (ms: number) => string): string | undefined {
  if (undelivered === undefined) return undefined;
  const { count, sinceMs, forMs } = undelivered;
  const words = `${count} ${count === 1 ? 'notice' : 'notices'} undelivered`;
  if (forMs !== undefined) return `${words} since ${formatTime(sinceMs)}`;
  return `${words}, written at ${formatTime(sinceMs)} by a clock that was wrong`;
}

function failedNoticeWords({ noticeFailed }: AnySnapshot): string | undefined {
  return noticeFailed && `of run ${noticeFailed.run}: ${noticeFailed.words}`;
}

/** Notices that failed or are not delivered yet. */
export function noticeWarnings(job: AnySnapshot, formatTime: (ms: number) => string): readonly string[] {
  const waiting = undeliveredWords(job, formatTime);
  return [
    ...(waiting === undefined ? [] : [waiting]),
    ...(job.noticeFailed === undefined ? [] : [`notice failed: ${job.noticeFailed.words}`]),
  ];
}

function noneWords({ historyHidden }: JobSnapshot): string {
  return historyHidden === undefined ? 'none' : 'unknown';
}

/** The last run has failed, and a person has said that this is known and dealt with. */
export function resetNote({ reset }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (reset === undefined) return '';
  return `reset by ${reset.by} at ${formatTime(reset.atMs)}${reset.reason === undefined ? '' : `: ${reset.reason}`}`;
}

/** When cron starts the job next, and no pause skips it; absent when the crontab has no line for it. */
export function nextStartMs({ nextMs, dueMs, paused }: JobSnapshot): number | undefined {
  if (paused === undefined || nextMs === undefined) return nextMs;
  return paused.untilMs === undefined ? undefined : Math.max(nextMs, dueMs ?? nextMs);
}

/** Everything about one job, a fact a line. */
export function jobDetails(job: AnySnapshot, formatTime: (ms: number) => string): string {
  if (isBroken(job)) return brokenDetails(job, formatTime);
  return factLines(jobFacts(job, formatTime));
}

/** Label and words of everything that is known about a job that is not a service. */
export function jobFacts(job: AnySnapshot, formatTime: (ms: number) => string): readonly JobFact[] {
  return (isBroken(job) ? brokenFacts(job, formatTime) : goodFacts(job, formatTime)).filter(
    (fact): fact is JobFact => fact[1] !== undefined,
  );
}

export type JobFact = readonly [label: string, words: string];
type PerhapsFact = readonly [label: string, words: string | undefined];

function goodFacts(job: JobSnapshot, formatTime: (ms: number) => string): readonly PerhapsFact[] {
  const last = job.lastRun;
  const startMs = nextStartMs(job);
  return [
    ['job', `${job.slug} - ${job.name}`],
    ['description', job.description?.trim().replaceAll('\n', ' ')],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    ['schedule', job.schedule],
    ['state', job.state],
    ['pool', job.seat && seatWords(job.seat)],
    ['disabled', job.disabled ? 'in its file: the clock does not start it' : undefined],
    ['next', startMs === undefined ? undefined : formatTime(startMs)],
    ...(job.clock?.warnings ?? []).map((words) => ['crontab', words] as const),
    ['overdue', job.overdue === undefined ? undefined : overdueWords(job.overdue, job.slug, formatTime)],
    ['paused', job.paused && `${pauseDetails(job.paused, formatTime)}; to end that: ${resumeCommand(job.paused)}`],
    ['activity', activityWords(job, formatTime)],
    ['waiting', nextWords(job, formatTime)],
    ['shared locks', lockWords(job, formatTime)],
    ['last run', last === undefined ? noneWords(job) : lastRunWords(last, formatTime)],
    [
      'last skip',
      job.lastSkip === undefined ? undefined : `${formatTime(job.lastSkip.startedMs)} ${job.lastSkip.words}`,
    ],
    ['reset', resetNote(job, formatTime) || undefined],
    ['log', last?.logPath],
    ['notices', undeliveredWords(job, formatTime)],
    ['warning', unreadableWords(job.slug, job.unreadable)],
    ['warning', hiddenWords(job.historyHidden)],
    ['notice failed', failedNoticeWords(job)],
    ['failures in a row', job.streak.failures === 0 ? undefined : failureWords(job, formatTime)],
    ['last success', job.streak.lastSuccessMs === undefined ? undefined : formatTime(job.streak.lastSuccessMs)],
  ];
}

function brokenDetails(job: BrokenJobSnapshot, formatTime: (ms: number) => string): string {
  const what = job.file === 'gone' ? 'its file is gone' : 'its file has problems';
  const problems = job.problems.map((problem) => `  ${printable(problem)}\n`).join('');
  return `${job.slug}: ${what}\n${problems}${factLines(jobFacts(job, formatTime))}`;
}

function brokenFacts(job: BrokenJobSnapshot, formatTime: (ms: number) => string): readonly PerhapsFact[] {
  const last = job.lastRun;
  return [
    ['activity', job.activity.is === 'idle' ? undefined : activityWords(job, formatTime)],
    ['waiting', nextWords(job, formatTime)],
    ['last run', last && lastRunWords(last, formatTime)],
    ['log', last?.logPath],
    ['notices', undeliveredWords(job, formatTime)],
    ['notice failed', failedNoticeWords(job)],
  ];
}

function lastRunWords(
  { startedMs, run, words, outcome, durationMs }: RunSnapshot,
  formatTime: (ms: number) => string,
): string {
  return `${formatTime(startedMs)} ${run} ${words}${lastedWords(outcome, durationMs)}`;
}

export function factLines(facts: readonly JobFact[]): string {
  return facts.map(([label, value]) => `${`${label}:`.padEnd(19)} ${printable(value)}\n`).join('');
}

function overdueWords({ tickMs, overdueMs }: Overdue, slug: string, formatTime: (ms: number) => string): string {
  return `by ${durationWords(overdueMs / 1000)}, due since ${formatTime(tickMs)}; jobctl why ${slug} tells more`;
}

function failureWords({ streak }: JobSnapshot, formatTime: (ms: number) => string): string {
  return streak.failingSinceMs === undefined
    ? `${streak.failures}`
    : `${streak.failures}, since ${formatTime(streak.failingSinceMs)}`;
}

/** Empty unless an attempt of the run under way has failed. */
export function retryWords({ activity }: Pick<JobSnapshot, 'activity'>, formatTime: (ms: number) => string): string {
  if (activity.is !== 'running' || activity.retry === undefined) return '';
  const { attempt, words, nextMs } = activity.retry;
  return `attempt ${attempt} ${words}, attempt ${attempt + 1} at ${formatTime(nextMs)}`;
}

function nextWords({ next }: Pick<JobSnapshot, 'next'>, formatTime: (ms: number) => string): string | undefined {
  if (next === undefined) return undefined;
  const since = next.sinceMs === undefined ? '' : ` since ${formatTime(next.sinceMs)}`;
  return `run ${next.run} (pid ${next.pid ?? 'unknown'}) waits${since}${next.words === undefined ? '' : `: ${next.words}`}`;
}

function lockWords({ locks }: JobSnapshot, formatTime: (ms: number) => string): string | undefined {
  if (locks.length === 0) return undefined;
  return locks
    .map(({ name, heldBy }) => {
      if (heldBy === undefined) return `${name} is free`;
      const since = heldBy.sinceMs === undefined ? '' : ` since ${formatTime(heldBy.sinceMs)}`;
      const left = heldBy.processes === undefined ? '' : ` by ${heldBy.processes.join(', ')}`;
      return `${name} is held by ${heldBy.job ?? 'another job'}${heldBy.run === undefined ? '' : `, run ${heldBy.run}`}${since}${left}`;
    })
    .join('; ');
}

/** Says that the run-job is stopped, so that nothing is enforced; otherwise empty. */
export function stoppedWords(activity: JobSnapshot['activity']): string {
  if (activity.is !== 'running' || activity.isStopped !== true) return '';
  return `its run-job is stopped (SIGSTOP), so its timeout is not enforced: kill -CONT ${activity.pid ?? ''}`;
}

/** The activity without times, for a listing. */
export function activityText(activity: JobSnapshot['activity']): string {
  if (activity.is === 'orphaned') return `its run-job is gone, processes of it live: ${activity.pids.join(', ')}`;
  return activity.is === 'running' ? `pid ${activity.pid ?? 'unknown'}` : '';
}

function activityWords(job: Pick<JobSnapshot, 'activity'>, formatTime: (ms: number) => string): string {
  const { activity } = job;
  switch (activity.is) {
    case 'idle':
      return 'idle';
    case 'orphaned':
      return activityOrphans(activity);
    case 'running': {
      const since = activity.sinceMs === undefined ? '' : ` since ${formatTime(activity.sinceMs)}`;
      const retry = retryWords(job, formatTime);
      const run = `running${since} (pid ${activity.pid ?? 'unknown'}, run ${activity.run ?? 'unknown'})`;
      return [run, stoppedWords(activity), retry].filter(Boolean).join('; ');
    }
    default:
      return activity satisfies never;
  }
}
