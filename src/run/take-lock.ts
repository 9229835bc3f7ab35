/**
 * The lock of a job for a run of it, and what is done about a holder that has lost its run-job: waited for, ended when its time is over, or
 * left alone and named.
 */
import type { Job } from '../job/job.ts';
import type { Clock, JobLocks, LockAnswer, LockHolder, Survivor, Sweeper } from '../system/system.ts';
import { durationWords } from './outcome.ts';

export interface LockMachine {
  readonly clock: Clock;
  readonly locks: JobLocks;
  readonly sweeper: Sweeper;
}

export interface LockOrder {
  readonly job: Pick<Job, 'slug' | 'killGraceSeconds'>;
  readonly run: string;
}

/** `swept` says which processes of an earlier run had to be ended first, in words. */
export type Taken = LockAnswer & { readonly swept?: string };

/** A dead holder's reaper needs up to 2 s to end what the run left; a tick that comes just then shall not be lost. */
const orphanPatienceMs = 3000;
const orphanPollMs = 100;

export async function takeLock({ job, run }: LockOrder, { clock, locks, sweeper }: LockMachine): Promise<Taken> {
  const startMs = clock.monotonicMs();
  let swept: string | undefined;
  for (;;) {
    const answer = await locks.acquire(job.slug, run);
    if (answer.is !== 'busy') return swept === undefined ? answer : { ...answer, swept };
    const { holder } = answer;
    switch (adviseOn(holder, { waitedMs: clock.monotonicMs() - startMs, sinceBootMs: clock.sinceBootMs() })) {
      case 'wait':
        await new Promise<void>((resolve) => clock.after(orphanPollMs, resolve));
        break;
      case 'end': {
        // Once: what is still there afterwards could not be killed, and is named.
        if (swept !== undefined) return answer;
        const left = sweeper.left(holder);
        await sweeper.end(holder, job.killGraceSeconds * 1000);
        swept = sweptWords(holder, left);
        break;
      }
      case 'refuse':
        return answer;
    }
  }
}

/**
 * What a run that is about to begin does about a holder. Only an orphaned run whose own timeout has passed is ended: nobody else enforces that
 * any more. One without a timeout, or within it, may be half of a migration; a person decides (`jobctl stop`).
 */
export function adviseOn(
  holder: LockHolder,
  { waitedMs, sinceBootMs }: { readonly waitedMs: number; readonly sinceBootMs: number },
): 'wait' | 'end' | 'refuse' {
  if (holder.state !== 'orphaned') return 'refuse';
  if (waitedMs <= orphanPatienceMs) return 'wait';
  const { deadlineSinceBootMs } = holder;
  return deadlineSinceBootMs !== undefined && sinceBootMs >= deadlineSinceBootMs ? 'end' : 'refuse';
}

function sweptWords({ runId = 'unknown' }: LockHolder, left: readonly Survivor[]): string {
  const names = left.map(({ pid, command }) => `${pid} ${command}`).join(', ');
  return `run ${runId} had lost its run-job and was past its timeout; what it had left was ended: ${names}`;
}

/** Why a run can't begin, in words that name who has the lock. */
export function holderWords(holder: LockHolder, nowMs: number): string {
  const since =
    holder.startedMs === undefined ? '' : ` for ${durationWords(Math.max(0, nowMs - holder.startedMs) / 1000)}`;
  switch (holder.state) {
    case 'running':
      return `still running${since} (pid ${holder.wrapper?.pid ?? 'unknown'}${holder.runId === undefined ? '' : `, run ${holder.runId}`})`;
    case 'orphaned':
      return `its last run-job is gone but processes of that run are alive: ${holder.pids.join(', ')}`;
    case 'predecessor':
      return `still running under the Python process-control (pid ${holder.wrapper?.pid ?? 'unknown'})`;
    case 'unknown':
      return 'its lock is held by a process that cannot be looked into';
    default:
      return holder.state satisfies never;
  }
}
