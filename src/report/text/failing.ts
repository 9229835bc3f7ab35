/** `jobctl failed`: what is failing now, since when, how often, and its last words. */
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import type { BrokenJobSnapshot } from '../snapshot.ts';
import { type AnySnapshot, isBroken } from './job.ts';
import { serviceNote } from './service.ts';
import { sentence } from './terminal/fold.ts';

/** The end of the latest log of a job, or why it can't be shown. */
export type LastWords = { readonly lines: readonly string[] } | { readonly why: string };

export function isFailing(job: AnySnapshot): boolean {
  return isBroken(job) || (job.health === 'failing' && job.state !== 'elsewhere');
}

const shownLines = 3;
const detailLines = 10;

/** The end of a log, below the facts about its job. */
export function lastWordsText(words: LastWords): string {
  if ('why' in words) return `${printable(words.why)}\n`;
  if (words.lines.length === 0) return 'its log is empty\n';
  return words.lines
    .slice(-detailLines)
    .map((line) => `  ${printable(line)}\n`)
    .join('');
}

/** A line of what and since when, then the last words, indented. */
export function failingText(
  job: AnySnapshot,
  words: LastWords | undefined,
  {
    formatTime,
    nowMs,
    columns,
  }: { readonly formatTime: (ms: number) => string; readonly nowMs: number; readonly columns?: number },
): string {
  const time = (ms: number) => `${formatTime(ms)} (${durationWords(Math.max(0, nowMs - ms) / 1000)} ago)`;
  const said = words === undefined ? [] : 'why' in words ? [words.why] : words.lines.slice(-shownLines);
  // The lines of the log are as wide as they are.
  return [
    ...sentence(`${job.slug}: ${headWords(job, time)}`, 2, columns),
    ...said.map((line) => `  ${printable(line)}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The state of the file, the run that goes on all the same, and the first problem. */
export function brokenWords(job: BrokenJobSnapshot): string {
  return job.file === 'gone' ? brokenState(job) : `${brokenState(job)}: ${job.problems[0] ?? ''}`;
}

function brokenState({ file, service, activity }: BrokenJobSnapshot): string {
  const runs = service === undefined ? activity.is !== 'idle' : service.supervisor !== undefined;
  if (service !== undefined) {
    if (file === 'gone') return 'its file is gone, so it is being stopped';
    return `its file has problems, ${runs ? 'and it goes on as it is' : 'so it is not started'}`;
  }
  if (file === 'gone') return `its file is gone${runs ? '; its run goes on' : ''}`;
  return `its file has problems, ${runs ? 'and its run goes on' : 'so it is not run'}`;
}

function headWords(job: AnySnapshot, time: (ms: number) => string): string {
  if (isBroken(job)) return brokenWords(job);
  const { service, streak, lastRun } = job;
  if (service !== undefined) {
    const since = service.sinceMs === undefined ? '' : ` since ${time(service.sinceMs)}`;
    return `${service.state}${since}: ${serviceNote(job.slug, service)}`;
  }
  const { failures, failingSinceMs } = streak;
  const often = failures === 1 ? 'failed once' : `failed ${failures} times in a row`;
  const since =
    failingSinceMs === undefined
      ? ''
      : failures === 1
        ? ` at ${time(failingSinceMs)}`
        : ` since ${time(failingSinceMs)}`;
  const last = lastRun?.outcome === undefined ? '' : `: ${failures === 1 ? 'it' : 'the last time it'} ${lastRun.words}`;
  return `${often}${since}${last}`;
}
