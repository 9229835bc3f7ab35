/** When jobs will start: the ticks to come of each, with all that delays or forbids them. Nothing that is off is left out silently. */

import { durationWords } from '../run/outcome.ts';
import { type Pause, pauseOf, pauseWords } from '../run/pause.ts';
import { isReboot } from '../schedule/nickname.ts';
import { eachTick, expectedTicks, type Scheduled, tickZone } from '../schedule/ticks.ts';
import { wallTime } from '../schedule/wall-time.ts';
import { dayMs, type Zone, type Zones } from '../schedule/zone.ts';
import { printable } from '../yaml/printable.ts';
import { widest } from './width.ts';

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
  const ticks = [...tickValues(job, order)];
  if (ticks.length === 0) return none(slug, 'none-in-span', noneInSpan(schedule));
  return { ticks, none: [] };
}

function noneInSpan(schedule: string): string {
  return `has no tick in that time (${schedule})`;
}

/** The same for spans of any length: the ticks come one by one, and `none` says why there is not a single one. */
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
  for (const tickMs of eachTick(job, { afterMs: fromMs, untilMs }, zones)) {
    yield tickValue(job, order, { tickMs, beforeMs });
    if (++found >= count) return;
    beforeMs = tickMs;
  }
}

function none(job: string, why: NoTick['why'], words: string): Upcoming {
  return { ticks: [], none: [{ job, why, words }] };
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
  const width = widest([...ticks, ...none].map(({ job }) => job));
  return [...upcomingLines({ ticks: inOrder(ticks.map((tick) => [tick])), none }, { ...view, width })].join('');
}

/** The same line by line; `width` is that of the longest name. */
export function* upcomingLines(
  { ticks, none }: UpcomingStream,
  view: UpcomingView & { readonly width: number },
): Generator<string> {
  const { width, hostZone } = view;
  const line = (text: string) => `${printable(text.trimEnd())}\n`;
  for (const tick of ticks)
    yield line(`${wallTime(tick.tickMs, hostZone)}  ${tick.job.padEnd(width)}  ${remarks(tick, view)}`);
  for (const { job, words } of none) yield line(`${'-'.padEnd(19)}  ${job.padEnd(width)}  ${words}`);
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
export function* upcomingJson({ ticks, none }: UpcomingStream): Generator<string> {
  for (const tick of ticks) yield `${JSON.stringify(tick)}\n`;
  for (const one of none) yield `${JSON.stringify(one)}\n`;
}
