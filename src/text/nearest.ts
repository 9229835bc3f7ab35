/** Finds the known name that a misspelt one may have meant. */
import leven from 'leven';

/**
 * Returns the name with the same letters, else one that begins with the text, else one with few
 * differences; `undefined` if none is close.
 */
export function nearest(key: string, known: readonly string[]): string | undefined {
  const wanted = plain(key).slice(0, 40);
  if (wanted.length < 3) return undefined;
  const swapped = known.find((name) => letters(plain(name)) === letters(wanted));
  const begun = known.find((name) => plain(name).startsWith(wanted));
  const best = known
    .map((name) => ({ name, distance: leven(wanted, plain(name)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const close = best && best.distance <= Math.min(3, Math.floor(wanted.length / 3)) ? best.name : undefined;
  return swapped ?? begun ?? close;
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[-_ ]/g, '');
}

function letters(word: string): string {
  return [...word].sort().join('');
}
