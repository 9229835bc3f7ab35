/** What an unknown key was probably meant to be, where no likeness of the letters tells. */

export interface Synonym {
  /** The path of the key that has its place, with dots; absent where there is none. */
  readonly key?: string;
  /** What to write, or why there is nothing like it. */
  readonly words: string;
}

/** By the unknown key and its path. */
export type Synonyms = Readonly<Record<string, Synonym>>;

const made = new WeakMap<Synonyms, ReadonlyMap<string, Synonym>>();

/** Case, dashes and underscores make no difference. */
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
