/** Times as people read them on the host: local, to the second, with the offset where days of two zones could be confused. */

/** "2026-11-24 10:30:00" in the given zone (IANA name). */
export function timeText(zone: string): (ms: number) => string {
  // The Swedish locale writes ISO order; one formatter serves a whole listing.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return (ms) => format.format(ms);
}
