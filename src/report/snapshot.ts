/** What is known of a job at one instant; this value is what `--json` prints and every other listing is made of. */
import type { Streak } from '../run/event.ts';
import type { History, RunRecord } from '../run/history.ts';
import type { LastStatus, Outcome } from '../run/outcome.ts';
import { outcomeWords } from '../run/outcome.ts';
import type { Pause } from '../run/pause.ts';
import type { LockHolder } from '../system/system.ts';
import type { Overdue } from './overdue.ts';

/** Whether a job runs now, and if not, what would keep it from running. */
type Activity =
  | {
      readonly is: 'running';
      readonly pid?: number;
      readonly run?: string;
      readonly sinceMs?: number;
      readonly logPath?: string;
    }
  /** Its run-job is gone; what it started lives on. */
  | { readonly is: 'orphaned'; readonly pids: readonly number[]; readonly run?: string }
  | { readonly is: 'idle' };

export interface JobSnapshot {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly schedule?: string;
  /** `disabled: true` in its file: the clock does not start it. */
  readonly disabled: boolean;
  readonly activity: Activity;
  readonly paused?: Pause;
  /** Its next tick, as far as that was asked for. */
  readonly nextMs?: number;
  /** It should have started and has not, as far as that was asked for. */
  readonly overdue?: Overdue;
  readonly lastStatus: LastStatus;
  readonly streak: Streak;
  readonly lastRun?: RunSnapshot;
}

/** A job file that can't be used; it does not stop a listing. */
export interface BrokenJobSnapshot {
  readonly slug: string;
  readonly problems: readonly string[];
  readonly lastStatus: LastStatus;
}

export type RunSnapshot = RunRecord & { readonly words: string };

export interface JobFacts {
  readonly job: {
    readonly slug: string;
    readonly name: string;
    readonly description?: string;
    readonly tags: readonly string[];
    readonly schedule?: string;
    readonly disabled: boolean;
  };
  readonly holder: LockHolder | undefined;
  readonly history: History;
  readonly paused: Pause | undefined;
  readonly times?: Pick<JobSnapshot, 'nextMs' | 'overdue'>;
}

export function snapshotJob({ job, holder, history, paused, times = {} }: JobFacts): JobSnapshot {
  const { slug, name, description, tags, schedule, disabled } = job;
  const lastRun = history.runs.at(-1);
  return {
    slug,
    name,
    ...(description === undefined ? {} : { description }),
    tags,
    ...(schedule === undefined ? {} : { schedule }),
    disabled,
    activity: activityOf(holder),
    ...(paused === undefined ? {} : { paused }),
    ...times,
    ...seenFrom(history, holder),
    ...(lastRun === undefined ? {} : { lastRun: snapshotRun(lastRun, holder) }),
  };
}

/** A run without an end that nobody holds the lock for is shown as interrupted; it is written down by the next run. */
export function snapshotRun(record: RunRecord, holder: LockHolder | undefined): RunSnapshot {
  if (record.outcome !== undefined) return { ...record, words: outcomeWords(record.outcome) };
  if (isHeldBy(record, holder)) return { ...record, words: 'is running' };
  const outcome: Outcome = { kind: 'interrupted' };
  return { ...record, outcome, words: outcomeWords(outcome) };
}

/** Whoever holds the lock without saying for which run may well be this one. */
function isHeldBy(record: RunRecord, holder: LockHolder | undefined): boolean {
  return holder !== undefined && (holder.runId === undefined || holder.runId === record.run);
}

/** An interrupted run that nobody has written down yet counts as the failure it is. */
function seenFrom(
  history: History,
  holder: LockHolder | undefined,
): { readonly lastStatus: LastStatus; readonly streak: Streak } {
  const last = history.runs.at(-1);
  const isReset = history.steered?.some(({ action, atMs }) => action === 'reset' && atMs > (last?.startedMs ?? 0));
  const unseen = last !== undefined && last.outcome === undefined && !isHeldBy(last, holder) && !isReset;
  if (!unseen) return { lastStatus: history.lastStatus, streak: history.streak };
  return {
    lastStatus: 'failure',
    streak: {
      ...history.streak,
      failures: history.streak.failures + 1,
      failingSinceMs: history.streak.failingSinceMs ?? last.startedMs,
    },
  };
}

function activityOf(holder: LockHolder | undefined): Activity {
  if (holder === undefined) return { is: 'idle' };
  const run = holder.runId === undefined ? {} : { run: holder.runId };
  if (holder.state === 'orphaned') return { is: 'orphaned', pids: holder.pids, ...run };
  return {
    is: 'running',
    ...run,
    ...(holder.wrapper === undefined ? {} : { pid: holder.wrapper.pid }),
    ...(holder.startedMs === undefined ? {} : { sinceMs: holder.startedMs }),
    ...(holder.logPath === undefined ? {} : { logPath: holder.logPath }),
  };
}
