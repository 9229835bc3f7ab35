/** Lays out rows in columns for a terminal of some width, or without a limit for programs and files. */
import stringWidth from 'string-width';
import { greatest } from '../../text/width.ts';

export interface Column {
  readonly title: string;
  /** Numbers and durations stand at the right. */
  readonly align?: 'right';
  /** Columns with this are left out where the width does not suffice, the greatest first. */
  readonly expendable?: number;
}

/** Plain text of one line. `style` is applied after it was cut and padded. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

export interface TableOptions {
  /** Columns of the terminal; Infinity where nothing limits a line. */
  readonly width: number;
  readonly titleStyle?: (text: string) => string;
}

const gap = 2;
/** The first column names the row, the last one explains it: both keep at least this. */
const leastFirst = 8;
/** So much of a name is always shown where whole columns can give way instead. */
const mostUncut = 16;
const leastLast = 12;
/** With so much room for the last column nothing else gives way; with less than `usefulLast`, columns that are expendable are left out. */
const comfortableLast = 24;
const usefulLast = 16;

/**
 * One line for the titles and one for each row, none longer than `width` where that is 20 or more. The last column takes what the others leave,
 * then the first one gives way. What is cut ends with `…`. Columns without any text are left out.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, titleStyle = (text) => text }: TableOptions,
): string {
  const all = columns.map((column, index): Laid => {
    const cells = rows.map((row) => row[index] ?? { text: '' });
    const longest = cells.reduce((most, { text }) => Math.max(most, stringWidth(text)), 0);
    return { ...column, cells, isEmpty: longest === 0, width: Math.max(longest, stringWidth(column.title)) };
  });
  const used = all.filter(({ isEmpty }, index) => index === 0 || !isEmpty);
  const shown = shortenLast(used, width, comfortableLast) ?? fit(shortenFirst(used, width), width);
  const lines = [
    shown.map((column) => lineUp({ text: column.title, style: titleStyle }, column)),
    ...rows.map((_, row) => shown.map((column) => lineUp(column.cells[row] ?? { text: '' }, column))),
  ];
  return lines.map((cells) => `${cells.join(' '.repeat(gap)).replace(/ +$/, '')}\n`).join('');
}

interface Laid extends Column {
  readonly cells: readonly Cell[];
  readonly isEmpty: boolean;
  readonly width: number;
}

/** One long name must not cost all rows their other columns: a quarter of the width is enough for it. */
function shortenFirst([first, ...others]: readonly Laid[], width: number): readonly Laid[] {
  if (first === undefined) return [];
  const most = Math.max(mostUncut, Math.floor(width / 4));
  return [{ ...first, width: others.length === 0 ? first.width : Math.min(first.width, most) }, ...others];
}

function fit(columns: readonly Laid[], width: number): readonly Laid[] {
  const shortened = shortenLast(columns, width, usefulLast);
  if (shortened !== undefined) return shortened;
  const expendable = greatest(columns.map((column) => column.expendable ?? 0));
  if (expendable === 0) return squeeze(columns, widthOf(columns) - width);
  return fit(
    columns.filter((column) => column.expendable !== expendable),
    width,
  );
}

/** `undefined` when the last column would have less room than `least`. */
function shortenLast(columns: readonly Laid[], width: number, least: number): readonly Laid[] | undefined {
  const excess = widthOf(columns) - width;
  if (excess <= 0) return columns;
  const last = columns.at(-1);
  if (last === undefined || columns.length < 2 || last.width - excess < Math.min(least, last.width)) return undefined;
  return [...columns.slice(0, -1), { ...last, width: last.width - excess }];
}

/** Nothing is left to be left out: the last column shrinks to its least, then the first one. */
function squeeze(columns: readonly Laid[], excess: number): readonly Laid[] {
  const least = (index: number) =>
    index === columns.length - 1 && index > 0 ? leastLast : index === 0 ? leastFirst : Number.POSITIVE_INFINITY;
  let left = excess;
  const narrowed = [...columns.entries()].reverse().map(([index, column]) => {
    const spare = Math.max(0, column.width - least(index));
    const taken = Math.min(spare, Math.max(0, left));
    left -= taken;
    return { ...column, width: column.width - taken };
  });
  return narrowed.reverse();
}

function widthOf(columns: readonly Laid[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0) + gap * (columns.length - 1);
}

function lineUp({ text, style = (same) => same }: Cell, { width, align }: Laid): string {
  const short = cut(text, width);
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(short)));
  return align === 'right' ? blanks + style(short) : style(short) + blanks;
}

const graphemes = new Intl.Segmenter();

/** At most so many terminal columns of a text; a character that takes two, or is made of several, is never halved. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    taken += stringWidth(segment);
    if (taken > width - 1) break;
    kept += segment;
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`;
}
