/**
 * When a run must be over: before its lease can end, so that no other host starts the job beside
 * it. The moments are on this host's clock since boot, and each renewal puts them off. The job's
 * own parent holds them, because run-job may be stopped or gone.
 */

import type { Deadline } from '../../run/permission/run-deadline.ts';
import { durationWords } from '../../text/duration.ts';
import type { Lease } from './held.ts';

/** Time between the kill and the end of the lease, for a kernel that is slow to end processes. */
const marginMs = 1000;

export function deadlineOf({ askedBootMs, seconds }: Lease, killGraceSeconds: number): Deadline {
  const killBootMs = askedBootMs + seconds * 1000 - marginMs;
  const termBootMs = killBootMs - killGraceSeconds * 1000;
  const silentSeconds = Math.max(0, Math.round((termBootMs - askedBootMs) / 1000));
  return { termBootMs, killBootMs, because: `no contact with the fleet for ${durationWords(silentSeconds)}` };
}

/** From now on another host may start the job. */
export function deadlineNow(sinceBootMs: number, because: string): Deadline {
  return { termBootMs: sinceBootMs, killBootMs: sinceBootMs, because };
}

interface RunTime {
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly attempts: number;
  /** All waits between the attempts together. */
  readonly backoffSeconds: number;
  readonly killGraceSeconds: number;
}

/**
 * The silence after which a run is over for certain, so that nothing has to be ended for want of
 * contact; undefined for a job that may run without limit: no other host takes it over.
 */
export function defaultTakeoverSeconds(job: RunTime): number | undefined {
  const { timeoutSeconds, attempts, backoffSeconds, killGraceSeconds } = job;
  const totalSeconds = (timeoutSeconds + killGraceSeconds) * attempts + backoffSeconds + 60;
  return timeoutSeconds > 0 && Number.isFinite(totalSeconds) ? Math.ceil(totalSeconds) : undefined;
}
