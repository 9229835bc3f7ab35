/** The limits up to which logs are kept, from a job file or the configuration. */

import { parseSize } from '../../text/size.ts';
import type { WrittenJob } from './schema.ts';

/** A limit that is absent or 0 does not apply; a job's 0 overrides the configuration. */
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

/** Returns the bytes of a size that the schema allows. */
export function sizeInBytes(written: number | string): number {
  return typeof written === 'number' ? written : (parseSize(written) ?? 0);
}
