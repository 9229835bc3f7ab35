/** The limits up to which logs are kept, from a job file or the configuration. */

import { defined } from '../../text/defined.ts';
import type { WrittenJob } from './schema.ts';
import { inBytes } from './units.ts';

/** A limit that is absent or 0 does not apply; a job's 0 overrides the configuration. */
export interface LogBounds {
  readonly days?: number;
  readonly runs?: number;
  readonly bytes?: number;
}

export function logBounds({ days, runs, bytes }: NonNullable<WrittenJob['log_retention']>): LogBounds {
  return defined({ days, runs, bytes: inBytes(bytes) });
}
