/**
 * Finds the ticks of a job that passed without a start: the host was off, cron did not run, or the
 * crontab has no line for the job.
 */
import { expectedTicks } from '../../schedule/ticks.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { timeText } from '../../zone/wall-time.ts';
import type { Zones } from '../../zone/zone.ts';
import { parseEvents } from '../history/event-lines.ts';
import { type HistoryHost, writeEvent } from '../history/record.ts';
import { isAbout, type Pause } from '../pause/pause.ts';
import type { AccountedJob, TickAccount } from './account.ts';
import { standIns } from './stand-in.ts';

/**
 * A start may still come: a busy host, or a cron that makes up for a clock that has jumped, needs
 * some minutes.
 */
export const startPatienceMs = 10 * 60_000;

export interface MissedQuestion {
  readonly account: TickAccount;
  readonly nowMs: number;
  /** The pauses of all jobs. */
  readonly pauses: readonly Pause[];
  readonly zones: Zones;
  readonly history: Pick<HistoryStore, 'read'>;
}

export interface WatchedJob extends AccountedJob {
  readonly enabled: boolean;
  readonly tags: readonly string[];
  /** With `claims` the account of its ticks is in etcd, and this host knows only its own. */
  readonly pool?: { readonly name: string; readonly claims?: object };
}

/**
 * Returns the missed ticks in ascending order, milliseconds since 1970: those after the mark and
 * older than `startPatienceMs` that no run has claimed, that the history does not mention, and at
 * which the job was not paused. It writes nothing, so any user may ask.
 */
export function missedTicks(job: WatchedJob, question: MissedQuestion): readonly number[] {
  return openTicks(job, question).missed;
}

export interface OpenTicks {
  readonly missed: readonly number[];
  /** Ticks with a start at another time, because cron has another time zone. */
  readonly stoodFor: readonly { readonly tickMs: number; readonly run: string }[];
}

export function openTicks(job: WatchedJob, { account, nowMs, pauses, zones, history }: MissedQuestion): OpenTicks {
  if (!job.enabled || job.pool?.claims !== undefined || account.isNew) return { missed: [], stoodFor: [] };
  const span = { afterMs: account.sinceMs, untilMs: nowMs - startPatienceMs };
  const mine = pauses.filter(({ target }) => isAbout(target, job));
  const open = expectedTicks(job, span, zones)
    .map(({ tickMs }) => tickMs)
    .filter((tickMs) => !account.claimed.has(tickMs) && !mine.some((pause) => wasPausedAt(pause, tickMs)));
  if (open.length === 0) return { missed: [], stoodFor: [] };
  const text = history.read(job.slug);
  const ofTick = standIns(job, text, zones);
  const missed: number[] = [];
  const stoodFor: { tickMs: number; run: string }[] = [];
  const recorded = recordedSpans(text);
  for (const tickMs of open) {
    if (hasFate(tickMs, text) || recorded.some(({ firstMs, lastMs }) => firstMs <= tickMs && tickMs <= lastMs))
      continue;
    const start = ofTick(tickMs);
    if (start === undefined) missed.push(tickMs);
    else stoodFor.push({ tickMs, run: start.run });
  }
  return { missed, stoodFor };
}

/** Records the stand-ins, so that no start stands for a second tick. Returns warnings. */
export function recordStandIns(
  { slug }: Pick<AccountedJob, 'slug'>,
  stoodFor: OpenTicks['stoodFor'],
  recorder: HistoryHost,
): readonly string[] {
  const atMs = recorder.clock.nowMs();
  return stoodFor.flatMap(({ run, tickMs }) => writeEvent(slug, recorder, { event: 'stood-for', run, atMs, tickMs }));
}

/**
 * True if the history mentions a tick: a run whose claim could not be written is there. The text is
 * searched, which is cheap for a thousand lines.
 */
function hasFate(tickMs: number, history: string): boolean {
  return history.includes(`"tickMs":${tickMs}`);
}

/**
 * The spans whose missed ticks are on record. A program that was killed before it moved the mark, or another one that finds the same ticks at the same
 * time, leaves the mark behind the record; each tick of the span had its fate when that was written.
 */
function recordedSpans(history: string): readonly { readonly firstMs: number; readonly lastMs: number }[] {
  const lines = history.split('\n').filter((line) => line.includes('"event":"missed"'));
  return parseEvents(lines.join('\n')).flatMap((event) => {
    if (event.event !== 'missed') return [];
    const { firstMs, tickMs } = event.outcome;
    return firstMs === undefined ? [] : [{ firstMs, lastMs: tickMs }];
  });
}

/**
 * Returns a function that says whether the history has a start for an unclaimed tick. It must be
 * called with ticks in ascending order; the history is read at its first call.
 */
export function startsInHistory(
  job: AccountedJob,
  { history, zones }: { readonly history: Pick<HistoryStore, 'read'>; readonly zones: Zones },
): (tickMs: number) => boolean {
  let known: { readonly text: string; readonly ofTick: ReturnType<typeof standIns> } | undefined;
  return (tickMs) => {
    if (known === undefined) {
      const text = history.read(job.slug);
      known = { text, ofTick: standIns(job, text, zones) };
    }
    return hasFate(tickMs, known.text) || known.ofTick(tickMs) !== undefined;
  };
}

function wasPausedAt({ atMs, untilMs = Number.POSITIVE_INFINITY }: Pause, tickMs: number): boolean {
  return tickMs >= atMs && tickMs < untilMs;
}

/** Records all missed ticks as one event. Returns warnings. */
export function recordMissed(
  { slug }: Pick<AccountedJob, 'slug'>,
  missed: readonly number[],
  recorder: HistoryHost & { readonly zones: Zones },
  why: (when: string) => string = byCron,
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
      firstMs: missed[0] ?? last,
      count: missed.length,
      words: why(missedText(missed, recorder.zones)),
    },
  });
}

/** "at 02:00", "from 02:00 to 04:00" */
export function missedText(missed: readonly number[], { host }: Pick<Zones, 'host'>): string {
  return missedWords(missed, timeText(host));
}

function missedWords(missed: readonly number[], formatTime: (ms: number) => string): string {
  const [first = 0] = missed;
  const last = missed.at(-1) ?? first;
  const when = missed.length === 1 ? `at ${formatTime(last)}` : `from ${formatTime(first)} to ${formatTime(last)}`;
  return when;
}

function byCron(when: string): string {
  return `cron did not start it ${when} (was the machine off, or cron, or the line not in the crontab?)`;
}

/** Says why no host of a pool has started it. */
export function byPool(pool: string): (when: string) => string {
  return (when) =>
    `no host of the pool ${pool} started it ${when} (were they all off, or their clocks wrong, or etcd out of reach?)`;
}
