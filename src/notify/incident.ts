/**
 * Decides what there is to tell about each event of a job's history. Failures in a row are one incident:
 *
 *     calm --(failure number `after`)--> open        told: failure
 *     open --(failure)-----------------> open        told: nothing, unless it pauses the job
 *     open --(success)-----------------> calm        told: recovery
 *
 * Pure: state and event in, state and tellings out, so that a history can be replayed.
 */

import type { HistoryEvent, Streak } from '../run/history/event.ts';
import { streak } from '../run/history/event-decoder.ts';
import { extendStreak, outcomeOf } from '../run/history/history.ts';
import { durationWords, exitCodes, healthOf, leftOutWords, type Outcome } from '../run/outcome/outcome.ts';
import { count, type Decoder, oneOf, optional, shape, text, time } from '../text/decode.ts';

export interface NoticeState {
  /** The last event that was considered. */
  readonly seen?: { readonly event: string; readonly run: string; readonly atMs: number };
  readonly streak: Streak;
  /** Absent while all is calm. `failures` in a row so far. */
  readonly incident?: { readonly openedMs: number; readonly sinceMs: number; readonly failures: number };
  /** Skipped runs in a row. */
  readonly skips: number;
  /** That the job's file has problems has been told, and no run has had a good one since. */
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
  /** The failure that this event is has paused the job. */
  readonly pauses: boolean;
}

/** What there is to tell of one event. `start` and `end` are for pings that hear of each run. */
export type Telling =
  | { readonly is: 'start' }
  | { readonly is: 'end'; readonly status: 'success' | 'failure' }
  | { readonly is: 'failure'; readonly pauses: boolean }
  | { readonly is: 'recovery'; readonly failures: number; readonly sinceMs: number }
  | { readonly is: 'success' }
  | { readonly is: 'skipped' }
  | { readonly is: 'warning'; readonly words: string };

export interface Considered {
  readonly state: NoticeState;
  readonly tellings: readonly Telling[];
}

export function consider(event: HistoryEvent, before: NoticeState, policy: NoticePolicy): Considered {
  const state = { ...before, seen: { event: event.event, run: event.run, atMs: event.atMs } };
  if (event.event === 'started') return { state, tellings: [{ is: 'start' }] };
  const outcome = outcomeOf(event);
  if (outcome === undefined) return { state, tellings: [] };
  const streak = event.event === 'ended' ? event.streak : extendStreak(before.streak, outcome, event.atMs);
  const skipped = considerSkip(outcome, before.skips, policy);
  const main = considerStatus({ event, outcome, streak }, before, policy);
  const { brokenTold: _old, incident: _was, ...rest } = state;
  return {
    state: { ...rest, streak, skips: skipped.skips, ...main.changed },
    tellings: [...main.tellings, ...skipped.tellings, ...warnings(event, outcome)],
  };
}

interface Ending {
  readonly event: HistoryEvent;
  readonly outcome: Outcome;
  readonly streak: Streak;
}

interface Status {
  readonly changed: Pick<NoticeState, 'incident' | 'brokenTold'>;
  readonly tellings: readonly Telling[];
}

function considerStatus({ event, outcome, streak }: Ending, before: NoticeState, policy: NoticePolicy): Status {
  const status = healthOf(outcome);
  const kept = {
    ...(before.incident !== undefined && { incident: before.incident }),
    ...(before.brokenTold && { brokenTold: before.brokenTold }),
  };
  if (status === 'success') return considerSuccess(before);
  if (status !== 'failure') return { changed: kept, tellings: [] };
  const failure = { failures: streak.failures, sinceMs: streak.failingSinceMs ?? event.atMs };
  // Who hears of a broken file may be others than who hears of the job: `default_job_config` decides. So it is told in an incident too.
  const isBroken = outcome.kind === 'not-started' && outcome.code === exitCodes.configuration;
  const opens = before.incident === undefined && (streak.failures >= policy.after || isBroken);
  const isOpen = before.incident !== undefined || opens;
  const tells = opens || policy.pauses || (isBroken && !before.brokenTold);
  return {
    changed: {
      ...(isOpen && { incident: { openedMs: before.incident?.openedMs ?? event.atMs, ...failure } }),
      ...(isBroken && { brokenTold: true }),
    },
    tellings: [{ is: 'end', status }, ...(tells ? [{ is: 'failure', pauses: policy.pauses } as const] : [])],
  };
}

function considerSuccess({ incident }: NoticeState): Status {
  const recovery =
    incident === undefined ? [] : [{ is: 'recovery', failures: incident.failures, sinceMs: incident.sinceMs } as const];
  return { changed: {}, tellings: [{ is: 'end', status: 'success' }, ...recovery, { is: 'success' }] };
}

/** A pause, a tick that another run has had and one that is not due leave no gap in the work: nobody needs to hear of them. */
function considerSkip(
  outcome: Outcome,
  before: number,
  { skipThreshold }: NoticePolicy,
): { readonly skips: number; readonly tellings: readonly Telling[] } {
  if (outcome.kind === 'missed') return { skips: before, tellings: [] };
  if (outcome.kind !== 'skipped') return { skips: 0, tellings: [] };
  const { reason } = outcome;
  if (reason === 'paused' || reason === 'claimed' || reason === 'not-due') return { skips: before, tellings: [] };
  const skips = before + 1;
  const words = `was skipped ${skips} ${skips === 1 ? 'time' : 'times in a row'} (skip_threshold)`;
  const reached = skips === skipThreshold ? [{ is: 'warning', words } as const] : [];
  return { skips, tellings: [...reached, { is: 'skipped' }] };
}

function warnings(event: HistoryEvent, outcome: Outcome): readonly Telling[] {
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

/** "3 failures, from …": how long it was broken, for the message that it is over. */
export function incidentWords(
  { failures, sinceMs }: { readonly failures: number; readonly sinceMs: number },
  nowMs: number,
): string {
  const count = failures === 1 ? '1 failure' : `${failures} failures`;
  return `${count} in ${durationWords(Math.max(nowMs - sinceMs, 0) / 1000)}`;
}
