/**
 * `jobctl history`: one line for each run, and for each decision of an operator about the job;
 * newest last.
 */
import type { Steered, Trigger } from '../../run/history/event.ts';
import { healthOf, lastedWords, leftOutWords } from '../../run/outcome/outcome.ts';
import type { JournalEntry } from '../../service/record/journal.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import { widest } from '../../text/width.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import { painted, type Terminal } from './terminal/colour.ts';
import { folded } from './terminal/fold.ts';

/** `job` is its slug. */
export type HistoryEntry = { readonly job: string } & (
  | {
      readonly is: 'run';
      readonly run: RunSnapshot /** The usual duration, in milliseconds. */;
      readonly usualMs?: number;
    }
  | { readonly is: 'service'; readonly entry: JournalEntry }
  | { readonly is: 'steered'; readonly step: Steered }
);

/** When it began to be so, in milliseconds since 1970. */
export function entryMs(entry: HistoryEntry): number {
  switch (entry.is) {
    case 'run':
      return entry.run.startedMs;
    case 'service':
      return entry.entry.atMs;
    case 'steered':
      return entry.step.atMs;
    default:
      return entry satisfies never;
  }
}

export interface HistoryView {
  readonly formatTime: (ms: number) => string;
  /** With the name of the job in front, as entries of several jobs need it. */
  readonly named: boolean;
  readonly terminal?: Terminal;
}

/** One line for each entry: job, time, run, and what happened, each in a column of its own. */
export function historyText(entries: readonly HistoryEntry[], view: HistoryView): string {
  const width = widest(entries.map(({ job }) => job));
  const lines = entries.map((entry) => lineOf(entry, view.formatTime));
  const idWidth = widest(lines.map(({ id = '' }) => id));
  return lines
    .map(({ job, time, id = '-', words, failed }) => {
      const head = [...(view.named ? [job.padEnd(width)] : []), time, ...(idWidth === 0 ? [] : [id.padEnd(idWidth)])];
      return entryText(`${head.map(printable).join('  ')}  `, printable(words), { ...view, failed });
    })
    .join('');
}

/** Words that are too long for the terminal go on below each other, as long as half of it is left for them. */
function entryText(
  head: string,
  words: string,
  { terminal, failed }: Pick<HistoryView, 'terminal'> & { readonly failed: boolean },
): string {
  const { columns = Number.POSITIVE_INFINITY } = terminal ?? {};
  const indent = head.length <= columns / 2 ? head.length : 4;
  const paint = painted(failed ? 'red' : 'none', terminal);
  return folded(head + words, columns, indent)
    .map((line, index) => {
      const from = index > 0 || line.length < head.length ? 0 : head.length;
      return `${line.slice(0, from)}${paint(line.slice(from))}\n`;
    })
    .join('');
}

/** The event in the words of the history, without job, time and run. */
export function entryWords(entry: HistoryEntry, formatTime: (ms: number) => string): string {
  return lineOf(entry, formatTime).words;
}

interface Line {
  readonly job: string;
  readonly time: string;
  /** The id of a run; a dash for decisions of operators. */
  readonly id?: string;
  readonly words: string;
  readonly failed: boolean;
}

function lineOf(entry: HistoryEntry, formatTime: (ms: number) => string): Line {
  const base = { job: entry.job, time: formatTime(entryMs(entry)), failed: isFailure(entry) };
  switch (entry.is) {
    case 'run':
      return { ...base, id: entry.run.run, words: runWords(entry.run, entry.usualMs, formatTime) };
    case 'service':
      return { ...base, words: entry.entry.words };
    case 'steered':
      return { ...base, id: '-', words: steeredWords(entry.step, formatTime) };
    default:
      return entry satisfies never;
  }
}

/** A missed tick counts as a failure. A skip, or a stop by an operator, does not. */
export function isFailure(entry: HistoryEntry): boolean {
  if (entry.is === 'run') {
    const { outcome } = entry.run;
    return outcome !== undefined && (outcome.kind === 'missed' || healthOf(outcome) === 'failure');
  }
  // A service is DEGRADED during every restart that an operator asks for, so only a death of an
  // instance, or FAILED, counts.
  if (entry.is === 'service') return entry.entry.died === true || entry.entry.state === 'FAILED';
  return false;
}

