/** Tells what a new crontab means in time: which runs appear, vanish or move in the next days and when the clocks are changed. */
import type { Expression } from './expression.ts';
import { parseExpression } from './expression.ts';
import { nextFires } from './next.ts';
import { wallTime } from './wall-time.ts';
import { offsetChanges } from './zone.ts';

/** When a job runs, as its line says. */
export interface Timing {
  readonly schedule: string;
  /** Absent: the host's. */
  readonly timeZone?: string;
}

/** By slug. */
export type Timings = ReadonlyMap<string, Timing>;

export interface PlanOrder {
  readonly before: Timings;
  readonly after: Timings;
  readonly hostZone: string;
  readonly nowMs: number;
}

export interface Plan {
  readonly windows: readonly PlanWindow[];
  /** Only jobs whose timing is another one, by slug. */
  readonly jobs: readonly PlannedJob[];
}

export interface PlanWindow {
  readonly title: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PlannedJob {
  readonly slug: string;
  readonly before?: Timing;
  readonly after?: Timing;
  /** One for each window. */
  readonly changes: readonly FireChange[];
}

/** Milliseconds since 1970, ascending. */
interface FireChange {
  readonly appear: readonly number[];
  readonly vanish: readonly number[];
  /** Where as many vanish as appear: from, to. */
  readonly move: readonly (readonly [number, number])[];
}

const dayMs = 86_400_000;

export function planChanges(order: PlanOrder): Plan {
  const windows = windowsFrom(order.nowMs, order.hostZone);
  const known = new Map<string, readonly FireChange[]>();
  const slugs = [...new Set([...order.before.keys(), ...order.after.keys()])].sort();
  const jobs = slugs.flatMap((slug): PlannedJob[] => {
    const before = order.before.get(slug);
    const after = order.after.get(slug);
    const key = JSON.stringify([before, after]);
    if (isSame(before, after)) return [];
    const changes = known.get(key) ?? windows.map((window) => compare(before, after, { window, zone: order.hostZone }));
    known.set(key, changes);
    return [{ slug, ...(before && { before }), ...(after && { after }), changes }];
  });
  return { windows, jobs };
}

function isSame(before: Timing | undefined, after: Timing | undefined): boolean {
  return before?.schedule === after?.schedule && before?.timeZone === after?.timeZone;
}

/** A week, and the half days before and after each of the next two clock changes of the host. */
function windowsFrom(nowMs: number, zone: string): PlanWindow[] {
  const week = { title: 'next 7 days', fromMs: nowMs, untilMs: nowMs + 7 * dayMs };
  const [first, second] = offsetChanges(zone, { afterMs: nowMs, untilMs: nowMs + 400 * dayMs });
  return [
    week,
    ...[first, second].flatMap((change) => (change === undefined ? [] : [around(change.atMs, nowMs, zone)])),
  ];
}

function around(changeMs: number, nowMs: number, zone: string): PlanWindow {
  const title = `clock change of ${wallTime(changeMs - 1, zone).slice(0, 10)}`;
  return { title, fromMs: Math.max(nowMs, changeMs - dayMs / 2), untilMs: changeMs + dayMs / 2 };
}

interface Frame {
  readonly window: PlanWindow;
  readonly zone: string;
}

function compare(before: Timing | undefined, after: Timing | undefined, frame: Frame): FireChange {
  const [vanish, appear] = withoutCommon(fires(before, frame), fires(after, frame));
  if (vanish.length !== appear.length) return { appear, vanish, move: [] };
  return { appear: [], vanish: [], move: vanish.map((fromMs, index) => [fromMs, appear[index] ?? fromMs]) };
}

function fires(timing: Timing | undefined, { window, zone }: Frame): readonly number[] {
  const expression = timing === undefined ? undefined : expressionOf(timing.schedule);
  if (expression === undefined) return [];
  const { fromMs: afterMs, untilMs } = window;
  return nextFires(expression, { afterMs, untilMs, zone: timing?.timeZone ?? zone });
}

/** A line of an earlier crontab may have a schedule that cron knows and we do not. */
function expressionOf(schedule: string): Expression | undefined {
  const answer = parseExpression(schedule);
  return answer.ok ? answer.expression : undefined;
}

/** What only the one or only the other list has; both are ascending and may hold an instant twice. */
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
