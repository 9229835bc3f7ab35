/**
 * `run-job --catch-up`: finds the ticks of all jobs that passed while the host was off or cron did
 * not run, records them as missed, and starts the last one of each job with `catch_up: last`.
 */
import type { Timing } from '../../job/keys/timing.ts';
import { wallTime } from '../../zone/wall-time.ts';
import type { StartHost } from '../before-run.ts';
import { pauseOf } from '../pause/pause.ts';
import { moveMark, readAccount, type TickAccount, withoutVoidClaim } from './account.ts';
import { openTicks, recordMissed, recordStandIns, startPatienceMs, type WatchedJob } from './missed.ts';

export interface CaughtJob extends WatchedJob {
  readonly timing: Timing;
  /** Time of the latest change of the job's file, milliseconds since 1970. */
  readonly changedMs: number;
}

export interface CatchUpHost extends Omit<StartHost, 'sha256' | 'stops'> {
  readonly newRun: () => string;
  /** Starts a run-job in the background. */
  readonly start: (start: { readonly slug: string; readonly run: string; readonly tickMs: number }) => void;
}

/**
 * Wait for cron, which makes up for missed lines itself after a suspend or a clock change, one
 * every few seconds.
 */
const cronPatienceMs = 30_000;

/** A sentence for the log about what was done for a job, or could not be. */
export interface CatchUpNote {
  readonly slug: string;
  readonly level: 'info' | 'error';
  readonly words: string;
}

export async function catchUp(jobs: Iterable<CaughtJob>, host: CatchUpHost): Promise<readonly CatchUpNote[]> {
  const suspects = [...jobs].filter((job) => accountOf(job, host).missed.length > 0);
  if (suspects.length === 0) return [];
  await new Promise<void>((resolve) => host.clock.after(cronPatienceMs, resolve));
  // Another program that records the same ticks now has them; what it leaves is found in five minutes.
  return suspects.flatMap((job) => host.claims.alone(job.slug, () => catchUpOne(job, host)) ?? []);
}

/**
 * Reads the account of a job and its missed ticks. Begins the account of a new job with `catch_up:
 * last`, since no other program may see the job before its first tick is missed.
 */
function accountOf(
  job: CaughtJob,
  host: CatchUpHost,
): { readonly account: TickAccount; readonly missed: readonly number[] } {
  const { claims, history, zones } = host;
  const nowMs = host.clock.nowMs();
  const read = readAccount(job, claims, { nowMs, changedMs: job.changedMs });
  const isWatched = job.enabled && job.schedule !== undefined;
  if (read.isNew && isWatched && isCaughtUp(job)) moveMark(job, claims, { sinceMs: nowMs });
  if (read.isNew || !isWatched) return { account: read, missed: [] };
  const account = withoutVoidClaim(job, read, { claims, history, nowMs, sinceBootMs: host.clock.sinceBootMs() });
  const pauses = host.readPauses();
  const { missed, stoodFor } = openTicks(job, { account, nowMs, pauses, zones, history });
  // A stand-in that can't be recorded is found again in five minutes.
  recordStandIns(job, stoodFor, host);
  return { account, missed };
}

function isCaughtUp({ timing }: CaughtJob): boolean {
  return timing.catchUp === 'last';
}

/**
 * Claims, records and starts, in this order: wherever this program is killed, nothing starts twice
 * and nothing is lost silently.
 */
function catchUpOne(job: CaughtJob, host: CatchUpHost): readonly CatchUpNote[] {
  const { account, missed } = accountOf(job, host);
  const last = missed.at(-1);
  if (last === undefined) return [];
  const run = host.newRun();
  const claimed = { run, waits: job.timing.splaySeconds > 0, lasting: true };
  const claim = mayStart(job, last, account, host) ? host.claims.take(job.slug, last, claimed) : undefined;
  // Without a claim the tick would be started again every five minutes, so it stays open until it
  // can be claimed.
  if (claim?.is === 'failed')
    return [failure(job, `not caught up yet: ${wallTime(last, host.zones.host)} can't be claimed: ${claim.reason}`)];
  const warnings = recordMissed(job, missed, host);
  const starts = claim?.is === 'taken';
  if (starts) host.start({ slug: job.slug, run, tickMs: last });
  const count = missed.length === 1 ? 'a tick' : `${missed.length} ticks, the last one`;
  const words = `missed ${count} at ${wallTime(last, host.zones.host)}${starts ? `, caught up by run ${run}` : ''}`;
  // Ticks that can't be recorded stay open.
  const kept = warnings.length > 0 ? warnings : settle(job, account, host);
  return [{ slug: job.slug, level: 'info', words }, ...kept.map((one) => failure(job, one))];
}

function settle(job: CaughtJob, { sinceMs }: TickAccount, { claims, clock }: CatchUpHost): readonly string[] {
  const atMs = clock.nowMs();
  const marked = moveMark(job, claims, { sinceMs: atMs - startPatienceMs, moved: { fromMs: sinceMs, atMs } });
  return marked.ok ? [] : [`the account of its ticks could not be kept: ${marked.reason}`];
}

function failure({ slug }: CaughtJob, words: string): CatchUpNote {
  return { slug, level: 'error', words };
}

/** True if the last missed tick may be started. A job with a later claimed tick is up to date. */
function mayStart(job: CaughtJob, last: number, account: TickAccount, { clock, readPauses }: CatchUpHost): boolean {
  const nowMs = clock.nowMs();
  if (!isCaughtUp(job) || nowMs - last > job.timing.catchUpWindowSeconds * 1000) return false;
  if ([...account.claimed].some((tickMs) => tickMs > last && tickMs <= nowMs)) return false;
  return pauseOf(job, readPauses(), nowMs) === undefined;
}
