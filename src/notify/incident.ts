/**
 * Decides what is news about each event of a job's history. Failures in a row are one incident:
 *
 *     calm --(failure number `after`)--> open        news: failure
 *     open --(failure)-----------------> open        no news, unless it pauses the job
 *     open --(success)-----------------> calm        news: recovery
 *
 * Pure: state and event in, state and news out, so that a history can be replayed.
 */

import type { HistoryEvent, Streak } from '../run/history/event.ts';
import { streak } from '../run/history/event-decoder.ts';
import { emptyHistory, foldHistory } from '../run/history/history.ts';
import { outcomeOf } from '../run/history/run-record.ts';
import { mailedFailures } from '../run/history/streak.ts';
import { exitCodes, healthOf, leftOutWords, type Outcome, statusOf } from '../run/outcome/outcome.ts';
import { count, type Decoder, oneOf, optional, shape, text, time } from '../text/decode.ts';
import { durationWords } from '../text/duration.ts';

export interface NoticeState {
  /** The last event that was considered. */
  readonly seen?: { readonly event: string; readonly run: string; readonly atMs: number };
  readonly streak: Streak;
  /** The open incident, with its failures in a row so far; absent: all is calm. */
  readonly incident?: { readonly openedMs: number; readonly sinceMs: number; readonly failures: number };
  /** Skipped runs in a row. */
  readonly skips: number;
  /** The problems of the job's file are no news any more, until a run has found a good file. */
  readonly brokenTold?: true;
}

export const noticeState: Decoder<NoticeState> = shape<NoticeState>({
  seen: optional(shape<NonNullable<NoticeState['seen']>>({ event: text, run: text, atMs: time })),
  streak,
  incident: optional(shape<NonNullable<NoticeState['incident']>>({ openedMs: time, sinceMs: time, failures: count })),
  skips: count,
  brokenTold: optional(oneOf(true)),
});

export interface NoticePolicy {
  readonly after: number;
  readonly skipThreshold?: number;
  /** This event is a failure that has paused the job. */
  readonly pauses: boolean;
}

/** News for the channels of `notify`. `start` and `end` are for pings of each run. */
export type ChannelNews =
  | { readonly is: 'start' }
  | { readonly is: 'end'; readonly status: 'success' | 'failure' }
  | { readonly is: 'failure'; readonly pauses: boolean }
  | { readonly is: 'recovery'; readonly failures: number; readonly sinceMs: number }
  | { readonly is: 'success' }
  | { readonly is: 'skipped' }
  | { readonly is: 'warning'; readonly words: string };

/**
 * One piece of news about an event. `failed-run` is for failmail, which counts collisions as
 * failures too.
 */
export type News = ChannelNews | { readonly is: 'failed-run'; readonly inARow: number };

export interface Considered {
  readonly state: NoticeState;
  readonly news: readonly News[];
}

export function consider(event: HistoryEvent, before: NoticeState, policy: NoticePolicy): Considered {
  const { streak } = foldHistory([event], { ...emptyHistory, streak: before.streak });
  const state = { ...before, streak, seen: { event: event.event, run: event.run, atMs: event.atMs } };
  if (event.event === 'started') return { state, news: [{ is: 'start' }] };
  const outcome = outcomeOf(event);
  if (outcome === undefined) return { state, news: [] };
  const skipped = considerSkip(outcome, before.skips, policy);
  const main = considerHealth({ event, outcome, streak }, before, policy);
  const { brokenTold: _old, incident: _was, ...rest } = state;
  return {
    state: { ...rest, skips: skipped.skips, ...main.changed },
    news: [
      ...main.news,
      ...skipped.news,
      ...warnings(event, outcome),
      ...failedRun({ outcome, streak }, before.brokenTold === true),
    ],
  };
}

interface EndedRun {
  readonly event: HistoryEvent;
  readonly outcome: Outcome;
  readonly streak: Streak;
}

interface HealthNews {
  readonly changed: Pick<NoticeState, 'incident' | 'brokenTold'>;
  readonly news: readonly ChannelNews[];
}

