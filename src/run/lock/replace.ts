/**
 * Ends the run that holds a job's lock, for the run that takes its place (`cron_collision_policy:
 * KILL_EXISTING`). It asks the run-job to stop, which then ends its commands as for any other stop.
 * If that run-job does not end, it is killed, and its remaining processes are ended.
 */
import type { Clock } from '../../system/types/clock.ts';
import type { JobLocks, LockHolder, Sweeper, Wrappers } from '../../system/types/lock.ts';
import { type HistoryHost, writeEvent } from '../history/record.ts';
import type { Stopped } from '../outcome/outcome.ts';
import { livingWords } from '../process-words.ts';
import type { StopWatch } from '../stop-watch.ts';
import { waitForRelease } from './wait-for-release.ts';

export interface ReplaceHost extends HistoryHost {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly wrappers: Wrappers;
}

export interface ReplaceOrder {
  readonly job: { readonly slug: string; readonly killGraceSeconds: number };
  /** Id of the run that takes the place. */
  readonly run: string;
  readonly watch: StopWatch;
}

export type ReplaceAnswer =
  | { readonly is: 'ended'; readonly warning: string }
  | { readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'stopped'; readonly outcome: Stopped };

/**
 * Time beyond `kill_grace` in which a run-job ends remaining processes, reads their last output and
 * records the run.
 */
const afterGraceMs = 10_000;
/** Time for the reaper of a killed run-job, and then for a sweep. */
const afterKillMs = 10_000;

export async function endHolder(holder: LockHolder, order: ReplaceOrder, host: ReplaceHost): Promise<ReplaceAnswer> {
  const { runId = 'unknown' } = holder;
  if (holder.state !== 'running') return { is: 'failed', reason: foreignWords(holder) };
  const { slug, killGraceSeconds } = order.job;
  const atMs = host.clock.nowMs();
  const by = `run ${order.run}`;
  writeEvent(slug, host, { event: 'stop-requested', run: runId, atMs, by, replacedBy: order.run });
  host.wrappers.askToEnd(holder);
  const wait = (limitMs: number) =>
    waitForRelease({ lock: slug, holder, limitMs, killGraceSeconds, watch: order.watch }, host);
  const asked = await wait(killGraceSeconds * 1000 + afterGraceMs);
  if (asked === 'released')
    return { is: 'ended', warning: `run ${runId} was still running and was ended for this one` };
  if (order.watch.stopped !== undefined) return { is: 'stopped', outcome: order.watch.stopped };
  host.wrappers.kill(holder);
  const killed = await wait(afterKillMs);
  if (killed === 'released')
    return { is: 'ended', warning: `run ${runId} did not end when it was asked; its run-job was killed` };
  if (order.watch.stopped !== undefined) return { is: 'stopped', outcome: order.watch.stopped };
  const alive = livingWords(host.locks.holder(slug) ?? holder);
  return { is: 'failed', reason: `run ${runId} can't be ended; look at its processes: ${alive}` };
}

function foreignWords({ state, wrapper, reason }: LockHolder): string {
  if (state === 'predecessor')
    return `it is a run of the Python process-control (pid ${wrapper?.pid ?? 'unknown'}), which would leave its job behind; end it by hand`;
  return `the process that holds the lock can't be examined (${reason ?? state}); end it by hand`;
}
