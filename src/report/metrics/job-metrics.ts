/** The metrics of a job, made from its snapshot. */
import { exitCodeOf } from '../../run/outcome/outcome.ts';
import { defined } from '../../text/defined.ts';
import type { JobSnapshot } from '../snapshot.ts';
import { type AnySnapshot, isBroken } from '../text/job.ts';
import type { JobMetrics } from './families.ts';

/** `undefined` for a job whose file is gone: its series end. */
export function jobMetrics(job: AnySnapshot): JobMetrics | undefined {
  if (!isBroken(job)) return ofFile(job);
  if (job.file === 'gone') return undefined;
  const nothing = { running: 0, failures: 0, totals: { success: 0, failure: 0, skipped: 0, missed: 0, durationMs: 0 } };
  return { name: job.slug, tags: job.tags, state: 'invalid', ...nothing };
}

function ofFile(job: JobSnapshot): JobMetrics {
  const { activity, schedule, timeZone, collisionPolicy, dueMs, periodMs, expectedSinceMs, streak, totals } = job;
  return {
    name: job.slug,
    tags: job.tags,
    state: stateOf(job),
    collisionPolicy,
    running: activity.is === 'idle' ? 0 : 1,
    failures: streak.failures,
    totals,
    ...defined({
      ...{ schedule, timeZone, dueMs, periodMs, expectedSinceMs },
      runningSinceMs: activity.is === 'running' ? activity.sinceMs : undefined,
      lastSuccessMs: streak.lastSuccessMs,
      lastRun: lastRunOf(job),
      service: serviceOf(job),
    }),
  };
}

function stateOf({ disabled, paused }: JobSnapshot): JobMetrics['state'] {
  if (disabled) return 'disabled';
  return paused === undefined ? 'enabled' : 'paused';
}

/** The last run that has ended and was no missed tick. */
function lastRunOf({ lastRun }: JobSnapshot): JobMetrics['lastRun'] {
  if (lastRun?.outcome === undefined || lastRun.outcome.kind === 'missed') return undefined;
  const { endedMs, startedMs, durationMs, outcome } = lastRun;
  return { endedMs: endedMs ?? startedMs, exitCode: exitCodeOf(outcome), ...defined({ durationMs }) };
}

function serviceOf({ service }: JobSnapshot): JobMetrics['service'] {
  if (service === undefined) return undefined;
  const { desired, wantedInstances, instances } = service;
  return {
    wanted: desired === 'up' ? instances.filter((one) => one.number < wantedInstances && !one.stopped).length : 0,
    up: instances.filter(({ at }) => at === 'up').length,
    instances,
  };
}