function considerHealth({ event, outcome, streak }: EndedRun, before: NoticeState, policy: NoticePolicy): HealthNews {
  const status = healthOf(outcome);
  const kept = {
    ...(before.incident !== undefined && { incident: before.incident }),
    ...(before.brokenTold && { brokenTold: before.brokenTold }),
  };
  if (status === 'success') return considerSuccess(before);
  if (status !== 'failure') return { changed: kept, news: [] };
  const failure = { failures: streak.failures, sinceMs: streak.failingSinceMs ?? event.atMs };
  // A broken file is news in an open incident too: its recipients are those of
  // `default_job_config`.
  const isBroken = isBrokenFile(outcome);
  const opens = before.incident === undefined && (streak.failures >= policy.after || isBroken);
  const isOpen = before.incident !== undefined || opens;
  const isNews = opens || policy.pauses || (isBroken && !before.brokenTold);
  return {
    changed: {
      ...(isOpen && { incident: { openedMs: before.incident?.openedMs ?? event.atMs, ...failure } }),
      ...(isBroken && { brokenTold: true }),
    },
    news: [{ is: 'end', status }, ...(isNews ? [{ is: 'failure', pauses: policy.pauses } as const] : [])],
  };
}

function isBrokenFile(outcome: Outcome): boolean {
  return outcome.kind === 'not-started' && outcome.code === exitCodes.configuration;
}

function considerSuccess({ incident }: NoticeState): HealthNews {
  const recovery =
    incident === undefined ? [] : [{ is: 'recovery', failures: incident.failures, sinceMs: incident.sinceMs } as const];
  return { changed: {}, news: [{ is: 'end', status: 'success' }, ...recovery, { is: 'success' }] };
}

/**
 * News for failmail: a run that reads `last status: failure`. A file that stays broken is news
 * once.
 */
function failedRun({ outcome, streak }: Omit<EndedRun, 'event'>, isBrokenKnown: boolean): readonly News[] {
  if (statusOf(outcome) !== 'failure' || (isBrokenKnown && isBrokenFile(outcome))) return [];
  return [{ is: 'failed-run', inARow: mailedFailures(streak) }];
}

/**
 * A pause, a tick that another run has taken and a tick that is not due leave no gap in the work:
 * they are no news.
 */
function considerSkip(
  outcome: Outcome,
  before: number,
  { skipThreshold }: NoticePolicy,
): { readonly skips: number; readonly news: readonly ChannelNews[] } {
  if (outcome.kind === 'missed') return { skips: before, news: [] };
  if (outcome.kind !== 'skipped') return { skips: 0, news: [] };
  const { reason } = outcome;
  if (reason === 'paused' || reason === 'claimed' || reason === 'not-due') return { skips: before, news: [] };
  const skips = before + 1;
  const words = `was skipped ${skips} ${skips === 1 ? 'time' : 'times in a row'} (skip_threshold)`;
  const reached = skips === skipThreshold ? [{ is: 'warning', words } as const] : [];
  return { skips, news: [...reached, { is: 'skipped' }] };
}

function warnings(event: HistoryEvent, outcome: Outcome): readonly ChannelNews[] {
  const words =
    outcome.kind === 'missed' ? [missedWords(outcome)] : event.event === 'ended' ? endedWarnings(event) : [];
  return words.map((each) => ({ is: 'warning', words: each }));
}

function missedWords({ count, words }: Extract<Outcome, { kind: 'missed' }>): string {
  return `missed ${count === 1 ? 'a run' : `${count} runs`}: ${words}`;
}

function endedWarnings({
  warning,
  lostBytes,
  leftOut,
  survivors,
}: Extract<HistoryEvent, { event: 'ended' }>): readonly string[] {
  return [
    ...(warning === undefined ? [] : [warning]),
    ...(lostBytes === undefined ? [] : [`log incomplete: ${lostBytes} bytes of output lost`]),
    ...(leftOut === undefined ? [] : [leftOutWords(leftOut)]),
    ...(survivors === undefined ? [] : [`could not be killed: ${survivors.join(', ')}`]),
  ];
}

/** "3 failures in 20 minutes": for the message that the incident is over. */
export function incidentWords(
  { failures, sinceMs }: { readonly failures: number; readonly sinceMs: number },
  nowMs: number,
): string {
  const count = failures === 1 ? '1 failure' : `${failures} failures`;
  return `${count} in ${durationWords(Math.max(nowMs - sinceMs, 0) / 1000)}`;
}
