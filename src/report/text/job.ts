/** `jobctl status`: a row for each job, or all that is known of one. */
import { orphanWords } from '../../run/lock/collision.ts';
import { lastedWords, statusOf } from '../../run/outcome/outcome.ts';
import { pauseDetails, pauseWords, resumeCommand } from '../../run/pause/pause.ts';
import { defined } from '../../text/defined.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import { ownWarnings } from '../clock/installed.ts';
import type { Overdue } from '../clock/overdue.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import { type BrokenJobSnapshot, hiddenWords, type JobSnapshot, unreadableWords } from '../snapshot.ts';
import type { ListedJob } from './listing.ts';
import { serviceNote } from './service.ts';

export type AnySnapshot = JobSnapshot | BrokenJobSnapshot;

export function isBroken(job: AnySnapshot): job is BrokenJobSnapshot {
  return 'problems' in job;
}

/** A row of the listing. */
export function listedJob(job: AnySnapshot, formatTime: (ms: number) => string): ListedJob {
  const { slug, state, tags } = job;
  const row = { slug, state, tags, note: noteOf(job, formatTime) };
  if (job.service !== undefined) return { ...row, ...defined({ lastMs: job.service.sinceMs }) };
  if (isBroken(job)) return { ...row, ...defined({ lastMs: runningSince(job) }) };
  const { lastRun, strip } = job;
  return {
    ...row,
    strip,
    ...defined({ lastMs: lastRun?.startedMs, tookMs: lastRun?.durationMs, nextMs: nextStartMs(job) }),
  };
}

/** When cron starts the job next, and no pause skips it; absent when the crontab has no line for it. */
function nextStartMs({ nextMs, dueMs, paused }: JobSnapshot): number | undefined {
  if (paused === undefined || nextMs === undefined) return nextMs;
  return paused.untilMs === undefined ? undefined : Math.max(nextMs, dueMs ?? nextMs);
}

function runningSince({ activity }: AnySnapshot): number | undefined {
  return activity.is === 'running' ? activity.sinceMs : undefined;
}

/** The remarks about a job, in one line. */
function noteOf(job: AnySnapshot, formatTime: (ms: number) => string): string {
  return remarksOn(job, formatTime).filter(Boolean).join('; ');
}

function remarksOn(job: AnySnapshot, formatTime: (ms: number) => string): readonly (string | undefined)[] {
  if (isBroken(job) && job.service === undefined) return [brokenNote(job, formatTime)];
  if (job.service !== undefined)
    return [
      serviceNote(job.slug, job.service),
      ...(isBroken(job) ? [] : ownWarnings(job.clock)),
      ...noticeWarnings(job, formatTime),
      isBroken(job) ? undefined : unreadableWords(job.slug, job.unreadable),
    ];
  if (isBroken(job)) return [];
  return [
    offNote(job),
    pausedWords(job, formatTime),
    overdueNote(job, formatTime),
    stoppedWords(job.activity),
    retryWords(job, formatTime),
    nextNote(job),
    orphanNote(job),
    lastWords(job),
    streakNote(job),
    ...ownWarnings(job.clock),
    resetNote(job, formatTime),
    skipNote(job, formatTime),
    unreadableWords(job.slug, job.unreadable),
    hiddenWords(job.historyHidden),
    ...noticeWarnings(job, formatTime),
  ];
}

/** "disabled", unless the column before says so. */
function offNote({ disabled, state }: JobSnapshot): string {
  return disabled && state !== 'disabled' ? 'disabled' : '';
}

/** The words about the last run; none where the state says it already. */
function lastWords({ lastRun, activity, state }: JobSnapshot): string | undefined {
  const { outcome } = lastRun ?? {};
  if (outcome !== undefined && statusOf(outcome) === 'success' && (state === 'ok' || lastRun?.words === 'succeeded'))
    return undefined;
  if (lastRun === undefined || lastRun.outcome !== undefined || state !== 'running') return lastRun?.words;
  return activity.is === 'running' ? activityText(activity) : lastRun.words;
}

function overdueNote({ overdue }: JobSnapshot, formatTime: (ms: number) => string): string {
  return overdue === undefined ? '' : `due since ${formatTime(overdue.tickMs)}`;
}

function pausedWords({ paused, state }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (paused === undefined) return '';
  return state === 'paused' ? pauseDetails(paused, formatTime) : pauseWords(paused, formatTime);
}

function orphanNote({ activity }: JobSnapshot): string {
  return activity.is === 'orphaned' ? activityOrphans(activity) : '';
}

