/**
 * `jobctl history`: one line for each run, and for each decision of an operator about the job;
 * newest last.
 */
import type { Steered, Trigger } from '../../run/history/event.ts';
import { lastedWords, leftOutWords } from '../../run/outcome/outcome.ts';
import type { JournalEntry } from '../../service/record/journal.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import type { RunSnapshot } from '../latest-runs.ts';

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

/** `named`: with the name of the job in front, as entries of several jobs need it. */
export function historyText(
  entries: readonly HistoryEntry[],
  { formatTime, named }: { readonly formatTime: (ms: number) => string; readonly named: boolean },
): string {
  const width = entries.reduce((widest, { job }) => Math.max(widest, job.length), 0);
  return entries
    .map((entry) => `${named ? `${entry.job.padEnd(width)}  ` : ''}${entryLine(entry, formatTime)}\n`)
    .join('');
}

function entryLine(entry: HistoryEntry, formatTime: (ms: number) => string): string {
  switch (entry.is) {
    case 'run':
      return historyLine(entry.run, entry.usualMs, formatTime);
    case 'service':
      return printable(`${formatTime(entry.entry.atMs)}  ${entry.entry.words}`);
    case 'steered':
      return steeredLine(entry.step, formatTime);
    default:
      return entry satisfies never;
  }
}

/** A line like that of a run, with a dash in place of the run's id. */
function steeredLine(step: Steered, formatTime: (ms: number) => string): string {
  const { action, by, untilMs, tag, reason, started } = step;
  const what = { pause: 'paused', resume: 'resumed', reset: 'reset', start: 'started', restart: 'restarted' }[action];
  const until = action !== 'pause' ? '' : untilMs === undefined ? ' until resumed' : ` until ${formatTime(untilMs)}`;
  const where = `${started === undefined ? '' : ` (run ${started})`}${tag === undefined ? '' : ` (tag ${tag})`}`;
  return printable(
    `${formatTime(step.atMs)}  -  was ${what} by ${by}${until}${where}${reason === undefined ? '' : `: ${reason}`}`,
  );
}

function historyLine(run: RunSnapshot, usualMs: number | undefined, formatTime: (ms: number) => string): string {
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
  return printable(
    `${formatTime(run.startedMs)}  ${run.run}  ${parts.filter((part) => part !== undefined).join(', ')}`,
  );
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
