/**
 * Sums up a job's history by day. Before lines of a history are dropped, one line for each of their
 * days goes into a file of its own: some 200 bytes a day, so that years stay known.
 */
import { count, type Decoder, duration, optional, shape, text, time } from '../../text/decode.ts';
import { healthOf } from '../outcome/outcome.ts';
import type { HistoryEvent } from './event.ts';
import { readEvents } from './event-lines.ts';
import { outcomeOf } from './run-record.ts';
import { addOutcome, noTotals, type Totals } from './totals.ts';

/** One day, or the part of it that was summed up at once. */
export interface DayLine extends Omit<Totals, 'durationMs'> {
  /** UTC: `2026-11-29`. */
  readonly day: string;
  /**
   * The first and the last event that it stands for, milliseconds since 1970. Two lines with the
   * same span are one: run-job was killed between writing the line and dropping the events.
   */
  readonly fromMs: number;
  readonly toMs: number;
  /** The durations of its runs that succeeded or failed; absent when there was none. */
  readonly took?: Durations;
  /** The first run of the day that failed. */
  readonly firstFailure?: { readonly run: string; readonly atMs: number };
}

/** Milliseconds. After a merge of two parts of a day `p50Ms` and `p95Ms` are those of the part with more runs. */
interface Durations {
  readonly sumMs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

interface Day {
  totals: Totals;
  fromMs: number;
  toMs: number;
  readonly tookMs: number[];
  firstFailure?: DayLine['firstFailure'];
}

/** One line for each day that has an end of a run or a tick without one, ascending. */
export function daysOf(events: readonly HistoryEvent[]): readonly DayLine[] {
  const days = new Map<string, Day>();
  for (const event of events) {
    const outcome = outcomeOf(event);
    if (outcome === undefined) continue;
    const { atMs, run } = event;
    const day = new Date(atMs).toISOString().slice(0, 10);
    const known = days.get(day) ?? { totals: noTotals, fromMs: atMs, toMs: atMs, tookMs: [] };
    days.set(day, known);
    known.totals = addOutcome(known.totals, outcome);
    known.fromMs = Math.min(known.fromMs, atMs);
    known.toMs = Math.max(known.toMs, atMs);
    const health = healthOf(outcome);
    if (health !== undefined && event.event === 'ended') known.tookMs.push(event.durationMs);
    if (health === 'failure') known.firstFailure ??= { run, atMs };
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, known]) => lineOf(day, known));
}

function lineOf(day: string, { totals, fromMs, toMs, tookMs, firstFailure }: Day): DayLine {
  const { durationMs: _sum, ...counts } = totals;
  const sorted = [...tookMs].sort((a, b) => a - b);
  return {
    ...{ day, fromMs, toMs, ...counts },
    ...(sorted.length > 0 && { took: durationsOf(sorted) }),
    ...(firstFailure !== undefined && { firstFailure }),
  };
}

/** `sorted` is ascending and not empty. */
function durationsOf(sorted: readonly number[]): Durations {
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return {
    sumMs: sorted.reduce((sum, duration) => sum + duration, 0),
    minMs: sorted[0] ?? 0,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    maxMs: sorted.at(-1) ?? 0,
  };
}

/** The lines to be kept of a history text that is about to be dropped. */
export function dayLinesOf(historyText: string): string {
  return daysOf(readEvents(historyText).events)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

const decodeDay: Decoder<DayLine> = shape<DayLine>({
  ...{ day: text, fromMs: time, toMs: time },
  ...{ success: count, failure: count, skipped: count, missed: count },
  took: optional(
    shape<Durations>({ sumMs: duration, minMs: duration, p50Ms: duration, p95Ms: duration, maxMs: duration }),
  ),
  firstFailure: optional(shape<NonNullable<DayLine['firstFailure']>>({ run: text, atMs: time })),
});

/** Every day once, ascending: what was kept, and the days of the history that is still there. */
export function allDays(keptText: string, events: readonly HistoryEvent[]): readonly DayLine[] {
  // Lines about events that are still there were written by a run-job that was killed before it dropped them. Order says nothing: a clock
  // that was set back, and events written side by side, put earlier times behind later ones.
  const times = new Set(events.filter((event) => outcomeOf(event) !== undefined).map(({ atMs }) => atMs));
  const isStillThere = ({ fromMs, toMs }: DayLine) => times.has(fromMs) && times.has(toMs);
  const kept = keptText.split('\n').flatMap((line) => parseDay(line) ?? []);
  const spans = new Map(
    [...kept.filter((line) => !isStillThere(line)), ...daysOf(events)].map((line) => [
      `${line.fromMs} ${line.toMs}`,
      line,
    ]),
  );
  const days = new Map<string, DayLine>();
  for (const line of spans.values()) {
    const known = days.get(line.day);
    days.set(line.day, known === undefined ? line : mergeDays(known, line));
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function parseDay(line: string): DayLine | undefined {
  try {
    return decodeDay(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function mergeDays(one: DayLine, other: DayLine): DayLine {
  const took = mergeDurations(one, other);
  const [first, second] = one.fromMs <= other.fromMs ? [one, other] : [other, one];
  const firstFailure = first.firstFailure ?? second.firstFailure;
  return {
    day: one.day,
    fromMs: first.fromMs,
    toMs: Math.max(one.toMs, other.toMs),
    success: one.success + other.success,
    failure: one.failure + other.failure,
    skipped: one.skipped + other.skipped,
    missed: one.missed + other.missed,
    ...(took !== undefined && { took }),
    ...(firstFailure !== undefined && { firstFailure }),
  };
}

function mergeDurations(one: DayLine, other: DayLine): Durations | undefined {
  if (one.took === undefined || other.took === undefined) return one.took ?? other.took;
  const larger = one.success + one.failure >= other.success + other.failure ? one.took : other.took;
  return {
    ...larger,
    sumMs: one.took.sumMs + other.took.sumMs,
    minMs: Math.min(one.took.minMs, other.took.minMs),
    maxMs: Math.max(one.took.maxMs, other.took.maxMs),
  };
}
