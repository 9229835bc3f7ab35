/** Follows a log that grows: its lines come as events, each with the byte behind it, so that none is lost or doubled when the connection breaks. */
import { ask, leaveToLog, say } from './live.ts';

/** A line as the server sends it. */
interface ShownLine {
  readonly id: string;
  readonly number: string;
  readonly time: string;
  readonly kind: string;
  readonly pieces: readonly { readonly text: string; readonly className: string }[];
  readonly more: string;
}

/** Lines that stay on the page. */
const mostLines = 2000;

let stream: EventSource | undefined;
/** The place behind the last line. */
let place = '';

export function startFollow(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-follow]') : null;
    if (link === null) return;
    event.preventDefault();
    toggleFollow();
  });
  document.addEventListener('visibilitychange', () => {
    if (stream !== undefined && document.hidden) stream.close();
    else if (stream !== undefined) listen();
  });
  window.addEventListener('pagehide', () => stream?.close());
}

/** Returns false where there is nothing to follow. */
export function toggleFollow(): boolean {
  const link = linkOf();
  if (link === null) return false;
  if (stream !== undefined) stop('follow');
  else {
    leaveToLog(true);
    begin();
  }
  return true;
}

function begin(): void {
  const link = linkOf();
  if (link === null) return;
  show(link, 'following ●', true);
  place = new URL(address(link)).searchParams.get('from') ?? '';
  listen();
  document.querySelector('.log li:last-child')?.scrollIntoView({ block: 'end' });
}

function linkOf(): HTMLElement | null {
  return document.querySelector<HTMLElement>('[data-follow]');
}

function address(link: HTMLElement): string {
  return new URL(link.dataset.follow ?? '', location.href).href;
}

function show(link: HTMLElement, words: string, isPressed: boolean): void {
  link.setAttribute('aria-pressed', String(isPressed));
  link.textContent = words;
}

function stop(words: string): void {
  stream?.close();
  stream = undefined;
  const link = linkOf();
  if (link !== null) show(link, words, false);
  // What comes later begins behind the lines that are here.
  if (link !== null) {
    const next = new URL(address(link));
    next.searchParams.set('from', place);
    link.dataset.follow = next.href;
  }
  leaveToLog(false);
}

function listen(): void {
  const link = linkOf();
  if (link === null) return;
  const from = new URL(address(link));
  from.searchParams.set('from', place);
  stream?.close();
  stream = new EventSource(from);
  stream.addEventListener('lines', ({ data, lastEventId }: MessageEvent<string>) => {
    add((JSON.parse(data) as { readonly lines: readonly ShownLine[] }).lines.map(element));
    place = lastEventId;
    say('following');
  });
  stream.addEventListener('next-log', ({ data, lastEventId }: MessageEvent<string>) => {
    place = lastEventId;
    add([note(`the log goes on in ${(JSON.parse(data) as { readonly log: string }).log}`)]);
  });
  stream.addEventListener('restarted', () => void again());
  stream.addEventListener('gone', () => over('the log is gone'));
  stream.addEventListener('end', () => over('the run has ended'));
  stream.addEventListener('error', () => {
    if (stream?.readyState === EventSource.CLOSED) over('the log has ended');
    else say('waiting');
  });
}

/** The lines here are no longer those of the log: its present end takes their place. */
async function again(): Promise<void> {
  stream?.close();
  const fresh = (await ask())?.querySelector('#log');
  if (fresh === null || fresh === undefined) return location.reload();
  document.querySelector('#log')?.replaceWith(document.adoptNode(fresh));
  begin();
}

/** There is nothing to follow any more. */
function over(words: string): void {
  const link = linkOf();
  stop(words);
  link?.removeAttribute('data-follow');
  link?.removeAttribute('aria-pressed');
}

function add(items: readonly HTMLLIElement[]): void {
  const list = document.querySelector('.log');
  if (list === null || items.length === 0) return;
  const wasAtEnd = isSeen(list.lastElementChild);
  // The last line was not finished.
  if (list.lastElementChild?.id === items[0]?.id) list.lastElementChild?.remove();
  list.append(...items);
  if (!wasAtEnd) return;
  while (list.childElementCount > mostLines) list.firstElementChild?.remove();
  list.lastElementChild?.scrollIntoView({ block: 'end' });
}

function isSeen(one: Element | null): boolean {
  return one === null || one.getBoundingClientRect().top < window.innerHeight;
}

function element({ id, number, time, kind, pieces, more }: ShownLine): HTMLLIElement {
  const item = document.createElement('li');
  item.id = id;
  item.className = kind;
  const link = part('a', 'number', number);
  link.href = `#${id}`;
  const text = part('span', 'text', '');
  for (const piece of pieces)
    text.append(piece.className === '' ? piece.text : part('span', piece.className, piece.text));
  if (more !== '') text.append(part('em', 'soft', more));
  item.append(link, part('span', 'time', time), text);
  return item;
}

function note(words: string): HTMLLIElement {
  const item = document.createElement('li');
  item.className = 'note';
  item.append(part('span', 'number', ''), part('span', 'time', ''), part('span', 'text', words));
  return item;
}

function part<K extends 'a' | 'span' | 'em'>(name: K, className: string, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
