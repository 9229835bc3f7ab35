/** Durations as people write them: `90s`, `2h30m`, `1d`; days, hours, minutes, seconds, each at most once and in this order. */

/** The same rule for editors and for the generated validator. */
export const durationPattern = '^(?=\\d)(?:\\d{1,4}d)?(?:\\d{1,5}h)?(?:\\d{1,7}m)?(?:\\d{1,9}s)?$';

const duration = new RegExp(durationPattern);
const unitSeconds = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Seconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    seconds += Number(amount) * unitSeconds[unit as keyof typeof unitSeconds];
  }
  return seconds;
}
