/** Which ticks of a job have passed without a start: the machine was off, cron stood still, or the crontab has no line for it. */
import { expectedTicks } from '../../schedule/ticks.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { timeText } from '../../zone/wall-time.ts';
import type { Zones } from '../../zone/zone.ts';
import { type HistoryHost, writeEvent } from '../history/record.ts';
import type { Pause } from '../pause/pause.ts';
import type { AccountedJob, TickAccount } from './account.ts';
import { standIns } from './stand-in.ts';

/** A start may be on its way: a busy machine, or a cron that makes up for a clock that has jumped, takes some minutes. */
export const startPatienceMs = 10 * 60_000;

export interface MissedQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** Of all jobs. */
  readonly pauses: readonly Pause[];
  readonly zones: Zones;
  readonly history: Pick<HistoryStore, 'read'>;
}

export interface WatchedJob extends AccountedJob {
  readonly enabled: boolean;
  readonly tags: readonly string[];
}

/**
 * Ascending, milliseconds since 1970: the ticks after the mark, older than `startPatienceMs`, that no run has claimed and of which the history says
 * nothing, while the job was not paused. Nothing is written: whoever lists them may do so without rights.
 */
export function missedTicks(job: WatchedJob, question: MissedQuestion): readonly number[] {
  return openTicks(job, question).missed;
}

export interface OpenTicks {
  readonly missed: readonly number[];
  /** Those for which a start stood that came at another time, because cron has another time zone. */
  readonly stoodFor: readonly { readonly tickMs: number; readonly run: string }[];
}

export function openTicks(job: WatchedJob, { account, nowMs, pauses, zones, history }: MissedQuestion): OpenTicks {
  if (!job.enabled || account.isNew) return { missed: [], stoodFor: [] };
  const span = { afterMs: account.sinceMs, untilMs: nowMs - startPatienceMs };
  const mine = pauses.filter(({ target }) =>
    'job' in target ? target.job === job.slug : job.tags.includes(target.tag),
  );
  const open = expectedTicks(job, span, zones)
    .map(({ tickMs }) => tickMs)
    .filter((tickMs) => !account.claimed.has(tickMs) && !mine.some((pause) => wasPausedAt(pause, tickMs)));
  if (open.length === 0) return { missed: [], stoodFor: [] };
  const text = history.read(job.slug);
  const ofTick = standIns(job, { history: text, zones });
  const missed: number[] = [];
  const stoodFor: { tickMs: number; run: string }[] = [];
  for (const tickMs of open) {
    if (hasFate(tickMs, text)) continue;
    const start = ofTick(tickMs);
    if (start === undefined) missed.push(tickMs);
    else stoodFor.push({ tickMs, run: start.run });
  }
  return { missed, stoodFor };
}

/** Written down, so that no start stands for a second tick. Troubles, in words. */
export function recordStandIns(
  { slug }: Pick<AccountedJob, 'slug'>,
  stoodFor: OpenTicks['stoodFor'],
  recorder: HistoryHost,
): readonly string[] {
  const atMs = recorder.clock.nowMs();
  return stoodFor.flatMap(({ run, tickMs }) => writeEvent(slug, recorder, { event: 'stood-for', run, atMs, tickMs }));
}

/** A run whose claim could not be written is in the history all the same. Its lines are searched as text: they may be a thousand. */
function hasFate(tickMs: number, history: string): boolean {
  return history.includes(`"tickMs":${tickMs}`);
}

/** Asked with ticks in ascending order that nobody has claimed: whether the history has a start for each. It is read when the first one is asked about. */
export function startsInHistory(
  job: AccountedJob,
  { history, zones }: { readonly history: Pick<HistoryStore, 'read'>; readonly zones: Zones },
): (tickMs: number) => boolean {
  let known: { readonly text: string; readonly ofTick: ReturnType<typeof standIns> } | undefined;
  return (tickMs) => {
    if (known === undefined) {
      const text = history.read(job.slug);
      known = { text, ofTick: standIns(job, { history: text, zones }) };
    }
    return hasFate(tickMs, known.text) || known.ofTick(tickMs) !== undefined;
  };
}

function wasPausedAt({ atMs, untilMs = Number.POSITIVE_INFINITY }: Pause, tickMs: number): boolean {
  return tickMs >= atMs && tickMs < untilMs;
}

/** One event for all of them, as a run that never was. Troubles, in words, when it could not be written. */
export function recordMissed(
  { slug }: Pick<AccountedJob, 'slug'>,
  missed: readonly number[],
  recorder: HistoryHost & { readonly zones: Zones },
): readonly string[] {
  const last = missed.at(-1);
  if (last === undefined) return [];
  return writeEvent(slug, recorder, {
    event: 'missed',
    run: `missed-${new Date(last).toISOString().slice(0, 16)}Z`,
    atMs: recorder.clock.nowMs(),
    host: recorder.hostName,
    outcome: {
      kind: 'missed',
      tickMs: last,
      count: missed.length,
      words: missedWords(missed, timeText(recorder.zones.host)),
    },
  });
}

function missedWords(missed: readonly number[], formatTime: (ms: number) => string): string {
  const [first = 0] = missed;
  const last = missed.at(-1) ?? first;
  const when = missed.length === 1 ? `at ${formatTime(last)}` : `from ${formatTime(first)} to ${formatTime(last)}`;
  return `cron did not start it ${when} (was the machine off, or cron, or the line not in the crontab?)`;
}
