/** Which logs of a job are kept, as a job file or the configuration says it. */

import { parseSize } from '../../text/size.ts';
import type { WrittenJob } from './schema.ts';

/** A bound that is absent or 0 does not bind; one of 0 takes away what the configuration says. */
export interface LogBounds {
  readonly days?: number;
  readonly runs?: number;
  readonly bytes?: number;
}

export function logBounds({ days, runs, bytes }: NonNullable<WrittenJob['log_retention']>): LogBounds {
  return {
    ...(days !== undefined && { days }),
    ...(runs !== undefined && { runs }),
    ...(bytes !== undefined && { bytes: sizeInBytes(bytes) }),
  };
}

/** Of what the schema allows. */
export function sizeInBytes(written: number | string): number {
  return typeof written === 'number' ? written : (parseSize(written) ?? 0);
}
