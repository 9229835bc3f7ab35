/** A strip of runs as one character each, for a terminal. */
import type { StripItem } from '../strip.ts';

export interface StripSigns extends Readonly<Record<Exclude<StripItem['is'], 'success'>, string>> {
  /** Signs of a run that succeeded, from short to long: at least one. */
  readonly bars: string;
}

export const blockSigns: StripSigns = {
  bars: '▁▂▃▄▅▆▇█',
  failure: '✗',
  missed: '○',
  skipped: '·',
  running: '▸',
  other: '–',
};

/** For terminals and files that may not show more than ASCII. */
export const asciiSigns: StripSigns = { bars: '.', failure: 'x', missed: 'o', skipped: '-', running: '>', other: '~' };

/** Differences between runs of less than a second say nothing. */
const leastUsualMs = 1000;

/**
 * A run of the usual length has a low bar, and one of three times that, or more, the highest: so a strip shows what is unusual. Usual is the
 * median of the runs that succeeded.
 */
export function stripText(items: readonly StripItem[], signs: StripSigns): string {
  const durations = items.flatMap((item) => (item.is === 'success' ? [item.durationMs ?? 0] : []));
  const [usualMs = 0] = durations.sort((a, b) => a - b).slice(durations.length >> 1);
  const highestMs = 3 * Math.max(usualMs, leastUsualMs);
  return items.map((item) => (item.is === 'success' ? barOf(item, highestMs, signs) : signs[item.is])).join('');
}

function barOf({ durationMs = 0 }: StripItem, highestMs: number, { bars }: StripSigns): string {
  const share = Math.max(0, durationMs) / highestMs;
  return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? '';
}
