/** Writes an instant as the clock on the wall of a zone shows it. */
import { offsetAt } from './zone.ts';

/** `2026-11-22 10:30+01:00` */
export function wallTime(instantMs: number, zone: string): string {
  const offsetMs = offsetAt(zone, instantMs);
  const iso = new Date(instantMs + offsetMs).toISOString();
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
