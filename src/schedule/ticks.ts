/**
 * The scheduled moments of a job: what cron's rules make of its schedule in its own zone, each moment once.
 * Everything that asks "what should have run?" asks here: run-job, `--catch-up`, `jobctl`, `check-jobs-icinga`.
 */
import { type Expression, parseExpression } from './expression.ts';
import { nextFires } from './next.ts';
import type { Zone } from './zone.ts';

/** As much of a job as its ticks depend on. */
export interface Scheduled {
  readonly schedule?: string;
  readonly timing: { readonly timeZone?: string };
}

export interface TickZones {
  readonly host: Zone;
  /** Another way to a zone than Intl, which takes 30 ms to load. */
  readonly find?: (name: string) => Zone;
}

export interface TickSpan {
  /** Not itself in the span. */
  readonly afterMs: number;
  /** The last instant of the span. */
  readonly untilMs: number;
}

/** A moment at which a job should start, milliseconds since 1970, on a full minute. */
export interface ExpectedTick {
  readonly tickMs: number;
  /**
   * How often cron starts an ordinary line for it: more than once at the end of a gap, when it makes up for each lost moment. For us that is one
   * tick, so the job runs once.
   */
  readonly starts: number;
}

/** The zone in which a job's schedule is read. */
function tickZone({ timing: { timeZone } }: Pick<Scheduled, 'timing'>, zones: TickZones): Zone {
  if (timeZone === undefined) return zones.host;
  return zones.find?.(timeZone) ?? timeZone;
}

/** Ascending. None for a job without a schedule, or with one that cron would not understand. */
export function expectedTicks(job: Scheduled, span: TickSpan, zones: TickZones): readonly ExpectedTick[] {
  const expression = expressionOf(job);
  if (expression === undefined || span.untilMs <= span.afterMs) return [];
  return distinct(nextFires(expression, { ...span, zone: tickZone(job, zones) }));
}

/** The first tick after an instant; `undefined` for a job that has none. */
export function nextTick(job: Scheduled, afterMs: number, zones: TickZones): ExpectedTick | undefined {
  const expression = expressionOf(job);
  if (expression === undefined) return undefined;
  const [tickMs] = nextFires(expression, { afterMs, count: 1, zone: tickZone(job, zones) });
  return tickMs === undefined ? undefined : { tickMs, starts: 1 };
}

function expressionOf({ schedule }: Scheduled): Expression | undefined {
  const answer = schedule === undefined ? undefined : parseExpression(schedule);
  return answer?.ok ? answer.expression : undefined;
}

function distinct(fires: readonly number[]): readonly ExpectedTick[] {
  const ticks: { tickMs: number; starts: number }[] = [];
  for (const tickMs of fires) {
    const last = ticks.at(-1);
    if (last?.tickMs === tickMs) last.starts += 1;
    else ticks.push({ tickMs, starts: 1 });
  }
  return ticks;
}
