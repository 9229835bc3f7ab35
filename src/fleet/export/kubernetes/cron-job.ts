/** A job that ends, as a CronJob of batch/v1. */
import type { RunJob } from '../../../job/job.ts';
import { containerOf } from './container.ts';
import type { Metadata } from './labels.ts';
import { selector } from './labels.ts';
import type { CronJob } from './objects.ts';
import { leastDeadlineSeconds } from './rules/run-rules.ts';
import { kubernetesSchedule } from './schedule.ts';

/** The greatest number of a 32-bit field, for a job that is tried until it succeeds. */
const withoutLimit = 2 ** 31 - 1;
/** Never: there is no 31 February. A suspended CronJob must have a schedule, too. */
const never = '0 0 31 2 *';
/** Without a deadline the controller starts the last missed run whenever it comes back. */
const noCatchUpSeconds = 200;
const daySeconds = 86_400;

export function cronJobOf(job: RunJob, metadata: Metadata, zoneName: string): CronJob {
  const { schedule, enabled, timing, policy, logRetention } = job;
  const { runs, days } = logRetention ?? {};
  const text = schedule === undefined ? undefined : kubernetesSchedule(schedule);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule: text ?? never,
      timeZone: zoneName,
      suspend: !enabled || text === undefined,
      concurrencyPolicy: policy.collisionPolicy === 'KILL_EXISTING' ? 'Replace' : 'Forbid',
      startingDeadlineSeconds: startingDeadline(timing),
      ...(runs !== undefined && runs > 0 && { successfulJobsHistoryLimit: runs, failedJobsHistoryLimit: runs }),
      jobTemplate: {
        metadata: { labels: selector(metadata.name) },
        spec: {
          ...attempts(policy),
          ...(days !== undefined && days > 0 && { ttlSecondsAfterFinished: Math.ceil(days * daySeconds) }),
          template: {
            metadata: { labels: selector(metadata.name) },
            spec: {
              restartPolicy: 'Never',
              ...(job.timeoutSeconds > 0 && { activeDeadlineSeconds: Math.ceil(job.timeoutSeconds) }),
              terminationGracePeriodSeconds: Math.ceil(job.killGraceSeconds),
              containers: [{ name: 'job', ...containerOf(job, { expand: (word) => word }) }],
            },
          },
        },
      },
    },
  };
}

function startingDeadline({ startDeadlineSeconds, catchUp, catchUpWindowSeconds }: RunJob['timing']): number {
  if (catchUp === 'last') return Math.max(leastDeadlineSeconds, Math.ceil(catchUpWindowSeconds));
  return Math.max(leastDeadlineSeconds, Math.ceil(startDeadlineSeconds ?? noCatchUpSeconds));
}

/**
 * The attempts of one run. The next pod waits until the last one has ended (Kubernetes 1.29), so
 * that two attempts are never at work at once.
 */
function attempts({ maxFailures, unrecoverableExitCodes }: RunJob['policy']) {
  const values = [...new Set(unrecoverableExitCodes)].filter((code) => code !== 0).sort((a, b) => a - b);
  return {
    backoffLimit: Math.min(maxFailures - 1, withoutLimit),
    podReplacementPolicy: 'Failed' as const,
    ...(values.length > 0 && {
      podFailurePolicy: {
        rules: [{ action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values } }],
      },
    }),
  };
}
