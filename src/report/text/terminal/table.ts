/** Lays out rows in columns for a terminal of some width, or without a limit for programs and files. */
import { greatest } from '../../../text/width.ts';
import { columnsOf, cut, type Ellipsis } from './fold.ts';

export interface Column {
  readonly title: string;
  /** Numbers and durations stand at the right. */
  readonly align?: 'right';
  /** Columns with this are left out when the width does not suffice, the greatest number first. */
  readonly expendable?: number;
  /** Left out before any other column is cut. */
  readonly isExtra?: boolean;
}

/** Plain text of one line. `style` is applied after the text was cut. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

export interface TableOptions {
  /** Columns of the terminal; Infinity where nothing limits a line. */
  readonly width: number;
  readonly titleStyle?: (text: string) => string;
  readonly ellipsis?: Ellipsis;
  /** Columns that the last column keeps as long as others can be left out instead. */
  readonly leastLast?: number;
}

export interface Lines {
  readonly titles: string;
  readonly rows: readonly string[];
}

export interface Measured extends Column {
  readonly cells: readonly Cell[];
  readonly isEmpty: boolean;
  readonly width: number;
}

export const gap = 2;
/** The first column names the row, the last one explains it. Both keep at least this when no column can be left out. */
const smallestFirst = 8;
const smallestLast = 12;
const usualLeastLast = 16;

/** The columns with their cells and the width of the longest one. */
export function measure(columns: readonly Column[], rows: readonly (readonly Cell[])[]): readonly Measured[] {
  return columns.map((column, index) => {
    const cells = rows.map((row) => row[index] ?? { text: '' });
    const longest = greatest(cells.map(({ text }) => columnsOf(text)));
    return { ...column, cells, isEmpty: longest === 0, width: Math.max(longest, columnsOf(column.title)) };
  });
}

/**
 * No line is wider than `width` where that is 24 or more. Extra columns are left out first; then the last column is
 * cut, then a name that takes over a quarter of the width, then whole columns are left out, then all that is left shrinks. Columns without any
 * text are left out.
 */
export function table(measured: readonly Measured[], options: TableOptions): Lines {
  const { width, titleStyle = (text) => text, leastLast = usualLeastLast, ellipsis = 'unicode' } = options;
  const used = withoutExtras(
    measured.filter(({ isEmpty }, index) => index === 0 || !isEmpty),
    width,
    leastLast,
  );
  const shown = shortenLast(used, width, leastLast) ?? fit(used, width, leastLast);
  const titles = joined(shown.map((column) => lineUp({ text: column.title, style: titleStyle }, column, ellipsis)));
  const count = measured[0]?.cells.length ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    joined(shown.map((column) => lineUp(column.cells[row] ?? { text: '' }, column, ellipsis))),
  );
  return { titles, rows };
}

function withoutExtras(columns: readonly Measured[], width: number, leastLast: number): readonly Measured[] {
  const last = columns.at(-1)?.width ?? 0;
  const least = widthOf(columns) - last + Math.min(last, leastLast);
  return least <= width ? columns : columns.filter(({ isExtra }) => isExtra !== true);
}

function joined(cells: readonly string[]): string {
  return cells.join(' '.repeat(gap)).replace(/ +$/, '');
}

/** Columns that the first column may take where others need room: one long name must not cost all rows their other columns. */
export function mostFirst(width: number): number {
  return Math.max(16, Math.floor(width / 4));
}

/** Shortens the first column only by what is too much. */
function shortenFirst(columns: readonly Measured[], width: number): readonly Measured[] {
  const [first, ...others] = columns;
  if (first === undefined || others.length === 0) return columns;
  const excess = Math.max(0, widthOf(columns) - width);
  const least = Math.min(first.width, mostFirst(width));
  return [{ ...first, width: Math.max(least, first.width - excess) }, ...others];
}

function fit(columns: readonly Measured[], width: number, leastLast: number): readonly Measured[] {
  const narrowed = shortenFirst(columns, width);
  const shortened = shortenLast(narrowed, width, leastLast);
  if (shortened !== undefined) return shortened;
  const expendable = greatest(columns.map((column) => column.expendable ?? 0));
  if (expendable === 0) return squeeze(narrowed, widthOf(narrowed) - width);
  const fewer = columns.filter((column) => column.expendable !== expendable);
  return fit(fewer, width, leastLast);
}

/** `undefined` when the last column would have less room than `least`. */
function shortenLast(columns: readonly Measured[], width: number, least: number): readonly Measured[] | undefined {
  const excess = widthOf(columns) - width;
  if (excess <= 0) return columns;
  const last = columns.at(-1);
  if (last === undefined || columns.length < 2 || last.width - excess < Math.min(least, last.width)) return undefined;
  return [...columns.slice(0, -1), { ...last, width: last.width - excess }];
}

/** Shrinks the last column to its least, then the first one, then every column as far as it must. */
function squeeze(columns: readonly Measured[], excess: number): readonly Measured[] {
  const last = columns.length - 1;
  const steps = [
    [last, smallestLast] as const,
    [0, smallestFirst] as const,
    ...[...columns.keys()].map((at) => [at, 1] as const),
  ];
  const widths = columns.map(({ width }) => width);
  let left = excess;
  for (const [index, least] of steps) {
    const width = widths[index] ?? 0;
    const taken = Math.max(0, Math.min(width - least, left));
    widths[index] = width - taken;
    left -= taken;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] ?? column.width }));
}

function widthOf(columns: readonly Measured[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0) + gap * (columns.length - 1);
}

function lineUp({ text, style = (same) => same }: Cell, { width, align }: Measured, ellipsis: Ellipsis): string {
  const short = cut(text, width, ellipsis);
  const blanks = ' '.repeat(Math.max(0, width - columnsOf(short)));
  return align === 'right' ? blanks + style(short) : style(short) + blanks;
}
