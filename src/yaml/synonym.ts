/** Synonyms: unknown keys that stand for a known one with a different spelling. */

export interface Synonym {
  /** The path of the known key, with dots; absent if there is none. */
  readonly key?: string;
  /** Advice on what to write, or the reason why there is no such key. */
  readonly words: string;
}

/** Synonyms by the unknown key with its path. */
export type Synonyms = Readonly<Record<string, Synonym>>;

const made = new WeakMap<Synonyms, ReadonlyMap<string, Synonym>>();

/** Looks a path up without regard to case, dashes and underscores. */
export function synonymOf(path: readonly (string | number)[], synonyms: Synonyms | undefined): Synonym | undefined {
  if (synonyms === undefined) return undefined;
  const known =
    made.get(synonyms) ?? new Map(Object.entries(synonyms).map(([name, synonym]) => [plain(name), synonym]));
  made.set(synonyms, known);
  return known.get(plain(path.join('.')));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}
