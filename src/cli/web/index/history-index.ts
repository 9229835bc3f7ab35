/**
 * The index of all histories: which entry of which kind began when, so that an answer about all jobs reads the few histories that it is about.
 *
 * - It is disposable and never the truth about a run: what is shown of an entry is read from its history.
 * - It has a mark of 21 bytes for each entry (`marks`), history by history. Nothing orders marks of different histories: to look through a million
 *   takes some milliseconds.
 * - A history is read as every program reads it, then marked (`known-history`). When its file has grown, only what was appended is read, from the
 *   first line about a run that has no end yet. When it is another file, is shorter, or its bytes before that place are others, all is read again.
 *   So it is when what was appended speaks of a run that began before.
 * - A history that is not read yet, or was changed, is *unread*: its marks do not count. Nothing in it is newer than its file, so answers say from
 *   which moment on they are whole (`wholeSinceMs`). An answer first reads those that it needs (`read`), while its reader waits a little.
 * - All others are read beside, those written last first, in slices that give way to readers (`background`).
 * - What has changed is told by the watch of the folders, and by its look at all files each minute.
 * - It is written as one file with version and checksum, in a directory of the page's own, now and then and at the end (`kept-file`). At the next
 *   start, the histories whose files are the same need not be read. At any doubt the file is thrown away: then all is read.
 */
import { isSame } from './history-files.ts';
import { type HistorySource, type KnownHistory, lookAtHistory } from './known-history.ts';
import { type Marks, noMarks } from './marks.ts';

export class HistoryIndex {
  readonly #source: HistorySource;
  readonly #known = new Map<string, KnownHistory>();
  /** Each with the moment of the last change of its file, milliseconds since 1970. */
  readonly #unread = new Map<string, number>();
  #edition = 0;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  /** Another number whenever the marks are others. */
  get edition(): number {
    return this.#edition;
  }

  /** Notes that a history may have changed. */
  changed(slug: string): void {
    const key = this.#source.files.key(slug);
    const known = this.#known.get(slug);
    if (known !== undefined && isSame(known.key, key)) this.#unread.delete(slug);
    else if (key.inode === 0 && key.others.replaceAll(',', '') === '') this.#set(slug, { key, ...nothing });
    else this.#unread.set(slug, key.mtimeMs);
  }

  /** Adds the histories that it does not know, and forgets those of other names; in steps. */
  *cover(slugs: readonly string[]): Generator<undefined, void> {
    const wanted = new Set(slugs);
    for (const slug of [...this.#known.keys(), ...this.#unread.keys()]) if (!wanted.has(slug)) this.#forget(slug);
    for (const slug of slugs) {
      if (!this.isRead(slug)) this.changed(slug);
      yield;
    }
  }

  /** Reads a history that is unread. */
  read(slug: string): void {
    if (this.isRead(slug)) return;
    this.changed(slug);
    if (this.isRead(slug)) return;
    this.#set(slug, lookAtHistory(slug, this.#source, this.#known.get(slug)));
  }

  /** Those of these names to which something was written since then; the last ones first. */
  unread(slugs: Iterable<string> = this.#unread.keys(), sinceMs = Number.NEGATIVE_INFINITY): readonly string[] {
    return this.#unreadOf(slugs)
      .filter(([, writtenMs]) => writtenMs >= sinceMs)
      .map(([slug]) => slug);
  }

  /** The moment since which the marks of these names are all there; `undefined` when all are read, infinite when no file was looked at yet. */
  wholeSinceMs(slugs: Iterable<string>): number | undefined {
    return this.#unreadOf(slugs)[0]?.[1];
  }

  /** Calls with the marks of a history in two parts; not at all for one that is unread. */
  each(slug: string, act: (marks: Marks) => void): void {
    const known = this.#unread.has(slug) ? undefined : this.#known.get(slug);
    if (known === undefined) return;
    act(known.firm);
    act(known.loose);
  }

  /** The same value as long as the marks of this history are the same; `undefined` while it is unread. */
  stateOf(slug: string): object | undefined {
    return this.#unread.has(slug) ? undefined : this.#known.get(slug);
  }

  knows(slug: string): boolean {
    return this.#known.has(slug) || this.#unread.has(slug);
  }

  isRead(slug: string): boolean {
    return this.#known.has(slug) && !this.#unread.has(slug);
  }

  /** All that is to be kept over a restart. */
  known(): Iterable<readonly [slug: string, known: KnownHistory]> {
    return this.#known;
  }

  /** Takes what was kept, of which each history counts only when its file is the same. */
  restore(kept: Iterable<readonly [slug: string, known: KnownHistory]>): void {
    for (const [slug, known] of kept) {
      if (this.#known.has(slug)) continue;
      this.#known.set(slug, known);
      this.#unread.set(slug, unknownMs);
    }
  }

  #set(slug: string, known: KnownHistory): void {
    this.#known.set(slug, known);
    this.#unread.delete(slug);
    this.#edition += 1;
  }

  #forget(slug: string): void {
    this.#known.delete(slug);
    this.#unread.delete(slug);
    this.#edition += 1;
  }

  #unreadOf(slugs: Iterable<string>): readonly (readonly [slug: string, writtenMs: number])[] {
    const found: [string, number][] = [];
    for (const slug of slugs) {
      const writtenMs = this.knows(slug) ? this.#unread.get(slug) : unknownMs;
      if (writtenMs !== undefined) found.push([slug, writtenMs]);
    }
    return found.sort((a, b) => b[1] - a[1]);
  }
}

/** The file was not looked at yet. */
const unknownMs = Number.POSITIVE_INFINITY;
const nothing = { firm: noMarks, loose: noMarks };
