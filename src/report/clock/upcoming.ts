/**
 * The next starts of jobs, with everything that delays or prevents them. A job that is not started
 * is shown with the reason.
 */

import { elsewhereWords, type Seat } from '../../fleet/seat.ts';
import { type Pause, pauseOf, pauseWords } from '../../run/pause/pause.ts';
import { expectedTicks, type Scheduled, tickZone } from '../../schedule/ticks.ts';
import { defined } from '../../text/defined.ts';
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import { widest } from '../../text/width.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { dayMs, type Zone, type Zones } from '../../zone/zone.ts';
import { cut, type Ellipsis } from '../text/terminal/fold.ts';
import { clockRule, eachStart } from './clock-ticks.ts';
import type { ClockFacts } from './installed.ts';
import { briefNone, type NoTick, withoutWarnings } from './no-ticks.ts';

/** The part of a job that this needs. `splaySeconds` is the delay of its ticks on this host. */
export interface UpcomingJob extends Scheduled {
  /** The job's line in the crontab. */
  readonly clock: ClockFacts;
  readonly slug: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly delayMs: number;
  readonly seat?: Seat;
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
  /** The zone of the schedule, if it is not the host's. */
  readonly zone?: Zone;
  readonly paused?: Pause;
  /** The job's line in the crontab, which may be why it does not start then. */
  readonly clock: ClockFacts;
  /**
   * True if the clocks of the host, or of the job's zone, change between this tick and the one
   * before it.
   */
  readonly afterClockChange?: true;
}

export interface Upcoming {
  readonly ticks: readonly UpcomingTick[];
  readonly none: readonly NoTick[];
}

/**
 * The longest time to a first tick: 29 February on a certain weekday comes every 28 years, 40
 * across 2100.
 */
const farMs = 41 * 366 * dayMs;

export function upcomingOf(job: UpcomingJob, order: UpcomingOrder): Upcoming {
  const absent = absenceOf(job);
  if (absent !== undefined) return none(job, ...absent);
  const ticks = [...tickValues(job, order)];
  if (ticks.length > 0) return { ticks, none: [] };
  const { schedule = job.schedule?.text, due, warnings } = job.clock;
  const words = `has no tick in that time (${due ? job.schedule?.text : schedule})`;
  return none(job, 'none-in-span', [words, ...warnings].join('; '));
}

/** Returns why the job has no tick now. */
function absenceOf(job: UpcomingJob): readonly [NoTick['why'], string] | undefined {
  const { clock, schedule, enabled, seat } = job;
  const [warning = ''] = clock.warnings;
  if (seat?.isHere === false) return ['elsewhere', [elsewhereWords(seat), ...clock.warnings].join('; ')];
  if (job.service !== undefined && enabled)
    return ['service', `is a service: ${warning === '' ? 'it is kept up, at all times' : clock.warnings.join('; ')}`];
  if (clock.line === 'none' && job.service === undefined && schedule === undefined)
    return ['no-schedule', 'has no schedule: only people and other jobs start it'];
  if (job.service !== undefined && !enabled)
    return ['disabled', 'is a service that is disabled in its file, so it is down'];
  if (clock.line === 'none') return ['disabled', 'is disabled in its file: only people and other jobs start it'];
  if (clock.line === 'missing') return ['not-installed', `is ${clock.warnings.join('; ')}`];
  if (clock.crontab === 'ignored') return ['ignored', `will not start: ${clock.warnings.join('; ')}`];
  if (clockRule(job, clock)?.job.schedule?.atBoot)
    return ['reboot', ['starts once after the next boot, whenever that is', ...clock.warnings].join('; ')];
  return undefined;
}

/**
 * The same for spans of any length: ticks are computed one by one, and `none` says why there are
 * none.
 */
export function upcomingStream(job: UpcomingJob, order: UpcomingOrder): UpcomingStream {
  const { ticks, none: absent } = upcomingOf(job, { ...order, count: 1 });
  return absent.length > 0 ? { ticks, none: absent } : { ticks: tickValues(job, order), none: [] };
}

export interface UpcomingStream {
  readonly ticks: Iterable<UpcomingTick>;
  readonly none: readonly NoTick[];
}

/** Ascending over all jobs; as many ticks are held at a time as there are jobs. */
export function* inOrder(streams: readonly Iterable<UpcomingTick>[]): Generator<UpcomingTick> {
  const heap: { readonly tick: UpcomingTick; readonly rest: Iterator<UpcomingTick> }[] = [];
  const isBefore = (a: number, b: number) => {
    const [one, other] = [heap[a]?.tick, heap[b]?.tick];
    if (one === undefined || other === undefined) return one !== undefined;
    return one.tickMs < other.tickMs || (one.tickMs === other.tickMs && one.job < other.job);
  };
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b] as (typeof heap)[number], heap[a] as (typeof heap)[number]];
  };
  const sink = (from: number) => {
    for (let at = from; ; ) {
      const least = [2 * at + 1, 2 * at + 2].reduce((best, child) => (isBefore(child, best) ? child : best), at);
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  for (const stream of streams) {
    const rest = stream[Symbol.iterator]();
    const first = rest.next();
    if (!first.done) heap.push({ tick: first.value, rest });
  }
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield top.tick;
    const following = top.rest.next();
    const last = following.done ? heap.pop() : { tick: following.value, rest: top.rest };
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(0);
  }
}

