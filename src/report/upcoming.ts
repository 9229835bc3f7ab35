/** When jobs will start: the ticks to come of each, with all that delays or forbids them. Nothing that is off is left out silently. */

import { durationWords } from '../run/outcome.ts';
import { type Pause, pauseOf, pauseWords } from '../run/pause.ts';
import { isReboot } from '../schedule/nickname.ts';
import { expectedTicks, nextTick, type Scheduled, tickZone } from '../schedule/ticks.ts';
import { wallTime } from '../schedule/wall-time.ts';
import { dayMs, type Zone, type Zones } from '../schedule/zone.ts';
import { printable } from '../yaml/problem.ts';

/** As much of a job as is asked. `splaySeconds`: by how much this host delays each of its ticks. */
export interface UpcomingJob extends Scheduled {
  readonly slug: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly delayMs: number;
  /** A service is kept up and has no ticks. */
  readonly service?: unknown;
}

export interface UpcomingOrder {
  readonly fromMs: number;
  /** Ticks of each job up to an instant, but not more than `count`. */
  readonly untilMs?: number;
  readonly count: number;
  readonly zones: Zones;
  readonly pauses: readonly Pause[];
}

export interface UpcomingTick {
  readonly job: string;
  readonly tickMs: number;
  /** Later than the tick by the job's splay. */
  readonly startMs: number;
  /** In which the schedule is read, when it is not the host's. */
  readonly zone?: Zone;
  readonly paused?: Pause;
  /** What moves the tick: a change of the clocks of the host or of the job's zone between this tick and the one before it. */
  readonly afterClockChange?: true;
}

/** A job that has no tick, and why. */
export interface NoTick {
  readonly job: string;
  readonly why: 'broken' | 'service' | 'disabled' | 'no-schedule' | 'reboot' | 'none-in-span';
  readonly words: string;
}

export interface Upcoming {
  readonly ticks: readonly UpcomingTick[];
  readonly none: readonly NoTick[];
}

/** How far ahead the first tick of a schedule can be: 29 February that falls on a certain weekday comes every 28 years, 40 across 2100. */
const farMs = 41 * 366 * dayMs;

export function upcomingOf(job: UpcomingJob, order: UpcomingOrder): Upcoming {
  const { slug, schedule, enabled } = job;
  if (job.service !== undefined) return none(slug, 'service', 'is a service: it is kept up, at all times');
  if (schedule === undefined) return none(slug, 'no-schedule', 'has no schedule: only people and other jobs start it');
  if (!enabled) return none(slug, 'disabled', 'is disabled in its file: only people and other jobs start it');
  if (isReboot(schedule)) return none(slug, 'reboot', 'starts once after the next boot, whenever that is');
  const ticks = ticksOf(job, order).map((tickMs, at, all) => tickValue(job, order, { tickMs, beforeMs: all[at - 1] }));
  if (ticks.length === 0) return none(slug, 'none-in-span', `has no tick in that time (${schedule})`);
  return { ticks, none: [] };
}

function none(job: string, why: NoTick['why'], words: string): Upcoming {
  return { ticks: [], none: [{ job, why, words }] };
}

function ticksOf(job: UpcomingJob, { fromMs, untilMs, count, zones }: UpcomingOrder): readonly number[] {
  if (untilMs !== undefined) {
    return expectedTicks(job, { afterMs: fromMs, untilMs }, zones)
      .slice(0, count)
      .map(({ tickMs }) => tickMs);
  }
  const ticks: number[] = [];
  for (let afterMs = fromMs; ticks.length < count; afterMs = ticks.at(-1) ?? fromMs) {
    const tick = nextTick(job, afterMs, zones);
    if (tick === undefined || tick.tickMs > fromMs + farMs) break;
    ticks.push(tick.tickMs);
  }
  return ticks;
}

