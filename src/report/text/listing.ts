/** `jobctl status` of several jobs: a table that begins with what needs a person, and the totals below it. */
import { printable } from '../../text/printable.ts';
import type { JobState } from '../state.ts';
import type { StripItem } from '../strip.ts';
import { relativeText, shortDuration } from './relative.ts';
import { asciiSigns, blockSigns, stripText } from './strip.ts';
import { type Cell, table } from './table.ts';

export interface ListedJob {
  readonly slug: string;
  readonly state: JobState;
  /** The start of the run under way or of the last one, or since when a service is as it is; milliseconds since 1970. */
  readonly lastMs?: number;
  /** Duration of the last run, milliseconds. */
  readonly tookMs?: number;
  /** When the clock starts it next. */
  readonly nextMs?: number;
  /** Its last runs, oldest first. */
  readonly strip?: readonly StripItem[];
  readonly tags: readonly string[];
  readonly note: string;
}

export interface ListingOptions {
  readonly nowMs: number;
  /** Absent where a program or a file reads the listing: it gets every word and whole times. */
  readonly terminal?: { readonly columns: number; readonly isColoured: boolean; readonly isUnicode: boolean };
  readonly formatTime: (ms: number) => string;
}

type Rank = 'attention' | 'busy' | 'held' | 'quiet' | 'off';
type Colour = 'red' | 'yellow' | 'cyan' | 'magenta' | 'green' | 'dim' | 'none';

/** The place of each state in the listing, and its colour. */
const states: Readonly<Record<JobState, readonly [Rank, Colour]>> = {
  failing: ['attention', 'red'],
  FAILED: ['attention', 'red'],
  invalid: ['attention', 'red'],
  unknown: ['attention', 'red'],
  DEGRADED: ['attention', 'yellow'],
  overdue: ['attention', 'yellow'],
  running: ['busy', 'cyan'],
  STARTING: ['busy', 'cyan'],
  STOPPING: ['busy', 'magenta'],
  paused: ['held', 'magenta'],
  DOWN: ['held', 'magenta'],
  UP: ['quiet', 'green'],
  ok: ['quiet', 'green'],
  'never-run': ['quiet', 'none'],
  disabled: ['off', 'dim'],
};

const ranks: readonly Rank[] = ['attention', 'busy', 'held', 'quiet', 'off'];

/** SGR parameters of ECMA-48: on and off. */
const codes: Readonly<Record<Colour, readonly [number, number] | undefined>> = {
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  magenta: [35, 39],
  green: [32, 39],
  dim: [2, 22],
  none: undefined,
};

const stripLength = 10;

const columns = [
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'LAST', expendable: 1 },
  { title: 'TOOK', align: 'right', expendable: 3 },
  { title: 'NEXT', expendable: 2 },
  { title: 'RUNS', expendable: 5 },
  { title: 'TAGS', expendable: 4 },
  { title: 'NOTE' },
] as const;

/** A listing in parts, for whoever shows only some of its rows. */
export interface ListingLines {
  readonly titles: string;
  readonly rows: readonly { readonly slug: string; readonly line: string }[];
  readonly totals: string;
}

export function listing(jobs: readonly ListedJob[], options: ListingOptions): string {
  const { titles, rows, totals } = listingLines(jobs, options);
  return [titles, ...rows.map(({ line }) => line), totals].map((line) => `${line}\n`).join('');
}

export function listingLines(jobs: readonly ListedJob[], options: ListingOptions): ListingLines {
  const { terminal } = options;
  const sorted = [...jobs].sort((a, b) => rankOf(a) - rankOf(b) || (a.slug < b.slug ? -1 : 1));
  const rows = sorted.map((job) => rowOf(job, options));
  const width = terminal?.columns ?? Number.POSITIVE_INFINITY;
  const [titles = '', ...lines] = table(columns, rows, { width, titleStyle: styleOf('dim', options) }).split('\n');
  return {
    titles,
    rows: sorted.map(({ slug }, index) => ({ slug, line: lines[index] ?? '' })),
    totals: totalsText(jobs),
  };
}

function rowOf(job: ListedJob, options: ListingOptions): readonly Cell[] {
  const { nowMs, terminal, formatTime } = options;
  const time = (ms: number | undefined) =>
    ms === undefined ? '' : terminal === undefined ? formatTime(ms) : relativeText(ms, nowMs);
  const signs = terminal?.isUnicode ? blockSigns : asciiSigns;
  const [, colour] = states[job.state];
  return [
    { text: job.slug },
    { text: job.state, style: styleOf(colour, options) },
    { text: time(job.lastMs) },
    { text: job.tookMs === undefined ? '' : shortDuration(job.tookMs) },
    { text: time(job.nextMs) },
    { text: stripText((job.strip ?? []).slice(-stripLength), signs) },
    { text: printable(job.tags.join(' ')) },
    { text: printable(job.note) },
  ];
}

function rankOf({ state }: ListedJob): number {
  return ranks.indexOf(states[state][0]);
}

function styleOf(colour: Colour, { terminal }: ListingOptions): (text: string) => string {
  const code = codes[colour];
  if (terminal?.isColoured !== true || code === undefined) return (text) => text;
  const [on, off] = code;
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}

/** "3 jobs: 1 failing, 2 ok", in the order of the listing. */
export function totalsText(jobs: readonly Pick<ListedJob, 'state'>[]): string {
  const count = (state: string) => jobs.filter((job) => job.state === state).length;
  const found = Object.keys(states).filter((state) => count(state) > 0);
  const parts = found.map((state) => `${count(state)} ${state}`);
  return `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
