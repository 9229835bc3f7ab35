/** The last runs of a job as one character each: which failed, and which took longer than the others. */
import { healthOf, type Outcome } from '../../run/outcome/outcome.ts';

/** A run, or a tick that had none. */
export interface StripItem {
  /** Absent while the run is under way. */
  readonly outcome?: Outcome;
  /** Milliseconds. */
  readonly durationMs?: number;
}

export interface StripSigns {
  /** Of a run that succeeded, from short to long: at least one. */
  readonly bars: string;
  readonly failed: string;
  readonly missed: string;
  readonly skipped: string;
  readonly running: string;
}

export const blockSigns: StripSigns = { bars: '▁▂▃▄▅▆▇█', failed: '✗', missed: '○', skipped: '·', running: '▸' };

/** For terminals and files that may not show more than ASCII. */
export const asciiSigns: StripSigns = { bars: '.', failed: 'x', missed: 'o', skipped: '-', running: '>' };

/** Oldest first. The longest of the runs that succeeded has the highest bar. */
export function strip(items: readonly StripItem[], signs: StripSigns): string {
  const durations = items.filter(isSuccess).map(({ durationMs = 0 }) => durationMs);
  const longest = durations.reduce((most, duration) => Math.max(most, duration), 0);
  return items.map((item) => signOf(item, longest, signs)).join('');
}

function signOf(item: StripItem, longestMs: number, { bars, failed, missed, skipped, running }: StripSigns): string {
  if (item.outcome === undefined) return running;
  if (item.outcome.kind === 'missed') return missed;
  if (isSuccess(item)) {
    const share = longestMs === 0 ? 0 : (item.durationMs ?? 0) / longestMs;
    return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? '';
  }
  return healthOf(item.outcome) === 'failure' ? failed : skipped;
}

function isSuccess({ outcome }: StripItem): boolean {
  return outcome !== undefined && healthOf(outcome) === 'success';
}
