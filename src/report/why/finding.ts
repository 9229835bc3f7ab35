/** One thing that `jobctl why` looked at, and what it found. */
import type { Advice } from '../advice.ts';

export interface Finding {
  readonly about: string;
  /**
   * `stops`: by itself enough to keep the job from starting. `doubt`: it may have. `stops-next`: the job did start; what is so now keeps it from starting
   * again.
   */
  readonly is: 'well' | 'stops' | 'stops-next' | 'doubt' | 'unknown';
  /** A clause: "no cron is running". */
  readonly words: string;
  readonly advice?: readonly Advice[];
  /** It was only not there yet at the tick, and is in nobody's way now. */
  readonly afterTick?: true;
}
