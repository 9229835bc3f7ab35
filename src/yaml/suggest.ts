/** "Did you mean": the known name that somebody may have meant. */
import leven from 'leven';

/** The known name that was most likely meant; `undefined` when all are too far away to be a slip. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_ ]/g, '');
  const wanted = plain(key).slice(0, 40);
  const ranked = known
    .map((name) => ({ name, distance: leven(wanted, plain(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= Math.min(3, Math.floor(wanted.length / 3))) return best.name;
  return wanted.length < 3 ? undefined : known.find((name) => plain(name).startsWith(wanted));
}
