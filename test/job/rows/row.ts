import type { JobContent } from '../../../src/job/job.ts';
import { type Policy, policyOf } from '../../../src/job/keys/policy.ts';
import { type Timing, timingOf } from '../../../src/job/keys/timing.ts';

export interface Row {
  /** The text behind "key: ", and the part of the job that it makes. */
  readonly accepts: readonly (readonly [string, Partial<JobContent>])[];
  readonly refuses: readonly string[];
}

export const timing = (part: Partial<Timing>): Partial<JobContent> => ({ timing: { ...timingOf({}), ...part } });
export const policy = (part: Partial<Policy>): Partial<JobContent> => ({ policy: { ...policyOf({}), ...part } });
