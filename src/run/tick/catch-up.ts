/**
 * `run-job --catch-up`: finds the ticks of all jobs that passed while the machine was off or cron stood still, writes them down, and starts the last one of each
 * job that wants it (`catch_up: last`).
 */
import type { Timing } from '../../job/keys/timing.ts';
import { wallTime } from '../../zone/wall-time.ts';
import type { StartHost } from '../before-run.ts';
import { pauseOf } from '../pause/pause.ts';
import { moveMark, readAccount, type TickAccount, withoutVoidClaim } from './account.ts';
import { openTicks, recordMissed, recordStandIns, startPatienceMs, type WatchedJob } from './missed.ts';

export interface CaughtJob extends WatchedJob {
  readonly timing: Timing;
  /** When the job's file was last written. */
  readonly changedMs: number;
}

export interface CatchUpHost extends Omit<StartHost, 'sha256' | 'stops'> {
  readonly newRun: () => string;
  /** Starts a run detached; it finds its lock, log and outcome by itself. */
  readonly start: (start: { readonly slug: string; readonly run: string; readonly tickMs: number }) => void;
}

/** After a suspend or a clock change cron itself makes up for fixed lines, with rests of some seconds in between; those starts come first. */
const cronPatienceMs = 30_000;

/** What was done, and what could not be, in words for the log; `slug` is the job's. */
export interface CatchUpNote {
  readonly slug: string;
  readonly level: 'info' | 'error';
  readonly words: string;
}

export async function catchUp(jobs: Iterable<CaughtJob>, host: CatchUpHost): Promise<readonly CatchUpNote[]> {
  const suspects = [...jobs].filter((job) => accountOf(job, host).missed.length > 0);
  if (suspects.length === 0) return [];
  await new Promise<void>((resolve) => host.clock.after(cronPatienceMs, resolve));
  return suspects.flatMap((job) => catchUpOne(job, host));
}

/** Also begins the account of a job that wants to be caught up: nobody else may see it before its first tick is missed. */
function accountOf(
  job: CaughtJob,
  host: CatchUpHost,
): { readonly account: TickAccount; readonly missed: readonly number[] } {
  const { claims, history, zones } = host;
  const nowMs = host.clock.nowMs();
  const read = readAccount(job, claims, { nowMs, changedMs: job.changedMs });
  const isWatched = job.enabled && job.schedule !== undefined;
  if (read.isNew && isWatched && wantsCatchUp(job)) moveMark(job, claims, { sinceMs: nowMs });
  if (read.isNew || !isWatched) return { account: read, missed: [] };
  const account = withoutVoidClaim(job, read, { claims, history, nowMs, sinceBootMs: host.clock.sinceBootMs() });
  const pauses = host.readPauses();
  const { missed, stoodFor } = openTicks(job, { account, nowMs, pauses, zones, history });
  // What could not be written down is found again in five minutes.
  recordStandIns(job, stoodFor, host);
  return { account, missed };
}

function wantsCatchUp({ timing }: CaughtJob): boolean {
  return timing.catchUp === 'last';
}

/** Claimed, written down, started, in this order: whatever ends this program on the way, nothing is started twice or lost in silence. */
function catchUpOne(job: CaughtJob, host: CatchUpHost): readonly CatchUpNote[] {
  const { account, missed } = accountOf(job, host);
  const last = missed.at(-1);
  if (last === undefined) return [];
  const run = host.newRun();
  const wish = { run, waits: job.timing.splaySeconds > 0, lasting: true };
  const claim = mayStart(job, { last, account }, host) ? host.claims.take(job.slug, last, wish) : undefined;
  // Without a claim it would be started again every five minutes, so it stays open until there can be one.
  if (claim?.is === 'failed')
    return [trouble(job, `not caught up yet: ${wallTime(last, host.zones.host)} can't be claimed: ${claim.reason}`)];
  const troubles = recordMissed(job, missed, host);
  const starts = claim?.is === 'taken';
  if (starts) host.start({ slug: job.slug, run, tickMs: last });
  const count = missed.length === 1 ? 'a tick' : `${missed.length} ticks, the last one`;
  const words = `missed ${count} at ${wallTime(last, host.zones.host)}${starts ? `, caught up by run ${run}` : ''}`;
  // What could not be written down stays open.
  const kept = troubles.length > 0 ? troubles : settle(job, account, host);
  return [{ slug: job.slug, level: 'info', words }, ...kept.map((one) => trouble(job, one))];
}

function settle(job: CaughtJob, { sinceMs }: TickAccount, { claims, clock }: CatchUpHost): readonly string[] {
  const atMs = clock.nowMs();
  const marked = moveMark(job, claims, { sinceMs: atMs - startPatienceMs, moved: { fromMs: sinceMs, atMs } });
  return marked.ok ? [] : [`the account of its ticks could not be kept: ${marked.reason}`];
}

function trouble({ slug }: CaughtJob, words: string): CatchUpNote {
  return { slug, level: 'error', words };
}

interface Found {
  readonly last: number;
  readonly account: TickAccount;
}

/** A job of which a later tick has been started meanwhile is up to date. */
function mayStart(job: CaughtJob, { last, account }: Found, { clock, readPauses }: CatchUpHost): boolean {
  const nowMs = clock.nowMs();
  if (!wantsCatchUp(job) || nowMs - last > job.timing.catchUpWindowSeconds * 1000) return false;
  if ([...account.claimed].some((tickMs) => tickMs > last && tickMs <= nowMs)) return false;
  return pauseOf(job, readPauses(), nowMs) === undefined;
}