export function activityOrphans(activity: Extract<JobSnapshot['activity'], { is: 'orphaned' }>): string {
  return orphanWords({ ...activity, ...defined({ runId: activity.run }) });
}

function nextNote({ next, lastRun }: JobSnapshot): string {
  return next === undefined || next.run === lastRun?.run ? '' : `run ${next.run} waits`;
}

/** The latest skip. Left out if a pause explains it, or a run under way. */
function skipNote({ lastSkip, activity, paused }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (lastSkip === undefined || paused !== undefined || activity.is === 'running') return '';
  return `at ${formatTime(lastSkip.startedMs)} it ${lastSkip.words}`;
}

function undeliveredWords({ undelivered }: AnySnapshot, formatTime: (ms: number) => string): string | undefined {
  if (undelivered === undefined) return undefined;
  const { count, sinceMs } = undelivered;
  return `${count} ${count === 1 ? 'notice' : 'notices'} undelivered since ${formatTime(sinceMs)}`;
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

function streakNote({ streak }: JobSnapshot): string {
  return streak.failures > 1 ? `${streak.failures} failures in a row` : '';
}

/** The words about a job whose file has problems; what runs all the same comes first. */
function brokenNote(job: BrokenJobSnapshot, formatTime: (ms: number) => string): string {
  const { activity, problems } = job;
  const runs = activity.is === 'idle' ? [] : [activityText(activity)];
  // The directory is the same for all of them.
  const [problem = ''] = problems;
  const short = problem.replace(/^\/(?:[^/:]+\/)*(?=[^/:]+:\d+:)/, '');
  return [...runs, short, ...noticeWarnings(job, formatTime)].join('; ');
}

function noneWords({ historyHidden }: JobSnapshot): string {
  return historyHidden === undefined ? 'none' : 'unknown';
}

/** The last run has failed, and a person has said that this is known and dealt with. */
function resetNote({ reset }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (reset === undefined) return '';
  return `reset by ${reset.by} at ${formatTime(reset.atMs)}${reset.reason === undefined ? '' : `: ${reset.reason}`}`;
}

/** Everything about one job, a fact a line. */
export function jobDetails(job: AnySnapshot, formatTime: (ms: number) => string): string {
  if (isBroken(job)) return brokenDetails(job, formatTime);
  const last = job.lastRun;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['job', `${job.slug} - ${job.name}`],
    ['description', job.description?.trim().replaceAll('\n', ' ')],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    ['schedule', job.schedule],
    ['state', job.state],
    ['disabled', job.disabled ? 'in its file: the clock does not start it' : undefined],
    ['next', job.nextMs === undefined ? undefined : formatTime(job.nextMs)],
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
  return factLines(facts);
}

function brokenDetails(job: BrokenJobSnapshot, formatTime: (ms: number) => string): string {
  const what = job.file === 'gone' ? 'its file is gone' : 'its file has problems';
  const problems = job.problems.map((problem) => `  ${printable(problem)}\n`).join('');
  const last = job.lastRun;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['activity', job.activity.is === 'idle' ? undefined : activityWords(job, formatTime)],
    ['waiting', nextWords(job, formatTime)],
    ['last run', last && lastRunWords(last, formatTime)],
    ['log', last?.logPath],
    ['notices', undeliveredWords(job, formatTime)],
    ['notice failed', failedNoticeWords(job)],
  ];
  return `${job.slug}: ${what}\n${problems}${factLines(facts)}`;
}

function lastRunWords(
  { startedMs, run, words, outcome, durationMs }: RunSnapshot,
  formatTime: (ms: number) => string,
): string {
  return `${formatTime(startedMs)} ${run} ${words}${lastedWords(outcome, durationMs)}`;
}

function factLines(facts: readonly (readonly [string, string | undefined])[]): string {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  return known.map(([label, value]) => `${`${label}:`.padEnd(19)} ${printable(value)}\n`).join('');
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
function retryWords({ activity }: Pick<JobSnapshot, 'activity'>, formatTime: (ms: number) => string): string {
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
function stoppedWords(activity: JobSnapshot['activity']): string {
  if (activity.is !== 'running' || activity.isStopped !== true) return '';
  return `its run-job is stopped (SIGSTOP), so its timeout is not enforced: kill -CONT ${activity.pid ?? ''}`;
}

/** The activity without times, for a listing. */
function activityText(activity: JobSnapshot['activity']): string {
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
