/**
 * The greatest of a list that may be longer than the arguments that `Math.max` can take, some
 * hundred thousand.
 */

/** Returns the greatest number; 0 for an empty list. */
export function greatest(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  return most;
}

/** Returns the length of the longest text; 0 for an empty list. */
export function widest(texts: readonly string[]): number {
  return greatest(texts.map((text) => text.length));
}
