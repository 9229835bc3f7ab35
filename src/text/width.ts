/** The greatest of lists that may be longer than a call may have arguments, which are some hundred thousand. */

/** 0 for none. */
export function greatest(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  return most;
}

/** The length of the longest text; 0 for none. */
export function widest(texts: readonly string[]): number {
  return greatest(texts.map((text) => text.length));
}
