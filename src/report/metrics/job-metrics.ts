/** Measurements of a job or service at one instant, taken from its snapshot. */
import type { Totals } from '../../run/history/totals.ts';
import { defined } from '../../text/defined.ts';
import type { RunEnd } from '../latest-runs.ts';
import type { JobSnapshot } from '../snapshot.ts';
import { type AnySnapshot, isBroken } from '../text/job.ts';

/** Times are milliseconds since 1970, durations milliseconds. */
export interface JobMetrics {
  readonly name: string;
  readonly tags: readonly string[];
  /** Each job file is in one of these. */
  readonly state: FileState;
  /** Settings of the job file; absent while it has problems. */
  readonly file?: { readonly schedule?: string; readonly timeZone?: string; readonly collisionPolicy: string };
  /** The next start that is due, in the past when the job is overdue; absent when nothing is due. */
  readonly dueMs?: number;
  /** The longest time between two ticks. */
  readonly periodMs?: number;
  /** The time from which on the job owes runs. */
  readonly expectedSinceMs?: number;
  /** Runs under way. */
  readonly running: number;
  readonly runningSinceMs?: number;
  /** Facts of the history; absent when it can't be read, or other hosts have the job. */
  readonly record?: RunMetrics;
  /** Present for a service, which has no ticks and no outcomes. */
  readonly service?: ServiceMetrics;
}

export type FileState = 'enabled' | 'disabled' | 'elsewhere' | 'paused' | 'invalid';

interface RunMetrics {
  readonly lastSuccessMs?: number;
  readonly lastEnd?: RunEnd;
  /** Failures in a row. */
  readonly failures: number;
  readonly totals: Totals;
}

export interface ServiceMetrics {
  /** Instances that should be up. */
  readonly wanted: number;
  readonly up: number;
  readonly instances: readonly { readonly number: number; readonly restarts: number }[];
}

/** `undefined` for a job whose file is gone: its series end. */
export function jobMetrics(job: AnySnapshot): JobMetrics | undefined {
  const { slug: name, tags, activity } = job;
  const known = {
    ...{ name, tags, running: activity.is === 'idle' ? 0 : 1 },
    ...defined({
      runningSinceMs: activity.is === 'running' ? activity.sinceMs : undefined,
      record: recordOf(job),
      service: serviceOf(job),
    }),
  };
  if (!isBroken(job)) return { ...known, ...ofFile(job) };
  return job.file === 'gone' ? undefined : { ...known, state: 'invalid' };
}

type FromFile = Pick<JobMetrics, 'state' | 'file' | 'dueMs' | 'periodMs' | 'expectedSinceMs'>;

function ofFile(job: JobSnapshot): FromFile {
  const { schedule, timeZone, collisionPolicy, dueMs, periodMs, expectedSinceMs, disabled, seat, paused } = job;
  return {
    state: disabled ? 'disabled' : seat?.isHere === false ? 'elsewhere' : paused === undefined ? 'enabled' : 'paused',
    file: { collisionPolicy, ...defined({ schedule, timeZone }) },
    ...defined({ dueMs, periodMs, expectedSinceMs }),
  };
}

/**
 * `undefined` when the history can't be read, as a counter of 0 would be a fall; and on a host that
 * does not have the job, where an old failure must raise no alert.
 */
function recordOf(job: AnySnapshot): RunMetrics | undefined {
  const { streak, totals, lastEnd, health, state } = job;
  if (health === 'unknown' || state === 'elsewhere') return undefined;
  return { failures: streak.failures, totals, ...defined({ lastSuccessMs: streak.lastSuccessMs, lastEnd }) };
}

function serviceOf({ service }: AnySnapshot): ServiceMetrics | undefined {
  if (service === undefined) return undefined;
  const { desired, wantedInstances, instances } = service;
  // An instance that has finished its work is not missed.
  const wanted = instances.filter(
    ({ number, stopped, at }) => number < wantedInstances && !stopped && at !== 'finished',
  );
  return {
    wanted: desired === 'up' ? wanted.length : 0,
    up: instances.filter(({ at }) => at === 'up').length,
    instances,
  };
}
