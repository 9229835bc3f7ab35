/** Keeps the index current beside the answers: reads what is unread in slices, and writes the file of the index now and then. */
import path from 'node:path';
import { readLarge, replaceLarge } from '../../../system/state/large-file.ts';
import type { Clock, Timer } from '../../../system/types/clock.ts';
import { finished, type Steps } from '../../../text/steps.ts';
import type { HistoryIndex } from './history-index.ts';
import { keptOf, keptParts } from './kept-file.ts';

const sliceMs = 10;
/** The rest after each slice: reading takes half of the program's time at most. */
const restMs = 10;
/** Changes gather for so long before they are read. */
const gatherMs = 1000;
const writtenEachMs = 5 * 60_000;
/** Ten times what a million runs need. */
const limitBytes = 256 * 1024 * 1024;
const fileName = 'history.index';

export interface BackgroundParts {
  readonly index: HistoryIndex;
  /** All names that histories may have now. */
  readonly names: () => Promise<readonly string[]>;
  /** The directory of the file; absent: there is none. */
  readonly directory?: string;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  /** Is told what went wrong; the index is kept in memory alone then. */
  readonly tell: (words: string) => void;
}

export interface Background {
  /** Notes that a history has changed; without a name, that any may have. */
  changed(slug?: string): void;
  /** Writes the file, and does no more. */
  end(): Promise<void>;
}

export function keepIndex({ index, names, directory, clock, tell }: BackgroundParts): Background {
  const file = directory === undefined ? undefined : path.join(directory, fileName);
  let timer: Timer | undefined;
  let wake = () => {};
  let isWorking = false;
  let isAsked = false;
  let hasEnded = false;
  /** Any history may have changed, or there are others. */
  let isListDue = true;
  let isRestored = false;
  let writing: Promise<void> = Promise.resolve();
  let written = { edition: -1, atMs: clock.monotonicMs() };
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      timer = clock.after(ms, resolve);
    });
  const inSlices = async <T>(steps: Steps<T>): Promise<T | undefined> => {
    let beganMs = clock.monotonicMs();
    for (;;) {
      if (hasEnded) return undefined;
      const step = steps.next();
      if (step.done === true) return step.value;
      if (clock.monotonicMs() - beganMs < sliceMs) continue;
      await rest(restMs);
      beganMs = clock.monotonicMs();
    }
  };
  const write = async () => {
    if (file === undefined || !isRestored || written.edition === index.edition) return;
    const { edition } = index;
    const steps = keptParts(index.known());
    const parts = hasEnded ? finished(steps) : await inSlices(steps);
    if (parts === undefined) return;
    written = { edition, atMs: clock.monotonicMs() };
    await replaceLarge(file, parts).catch((error: Error) => tell(`the index is not kept: ${error.message}`));
  };
  /** Not before the first view can be shown. */
  const restore = () => {
    isRestored = true;
    const bytes = file === undefined ? undefined : readLarge(file, limitBytes);
    const kept = bytes && keptOf(bytes);
    if (kept === undefined) return;
    index.restore(kept);
    written = { ...written, edition: index.edition };
  };
  const work = async () => {
    if (isListDue) {
      isListDue = false;
      const all = await names();
      if (!isRestored) restore();
      await inSlices(index.cover(all));
      await inSlices(looking(index, all));
    }
    await inSlices(reading(index));
    if (written.edition === -1 || clock.monotonicMs() - written.atMs >= writtenEachMs) writing = write();
    await writing;
  };
  const run = () => {
    if (hasEnded) return;
    isAsked = true;
    if (isWorking) return;
    isWorking = true;
    const again = async () => {
      while (isAsked && !hasEnded) {
        isAsked = false;
        await work().catch((error: Error) => tell(`the index is not whole: ${error.message}`));
        await rest(gatherMs);
      }
      isWorking = false;
    };
    void again();
  };
  return {
    changed(slug) {
      if (slug === undefined || !index.knows(slug)) isListDue = true;
      else index.changed(slug);
      run();
    },
    async end() {
      hasEnded = true;
      timer?.cancel();
      wake();
      await writing;
      await write();
    },
  };
}

function* looking(index: HistoryIndex, names: readonly string[]): Steps<void> {
  for (const slug of names) {
    index.changed(slug);
    yield;
  }
}

function* reading(index: HistoryIndex): Steps<void> {
  for (const slug of index.unread()) {
    index.read(slug);
    yield;
  }
}
