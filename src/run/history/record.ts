/** Records runs whose command never started, and reads the history of a job. */
import type { Clock } from '../../system/types/clock.ts';
import type { JobLocks } from '../../system/types/lock.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { defined } from '../../text/defined.ts';
import { exitCodeOf, exitCodes, type Outcome, type Stopped } from '../outcome/outcome.ts';
import { carriedAfter, carriedNow } from './carried.ts';
import { dayLinesOf } from './days.ts';
import type { HistoryEvent, Streak, Tick, Trigger } from './event.ts';
import { damagedAtEnd, formatEvent, readEvents, readRecentEvents } from './event-lines.ts';
import { emptyHistory, foldHistory, type History } from './history.ts';
import { earlierHistory } from './predecessor.ts';
import { hasEnded, type RunRecord } from './run-record.ts';
import { extendStreak } from './streak.ts';

/** The result of a run, for its caller and for notices. */
export interface RunResult {
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly startedMs: number;
  readonly endedMs: number;
  /** The history with this run in it. */
  readonly history: History;
  readonly logPath?: string;
  /** Last lines of output; empty without a log. */
  readonly tail: string;
  /** Problems that are not the job's own: lost output, a history that could not be written. */
  readonly warnings: readonly string[];
  readonly interrupted: InterruptedRuns;
  /** The reason for which process-control paused the job after this run; absent if it did not. */
  readonly paused?: string;
}

/**
 * Earlier runs that this one found dead: they started and never ended, and no process held the
 * lock.
 */
export interface InterruptedRuns {
  readonly runs: readonly RunRecord[];
  /** The streak after them and before this run. */
  readonly streak: Streak;
}

/** The parts of the host that write a job's history. */
export interface HistoryHost {
  readonly clock: Clock;
  readonly history: HistoryStore;
  readonly hostName: string;
}

/** A run, its job and its caller. */
export interface RunName {
  readonly slug: string;
  readonly run: string;
  readonly trigger: Trigger;
  /** Set if the clock started the run. */
  readonly tick?: Tick;
}

/** Records a run that was skipped. */
export function recordSkip(
  name: RunName,
  host: HistoryHost,
  skip: Omit<Extract<Outcome, { kind: 'skipped' }>, 'kind'>,
): RunResult {
  return recordUnrun(name, host, { event: 'skipped', outcome: { kind: 'skipped', ...skip } });
}

/** Records a run of which nothing could be started; the stage names the step that failed. */
export function recordNotStarted(
  name: RunName,
  host: HistoryHost,
  failure: { readonly stage: string; readonly reason: string; readonly code?: 78 | 125 },
): RunResult {
  const { stage, reason, code = exitCodes.internal } = failure;
  return recordUnrun(name, host, { event: 'not-started', outcome: { kind: 'not-started', stage, reason, code } });
}

/** Records a run that was stopped while it waited for another one. */
export function recordStopped({ slug, run, trigger, tick }: RunName, host: HistoryHost, outcome: Stopped): RunResult {
  const endedMs = host.clock.nowMs();
  const before = readHistory(slug, host);
  const startedMs = before.runs.find((record) => record.run === run)?.startedMs ?? endedMs;
  const streak = extendStreak(before.streak, outcome, endedMs);
  const warnings = writeEvent(slug, host, {
    ...{ event: 'ended', run, atMs: endedMs, outcome, streak, attempt: 0, trigger, host: host.hostName },
    durationMs: Math.max(0, endedMs - startedMs),
    carried: carriedAfter(before, outcome, Math.max(0, endedMs - startedMs)),
    ...defined({ tick }),
  });
  return { ...withoutLog(outcome, readHistory(slug, host)), startedMs, endedMs, warnings };
}

type Unrun =
  | { readonly event: 'skipped'; readonly outcome: Extract<Outcome, { kind: 'skipped' }> }
  | { readonly event: 'not-started'; readonly outcome: Extract<Outcome, { kind: 'not-started' }> };

function recordUnrun({ slug, run, trigger, tick }: RunName, host: HistoryHost, unrun: Unrun): RunResult {
  const atMs = host.clock.nowMs();
  const warnings = writeEvent(slug, host, { ...unrun, run, atMs, trigger, host: host.hostName, ...defined({ tick }) });
  summarize(slug, host, { run, atMs });
  return { ...withoutLog(unrun.outcome, readHistory(slug, host)), startedMs: atMs, endedMs: atMs, warnings };
}

function withoutLog(outcome: Outcome, history: History) {
  const interrupted = { runs: [], streak: history.streak };
  return { outcome, exitCode: exitCodeOf(outcome), history, tail: '', interrupted };
}

/** Reads the history of a job, on top of the records of the Python process-control. */
export function readHistory(slug: string, { history }: Pick<HistoryHost, 'history'>): History {
  const text = history.read(slug);
  const known = withDamage(slug, { text, known: foldedHistory(text, history.predecessor(slug)), history });
  const hidden = history.hidden?.(slug);
  return hidden === undefined ? known : { ...known, hidden };
}

interface Damaged {
  readonly text: string;
  readonly known: History;
  readonly history: HistoryStore;
}

