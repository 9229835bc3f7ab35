/** "Did you mean": the known name that somebody may have meant. */
import leven from 'leven';

/** Letters that were swapped, a name that was cut short, else a slip or two; `undefined` when all are too far away. */
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
