/** `jobctl status`: the row of a job in the listing, and the note at its end. */
import { onWords } from '../../fleet/seat.ts';
import { statusOf } from '../../run/outcome/outcome.ts';
import { pauseDetails, pauseWords } from '../../run/pause/pause.ts';
import { defined } from '../../text/defined.ts';
import { ownWarnings } from '../clock/installed.ts';
import { type BrokenJobSnapshot, hiddenWords, type JobSnapshot, unreadableWords } from '../snapshot.ts';
import {
  type AnySnapshot,
  activityOrphans,
  activityText,
  isBroken,
  nextStartMs,
  noticeWarnings,
  resetNote,
  retryWords,
  stoppedWords,
} from './job.ts';
import type { ListedJob } from './listing.ts';
import { serviceNote } from './service.ts';

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
      isBroken(job) ? undefined : seatNote(job),
      serviceNote(job.slug, job.service),
      ...(isBroken(job) ? [] : ownWarnings(job.clock)),
      ...noticeWarnings(job, formatTime),
      isBroken(job) ? undefined : unreadableWords(job.slug, job.unreadable),
    ];
  if (isBroken(job)) return [];
  return [
    offNote(job),
    seatNote(job),
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

/** "on web1", for a job that other hosts have. */
function seatNote({ seat }: JobSnapshot): string {
  return seat === undefined || seat.isHere ? '' : onWords(seat);
}

/** The words about the last run; none where the state says it already. */
function lastWords({ lastRun, activity, state }: JobSnapshot): string | undefined {
  const { outcome } = lastRun ?? {};
  if (outcome !== undefined && statusOf(outcome) === 'success' && (state === 'ok' || lastRun?.words === 'succeeded'))
    return undefined;
  if (lastRun === undefined || lastRun.outcome !== undefined || state !== 'running') return lastRun?.words;
  return activity.is === 'running' ? activityText(activity) : lastRun.words;
}

/** Left out during a pause, which says why nothing starts the job. */
function overdueNote({ overdue, paused }: JobSnapshot, formatTime: (ms: number) => string): string {
  return overdue === undefined || paused !== undefined ? '' : `due since ${formatTime(overdue.tickMs)}`;
}

function pausedWords({ paused, state }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (paused === undefined) return '';
  return state === 'paused' ? pauseDetails(paused, formatTime) : pauseWords(paused, formatTime);
}

function orphanNote({ activity }: JobSnapshot): string {
  return activity.is === 'orphaned' ? activityOrphans(activity) : '';
}

function nextNote({ next, lastRun }: JobSnapshot): string {
  return next === undefined || next.run === lastRun?.run ? '' : `run ${next.run} waits`;
}

/** The latest skip. Left out if a pause explains it, or a run under way. */
function skipNote({ lastSkip, activity, paused }: JobSnapshot, formatTime: (ms: number) => string): string {
  if (lastSkip === undefined || paused !== undefined || activity.is === 'running') return '';
  return `at ${formatTime(lastSkip.startedMs)} it ${lastSkip.words}`;
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
