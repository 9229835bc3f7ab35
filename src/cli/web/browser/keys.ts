/** Keys, all of which have a link that does the same: / filter, j k rows, Enter, g and a letter for a view, f follow, ? help. */
import { toggleFollow } from './follow.ts';

const views: Readonly<Record<string, string>> = {
  n: '',
  j: 'jobs',
  t: 'timeline',
  e: 'events',
  s: 'services',
  h: 'host',
};
/** The second key of two must come soon. */
const pairMs = 1500;

let wentMs = Number.NEGATIVE_INFINITY;

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (act(event.key)) event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
}

/** Returns true for a key of ours. */
function act(key: string): boolean {
  const base = document.body.dataset.base ?? '';
  const isSecond = performance.now() - wentMs < pairMs;
  wentMs = Number.NEGATIVE_INFINITY;
  const view = isSecond ? views[key] : undefined;
  if (view !== undefined) return go(`${base}/${view}`);
  switch (key) {
    case 'g':
      wentMs = performance.now();
      return true;
    case '/':
      return filter(base);
    case 'j':
      return move(1);
    case 'k':
      return move(-1);
    case 'f':
      return toggleFollow();
    case '?':
      return go(`${base}/help`);
    default:
      return false;
  }
}

function go(address: string): true {
  location.assign(address);
  return true;
}

function filter(base: string): true {
  const field = document.querySelector<HTMLInputElement>('input[type="search"]');
  if (field === null) return go(`${base}/jobs`);
  field.focus();
  field.select();
  return true;
}

/** Puts the focus on the link of the next row, so that Enter opens it. */
function move(by: 1 | -1): true {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.classList.contains('selected'));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  rows[at]?.classList.remove('selected');
  next?.classList.add('selected');
  next?.querySelector<HTMLElement>('a[href]')?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return true;
}
