/** Times as people read them on the host: local, to the second, with the offset where days of two zones could be confused. */

import type { Zone } from '../schedule/zone.ts';

/** "2026-11-24 10:30:00" in the given zone. */
export function timeText(zone: Zone): (ms: number) => string {
  return (ms) => new Date(ms + zone.offsetAt(ms)).toISOString().slice(0, 19).replace('T', ' ');
}
