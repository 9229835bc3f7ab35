/** Writes an instant as the clock on the wall of a zone shows it. */
import type { Zone } from './zone.ts';

/** `2026-11-22 10:30+01:00` */
export function wallTime(instantMs: number, zone: Zone): string {
  const offsetMs = zone.offsetAt(instantMs);
  const iso = new Date(instantMs + offsetMs).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}${offsetText(offsetMs)}`;
}

/** `+01:00`; seconds, which some zones had before 1972, are left out. */
export function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
