/**
 * The answer of `check-jobs-icinga`: the predecessor's two sentences first, then ours, and
 * performance data behind the bar.
 */

import { isCircuit, pauseWords } from '../../run/pause/pause.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import { greatest } from '../../text/width.ts';
import { commonWarnings, ownWarnings } from '../clock/installed.ts';
import { type BrokenJobSnapshot, hiddenWords, type JobSnapshot } from '../snapshot.ts';
import { type AnySnapshot, isBroken } from './job.ts';

export interface CheckAnswer {
  readonly code: 0 | 1 | 2 | 3;
  readonly text: string;
}

/**
 * The delay of a start, in seconds, that is a warning, and the one that is critical; without
 * `criticalSeconds` no delay is critical.
 */
export interface Limits {
  readonly warningSeconds: number;
  readonly criticalSeconds?: number;
}

/**
 * The answer, with its exit code: `FAILING JOBS: a, b` and 2 (kept), `JOBS CRITICAL: …` and 2 for
 * starts that are long overdue, `JOBS UNKNOWN: …` and 3 if a history can't be read, `JOBS WARNING:
 * …` and 1 for what an operator should look at, `JOBS OK` and 0 (kept).
 * Monitoring plugins guidelines: the first line says it all and has no bar in it; labels are
 * quoted; seconds have their unit, counts none.
 */
export function checkJobs(jobs: readonly AnySnapshot[], limits: Limits): CheckAnswer {
  const failing = jobs.filter((job) => job.health === 'failing' && job.state !== 'elsewhere').map(({ slug }) => slug);
  const { criticalSeconds = Number.POSITIVE_INFINITY } = limits;
  const late = jobs.filter((job) => overdueSeconds(job) >= criticalSeconds).map(overdueWords);
  const hidden = jobs.flatMap(hiddenNote);
  const warnings = [
    ...hidden,
    ...commonWarnings(jobs.map((job) => (isBroken(job) ? undefined : job.clock))),
    ...jobs.flatMap((job) => remarksOn(job, limits)),
  ].map(pluginWords);
  const details = [...late, ...warnings];
  const tail = ` | ${perfdata(jobs, { failing: failing.length, warnings: warnings.length, limits })}`;
  const first = failing.length > 0 || late.length > 0;
  const more = first && details.length > (failing.length > 0 ? 0 : late.length) ? `\n${details.join('\n')}` : '';
  if (failing.length > 0) return { code: 2, text: `FAILING JOBS: ${failing.join(', ')}${tail}${more}\n` };
  if (late.length > 0) return { code: 2, text: `JOBS CRITICAL: ${late.join('; ')}${tail}${more}\n` };
  if (hidden.length > 0) return { code: 3, text: `JOBS UNKNOWN: ${warnings.join('; ')}${tail}\n` };
  if (warnings.length > 0) return { code: 1, text: `JOBS WARNING: ${warnings.join('; ')}${tail}\n` };
  return { code: 0, text: `JOBS OK${tail}\n` };
}

interface Sums {
  readonly failing: number;
  readonly warnings: number;
  readonly limits: Limits;
}

function perfdata(jobs: readonly AnySnapshot[], { failing, warnings, limits }: Sums): string {
  const good = jobs.flatMap((job) => (isBroken(job) ? [] : [job]));
  const running = jobs.filter((job) => job.activity.is === 'running').length;
  const counts = {
    failing,
    warnings,
    running,
    jobs: jobs.length,
    paused: good.filter((job) => job.paused !== undefined).length,
    disabled: good.filter((job) => job.disabled).length,
  };
  const longest = Math.floor(greatest(jobs.map(overdueSeconds)));
  return [
    ...Object.entries(counts).map(([label, amount]) => `'${label}'=${amount};;;0`),
    `'overdue'=${longest}s;${limits.warningSeconds};${limits.criticalSeconds ?? ''};0`,
  ].join(' ');
}

/** The time that a mail server may need for a restart. */
const undeliveredMs = 600_000;