/** Adds to a history that its last lines are damaged, or that it has none though the job may have run. */
function withDamage(slug: string, { text, known, history }: Damaged): History {
  const isEmpty = text === '' && known.runs.length === 0 && known.lastStatus === 'unknown';
  const lost = isEmpty ? history.lost?.(slug) : undefined;
  if (lost !== undefined) return { ...known, damaged: `${history.path?.(slug) ?? slug}: ${lost}` };
  if (known.unreadable === undefined && (text === '' || known.runs.length > 0)) return known;
  const lines = damagedAtEnd(text);
  if (lines === 0) return known;
  const words = lines === 1 ? 'its last line is damaged' : `its last ${lines} lines are damaged`;
  return { ...known, damaged: `${history.path?.(slug) ?? slug}: ${words}` };
}

function carriesOn(event: HistoryEvent): boolean {
  return event.event === 'summary' || (event.event === 'ended' && event.carried !== undefined);
}

/** Rotates the history of a job, whose lock the caller holds. A summary keeps the counts of the lines that go. Returns a warning. */
export function rotateHistory(
  slug: string,
  host: Pick<HistoryHost, 'history'>,
  at: { readonly run: string; readonly atMs: number },
): string | undefined {
  summarize(slug, host, at);
  return host.history.rotate(slug, dayLinesOf);
}

/**
 * Rotates the history after the record of a run that had no lock. Such records may be all that comes for months, of a paused job or a broken file.
 * The lock is taken for a moment; when a run has it, that one rotates.
 */
export async function rotateWithoutRun(
  { slug, run }: Pick<RunName, 'slug' | 'run'>,
  host: Pick<HistoryHost, 'clock' | 'history'> & { readonly locks: Pick<JobLocks, 'acquire'> },
): Promise<void> {
  if (!host.history.isFull(slug)) return;
  const taken = await host.locks.acquire(slug, run);
  if (taken.is !== 'held') return;
  try {
    rotateHistory(slug, host, { run, atMs: host.clock.nowMs() });
  } finally {
    await taken.lock.release();
  }
}

/** Writes down what is known so far, when the lines that say so are about to be out of sight. */
function summarize(
  slug: string,
  host: Pick<HistoryHost, 'history'>,
  at: { readonly run: string; readonly atMs: number },
): void {
  const { text, isAll } = host.history.tail(slug, recentBytes);
  if (isAll || readEvents(text).events.some(carriesOn)) return;
  const history = readHistory(slug, host);
  writeEvent(slug, host, { event: 'summary', ...at, streak: history.streak, carried: carriedNow(history) });
}

/** More than ten runs. Whatever else a listing shows of the runs before them, the end of a run carries on. */
const recentBytes = 8 * 1024;

/**
 * The same as `readHistory`, but that `runs` holds only the last ones: those of `runIds` are among them when they are on record. It reads the end of the
 * file where that says everything. The last run that has ended is among them, however many skips came after it. With
 * `most` the reader says how many runs it needs.
 */
export function readRecentHistory(
  slug: string,
  runIds: readonly string[],
  { history }: Pick<HistoryHost, 'history'>,
  most = 10,
): History {
  const { text, isAll } = history.tail(slug, recentBytes);
  if (isAll) return readHistory(slug, { history });
  const last = recentIn(lastRuns(text, most), runIds);
  // A notice about a run that was left out says more than this part of the text.
  if (last !== undefined && last.notices === undefined) return withDamage(slug, { text, known: last, history });
  const recent = recentIn(text, runIds);
  return recent === undefined ? readHistory(slug, { history }) : withDamage(slug, { text, known: recent, history });
}

/** The end of a history's text with so many runs at least, when it has them; otherwise the text. */
function lastRuns(text: string, most: number): string {
  let from = text.length;
  for (let count = 0; count <= most; count++) {
    from = text.lastIndexOf('\n{"event":"ended"', from - 1);
    if (from < 0) return text;
  }
  // The line there is the end of one run more.
  return text.slice(text.indexOf('\n', from + 1) + 1);
}

/** The history by the end of its text; `undefined` when that does not say everything. */
function recentIn(text: string, runIds: readonly string[]): History | undefined {
  const { events, unreadable } = readRecentEvents(text, runIds);
  const base = events.findIndex(carriesOn);
  if (base < 0) return undefined;
  const recent = foldHistory(events, emptyHistory, base);
  if (!recent.runs.some(hasEnded) && recent.totals.success + recent.totals.failure > 0) return undefined;
  if (runIds.some((id) => !recent.runs.some(({ run }) => run === id))) return undefined;
  return unreadable === 0 ? recent : { ...recent, unreadable };
}

/**
 * The history that was folded last: a run reads it several times. Not used if the predecessor left
 * a file, since the text is then not the whole input.
 */
let lastFolded: { readonly text: string; readonly history: History } | undefined;

function foldedHistory(text: string, predecessor: Uint8Array | undefined): History {
  if (predecessor === undefined && lastFolded?.text === text) return lastFolded.history;
  const { events, unreadable } = readEvents(text);
  const folded = foldHistory(events, earlierHistory(predecessor));
  const history = unreadable === 0 ? folded : { ...folded, unreadable };
  if (predecessor === undefined) lastFolded = { text, history };
  return history;
}

/** Appends an event. Returns a warning if it can't be written: that must not end the run. */
export function writeEvent(slug: string, { history }: Pick<HistoryHost, 'history'>, event: HistoryEvent): string[] {
  const written = history.append(slug, formatEvent(event));
  return written.ok ? [] : [`the history could not be written: ${written.reason}`];
}
