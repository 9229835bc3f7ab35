/** `jobctl status --watch`: the lines of the screen. */
import { printable } from '../../../text/printable.ts';
import { type ListedJob, type ListingLines, type ListingOptions, listingLines } from '../listing.ts';
import { painted, type Terminal } from './colour.ts';
import { foldedFacts, paintedFact } from './facts.ts';
import { cut, type Ellipsis, folded } from './fold.ts';
import { type Shown, selectedOf, type Watch } from './press.ts';

export interface ScreenOptions extends Omit<ListingOptions, 'terminal'> {
  readonly terminal: Terminal & { readonly rows: number };
  readonly host: string;
  /** The reason why the jobs can't be read now; the last ones that were read are shown. */
  readonly problem?: string | undefined;
}

/** The rows of the jobs that the filter lets through. Thousands of rows are laid out once, and scrolled many times. */
export type Page = ListingLines;

/** The first column of the screen is that of the mark. */
const markWidth = 1;

export function pageOf(jobs: readonly ListedJob[], filter: string, options: ScreenOptions): Page {
  const { columns } = options.terminal;
  const found = jobs.filter((job) => matches(job, filter));
  const terminal = { ...options.terminal, columns: columns - markWidth };
  return listingLines(found, { ...options, terminal });
}

function matches({ slug, state, tags }: ListedJob, filter: string): boolean {
  return [slug, state, ...tags].some((text) => text.toLowerCase().includes(filter.toLowerCase()));
}

/** At most as many lines as the terminal has, none wider than it is, and what the next key depends on. */
export interface Screen {
  readonly lines: readonly string[];
  readonly shown: Shown;
}

type Cutter = (text: string) => string;

/** `details`: lines about the opened job. */
export function screen(page: Page, watch: Watch, options: ScreenOptions, details: readonly string[]): Screen {
  const { terminal, host, formatTime, nowMs, problem } = options;
  const ellipsis: Ellipsis = terminal.isUnicode ? 'unicode' : 'ascii';
  const fit = (text: string) => cut(text, terminal.columns, ellipsis);
  const head = `${fit(`${printable(host)}  ${formatTime(nowMs)}`)}`;
  const alarm = problem === undefined ? [] : [painted('red', terminal)(fit(printable(problem)))];
  const made =
    watch.opened === undefined
      ? listed(page, watch, options, { fit, above: 1 + alarm.length })
      : opened(details, watch, options, { fit, above: 1 + alarm.length });
  return { ...made, lines: [head, ...alarm, ...made.lines].slice(-terminal.rows) };
}

interface Frame {
  readonly fit: Cutter;
  /** Lines above the part. */
  readonly above: number;
}

const listHelp = ['up/down select  Enter show  / filter  q quit', 'Enter show  / filter  q quit'] as const;
const openedHelp = 'Esc back  up/down scroll  q quit';

function listed(page: Page, watch: Watch, { terminal }: ScreenOptions, { fit, above }: Frame): Screen {
  const { titles, rows: all, totals } = page;
  const slugs = all.map(({ slug }) => slug);
  const selected = selectedOf(watch, slugs);
  const at = selected === undefined ? 0 : slugs.indexOf(selected);
  const [longHelp, shortHelp] = listHelp;
  const keys = longHelp.length <= terminal.columns ? longHelp : shortHelp;
  const help = watch.isTyping || watch.filter !== '' ? filterLine(watch) : keys;
  // Notes that have no column of their own: that of the selected job is shown.
  const isNoted = all.some(({ note }) => note !== undefined);
  const note = isNoted ? [fit(all[at]?.note ?? '')] : [];
  const foot = [...note, ...totals, painted('dim', terminal)(fit(help))];
  const rows = Math.max(1, terminal.rows - above - 1 - foot.length);
  const from = Math.max(0, Math.min(at - Math.floor(rows / 2), all.length - rows));
  const body = all
    .slice(from, from + rows)
    .map(({ slug, line }) => (slug === selected ? marked(line, terminal) : ` ${line}`));
  const lines = [` ${titles}`, ...filled(body, rows), ...foot];
  return { lines, shown: { slugs, rows, scrolled: 0 } };
}

function filterLine({ filter, isTyping }: Watch): string {
  return `/${printable(filter)}${isTyping ? '_' : '  (Esc: all jobs)'}`;
}

function marked(line: string, terminal: Terminal): string {
  return painted('bold', terminal)(`>${line}`);
}

function opened(details: readonly string[], watch: Watch, { terminal }: ScreenOptions, { fit, above }: Frame): Screen {
  const rows = Math.max(1, terminal.rows - above - 1);
  const { columns } = terminal;
  // A path that is wider than the screen is cut: each line must be one.
  const all = details
    .flatMap((line) => foldedFacts(line, columns))
    .flatMap((line) => folded(line, columns, 2))
    .map((line) => paintedFact(line, terminal));
  const scrolled = Math.max(0, Math.min(watch.scrolled, all.length - rows));
  const lines = filled(all.slice(scrolled, scrolled + rows), rows);
  const more = all.length > rows ? `  ${Math.min(all.length, scrolled + rows)} of ${all.length} lines` : '';
  return {
    lines: [...lines, painted('dim', terminal)(fit(openedHelp + more))],
    shown: { slugs: [], rows, scrolled },
  };
}

function filled(lines: readonly string[], count: number): readonly string[] {
  return [...lines, ...Array.from({ length: Math.max(0, count - lines.length) }, () => '')];
}
