/** `jobctl next`: when jobs will start. */

import type { Config } from '../../config/config.ts';
import { seatWords } from '../../fleet/seat.ts';
import { crowdedText, StartsPerMinute } from '../../report/clock/crowded.ts';
import type { NoTick } from '../../report/clock/no-ticks.ts';
import {
  aroundClockChange,
  inOrder,
  type UpcomingJob,
  type UpcomingOrder,
  type UpcomingStream,
  type UpcomingTick,
  upcomingJson,
  upcomingLines,
  upcomingStream,
  upcomingText,
} from '../../report/clock/upcoming.ts';
import { brokenWords } from '../../report/text/failing.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { type Ellipsis, folded } from '../../report/text/terminal/fold.ts';
import { mostFirst } from '../../report/text/terminal/table.ts';
import type { Pause } from '../../run/pause/pause.ts';
import { requestWords } from '../../service/desired.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { Result } from '../../text/problem.ts';
import { widest } from '../../text/width.ts';
import { timeText } from '../../zone/wall-time.ts';
import { warnOfCronZone } from '../crontab/cron-zone.ts';
import { clockReader } from '../crontab/installed.ts';
import { print } from '../frame/output.ts';
import { refuse } from '../frame/refuse.ts';
import { delayOf } from '../frame/splay.ts';
import type { Jobs } from '../report/snapshots.ts';
import { chooseJobsOfFleet } from './frame/fleet-jobs.ts';
import type { Options } from './frame/options.ts';
import { ofTerminal } from './frame/terminal.ts';
import { readUpcomingOrder } from './frame/upcoming-order.ts';

/** The number of ticks for one job; of several jobs, the next one of each is shown. */
const usualCount = 5;
const pieceLength = 65_536;
/** A time and the gap behind it. */
const timeWidth = 21;

export async function next(options: Options, config: Config): Promise<number> {
  const order = readUpcomingOrder(options, config);
  if (typeof order === 'string') return refuse('jobctl', order);
  const chosen = await chooseJobsOfFleet(options, config, 'all', { instances: true });
  if (!chosen.ok) return chosen.exitCode;
  const { jobs, slugs, fleetPauses } = chosen;
  const single = slugs.length === 1;
  const count = order.untilMs !== undefined ? Number.POSITIVE_INFINITY : single ? usualCount : 1;
  const whole = { ...order, count: order.count || count };
  const load = loader(jobs, config);
  const found = slugs.map((slug) => upcoming(slug, { load, order: whole, jobs, fleetPauses }));
  const none = found.flatMap((one) => one.none);
  const isSpan = order.untilMs !== undefined;
  const minutes = new StartsPerMinute();
  const streams = found.map(({ ticks }) => ticks);
  if (options.json) {
    printEach(upcomingJson({ ticks: isSpan ? counted(inOrder(streams), minutes) : eachOf(found), none }));
    const crowdedMinutes = minutes.crowded();
    if (crowdedMinutes.length > 0) print(`${JSON.stringify({ crowdedMinutes })}\n`);
    return 0;
  }
  const view = { hostZone: order.zones.host, nowMs: clock.nowMs(), ...nameColumn(slugs) };
  printEach(fitted(upcomingLines({ ticks: counted(inOrder(streams), minutes), none }, view)));
  if (isSpan) printEach(fitted([crowdedText(minutes.crowded(), view.hostZone)]));
  if (single) print(candidatesText(slugs[0] ?? '', load));
  if (single) print(clockChangeText(slugs[0] ?? '', load, whole));
  warnOfCronZone();
  return 0;
}

/** The width of the names: that of the longest one, at a terminal cut where it would leave no room. */
function nameColumn(slugs: readonly string[]): { readonly width: number; readonly ellipsis?: Ellipsis } {
  const width = widest(slugs);
  const { terminal } = ofTerminal();
  if (terminal === undefined || slugs.length === 1) return { width };
  const ellipsis = terminal.isUnicode ? 'unicode' : 'ascii';
  return { width: Math.min(width, mostFirst(terminal.columns)), ellipsis };
}

