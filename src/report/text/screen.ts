/** `jobctl status --watch`: what is on the screen, and what each key does to it. */
import { type ListedJob, type ListingOptions, listingLines } from './listing.ts';
import { cut } from './table.ts';

export interface Watch {
  /** Only jobs with this text in their name, state or tags are shown. */
  readonly filter: string;
  /** The keys go into the filter. */
  readonly isTyping: boolean;
  /** Its row is marked; absent: the first one. */
  readonly selected?: string;
  /** The job that is shown alone. */
  readonly opened?: string | undefined;
  /** The first line of `opened` that is shown. */
  readonly scrolled: number;
}

export const newWatch: Watch = { filter: '', isTyping: false, scrolled: 0 };

export type Key =
  | { readonly is: 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last' }
  | { readonly is: 'enter' | 'escape' | 'erase' | 'interrupt' | 'suspend' }
  | { readonly is: 'text'; readonly text: string };

/** The bytes that terminals send for a key (ECMA-48, and what xterm and the Linux console send in application mode). */
const sequences: Readonly<Record<string, Key>> = {
  '\u001b[A': { is: 'up' },
  '\u001bOA': { is: 'up' },
  '\u001b[B': { is: 'down' },
  '\u001bOB': { is: 'down' },
  '\u001b[5~': { is: 'page-up' },
  '\u001b[6~': { is: 'page-down' },
  '\u001b[H': { is: 'first' },
  '\u001bOH': { is: 'first' },
  '\u001b[1~': { is: 'first' },
  '\u001b[F': { is: 'last' },
  '\u001bOF': { is: 'last' },
  '\u001b[4~': { is: 'last' },
  '\r': { is: 'enter' },
  '\n': { is: 'enter' },
  '\u007f': { is: 'erase' },
  '\b': { is: 'erase' },
  '\u001b': { is: 'escape' },
  '\u0003': { is: 'interrupt' },
  '\u001a': { is: 'suspend' },
};

const keyPattern = /\u001b\[[\d;]*[A-Za-z~]|\u001bO[A-Z]|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/g;

/** The keys of one read from a terminal in raw mode; keys that mean nothing here are left out. */
export function keysIn(input: string): readonly Key[] {
  return (input.match(keyPattern) ?? []).flatMap((part): readonly Key[] => {
    const known = sequences[part];
    if (known !== undefined) return [known];
    return part.startsWith('\u001b') || part < ' ' ? [] : [...part].map((text) => ({ is: 'text', text }) as const);
  });
}

/** Rows that are shown now, in their order, and how many fit. */
export interface Shown {
  readonly slugs: readonly string[];
  readonly rows: number;
}

export type Pressed = { readonly is: 'watch'; readonly watch: Watch } | { readonly is: 'quit' | 'suspend' };

export function press(watch: Watch, key: Key, shown: Shown): Pressed {
  const to = (change: Partial<Watch>): Pressed => ({ is: 'watch', watch: { ...watch, ...change } });
  if (key.is === 'interrupt') return { is: 'quit' };
  if (key.is === 'suspend') return { is: 'suspend' };
  if (watch.isTyping) return to(typed(watch, key));
  if (key.is === 'text' && key.text === 'q') return { is: 'quit' };
  if (watch.opened !== undefined) return to(read(watch, key, shown));
  if (key.is === 'text' && key.text === '/') return to({ isTyping: true });
  if (key.is === 'escape') return to({ filter: '' });
  if (key.is === 'enter') {
    const opened = selectedOf(watch, shown.slugs);
    return opened === undefined ? to({}) : to({ opened, scrolled: 0 });
  }
  return to(moved(watch, key, shown));
}

function typed({ filter }: Watch, key: Key): Partial<Watch> {
  if (key.is === 'text') return { filter: filter + key.text };
  if (key.is === 'erase') return { filter: [...filter].slice(0, -1).join('') };
  if (key.is === 'escape') return { filter: '', isTyping: false };
  return key.is === 'enter' ? { isTyping: false } : {};
}

function read(watch: Watch, key: Key, { rows }: Shown): Partial<Watch> {
  if (key.is === 'escape' || key.is === 'erase' || key.is === 'enter') {
    const { opened } = watch;
    return { opened: undefined, scrolled: 0, ...(opened !== undefined && { selected: opened }) };
  }
  const step = stepOf(key, rows);
  return step === undefined ? {} : { scrolled: Math.max(0, watch.scrolled + step) };
}

function moved(watch: Watch, key: Key, { slugs, rows }: Shown): Partial<Watch> {
  const step = stepOf(key, rows);
  if (step === undefined || slugs.length === 0) return {};
  const at = Math.max(0, slugs.indexOf(selectedOf(watch, slugs) ?? ''));
  const selected = slugs[Math.min(slugs.length - 1, Math.max(0, at + step))];
  return selected === undefined ? {} : { selected };
}

function stepOf(key: Key, rows: number): number | undefined {
  switch (key.is) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page-up':
      return -rows;
    case 'page-down':
      return rows;
    case 'first':
      return Number.NEGATIVE_INFINITY;
    case 'last':
      return Number.POSITIVE_INFINITY;
    case 'text':
      return { k: -1, j: 1, ' ': rows, g: Number.NEGATIVE_INFINITY, G: Number.POSITIVE_INFINITY }[key.text];
    default:
      return undefined;
  }
}

function selectedOf({ selected }: Watch, slugs: readonly string[]): string | undefined {
  return selected !== undefined && slugs.includes(selected) ? selected : slugs[0];
}

export interface ScreenOptions extends ListingOptions {
  readonly terminal: NonNullable<ListingOptions['terminal']>;
  readonly rows: number;
  readonly host: string;
  /** Lines about one job, for when it is opened. */
  readonly details: (slug: string) => readonly string[];
}

/** The lines of the terminal, none too wide, and the rows that the next key acts on. */
export interface Screen {
  readonly lines: readonly string[];
  readonly shown: Shown;
}

export function screen(jobs: readonly ListedJob[], watch: Watch, options: ScreenOptions): Screen {
  const { rows, host, formatTime, nowMs, terminal } = options;
  const head = cut(`${host}  ${formatTime(nowMs)}`, terminal.columns);
  const space = Math.max(1, rows - (watch.opened === undefined ? 4 : 2));
  if (watch.opened !== undefined) {
    const details = options.details(watch.opened);
    const from = Math.min(watch.scrolled, Math.max(0, details.length - space));
    const lines = details.slice(from, from + space).map((line) => cut(line, terminal.columns));
    const help = 'Esc back   up/down scroll   q quit';
    return { lines: [head, ...filled(lines, space), cut(help, terminal.columns)], shown: { slugs: [], rows: space } };
  }
  const found = jobs.filter((job) => matches(job, watch.filter));
  const {
    titles,
    rows: all,
    totals,
  } = listingLines(found, {
    ...options,
    terminal: { ...terminal, columns: terminal.columns - 1 },
  });
  const slugs = all.map(({ slug }) => slug);
  const selected = selectedOf(watch, slugs);
  const at = selected === undefined ? 0 : slugs.indexOf(selected);
  const from = Math.max(0, Math.min(at - Math.floor(space / 2), all.length - space));
  const body = all
    .slice(from, from + space)
    .map(({ slug, line }) => (slug === selected ? marked(line, terminal.isColoured) : ` ${line}`));
  const bottom = watch.isTyping || watch.filter !== '' ? `/${watch.filter}${watch.isTyping ? '_' : ''}` : keysHelp;
  const lines = [head, ` ${titles}`, ...filled(body, space), cut(totals, terminal.columns)];
  return { lines: [...lines, cut(bottom, terminal.columns)], shown: { slugs, rows: space } };
}

const keysHelp = 'up/down select   Enter show   / filter   q quit';

/** The first column is that of the mark. */
function marked(line: string, isColoured: boolean): string {
  return isColoured ? `\u001b[1m>${line}\u001b[22m` : `>${line}`;
}

function matches({ slug, state, tags }: ListedJob, filter: string): boolean {
  return [slug, state, ...tags].some((text) => text.toLowerCase().includes(filter.toLowerCase()));
}

function filled(lines: readonly string[], count: number): readonly string[] {
  return [...lines, ...Array.from({ length: Math.max(0, count - lines.length) }, () => '')];
}