function steeredWords(step: Steered, formatTime: (ms: number) => string): string {
  const { action, by, untilMs, tag, reason, started } = step;
  const what = { pause: 'paused', resume: 'resumed', reset: 'reset', start: 'started', restart: 'restarted' }[action];
  const until = action !== 'pause' ? '' : untilMs === undefined ? ' until resumed' : ` until ${formatTime(untilMs)}`;
  const where = `${started === undefined ? '' : ` (run ${started})`}${tag === undefined ? '' : ` (tag ${tag})`}`;
  return `was ${what} by ${by}${until}${where}${reason === undefined ? '' : `: ${reason}`}`;
}

function runWords(run: RunSnapshot, usualMs: number | undefined, formatTime: (ms: number) => string): string {
  const parts = [
    ...endParts(run),
    ...stopParts(run),
    usualMs === undefined ? undefined : `usually ${durationWords(usualMs / 1000)}`,
    run.attempt === undefined || run.attempt < 2 ? undefined : `${run.attempt} attempts`,
    triggerWords(run.trigger),
    run.warning,
    run.paused === undefined ? undefined : 'paused the job',
    run.tick?.lateMs === undefined ? undefined : lateWords(run.tick.tickMs, run.tick.lateMs, formatTime),
    run.lostBytes === undefined ? undefined : `log incomplete (${run.lostBytes} bytes lost)`,
    run.leftOut === undefined ? undefined : leftOutWords(run.leftOut),
    run.swept === undefined ? undefined : sweptWords(run.swept),
    run.survivors === undefined ? undefined : `could not be killed: ${run.survivors.join('; ')}`,
    run.noticeFailed === undefined ? undefined : `notice failed: ${run.noticeFailed}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/**
 * Joins the duration to the words where both belong together, as in "timed out after 5 s and ended
 * after 13 s".
 */
function endParts({ words: ended, stopReason, outcome, durationMs }: RunSnapshot): readonly string[] {
  const words = stopReason === undefined || !isByRequest(outcome) ? ended : `${ended}: ${stopReason}`;
  const lasted = lastedWords(outcome, durationMs);
  if (outcome?.kind === 'timed-out') return [`${words}${lasted}`];
  return lasted === '' ? [words] : [words, lasted.trimStart()];
}

/** True if an operator asked for this end, or for what the run is doing now. */
function isByRequest(outcome: RunSnapshot['outcome']): boolean {
  return outcome === undefined || outcome.kind === 'stopped';
}

/**
 * Requests to stop the run that did not end it: it had ended otherwise, or was being stopped
 * already.
 */
function stopParts({ outcome, stopRequestedBy, stopReason, laterStops = [] }: RunSnapshot): readonly string[] {
  const withReason = (words: string, reason: string | undefined) =>
    reason === undefined ? words : `${words}: ${reason}`;
  const first =
    stopRequestedBy === undefined || isByRequest(outcome)
      ? []
      : [withReason(`${stopRequestedBy} asked to stop it`, stopReason)];
  return [...first, ...laterStops.map(({ by, reason }) => withReason(`${by} asked again to stop it`, reason))];
}

function sweptWords(count: number): string {
  return count === 1 ? '1 remaining process ended' : `${count} remaining processes ended`;
}

function lateWords(tickMs: number, lateMs: number, formatTime: (ms: number) => string): string {
  return `${durationWords(lateMs / 1000)} late for ${formatTime(tickMs)}`;
}

export function triggerWords(trigger: Trigger | undefined): string | undefined {
  switch (trigger?.by) {
    case undefined:
      return undefined;
    case 'clock':
      return 'by the clock';
    case 'person':
      return `by ${trigger.name}`;
    case 'job':
      return `by run ${trigger.parentRun}`;
    default:
      // Written by a later version.
      trigger satisfies undefined;
      return undefined;
  }
}
