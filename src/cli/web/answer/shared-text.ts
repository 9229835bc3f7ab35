/**
 * A long text that many readers ask for. It is made once, in slices, and kept in parts that all its readers share: a reader who takes nothing costs a
 * connection, not a text. A reader who takes it slowly gets the text that it began with; only so many texts are kept for such readers.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { weakTag } from './finish.ts';

const sliceMs = 10;
const partChars = 64 * 1024;
/** A text serves for so many times the work that it took, so that making texts takes a small part of the program's time. */
const worth = 10;
/** When readers hold so many, those of the oldest are sent away before another one is made. */
const mostTexts = 3;

export interface SharedTextParts {
  /** The text in pieces, from the state as it is at the call. */
  readonly make: () => Iterable<string>;
  readonly monotonicMs: () => number;
  /** Calls later, when what waits has been done. */
  readonly later: (then: () => void) => void;
}

export interface SharedText {
  /** Rejects with what keeps the text from being made. */
  get(): Promise<Text>;
}

/** Bytes that nobody changes. */
export interface Shared {
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
}

export interface Text {
  readonly tag: string;
  plain(): Shared;
  gzip(): Promise<Shared>;
  /** Notes a reader until it has let go; `cut` is called when the text goes first. */
  hold(cut: () => void): { release(): void };
}

export function sharedText({ make, monotonicMs, later }: SharedTextParts): SharedText {
  let kept: { readonly text: HeldText; readonly untilMs: number } | undefined;
  let making: Promise<Text> | undefined;
  let texts: readonly HeldText[] = [];
  const makeRoom = () => {
    texts = texts.filter((text) => text.isHeld);
    while (texts.length >= mostTexts) {
      texts[0]?.forget();
      texts = texts.slice(1);
    }
  };
  const made = async (): Promise<Text> => {
    makeRoom();
    const parts: Uint8Array[] = [];
    const hash = createHash('sha256');
    let gathered = '';
    const flush = () => {
      const part = Buffer.from(gathered);
      gathered = '';
      hash.update(part);
      parts.push(part);
    };
    let workedMs = 0;
    let beganMs = monotonicMs();
    for (const piece of make()) {
      gathered += piece;
      if (gathered.length >= partChars) flush();
      const sinceMs = monotonicMs() - beganMs;
      if (sinceMs < sliceMs) continue;
      workedMs += sinceMs;
      await new Promise<void>((resolve) => later(resolve));
      beganMs = monotonicMs();
    }
    flush();
    const nowMs = monotonicMs();
    const text = new HeldText(parts, weakTag(hash.digest()));
    texts = [...texts, text];
    kept = { text, untilMs: nowMs + worth * (workedMs + nowMs - beganMs) };
    return text;
  };
  return {
    get() {
      if (making !== undefined) return making;
      if (kept !== undefined && monotonicMs() < kept.untilMs) return Promise.resolve(kept.text);
      kept = undefined;
      making = made().finally(() => {
        making = undefined;
      });
      return making;
    },
  };
}

class HeldText implements Text {
  readonly tag: string;
  #plain: Shared;
  #gzip: Promise<Shared> | undefined;
  readonly #cuts = new Set<() => void>();

  constructor(parts: readonly Uint8Array[], tag: string) {
    this.tag = tag;
    this.#plain = sharedOf(parts);
  }

  get isHeld(): boolean {
    return this.#cuts.size > 0;
  }

  plain(): Shared {
    return this.#plain;
  }

  gzip(): Promise<Shared> {
    this.#gzip ??= compressed(this.#plain.parts);
    return this.#gzip;
  }

  hold(cut: () => void) {
    this.#cuts.add(cut);
    return { release: () => void this.#cuts.delete(cut) };
  }

  forget(): void {
    this.#plain = sharedOf([]);
    this.#gzip = undefined;
    for (const cut of this.#cuts) cut();
    this.#cuts.clear();
  }
}

function sharedOf(parts: readonly Uint8Array[]): Shared {
  return { parts, sizeBytes: parts.reduce((sum, { length }) => sum + length, 0) };
}

/** Threads of Node's own compress. */
async function compressed(parts: readonly Uint8Array[]): Promise<Shared> {
  const found: Uint8Array[] = [];
  for await (const part of Readable.from(parts).pipe(createGzip({ level: 5, chunkSize: partChars })))
    found.push(part as Uint8Array);
  return sharedOf(found);
}