/** Lines that are too long for the terminal go on behind the column of the times. */
function* fitted(lines: Iterable<string>): Generator<string> {
  const { terminal } = ofTerminal();
  for (const line of lines) {
    if (terminal === undefined || line === '') yield line;
    else
      yield folded(line.slice(0, -1), terminal.columns, timeWidth)
        .map((part) => `${part}\n`)
        .join('');
  }
}

function* counted(ticks: Iterable<UpcomingTick>, minutes: StartsPerMinute): Generator<UpcomingTick> {
  for (const tick of ticks) {
    minutes.add(tick);
    yield tick;
  }
}

/** Yields the ticks job by job. */
function* eachOf(found: readonly UpcomingStream[]): Generator<UpcomingTick> {
  for (const { ticks } of found) yield* ticks;
}

/**
 * Prints in pieces, so that a year of every minute needs no more memory than an hour. Ends when the
 * reader has gone away.
 */
function printEach(lines: Iterable<string>): void {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < pieceLength) continue;
    if (!print(piece)) return;
    piece = '';
  }
  print(piece);
}

type Load = (slug: string) => Result<UpcomingJob> | undefined;

function loader(jobs: Jobs, config: Config): Load {
  const clockOf = clockReader(config);
  return (slug) => {
    const loaded = jobs.load(slug);
    if (!loaded?.ok) return loaded;
    const job = loaded.value;
    return { ...loaded, value: { ...job, delayMs: delayOf(job), clock: clockOf(job) } };
  };
}

interface Upcoming {
  readonly load: Load;
  readonly order: UpcomingOrder;
  readonly jobs: Jobs;
  readonly fleetPauses: readonly Pause[];
}

function upcoming(slug: string, { load, order: ofHost, jobs, fleetPauses }: Upcoming): UpcomingStream {
  const loaded = load(slug);
  const isClaimed = loaded?.ok === true && loaded.value.seat?.claimed === true;
  const order = isClaimed ? { ...ofHost, pauses: [...ofHost.pauses, ...fleetPauses] } : ofHost;
  if (loaded?.ok && loaded.value.service === undefined) return upcomingStream(loaded.value, order);
  const seen = jobs.snapshot(slug);
  const none = seen === undefined ? undefined : noTick(seen, timeText(hostZone()));
  if (none !== undefined) return { ticks: [], none: [none] };
  return loaded?.ok ? upcomingStream(loaded.value, order) : { ticks: [], none: [] };
}

/**
 * The reason why a job has no tick: its file has problems, or an operator has stopped the service.
 */
function noTick(job: AnySnapshot, format: (ms: number) => string): NoTick | undefined {
  const { slug, service } = job;
  if (isBroken(job)) return { job: slug, why: job.file, words: brokenWords(job) };
  if (service?.desired !== 'down' || service.file !== undefined || service.wish === undefined) return undefined;
  return { job: slug, why: 'stopped', words: `is a service that was stopped ${requestWords(service.wish, format)}` };
}

/** "on one of web1, web2 of the pool web, this host among them; etcd decides at each tick" */
function candidatesText(slug: string, load: Load): string {
  const loaded = load(slug);
  const seat = loaded?.ok === true ? loaded.value.seat : undefined;
  return seat?.claimed === true ? `${seatWords(seat)}\n` : '';
}

function clockChangeText(slug: string, load: Load, order: UpcomingOrder): string {
  const loaded = load(slug);
  if (!loaded?.ok) return '';
  const ticks = aroundClockChange(loaded.value, order);
  if (ticks.length === 0) return '';
  return `Around the next clock change:\n${upcomingText({ ticks, none: [] }, { hostZone: order.zones.host, nowMs: clock.nowMs() })}`;
}
