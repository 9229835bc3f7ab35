/** Words for the distance of an instant: "3 min ago", "in 53 min". */

/** `now` within a second; rounded down to whole seconds, so that a listing can be read at a glance. */
export function relativeText(instantMs: number, nowMs: number): string {
  const distanceMs = instantMs - nowMs;
  if (Math.abs(distanceMs) < 1000) return 'now';
  const words = shortDuration(Math.floor(Math.abs(distanceMs) / 1000) * 1000);
  return distanceMs < 0 ? `${words} ago` : `in ${words}`;
}

/**
 * Milliseconds in the least room: "20 ms", "0.2 s", "45 s", "12 min", "1 h 30 min", "3 d". Minutes beside hours are shown below ten hours,
 * hours beside days never.
 */
export function shortDuration(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 10 && minutes % 60 > 0) return `${hours} h ${minutes % 60} min`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
