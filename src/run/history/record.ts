/** Writes a run down: what came of it in the history, and the result for whoever asked, also when nothing could be started. */
import type { Clock } from '../../system/types/clock.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { exitCodeOf, exitCodes, type Outcome, type Stopped } from '../outcome/outcome.ts';
import { formatEvent, type HistoryEvent, readEvents, type Streak, type Tick, type Trigger } from './event.ts';
import { extendStreak, foldHistory, type History, type RunRecord } from './history.ts';
import { earlierHistory } from './predecessor.ts';

/** What whoever asked for the run, and whoever must be told, needs to know. */
export interface RunResult {
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly startedMs: number;
  readonly endedMs: number;
  /** The history with this run in it. */
  readonly history: History;
  readonly logPath?: string;
  /** Last lines of output. */
  readonly tail: string;
  /** What went wrong beside the job itself: lost output, a history that could not be written. */
  readonly troubles: readonly string[];
  readonly interrupted: InterruptedRuns;
  /** Why process-control has paused the job after this run; absent when it has not. */
  readonly paused?: string;
}

/** Earlier runs that this one found dead: started, never ended, and nobody holding the lock. */
export interface InterruptedRuns {
  readonly runs: readonly RunRecord[];
  /** After them and before this run. */
  readonly streak: Streak;
}

/** Enough to write in a job's history. */
export interface HistoryHost {
  readonly clock: Clock;
  readonly history: HistoryStore;
  readonly hostName: string;
}

/** Which run of which job, and who wanted it. */
export interface RunName {
  readonly slug: string;
  readonly run: string;
  readonly trigger: Trigger;
  /** Of a run that the clock has started. */
  readonly tick?: Tick;
}

/** The job is running: that run goes on, this one is recorded as skipped. */
export function recordSkip(
  name: RunName,
  recorder: HistoryHost,
  skip: Omit<Extract<Outcome, { kind: 'skipped' }>, 'kind'>,
): RunResult {
  return recordUnrun(name, recorder, { event: 'skipped', outcome: { kind: 'skipped', ...skip } });
}

/** Nothing could be started; the stage names what failed. */
export function recordNotStarted(
  name: RunName,
  recorder: HistoryHost,
  failure: { readonly stage: string; readonly reason: string; readonly code?: 78 | 125 },
): RunResult {
  const { stage, reason, code = exitCodes.internal } = failure;
  return recordUnrun(name, recorder, { event: 'not-started', outcome: { kind: 'not-started', stage, reason, code } });
}

/** A run that waited for another one, and was stopped meanwhile. */
export function recordStopped(
  { slug, run, trigger, tick }: RunName,
  recorder: HistoryHost,
  outcome: Stopped,
): RunResult {
  const endedMs = recorder.clock.nowMs();
  const before = readHistory(slug, recorder);
  const startedMs = before.runs.find((record) => record.run === run)?.startedMs ?? endedMs;
  const streak = extendStreak(before.streak, outcome, endedMs);
  const troubles = writeEvent(slug, recorder, {
    ...{ event: 'ended', run, atMs: endedMs, outcome, streak, attempt: 0, trigger, host: recorder.hostName },
    durationMs: Math.max(0, endedMs - startedMs),
    ...(tick !== undefined && { tick }),
  });
  return resultOf(outcome, recorder, { slug, startedMs, endedMs, troubles });
}

type Unrun =
  | { readonly event: 'skipped'; readonly outcome: Extract<Outcome, { kind: 'skipped' }> }
  | { readonly event: 'not-started'; readonly outcome: Extract<Outcome, { kind: 'not-started' }> };

function recordUnrun({ slug, run, trigger, tick }: RunName, recorder: HistoryHost, unrun: Unrun): RunResult {
  const atMs = recorder.clock.nowMs();
  const ofTick = tick === undefined ? {} : { tick };
  const troubles = writeEvent(slug, recorder, { ...unrun, run, atMs, trigger, host: recorder.hostName, ...ofTick });
  return resultOf(unrun.outcome, recorder, { slug, startedMs: atMs, endedMs: atMs, troubles });
}

interface Known {
  readonly slug: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly troubles: readonly string[];
}

/** Of a run that had no log. */
function resultOf(outcome: Outcome, recorder: HistoryHost, known: Known): RunResult {
  const { slug, startedMs, endedMs, troubles } = known;
  const history = readHistory(slug, recorder);
  return {
    outcome,
    exitCode: exitCodeOf(outcome),
    startedMs,
    endedMs,
    history,
    tail: '',
    troubles,
    interrupted: { runs: [], streak: history.streak },
  };
}

/** All that is known of the job's runs, the predecessor's included. */
export function readHistory(slug: string, { history }: Pick<HistoryHost, 'history'>): History {
  const known = foldedHistory(history.read(slug), history.predecessor(slug));
  const hidden = history.hidden?.(slug);
  return hidden === undefined ? known : { ...known, hidden };
}

/** A run asks several times for what has not changed; without a predecessor the text says all. */
let lastFolded: { readonly text: string; readonly history: History } | undefined;

function foldedHistory(text: string, predecessor: Uint8Array | undefined): History {
  if (predecessor === undefined && lastFolded?.text === text) return lastFolded.history;
  const { events, unreadable } = readEvents(text);
  const folded = foldHistory(events, earlierHistory(predecessor));
  const history = unreadable === 0 ? folded : { ...folded, unreadable };
  if (predecessor === undefined) lastFolded = { text, history };
  return history;
}

/** Troubles, in words: a history that can't be written must not end the run it is about. */
export function writeEvent(slug: string, { history }: Pick<HistoryHost, 'history'>, event: HistoryEvent): string[] {
  const written = history.append(slug, formatEvent(event));
  return written.ok ? [] : [`the history could not be written: ${written.reason}`];
}
