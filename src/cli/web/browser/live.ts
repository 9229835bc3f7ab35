/**
 * Keeps the page fresh. The server says that something has changed; the script asks for its own address again and puts the difference in place.
 *
 * Nothing moves while it is being read: rows that come, go or change their order wait behind a button as long as somebody uses the page, and a field
 * or a text that is focused or selected stays as it is.
 */
import { Idiomorph } from 'idiomorph';

/** After so long without a key, a click or a move of the pointer nobody is reading row by row. */
const idleMs = 60_000;
/** The pace without a stream. */
const pollMs = 30_000;

let usedMs = 0;
let waiting: Document | undefined;
let stream: EventSource | undefined;
/** The tag of the latest answer: the same contents are not sent again. */
let tag = '';
let isAsking = false;
/** A log is followed: only the head of the page is kept fresh. */
let isFollowing = false;

export function startLive(): void {
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'])
    document.addEventListener(
      event,
      () => {
        usedMs = performance.now();
      },
      { passive: true },
    );
  document.addEventListener('visibilitychange', () => (document.hidden ? pause() : resume()));
  // A page that the browser keeps for its back button must not hold a connection.
  window.addEventListener('pagehide', pause);
  window.addEventListener('pageshow', (event) => event.persisted && resume());
  resume();
}

/** A log that is followed has the one connection of this page; the head becomes fresh at intervals then. */
export function leaveToLog(isLeft: boolean): void {
  isFollowing = isLeft;
  if (isLeft) {
    pause();
    say('following');
  } else {
    resume();
    void refresh();
  }
}

/** A hidden page closes its stream, because a browser allows only six connections to a host. */
function pause(): void {
  stream?.close();
  stream = undefined;
}

function resume(): void {
  if (document.hidden || stream !== undefined || isFollowing) return;
  const address = document.body.dataset.changes ?? '';
  stream = new EventSource(address);
  stream.addEventListener('changed', refreshSoon);
  stream.addEventListener('open', () => say('live'));
  stream.addEventListener('error', () => {
    // Closed for good: the server has no stream. A short break mends itself.
    if (stream?.readyState !== EventSource.CLOSED) return say('waiting');
    say('every 30 s');
    setTimeout(poll, pollMs);
  });
  if (usedMs > 0) void refresh();
}

function poll(): void {
  if (!document.hidden) void refresh();
  setTimeout(poll, pollMs);
}

window.setInterval(() => {
  if (isFollowing && !document.hidden) void refresh();
}, pollMs);

export function say(words: string): void {
  const place = document.querySelector('.read');
  const shown = place?.querySelector('.live') ?? place?.appendChild(document.createElement('span'));
  if (shown === null || shown === undefined) return;
  shown.className = 'live';
  shown.textContent = words;
}

/** The server shows a look at the jobs for a moment after it, so the answer to the first question may be from before the change. */
const askAgainMs = [0, 1500, 6000];
let timers: readonly number[] = [];

function refreshSoon(): void {
  for (const timer of timers) window.clearTimeout(timer);
  timers = askAgainMs.map((ms) => window.setTimeout(() => void refresh(), ms));
}

async function refresh(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  const fresh = await ask();
  isAsking = false;
  if (fresh === undefined) return;
  if (isFollowing) return put(fresh, heads);
  if (isCalm() || rowsOf(fresh) === rowsOf(document)) return put(fresh);
  waiting = fresh;
  offer(changesBetween(document, fresh));
}

/** The document at this address, parsed without any of its scripts. */
export function ask(): Promise<Document | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('GET', location.href.replace(/#.*/, ''));
    if (tag !== '') request.setRequestHeader('If-None-Match', tag);
    request.responseType = 'document';
    request.onloadend = () => {
      if (request.status !== 200) return resolve(undefined);
      tag = request.getResponseHeader('ETag') ?? '';
      resolve(request.responseXML ?? undefined);
    };
    request.send();
  });
}

function isCalm(): boolean {
  return performance.now() - usedMs > idleMs && document.activeElement === document.body && !hasSelection();
}

function hasSelection(): boolean {
  return document.getSelection()?.isCollapsed === false;
}

/** The rows in their order. */
function rowsOf(one: Document): string {
  return [...one.querySelectorAll('[data-row]')].map(({ id }) => id).join(' ');
}

function changesBetween(before: Document, after: Document): number {
  const rows = (one: Document) =>
    new Map([...one.querySelectorAll('[data-row]')].map((row) => [row.id, row.textContent]));
  const [old, fresh] = [rows(before), rows(after)];
  const changed = [...fresh].filter(([id, text]) => old.get(id) !== text).length;
  return Math.max(1, changed + [...old.keys()].filter((id) => !fresh.has(id)).length);
}

function offer(count: number): void {
  const known = document.querySelector('.changes');
  const button = known ?? document.createElement('button');
  button.textContent = `${count} ${count === 1 ? 'change' : 'changes'}: show`;
  if (known !== null) return;
  button.className = 'changes';
  button.setAttribute('type', 'button');
  button.addEventListener('click', () => {
    if (waiting !== undefined) put(waiting);
  });
  // Behind the contents, so that nothing moves.
  document.querySelector('main')?.after(button);
}

const heads = ['.verdict', '.clock'];

function put(fresh: Document, parts: readonly string[] = ['main', ...heads]): void {
  waiting = undefined;
  document.querySelector('.changes')?.remove();
  document.title = fresh.title;
  for (const part of parts) {
    const [before, after] = [document.querySelector(part), fresh.querySelector(part)];
    if (before === null || after === null) continue;
    void Idiomorph.morph(before, after, {
      ignoreActiveValue: true,
      restoreFocus: true,
      callbacks: { beforeNodeMorphed: mayChange },
    });
  }
}

/** False for what a person writes in or has selected; it stays. */
function mayChange(before: Node, after: Node): boolean {
  if (before instanceof HTMLDetailsElement && after instanceof HTMLDetailsElement) after.open = before.open;
  if (before instanceof HTMLElement && before.matches('input, select, textarea')) return false;
  // A log that grows would move its lines away.
  if (before instanceof HTMLElement && before.id === 'log' && !isCalm()) return false;
  if (before instanceof HTMLElement && after instanceof HTMLElement && before.classList.contains('selected'))
    after.classList.add('selected');
  const selection = document.getSelection();
  return !(hasSelection() && before.nodeType === Node.TEXT_NODE && selection?.containsNode(before, true));
}
