/** `jobctl status` of several jobs: a table that begins with what needs a person, and the totals below it. */

import type { StripItem } from '../../run/history/strip.ts';
import { printable } from '../../text/printable.ts';
import type { JobState } from '../state.ts';
import { relativeText, shortDuration } from './relative.ts';
import { asciiSigns, blockSigns, stripText } from './strip.ts';
import { type Colour, painted, type Terminal } from './terminal/colour.ts';
import { columnsOf, folded } from './terminal/fold.ts';
import { type Cell, gap, type Measured, measure, mostFirst, table } from './terminal/table.ts';

export interface ListedJob {
  readonly slug: string;
  readonly state: JobState;
  /** The start of the run under way or of the last one, or since when a service is in its state; milliseconds since 1970. */
  readonly lastMs?: number;
  /** Duration of the last run, milliseconds. */
  readonly tookMs?: number;
  /** When cron starts it next. */
  readonly nextMs?: number;
  /** Its last runs, oldest first. */
  readonly strip?: readonly StripItem[];
  readonly tags: readonly string[];
  readonly note: string;
}

export interface ListingOptions {
  readonly nowMs: number;
  /** Absent where a program or a file reads the listing: it gets every word and whole times. */
  readonly terminal?: Terminal;
  readonly formatTime: (ms: number) => string;
}

/** The states in the order of the listing, each with its colour, and whether it needs a person. */
const states: Readonly<Record<JobState, readonly ['attention' | 'well', Colour]>> = {
  failing: ['attention', 'red'],
  FAILED: ['attention', 'red'],
  invalid: ['attention', 'red'],
  unknown: ['attention', 'red'],
  DEGRADED: ['attention', 'yellow'],
  overdue: ['attention', 'yellow'],
  running: ['well', 'cyan'],
  STARTING: ['well', 'cyan'],
  STOPPING: ['well', 'magenta'],
  paused: ['well', 'magenta'],
  DOWN: ['well', 'magenta'],
  UP: ['well', 'green'],
  ok: ['well', 'green'],
  'never-run': ['well', 'none'],
  disabled: ['well', 'dim'],
  elsewhere: ['well', 'dim'],
};

/** The colours by state, for other views of a job. */
export const coloursOfStates: ReadonlyMap<string, Colour> = new Map(
  Object.entries(states).map(([state, [, colour]]) => [state, colour]),
);

export function needsAttention(state: JobState): boolean {
  return states[state][0] === 'attention';
}

const order = Object.keys(states) as readonly JobState[];

const stripLength = 10;

const columns = [
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'LAST', expendable: 1 },
  { title: 'TOOK', align: 'right', expendable: 3 },
  { title: 'NEXT', expendable: 2 },
  { title: 'RUNS', expendable: 4 },
  { title: 'TAGS', isExtra: true },
  { title: 'NOTE' },
] as const;

const essential: ReadonlySet<string> = new Set(['JOB', 'STATE', 'LAST', 'TOOK', 'NEXT']);
/** With less room than this beside the essential columns, notes stand below their rows instead. */
const leastNote = 40;
const noteIndent = 2;

interface ListedRow {
  readonly slug: string;
  readonly line: string;
  /** Absent where `line` has it. */
  readonly note?: string;
  readonly needsPerson: boolean;
}

/** A listing in parts, for a screen that shows only some of its rows. */
export interface ListingLines {
  readonly titles: string;
  readonly rows: readonly ListedRow[];
  readonly totals: readonly string[];
}

export function listing(jobs: readonly ListedJob[], options: ListingOptions): string {
  const { titles, rows, totals } = listingLines(jobs, options);
  const width = options.terminal?.columns ?? Number.POSITIVE_INFINITY;
  const dim = painted('dim', options.terminal);
  const lines = rows.flatMap(({ line, note, needsPerson }) => {
    if (note === undefined) return [line];
    const below = folded(' '.repeat(noteIndent) + note, width, noteIndent);
    return [line, ...(needsPerson ? below : below.map(dim))];
  });
  return [...(rows.length === 0 ? [] : [titles]), ...lines, ...totals].map((line) => `${line}\n`).join('');
}

