/**
 * Sizes as people write them: a number of bytes, or `512K`, `512M`, `2G`, `1T` in powers of 1024.
 */

/** The pattern of a size; the schemas use it too. */
export const sizePattern = '^\\d{1,9}[KMGT]?$';

const size = new RegExp(sizePattern);
const unitBytes = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Returns `256M` for a whole number of the largest unit, else the number of bytes. */
export function sizeText(bytes: number): string {
  const unit = (['T', 'G', 'M', 'K'] as const).find(
    (letter) => bytes >= unitBytes[letter] && bytes % unitBytes[letter] === 0,
  );
  return unit === undefined ? String(bytes) : `${bytes / unitBytes[unit]}${unit}`;
}

/** Returns bytes, or `undefined` for a text that is no size. */
export function parseSize(text: string): number | undefined {
  if (!size.test(text)) return undefined;
  const unit = unitBytes[text.slice(-1) as keyof typeof unitBytes] ?? 1;
  return Number.parseInt(text, 10) * unit;
}
