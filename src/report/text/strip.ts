/** A strip of runs as one character each, for a terminal. */
import type { StripItem } from '../strip.ts';

export interface StripSigns extends Readonly<Record<Exclude<StripItem['is'], 'success'>, string>> {
  /** The signs of runs that succeeded, from short to long; at least one. */
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

/** The signs for terminals and files that may show ASCII only. */
export const asciiSigns: StripSigns = { bars: '.', failure: 'x', missed: 'o', skipped: '-', running: '>', other: '~' };

/** The longest of the runs that succeeded has the highest bar. */
export function stripText(items: readonly StripItem[], signs: StripSigns): string {
  const durations = items.filter((item) => item.is === 'success').map(({ durationMs = 0 }) => durationMs);
  const longestMs = durations.reduce((most, duration) => Math.max(most, duration), 0);
  return items.map((item) => (item.is === 'success' ? barOf(item, longestMs, signs) : signs[item.is])).join('');
}

function barOf({ durationMs = 0 }: StripItem, longestMs: number, { bars }: StripSigns): string {
  const share = longestMs === 0 ? 0 : durationMs / longestMs;
  return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? '';
}
