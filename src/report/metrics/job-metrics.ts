/** The metrics of a job, from what is known of it. */
import { exitCodeOf } from '../../run/outcome/outcome.ts';
import { isAlive } from '../../service/instance/machine.ts';
import type { AnySnapshot } from '../text/job.ts';
import type { JobMetrics } from './families.ts';

/** `undefined` for what has no file any more: its series end. */
export function jobMetrics(job: AnySnapshot): JobMetrics | undefined {
  const known = commonMetrics(job);
  if ('problems' in job) return job.file === 'gone' ? undefined : { ...known, state: 'invalid' };
  const { timeZone, schedule, collisionPolicy, dueMs, periodMs, expectedSinceMs } = job;
  return {
    ...known,
    state: job.disabled ? 'disabled' : job.paused === undefined ? 'enabled' : 'paused',
    collisionPolicy,
    ...defined({ schedule, timeZone, dueMs, periodMs, expectedSinceMs }),
  };
}
