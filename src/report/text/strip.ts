/** A strip of runs as one character each, for a terminal. */

import type { StripItem } from '../../run/history/strip.ts';
import { greatest } from '../../text/width.ts';
import { painted, type Terminal } from './terminal/colour.ts';
import { columnsOf, cut } from './terminal/fold.ts';
import { mostFirst } from './terminal/table.ts';

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

/** The signs for terminals and files that may show ASCII only. */
export const asciiSigns: StripSigns = { bars: '.', failure: 'x', missed: 'o', skipped: '-', running: '>', other: '~' };

/** Differences between runs of less than a second say nothing. */
const leastUsualMs = 1000;

/**
 * The heights of the bars of runs, from 0 to 1. A run of the usual length has a low bar, and one of three times that, or more, the highest: so a
 * strip shows what is unusual. Usual is the median of the runs that succeeded.
 */
export function stripHeights(items: readonly StripItem[]): readonly number[] {
  const durations = items.flatMap((item) => (item.is === 'success' ? [item.durationMs ?? 0] : []));
  const [usualMs = 0] = durations.sort((a, b) => a - b).slice(durations.length >> 1);
  const highestMs = 3 * Math.max(usualMs, leastUsualMs);
  return items.map(({ durationMs = 0 }) => Math.min(1, Math.max(0, durationMs) / highestMs));
}

export function stripText(items: readonly StripItem[], signs: StripSigns): string {
  const heights = stripHeights(items);
  return items.map(({ is }, index) => (is === 'success' ? barOf(heights[index] ?? 0, signs) : signs[is])).join('');
}

function barOf(height: number, { bars }: StripSigns): string {
  return bars[Math.min(bars.length - 1, Math.floor(height * bars.length))] ?? '';
}

export interface JobStrip {
  readonly job: string;
  readonly items: readonly StripItem[];
}

/**
 * `jobctl history` of several jobs at a terminal: one line for each job, the strips aligned at their ends, then an empty
 * line. Empty unless there are several jobs.
 */
export function stripsText(strips: readonly JobStrip[], terminal: Terminal): string {
  if (strips.length < 2) return '';
  const { columns, isUnicode } = terminal;
  const signs = isUnicode ? blockSigns : asciiSigns;
  const failure = painted('red', terminal)(signs.failure);
  const widestName = greatest(strips.map(({ job }) => columnsOf(job)));
  const nameWidth = Math.min(widestName, mostFirst(columns));
  const most = Math.min(greatest(strips.map(({ items }) => items.length)), Math.max(1, columns - nameWidth - 2));
  const lines = strips.map(({ job, items }) => {
    const name = cut(job, nameWidth, isUnicode ? 'unicode' : 'ascii').padEnd(nameWidth);
    const strip = stripText(items.slice(-most), signs).padStart(most);
    const words = countWords(items);
    const isRoom = columns >= nameWidth + most + words.length + 4;
    return `${name}  ${strip.replaceAll(signs.failure, failure)}${isRoom ? `  ${words}` : ''}\n`;
  });
  return `${lines.join('')}\n`;
}

function countWords(items: readonly StripItem[]): string {
  const failed = items.filter(({ is }) => is === 'failure' || is === 'missed').length;
  return `${items.length} ${items.length === 1 ? 'run' : 'runs'}${failed === 0 ? '' : `, ${failed} failed or missed`}`;
}
