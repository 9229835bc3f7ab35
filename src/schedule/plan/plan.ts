/**
 * Plans what a new crontab changes: which runs appear, vanish or move in the next days and at the
 * next clock changes.
 */

import { wallTime } from '../../zone/wall-time.ts';
import { dayMs, type OffsetChange, type Zone, type Zones } from '../../zone/zone.ts';
import { expressionOf } from '../expression.ts';
import { expectedTicks, type Scheduled, tickZone } from '../ticks.ts';
import { compareTimes, type Sameness } from './same-times.ts';

/** The schedule of a line and the zone in which it is read. */
export interface LineTiming {
  readonly schedule: string;
  /** Absent if the schedule is read in the host's zone. */
  readonly timeZone?: string;
}

/** The timing of each job that has a line, by slug. */
export type LineTimings = ReadonlyMap<string, LineTiming>;

export interface PlanOrder {
  readonly before: LineTimings;
  readonly after: LineTimings;
  readonly zones: Zones;
  readonly nowMs: number;
}

/** The jobs whose timing changes, sorted by slug. */
export type Plan = readonly PlannedJob[];

interface PlanWindow {
  readonly title: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PlannedJob extends PlannedChange {
  readonly slug: string;
  readonly before?: LineTiming;
  readonly after?: LineTiming;
}

interface PlannedChange {
  /** The comparison for all time, not only for the windows. */
  readonly sameness: Sameness;
  readonly windows: readonly (PlanWindow & FireChange)[];
}

/** Milliseconds since 1970, ascending. */
interface FireChange {
  readonly appear: readonly number[];
  readonly vanish: readonly number[];
  /** Pairs of an old and a new instant, if as many runs vanish as appear. */
  readonly move: readonly (readonly [number, number])[];
}

export function planChanges(order: PlanOrder): Plan {
  const known = new Map<string, PlannedChange>();
  const slugs = [...new Set([...order.before.keys(), ...order.after.keys()])].sort();
  return slugs.flatMap((slug): PlannedJob[] => {
    const before = order.before.get(slug);
    const after = order.after.get(slug);
    const key = JSON.stringify([before, after]);
    if (isSame(before, after)) return [];
    const change = known.get(key) ?? changeOf(scheduled(before), scheduled(after), order);
    known.set(key, change);
    return [{ slug, ...(before && { before }), ...(after && { after }), ...change }];
  });
}

function isSame(before: LineTiming | undefined, after: LineTiming | undefined): boolean {
  return before?.schedule === after?.schedule && before?.timeZone === after?.timeZone;
}

/** A job without a line has no ticks. */
function scheduled(timing: LineTiming | undefined): Scheduled {
  if (timing === undefined) return { timing: {} };
  const { schedule, timeZone } = timing;
  return { schedule: expressionOf(schedule), timing: timeZone === undefined ? {} : { timeZone } };
}

function changeOf(before: Scheduled, after: Scheduled, { zones, nowMs }: PlanOrder): PlannedChange {
  const concerned = new Set([zones.host, tickZone(before, zones), tickZone(after, zones)]);
  const windows = windowsFrom(
    nowMs,
    [...concerned].flatMap((zone) => zone ?? []),
    zones.host,
  );
  return {
    sameness: compareTimes({ before, after }, nowMs, zones),
    windows: windows.map((window) => {
      const [one, other] = [before, after].map((job) => ticksIn(job, window, zones)) as [number[], number[]];
      return { ...window, ...compare(one, other) };
    }),
  };
}

function ticksIn(job: Scheduled, { fromMs, untilMs }: PlanWindow, zones: Zones): readonly number[] {
  return expectedTicks(job, { afterMs: fromMs, untilMs }, zones).map(({ tickMs }) => tickMs);
}

/**
 * The next week, and the half days before and after each of the next two clock changes of the host
 * and of the job's zones.
 */
function windowsFrom(nowMs: number, zones: readonly Zone[], host: Zone): readonly PlanWindow[] {
  const week = { title: 'next 7 days', fromMs: nowMs, untilMs: nowMs + 7 * dayMs };
  const around = zones.flatMap((zone) =>
    zone
      .changes({ afterMs: nowMs, untilMs: nowMs + 400 * dayMs })
      .slice(0, 2)
      .map((change) => windowAround(change, { zone, host, nowMs })),
  );
  const seen = new Map(around.map((window) => [window.untilMs, window] as const).reverse());
  return [week, ...[...seen.values()].sort((a, b) => a.untilMs - b.untilMs)];
}

function windowAround(
  { atMs }: OffsetChange,
  { zone, host, nowMs }: { readonly zone: Zone; readonly host: Zone; readonly nowMs: number },
): PlanWindow {
  const where = zone === host ? '' : ` in ${zone.name}`;
  const title = `clock change of ${wallTime(atMs - 1, zone).slice(0, 10)}${where}`;
  return { title, fromMs: Math.max(nowMs, atMs - dayMs / 2), untilMs: atMs + dayMs / 2 };
}

function compare(before: readonly number[], after: readonly number[]): FireChange {
  const [vanish, appear] = withoutCommon(before, after);
  if (vanish.length !== appear.length) return { appear, vanish, move: [] };
  return { appear: [], vanish: [], move: vanish.map((fromMs, index) => [fromMs, appear[index] ?? fromMs]) };
}

/**
 * The members that only the first list has, and those that only the second has; both lists are
 * ascending.
 */
function withoutCommon(one: readonly number[], other: readonly number[]): [number[], number[]] {
  const onlyOne: number[] = [];
  const onlyOther: number[] = [];
  let at = 0;
  for (const instant of one) {
    while ((other[at] ?? Number.POSITIVE_INFINITY) < instant) onlyOther.push(other[at++] ?? 0);
    if (other[at] === instant) at += 1;
    else onlyOne.push(instant);
  }
  return [onlyOne, [...onlyOther, ...other.slice(at)]];
}
