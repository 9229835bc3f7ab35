/** The parts of a job that its claims depend on, from its file. */
import type { RunJob } from '../../job/job.ts';
import type { ClaimRules } from '../../job/keys/pool-keys.ts';
import { backoffMs } from '../../run/attempts.ts';
import { eachTick, tickZone } from '../../schedule/ticks.ts';
import type { Zones } from '../../zone/zone.ts';
import type { FleetJob, WhenBusy } from '../claim/request.ts';
import { defaultTakeoverSeconds } from '../run/deadline.ts';

/** Longest wait for the run under way if the job has no `start_deadline`. */
const usualPatienceSeconds = 3600;

/** Time beyond `kill_grace` in which the run that is replaced is recorded and its locks are free again. */
const replacePatienceSeconds = 30;

/** etcd makes no lease that is longer. */
const longestLeaseSeconds = 9_000_000_000;

export function fleetJobOf(job: RunJob, rules: ClaimRules, zones: Zones): FleetJob {
  const { slug, tags, policy, timing, killGraceSeconds, sha256, schedule } = job;
  const takeoverSeconds = takeoverOf(job, rules);
  const whenBusy = whenBusyOf(job);
  const deadline = timing.startDeadlineSeconds;
  return {
    ...{ slug, tags, whenBusy, killGraceSeconds, locks: policy.fleetLocks ?? [], definition: sha256 },
    rule: `${schedule?.written} ${tickZone(job, zones)?.name}`,
    ticksAfter: (afterMs) => (job.disabled ? [] : eachTick(job, { afterMs }, zones)),
    busyPatienceSeconds:
      whenBusy === 'replace' ? killGraceSeconds + replacePatienceSeconds : (deadline ?? usualPatienceSeconds),
    ...(takeoverSeconds !== undefined && { takeoverSeconds }),
    // A delayed tick is late from its delayed start on.
    ...(deadline !== undefined && { startDeadlineSeconds: deadline + timing.splaySeconds }),
  };
}

function whenBusyOf({ policy }: RunJob): WhenBusy {
  switch (policy.collisionPolicy) {
    case 'CANCEL_NEW':
      return 'skip';
    case 'KILL_EXISTING':
      return 'replace';
    case 'QUEUE':
      return 'queue';
    default:
      return policy.collisionPolicy satisfies never;
  }
}

function takeoverOf(job: RunJob, { takeover }: ClaimRules): number | undefined {
  if (takeover === 'never') return undefined;
  if (takeover !== undefined) return takeover;
  const { timeoutSeconds, killGraceSeconds, policy } = job;
  const attempts = policy.maxFailures;
  const backoffSeconds = Number.isFinite(attempts) ? totalBackoffSeconds(job) : Number.POSITIVE_INFINITY;
  const seconds = defaultTakeoverSeconds({ timeoutSeconds, attempts, backoffSeconds, killGraceSeconds });
  return seconds === undefined || seconds > longestLeaseSeconds ? undefined : seconds;
}

/** All waits between the attempts of a run. */
function totalBackoffSeconds({ policy: { maxFailures, backoff } }: RunJob): number {
  const { maxSeconds } = backoff;
  let total = 0;
  for (let failed = 1; failed < maxFailures; failed++) {
    const seconds = backoffMs(backoff, failed) / 1000;
    total += seconds;
    // From the longest wait on they are all the same.
    if (seconds >= maxSeconds) return total + seconds * (maxFailures - 1 - failed);
  }
  return total;
}
