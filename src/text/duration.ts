/**
 * Durations as people write them in files (`90s`, `2h30m`, `1d`) and as they read them (`2 h 30
 * min`).
 */

/**
 * Days, hours, minutes and seconds in this order, each at most once; the schemas use the same
 * pattern.
 */
export const durationPattern = '^(?=\\d)(?:\\d{1,4}d)?(?:\\d{1,5}h)?(?:\\d{1,7}m)?(?:\\d{1,9}s)?$';

const duration = new RegExp(durationPattern);
const unitSeconds = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Returns seconds, or `undefined` for a text that is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    seconds += Number(amount) * unitSeconds[unit as keyof typeof unitSeconds];
  }
  return seconds;
}

/** `45 s`, `10 minutes`, `1 h 30 min`: a duration as people read it, in at most two units. */
export function durationWords(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    const rest = Math.floor(seconds % 60);
    if (rest > 0) return `${minutes} min ${rest} s`;
    return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
