/**
 * Looks at the ticks before the one whose fate is written, for the same transaction: ticks
 * without a fate are missed, runs that left without a word are lost, the mark (`settled`) moves, and
 * what lies before its last place is removed. So no tick is both missed and started, and a job has a
 * bounded number of keys.
 *
 * The mark protects what is removed: a start for a tick up to the mark is refused, however late.
 */

import type { Change, Guard } from '../../system/types/engine.ts';
import { absent } from '../../system/types/engine.ts';
import type { Keys } from '../store/keys.ts';
import { type LostTick, lostTicks } from '../store/lost.ts';
import { type Fate, lost, type Settled, type Writer } from '../store/records.ts';
import { type JobView, put } from '../store/view.ts';
import { type FleetJob, type LookedBack, startPatienceMs } from './request.ts';

/** A transaction has at most 128 operations in etcd; the rest is left to the next fate. */
const missedAtOnce = 40;
const lostAtOnce = 20;

/** The mark moves when so many ticks lie before its next place: each move writes. */
const settledAtOnce = 16;

/** A start that comes later may be the first of several that make up for a gap, so it settles only what is before it. */
const onTimeMs = 90_000;

export interface LookBack extends LookedBack {
  readonly guards: readonly Guard[];
  readonly changes: readonly Change[];
}

/** `tickMs` is the tick whose fate is written now; absent if only the account is kept. */
export interface LookBackQuestion {
  readonly view: JobView;
  readonly nowMs: number;
  readonly writer: Writer;
  readonly tickMs?: number;
}

export function lookBack(keys: Keys, job: FleetJob, question: LookBackQuestion): LookBack {
  const allLost = lostTicks(question.view, question.tickMs);
  const gone = allLost.slice(0, lostAtOnce);
  const { missed, mark } = settle(job, question);
  const { writer, nowMs, view } = question;
  const missedKeys = missed.map((tickMs) => keys.tick(job.slug, tickMs));
  const fate: Fate = { fate: 'missed', host: writer.host, boot: writer.boot, run: writer.run, atMs: nowMs };
  return {
    missed,
    lost: gone.map(({ tickMs, record }) => ({ tickMs, host: record.host, run: record.run })),
    guards: [
      ...gone.map(({ key, modified }) => ({ key, modified })),
      ...missedKeys.map((key) => ({ key, modified: absent })),
    ],
    changes: [
      ...gone.map(({ key, record }) => put(key, { ...record, outcome: lost })),
      ...missedKeys.map((key) => put(key, fate)),
      ...(mark === undefined ? [] : [put(keys.settled(job.slug), mark)]),
      ...(mark === undefined || view.settled?.value === undefined
        ? []
        : prune(keys, job.slug, view.settled.value, keptTicks(question, allLost))),
    ],
  };
}

/** The missed ticks, and the mark if it moves. */
function settle(
  job: FleetJob,
  { view, nowMs, tickMs }: LookBackQuestion,
): { readonly missed: readonly number[]; readonly mark?: Settled } {
  const old = view.settled?.value;
  const beforeMs = tickMs === undefined ? Number.POSITIVE_INFINITY : tickMs - 1000;
  const isOnTime = tickMs === undefined || nowMs - tickMs <= onTimeMs;
  // The run that waits may yet leave without a fate for its tick, so the mark stays before it.
  const waitsMs = view.next?.value?.tickMs ?? Number.POSITIVE_INFINITY;
  const untilMs = Math.min(nowMs - startPatienceMs, waitsMs - 1000, isOnTime ? Number.POSITIVE_INFINITY : beforeMs);
  if (old?.rule !== job.rule) return { missed: [], ...firstMark(job, old, { nowMs, beforeMs }) };
  if (untilMs <= old.untilMs) return { missed: [] };
  const missed: number[] = [];
  for (const dueMs of job.ticksAfter(old.untilMs)) {
    if (dueMs > untilMs) break;
    if (dueMs === tickMs || view.ticks.has(dueMs)) continue;
    missed.push(dueMs);
    if (missed.length === missedAtOnce) return { missed, mark: { rule: job.rule, untilMs: dueMs } };
  }
  const past = [...view.ticks.keys()].filter((each) => each > old.untilMs && each <= untilMs).length;
  if (missed.length === 0 && past < settledAtOnce) return { missed };
  return { missed, mark: { rule: job.rule, untilMs } };
}

/**
 * Begins the account of a job that is new or was changed, which has missed nothing. The mark never
 * goes back. A tick of the last minute may still be asked for by a host whose turn is to come.
 */
function firstMark(
  job: FleetJob,
  old: Settled | undefined,
  { nowMs, beforeMs }: { readonly nowMs: number; readonly beforeMs: number },
): { readonly mark?: Settled } {
  const { rule } = job;
  if (beforeMs !== Number.POSITIVE_INFINITY)
    return { mark: { rule, untilMs: Math.max(old?.untilMs ?? 0, Math.min(beforeMs, nowMs)) } };
  for (const dueMs of job.ticksAfter(nowMs - 60_000)) {
    if (dueMs <= nowMs) return {};
    break;
  }
  return { mark: { rule, untilMs: Math.max(old?.untilMs ?? 0, nowMs) } };
}

/** Ticks before the mark that are written now, or whose run is under way. */
function keptTicks({ view, tickMs }: LookBackQuestion, allLost: readonly LostTick[]): readonly number[] {
  const kept = [tickMs, view.run?.value?.tickMs, ...allLost.map((each) => each.tickMs)];
  return kept.filter((each) => each !== undefined).sort((a, b) => a - b);
}

/** Removes the ticks up to the mark, but for those that are kept. */
function prune(keys: Keys, slug: string, { untilMs }: Settled, kept: readonly number[]): readonly Change[] {
  const changes: Change[] = [];
  let from = keys.ticks(slug);
  for (const keptMs of kept) {
    const key = keys.tick(slug, keptMs);
    if (keptMs > untilMs) break;
    if (from < key) changes.push({ is: 'delete-range', from, to: key });
    from = `${key}\0`;
  }
  const to = `${keys.tick(slug, untilMs)}\0`;
  if (from < to) changes.push({ is: 'delete-range', from, to });
  return changes;
}
