/** `jobctl status --watch`: what each key does to the screen. */
import type { Key } from './keys.ts';

export interface Watch {
  /** Only jobs with this text in their name, state or tags are shown. */
  readonly filter: string;
  /** True while keys go into the filter. */
  readonly isTyping: boolean;
  /** The job whose row is marked; absent: the first one. */
  readonly selected?: string;
  /** The job that is shown alone. */
  readonly opened?: string | undefined;
  /** The first line of `opened` that is shown. */
  readonly scrolled: number;
}

export const newWatch: Watch = { filter: '', isTyping: false, scrolled: 0 };

/** The part of the screen that the next key depends on. */
export interface Shown {
  /** Names of all rows, also of those that need scrolling. */
  readonly slugs: readonly string[];
  /** Rows that fit on the screen. */
  readonly rows: number;
  /** The first line of the opened job that is shown. */
  readonly scrolled: number;
}

export type Pressed =
  | { readonly is: 'watch'; readonly watch: Watch }
  | { readonly is: 'quit' | 'interrupt' | 'suspend' | 'redraw' };

export function press(watch: Watch, key: Key, shown: Shown): Pressed {
  const to = (change: Partial<Watch>): Pressed => ({ is: 'watch', watch: { ...watch, ...change } });
  if (key.is === 'interrupt' || key.is === 'suspend' || key.is === 'redraw') return { is: key.is };
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

function read({ opened }: Watch, key: Key, { rows, scrolled }: Shown): Partial<Watch> {
  if (key.is === 'escape' || key.is === 'erase' || key.is === 'enter')
    return { opened: undefined, scrolled: 0, ...(opened !== undefined && { selected: opened }) };
  const step = stepOf(key, rows);
  return step === undefined ? {} : { scrolled: Math.max(0, scrolled + step) };
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

/** The selected job, or the first one when it is not shown. */
export function selectedOf({ selected }: Watch, slugs: readonly string[]): string | undefined {
  return selected !== undefined && slugs.includes(selected) ? selected : slugs[0];
}
