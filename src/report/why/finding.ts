/** One thing that `jobctl why` looked at, and what it found. */
import type { Advice } from '../advice.ts';

export interface Finding {
  readonly about: string;
  /**
   * `stops` alone keeps the job from starting. `doubt` may have kept it. `stops-next`: the job did
   * start, but will not start again.
   */
  readonly is: 'well' | 'stops' | 'stops-next' | 'doubt' | 'unknown';
  /** A clause: "no cron is running". */
  readonly words: string;
  readonly advice?: readonly Advice[];
  /** True if it was only missing at the tick, and stops nothing now. */
  readonly afterTick?: true;
}