function tickValue(
  job: UpcomingJob,
  { zones, pauses, fromMs }: UpcomingOrder,
  { tickMs, beforeMs = fromMs }: { readonly tickMs: number; readonly beforeMs: number | undefined },
): UpcomingTick {
  const zone = tickZone(job, zones);
  const paused = pauseOf(job, pauses, tickMs + job.delayMs);
  const changed = zonesOf(job, zones).some((one) => one.changes({ afterMs: beforeMs, untilMs: tickMs }).length > 0);
  return {
    job: job.slug,
    tickMs,
    startMs: tickMs + job.delayMs,
    ...(job.timing.timeZone !== undefined && zone !== undefined && { zone }),
    ...(paused !== undefined && { paused }),
    ...(changed && { afterClockChange: true }),
  };
}

/** Whose clock changes move a job's ticks: cron starts its line by the clocks of the host. */
function zonesOf(job: UpcomingJob, zones: Zones): readonly Zone[] {
  const own = tickZone(job, zones);
  return own === undefined || own === zones.host ? [zones.host] : [zones.host, own];
}

/** The first change of the clocks that move a job's ticks, and the ticks around it: two before, two after. */
export function aroundClockChange(job: UpcomingJob, order: UpcomingOrder): readonly UpcomingTick[] {
  if (job.schedule === undefined || !job.enabled || isReboot(job.schedule)) return [];
  const span = { afterMs: order.fromMs, untilMs: order.fromMs + 400 * dayMs };
  const [changeMs] = zonesOf(job, order.zones)
    .flatMap((zone) => zone.changes(span).map(({ atMs }) => atMs))
    .sort((a, b) => a - b);
  if (changeMs === undefined) return [];
  const week = expectedTicks(job, { afterMs: changeMs - 8 * dayMs, untilMs: changeMs + 8 * dayMs }, order.zones);
  const ticks = week.map(({ tickMs }) => tickMs).filter((tickMs) => tickMs > order.fromMs);
  const before = ticks.filter((tickMs) => tickMs < changeMs).slice(-2);
  const chosen = [...before, ...ticks.filter((tickMs) => tickMs >= changeMs).slice(0, 2)];
  return chosen.map((tickMs, at) => tickValue(job, order, { tickMs, beforeMs: chosen[at - 1] ?? tickMs }));
}

export interface UpcomingView {
  readonly hostZone: Zone;
  readonly nowMs: number;
}

/** A line for each tick, the earliest first, then one for each job that has none. */
export function upcomingText({ ticks, none }: Upcoming, view: UpcomingView): string {
  const width = Math.max(0, ...ticks.map(({ job }) => job.length), ...none.map(({ job }) => job.length));
  const sorted = [...ticks].sort((a, b) => a.tickMs - b.tickMs || (a.job < b.job ? -1 : 1));
  return [
    ...sorted.map(
      (tick) => `${wallTime(tick.tickMs, view.hostZone)}  ${tick.job.padEnd(width)}  ${remarks(tick, view)}`,
    ),
    ...none.map(({ job, words }) => `${'-'.padEnd(22)}  ${job.padEnd(width)}  ${words}`),
  ]
    .map((line) => `${printable(line.trimEnd())}\n`)
    .join('');
}

function remarks(tick: UpcomingTick, { hostZone, nowMs }: UpcomingView): string {
  const { tickMs, startMs, zone, paused } = tick;
  const parts = [
    tickMs > nowMs ? `in ${durationWords((tickMs - nowMs) / 1000)}` : `${durationWords((nowMs - tickMs) / 1000)} ago`,
    zone === undefined ? undefined : `${wallTime(tickMs, zone)} ${zone.name}`,
    startMs === tickMs ? undefined : `starts ${durationWords((startMs - tickMs) / 1000)} later (splay)`,
    tick.afterClockChange ? 'the first after a clock change' : undefined,
    paused === undefined ? undefined : `will be skipped: ${pauseWords(paused, (ms) => wallTime(ms, hostZone))}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** For programs: one object a tick or job. */
export function upcomingJson({ ticks, none }: Upcoming): string {
  return [...ticks, ...none].map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