export function listingLines(jobs: readonly ListedJob[], options: ListingOptions): ListingLines {
  const { terminal } = options;
  const sorted = [...jobs].sort((a, b) => rankOf(a) - rankOf(b) || (a.slug < b.slug ? -1 : 1));
  const width = terminal?.columns ?? Number.POSITIVE_INFINITY;
  const measured = measure(
    columns,
    sorted.map((job) => rowOf(job, options)),
  );
  const isBeside = noteFits(measured, width);
  const { titles, rows } = table(isBeside ? measured : measured.slice(0, -1), {
    width,
    leastLast: isBeside ? leastNote : 16,
    titleStyle: painted('dim', terminal),
    ellipsis: terminal?.isUnicode === false ? 'ascii' : 'unicode',
  });
  const notes = isBeside ? [] : (measured.at(-1)?.cells ?? []);
  return {
    titles,
    rows: sorted.map(({ slug, state }, index) => {
      const note = notes[index]?.text ?? '';
      const needsPerson = states[state][0] === 'attention';
      return { slug, line: rows[index] ?? '', ...(note !== '' && { note }), needsPerson };
    }),
    totals: totalsLines(jobs, terminal),
  };
}

/** True if the notes have room beside the essential columns. */
function noteFits(measured: readonly Measured[], width: number): boolean {
  const note = measured.at(-1)?.width ?? 0;
  const others = measured
    .filter(({ title, isEmpty }) => essential.has(title) && (!isEmpty || title === 'JOB'))
    .map((column) => gap + (column.title === 'JOB' ? Math.min(column.width, mostFirst(width)) : column.width));
  return width - others.reduce((sum, one) => sum + one, 0) >= Math.min(note, leastNote);
}

function rowOf(job: ListedJob, options: ListingOptions): readonly Cell[] {
  const { nowMs, terminal, formatTime } = options;
  const time = (ms: number | undefined) =>
    ms === undefined ? '' : terminal === undefined ? formatTime(ms) : relativeText(ms, nowMs);
  const signs = terminal?.isUnicode ? blockSigns : asciiSigns;
  const [, colour] = states[job.state];
  const failure = painted('red', terminal)(signs.failure);
  return [
    { text: job.slug },
    { text: job.state, style: painted(colour, terminal) },
    { text: time(job.lastMs) },
    { text: job.tookMs === undefined ? '' : shortDuration(job.tookMs) },
    { text: time(job.nextMs) },
    {
      text: stripText((job.strip ?? []).slice(-stripLength), signs),
      style: (text) => text.replaceAll(signs.failure, failure),
    },
    { text: printable(job.tags.join(' ')), style: painted('dim', terminal) },
    { text: printable(job.note) },
  ];
}

function rankOf({ state }: ListedJob): number {
  return order.indexOf(state);
}

/** "3 jobs: 1 failing, 2 ok", in the order of the listing, folded to the terminal. */
function totalsLines(jobs: readonly Pick<ListedJob, 'state'>[], terminal: Terminal | undefined): readonly string[] {
  const counts = new Map<JobState, number>();
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1);
  const found = order.filter((state) => counts.has(state));
  const parts = found.map((state) => ({ state, words: `${counts.get(state)} ${state}` }));
  const lines: string[] = [];
  let line = `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}${parts.length === 0 ? '' : ':'}`;
  let width = line.length;
  for (const [index, { state, words }] of parts.entries()) {
    const comma = index === parts.length - 1 ? '' : ',';
    if (terminal !== undefined && width + 1 + words.length + comma.length > terminal.columns) {
      lines.push(line);
      [line, width] = [' ', 1];
    }
    line += ` ${painted(states[state][1], terminal)(words)}${comma}`;
    width += 1 + columnsOf(words) + comma.length;
  }
  return [...lines, line];
}
