/**
 * The facts in the locks of a job: whether it runs now, which run waits, and who holds the locks
 * that it shares.
 */
import type { History } from '../run/history/history.ts';
import { outcomeWords } from '../run/outcome/outcome.ts';
import { processWords } from '../run/process-words.ts';
import type { LockHolder } from '../system/types/lock.ts';
import type { Survivor } from '../system/types/process.ts';
import { defined } from '../text/defined.ts';

/** The present activity of a job. */
export type Activity =
  | {
      readonly is: 'running';
      readonly pid?: number;
      readonly run?: string;
      readonly sinceMs?: number;
      readonly logPath?: string;
      /** The run-job was stopped by a signal (SIGSTOP), so it enforces no timeout. */
      readonly isStopped?: true;
      /** The last attempt has failed; the next one begins at `nextMs`, or has begun. */
      readonly retry?: {
        readonly attempt: number;
        readonly words: string;
        readonly nextMs: number;
        readonly waits: boolean;
      };
    }
  /** The run-job is gone; processes that it started are still running. */
  | {
      readonly is: 'orphaned';
      readonly pids: readonly number[];
      readonly run?: string;
      /** The processes by name, each with the reason if it can't be ended. */
      readonly processes?: readonly Survivor[];
    }
  | { readonly is: 'idle' };

export interface SharedLock {
  readonly name: string;
  readonly heldBy?: {
    readonly job?: string;
    readonly run?: string;
    readonly sinceMs?: number;
    /** Remaining processes of a run whose run-job is gone, or that could not be ended. */
    readonly processes?: readonly string[];
  };
}

/** A run that waits: for the run under way, for a shared lock, or to take the other run's place. */
export interface NextRun {
  readonly run: string;
  readonly pid?: number;
  readonly sinceMs?: number;
  readonly words?: string;
}

export function activityOf(holder: LockHolder | undefined, history: History, nowMs: number): Activity {
  if (holder === undefined) return { is: 'idle' };
  const run = holder.runId === undefined ? {} : { run: holder.runId };
  if (holder.state === 'orphaned') return orphansOf(holder, run);
  return {
    is: 'running',
    ...run,
    ...defined({ pid: holder.wrapper?.pid, sinceMs: holder.startedMs, logPath: holder.logPath }),
    ...(holder.isStopped && { isStopped: true as const }),
    ...retryOf(holder, history, nowMs),
  };
}

function retryOf(
  holder: LockHolder,
  { runs }: History,
  nowMs: number,
): Pick<Extract<Activity, { is: 'running' }>, 'retry'> {
  const { attempt, failedAttempt, endedMs } = runs.find(({ run }) => run === holder.runId) ?? {};
  if (attempt === undefined || failedAttempt === undefined || endedMs !== undefined) return {};
  const { outcome, nextMs } = failedAttempt;
  return { retry: { attempt, words: outcomeWords(outcome), nextMs, waits: nowMs < nextMs } };
}

function orphansOf({ pids, processes }: LockHolder, run: { readonly run?: string }): Activity {
  // Nobody outside of this host can use the start of a process in clock ticks.
  const shown = processes?.map(({ startTicks: _ticks, ...process }) => process);
  return { is: 'orphaned', pids, ...run, ...defined({ processes: shown }) };
}

export function nextOf(next: LockHolder | undefined, { runs }: History): { readonly next?: NextRun } {
  if (next?.runId === undefined) return {};
  const words = runs.find(({ run }) => run === next.runId)?.waitsFor;
  return { next: { run: next.runId, ...defined({ pid: next.wrapper?.pid, sinceMs: next.startedMs, words }) } };
}

export function sharedLockOf({
  name,
  holder,
}: {
  readonly name: string;
  readonly holder: LockHolder | undefined;
}): SharedLock {
  if (holder === undefined) return { name };
  const { job, runId: run, startedMs: sinceMs, state } = holder;
  const processes = state === 'orphaned' ? holder.processes?.map(processWords) : undefined;
  return { name, heldBy: defined({ processes, job, run, sinceMs }) };
}