function noticeWarnings({ slug, noticeFailed, undelivered }: AnySnapshot): readonly string[] {
  if (noticeFailed !== undefined) return [`${slug}: a notice failed: ${noticeFailed.words}`];
  if (undelivered === undefined) return [];
  const { forMs } = undelivered;
  if (forMs === undefined) return [`${slug}: a notice waits; the clock was wrong when it was written`];
  return forMs < undeliveredMs ? [] : [`${slug}: a notice waits for ${durationWords(forMs / 1000)}`];
}

function remarksOn(
  job: AnySnapshot,
  { warningSeconds, criticalSeconds = Number.POSITIVE_INFINITY }: Limits,
): readonly string[] {
  const stopped = stoppedNote(job);
  if (isBroken(job)) return [...stopped, ...invalidNote(job), ...noticeWarnings(job)];
  if (job.state === 'elsewhere')
    return [...ownWarnings(job.clock).map((words) => `${job.slug}: ${words}`), ...noticeWarnings(job)];
  const seconds = overdueSeconds(job);
  const missed = job.lastRun?.outcome?.kind === 'missed';
  return [
    ...ownWarnings(job.clock).map((words) => `${job.slug}: ${words}`),
    ...(seconds >= warningSeconds && seconds < criticalSeconds ? [overdueWords(job)] : []),
    ...(missed ? [`${job.slug} ${job.lastRun?.words ?? ''}`] : []),
    ...stopped,
    ...pauseNote(job),
    ...(job.skips?.isMany ? [`${job.slug} was skipped ${job.skips.count} times in a row (skip_threshold)`] : []),
    ...(job.activity.is === 'orphaned' ? [`${job.slug} left processes behind`] : []),
    ...noticeWarnings(job),
    ...(job.lastRun?.lostBytes === undefined ? [] : [`${job.slug} lost output of its last run`]),
  ];
}

/** A job that is gone and does not run is shown for its crontab line, whose starts fail. */
function invalidNote({ slug, file, activity, service }: BrokenJobSnapshot): readonly string[] {
  if (file === 'broken') return [`${slug} is invalid: its file has problems`];
  const isLineLeft = service === undefined && activity.is === 'idle';
  return isLineLeft ? [`${slug} is invalid: its file is gone, and the crontab still has its line`] : [];
}

function hiddenNote(job: AnySnapshot): readonly string[] {
  const words = isBroken(job) ? undefined : hiddenWords(job.historyHidden);
  return words === undefined ? [] : [`${job.slug}: ${words}`];
}

/** Names a stopped run-job or supervisor, which enforces no timeout and restarts no instance. */
function stoppedNote({ slug, activity, service }: AnySnapshot): readonly string[] {
  if (activity.is !== 'running' || activity.isStopped !== true) return [];
  const who = service === undefined ? 'the run-job' : 'the supervisor';
  return [`${who} of ${slug} is stopped (SIGSTOP): kill -CONT ${activity.pid ?? ''}`];
}

/** Names a pause without an end; one that ends by itself needs no attention. */
function pauseNote({ slug, paused }: JobSnapshot): readonly string[] {
  if (paused === undefined || paused.untilMs !== undefined) return [];
  if (paused.unread !== undefined) return [`${slug} is ${pauseWords(paused, String)}`];
  const why = paused.reason === undefined ? '' : `: ${paused.reason}`;
  if (isCircuit(paused)) return [`${slug} is paused after its failures until jobctl reset ${slug}${why}`];
  return [`${slug} is paused without an end by ${paused.by}${why}`];
}

function overdueSeconds(job: AnySnapshot): number {
  return isBroken(job) || job.overdue === undefined ? 0 : job.overdue.overdueMs / 1000;
}

function overdueWords(job: AnySnapshot): string {
  return `${job.slug} is overdue by ${durationWords(overdueSeconds(job))}`;
}

/** One line of what people have written, which must not pass for performance data. */
export function pluginWords(words: string): string {
  return printable(words.replaceAll('|', '/').replaceAll(/\s*\n\s*/g, ' '));
}