function* tickValues(job: UpcomingJob, order: UpcomingOrder): Generator<UpcomingTick> {
  const { fromMs, untilMs = fromMs + farMs, count, zones } = order;
  let beforeMs: number | undefined;
  let found = 0;
  if (count < 1) return;
  const rule = clockRule(job, job.clock);
  if (rule === undefined) return;
  for (const tickMs of eachStart(rule, { afterMs: fromMs, untilMs }, zones)) {
    yield tickValue(job, order, { tickMs, beforeMs });
    if (++found >= count) return;
    beforeMs = tickMs;
  }
}

function none({ slug, clock }: UpcomingJob, why: NoTick['why'], words: string): Upcoming {
  return { ticks: [], none: [{ job: slug, why, words, clock }] };
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
    clock: job.clock,
    ...(job.timing.timeZone !== undefined && zone !== undefined && { zone }),
    ...defined({ paused }),
    ...(changed && { afterClockChange: true }),
  };
}

/**
 * The zones whose clock changes move a job's ticks. cron starts its line by the clocks of the host.
 */
function zonesOf(job: UpcomingJob, zones: Zones): readonly Zone[] {
  const own = tickZone(job, zones);
  return own === undefined || own === zones.host ? [zones.host] : [zones.host, own];
}

/**
 * The first clock change that moves a job's ticks, and the ticks around it: two before, two after.
 */
export function aroundClockChange(job: UpcomingJob, order: UpcomingOrder): readonly UpcomingTick[] {
  // If the installed line differs from the file, its next ticks are enough.
  if (job.schedule === undefined || job.schedule.atBoot || !['in-sync', 'unknown'].includes(job.clock.line)) return [];
  if (job.clock.crontab === 'ignored') return [];
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
  const width = widest([...ticks, ...none].map(({ job }) => job));
  return [...tickLines({ ticks: inOrder(ticks.map((tick) => [tick])), none }, { ...view, width })].join('');
}

type WideView = UpcomingView & {
  readonly width: number;
  /** Set at a terminal: names are cut to `width`. */
  readonly ellipsis?: Ellipsis;
};

/**
 * The same line by line, then the warnings about crontab and cron, each once; `width` is that of the
 * longest name. At a terminal, what many jobs without a tick have in common is one line.
 */
export function* upcomingLines(stream: UpcomingStream, view: WideView): Generator<string> {
  const jobsOf = new Map<string, Set<string>>();
  const noted = function* (ticks: Iterable<UpcomingTick>): Generator<UpcomingTick> {
    for (const tick of ticks) {
      for (const warning of tick.clock.warnings) jobsOf.set(warning, (jobsOf.get(warning) ?? new Set()).add(tick.job));
      yield tick;
    }
  };
  yield* tickLines({ ticks: noted(stream.ticks), none: [] }, view);
  const isAlone = stream.none.length === 1 && jobsOf.size === 0;
  const { rows, groups } = view.ellipsis === undefined ? { rows: stream.none, groups: [] } : briefNone(stream.none);
  for (const one of rows) yield noTickLine(one.job, isAlone ? one.words : withoutWarnings(one), view);
  for (const words of groups) yield line(`${'-'.padEnd(19)}  ${words}`);
  if (!isAlone)
    for (const one of stream.none.filter((each) => withoutWarnings(each) !== each.words || !rows.includes(each)))
      for (const warning of one.clock?.warnings ?? [])
        jobsOf.set(warning, (jobsOf.get(warning) ?? new Set()).add(one.job));
  for (const [warning, jobs] of jobsOf) yield noTickLine(jobs.size === 1 ? ([...jobs][0] ?? '') : '', warning, view);
}

function* tickLines({ ticks, none }: UpcomingStream, view: WideView): Generator<string> {
  for (const tick of ticks)
    yield line(`${wallTime(tick.tickMs, view.hostZone)}  ${named(tick.job, view)}  ${detailsOf(tick, view)}`);
  for (const { job, words } of none) yield noTickLine(job, words, view);
}

function noTickLine(job: string, words: string, view: WideView): string {
  return line(`${'-'.padEnd(19)}  ${named(job, view)}  ${words}`);
}

function named(job: string, { width, ellipsis }: WideView): string {
  return (ellipsis === undefined ? job : cut(job, width, ellipsis)).padEnd(width);
}

function line(text: string): string {
  return `${printable(text.trimEnd())}\n`;
}

function detailsOf(tick: UpcomingTick, { hostZone, nowMs }: UpcomingView): string {
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

/** Yields JSON, one object per tick or job. */
export function* upcomingJson({ ticks, none }: UpcomingStream): Generator<string> {
  for (const tick of ticks) yield `${JSON.stringify(tick)}\n`;
  for (const one of none) yield `${JSON.stringify(one)}\n`;
}
