/**
 * Computes the ticks of a job: the instants at which it should start, by cron's rules in the job's
 * own zone, each once. run-job, `--catch-up`, `jobctl` and `check-jobs-icinga` all ask here what
 * should have run.
 */

import type { Zone, Zones } from '../zone/zone.ts';
import type { Expression } from './expression.ts';
import { eachFire, nextFires } from './next.ts';

/** The part of a job that its ticks depend on. */
export interface Scheduled {
  readonly schedule?: Expression | undefined;
  readonly timing: { readonly timeZone?: string };
}

export interface TickSpan {
  /** The span begins after this instant. */
  readonly afterMs: number;
  /** The last instant of the span. */
  readonly untilMs: number;
}

/** An instant at which a job should start, in milliseconds since 1970, on a full minute. */
export interface ExpectedTick {
  readonly tickMs: number;
  /**
   * The number of times that cron starts an ordinary line for this tick: more than one at the end
   * of a gap, when cron makes up for each lost time. For run-job that is one tick, so the job runs
   * once.
   */
  readonly starts: number;
}

/**
 * The zone in which a job's schedule is read; `undefined` if this host does not have it, so that
 * the job's ticks can't be computed.
 */
export function tickZone({ timing: { timeZone } }: Pick<Scheduled, 'timing'>, zones: Zones): Zone | undefined {
  return timeZone === undefined ? zones.host : zones.find(timeZone);
}

/** The ticks of a job in a span, ascending; none for a job without a schedule. */
export function expectedTicks(job: Scheduled, span: TickSpan, zones: Zones): readonly ExpectedTick[] {
  const { schedule } = job;
  if (schedule?.atBoot) return bootTicks(span, zones);
  const zone = tickZone(job, zones);
  if (schedule === undefined || zone === undefined || span.untilMs <= span.afterMs) return [];
  return distinct(nextFires(schedule, { ...span, zone }));
}

/** The last boot, if it is in the span. Boots to come can't be foreseen. */
function bootTicks({ afterMs, untilMs }: TickSpan, { bootMs }: Zones): readonly ExpectedTick[] {
  const tickMs = bootMs?.();
  return tickMs !== undefined && tickMs > afterMs && tickMs <= untilMs ? [{ tickMs, starts: 1 }] : [];
}

/** Yields the ticks one by one, for spans of any length; without end if the span has none. */
export function* eachTick(
  job: Scheduled,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs?: number },
  zones: Zones,
): Generator<number> {
  const { schedule } = job;
  const zone = tickZone(job, zones);
  // Boots to come can't be foreseen.
  if (schedule === undefined || schedule.atBoot || zone === undefined) return;
  let lastMs: number | undefined;
  for (const tickMs of eachFire(schedule, { zone, afterMs, ...(untilMs !== undefined && { untilMs }) })) {
    if (tickMs !== lastMs) yield tickMs;
    lastMs = tickMs;
  }
}

/** The first tick after an instant; `undefined` for a job that has none. */
export function nextTick(job: Scheduled, afterMs: number, zones: Zones): ExpectedTick | undefined {
  const { schedule } = job;
  if (schedule?.atBoot) return bootTicks({ afterMs, untilMs: Number.POSITIVE_INFINITY }, zones)[0];
  const zone = tickZone(job, zones);
  if (schedule === undefined || zone === undefined) return undefined;
  const [tickMs] = nextFires(schedule, { afterMs, count: 1, zone });
  return tickMs === undefined ? undefined : { tickMs, starts: 1 };
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
