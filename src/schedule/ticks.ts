/**
 * The scheduled moments of a job: what cron's rules make of its schedule in its own zone, each moment once.
 * Everything that asks "what should have run?" asks here: run-job, `--catch-up`, `jobctl`, `check-jobs-icinga`.
 */

import type { Zone, Zones } from '../zone/zone.ts';
import type { Expression } from './expression.ts';
import { eachFire, nextFires } from './next.ts';

/** As much of a job as its ticks depend on. */
export interface Scheduled {
  readonly schedule?: Expression | undefined;
  readonly timing: { readonly timeZone?: string };
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

/** The zone in which a job's schedule is read; `undefined` where the machine does not know it, so that nobody can say when the job is due. */
export function tickZone({ timing: { timeZone } }: Pick<Scheduled, 'timing'>, zones: Zones): Zone | undefined {
  return timeZone === undefined ? zones.host : zones.find(timeZone);
}

/** Ascending; none for a job without a schedule. */
export function expectedTicks(job: Scheduled, span: TickSpan, zones: Zones): readonly ExpectedTick[] {
  const { schedule } = job;
  if (schedule?.atBoot) return bootTicks(span, zones);
  const zone = tickZone(job, zones);
  if (schedule === undefined || zone === undefined || span.untilMs <= span.afterMs) return [];
  return distinct(nextFires(schedule, { ...span, zone }));
}

/** The boots that are to come are nobody's to know. */
function bootTicks({ afterMs, untilMs }: TickSpan, { bootMs }: Zones): readonly ExpectedTick[] {
  const tickMs = bootMs?.();
  return tickMs !== undefined && tickMs > afterMs && tickMs <= untilMs ? [{ tickMs, starts: 1 }] : [];
}

/** The same one by one, for spans of any length; without end when the span has none. */
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
