/**
 * Ends the run that has a job's lock, for the run that is to take its place (`cron_collision_policy: KILL_EXISTING`): its run-job is asked, and
 * ends what it started as for any other stop; if it does not come to an end it is killed, and what is left is swept up.
 */
import type { Clock } from '../../system/types/clock.ts';
import type { JobLocks, LockHolder } from '../../system/types/lock.ts';
import type { Sweeper, Wrappers } from '../../system/types/process.ts';
import { type HistoryHost, writeEvent } from '../history/record.ts';
import type { Stopped } from '../outcome/outcome.ts';
import { isOutOfReach, leftWords } from '../process-words.ts';
import type { StopWatch } from '../stop-watch.ts';

export interface ReplaceHost extends HistoryHost {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
  readonly wrappers: Wrappers;
}

export interface ReplaceOrder {
  readonly job: { readonly slug: string; readonly killGraceSeconds: number };
  /** The run that comes. */
  readonly run: string;
  readonly watch: StopWatch;
}

export type ReplaceAnswer =
  | { readonly is: 'ended'; readonly remark: string }
  | { readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'stopped'; readonly outcome: Stopped };

/** Beyond its grace a run-job needs some time to sweep, to drain and to write down. */
const afterGraceMs = 10_000;
/** For so long the reaper of a killed run-job, and then a sweep, are waited for. */
const afterKillMs = 10_000;
const pollMs = 50;

export async function endHolder(holder: LockHolder, order: ReplaceOrder, host: ReplaceHost): Promise<ReplaceAnswer> {
  const { runId = 'unknown' } = holder;
  if (holder.state !== 'running') return { is: 'failed', reason: foreignWords(holder) };
  const { slug, killGraceSeconds } = order.job;
  const atMs = host.clock.nowMs();
  const asked = { event: 'stop-requested', run: runId, atMs, by: `run ${order.run}`, replacedBy: order.run } as const;
  writeEvent(slug, host, asked);
  host.wrappers.askToEnd(holder);
  const patient = await untilGone(holder, killGraceSeconds * 1000 + afterGraceMs, order, host);
  if (patient === 'gone') return { is: 'ended', remark: `run ${runId} was still running and was ended for this one` };
  if (patient !== 'there') return { is: 'stopped', outcome: patient };
  host.wrappers.kill(holder);
  const hard = await untilGone(holder, afterKillMs, order, host);
  if (hard === 'gone')
    return { is: 'ended', remark: `run ${runId} did not end when it was asked; its run-job was killed` };
  if (hard !== 'there') return { is: 'stopped', outcome: hard };
  const now = host.locks.holder(slug) ?? holder;
  const wrapper = now.state === 'orphaned' ? undefined : now.wrapper?.pid;
  const alive = [wrapper, leftWords(now)].filter((one) => one !== undefined && one !== '').join(', ');
  return { is: 'failed', reason: `run ${runId} can't be ended; look at its processes: ${alive}` };
}

function foreignWords({ state, wrapper, reason }: LockHolder): string {
  if (state === 'predecessor')
    return `it is a run of the Python process-control (pid ${wrapper?.pid ?? 'unknown'}), which would leave its job behind; end it by hand`;
  return `who has the lock can't be looked into (${reason ?? state}); end it by hand`;
}

/** Whoever comes in between and has the lock by then is another one. */
async function untilGone(
  holder: LockHolder,
  limitMs: number,
  { job, watch }: ReplaceOrder,
  { clock, locks, sweeper }: ReplaceHost,
): Promise<'gone' | 'there' | Stopped> {
  const endMs = clock.monotonicMs() + limitMs;
  for (;;) {
    const now = locks.holder(job.slug);
    if (now === undefined || now.runId !== holder.runId) return 'gone';
    if (watch.stopped !== undefined) return watch.stopped;
    if (clock.monotonicMs() > endMs) return 'there';
    // Its run-job was killed. A reaper that ends the same processes is not in the way.
    if (now.state === 'orphaned' && isOutOfReach(await sweeper.end(now, job.killGraceSeconds * 1000))) return 'there';
    await watch.rest(pollMs, clock);
  }
}
