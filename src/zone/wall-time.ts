/**
 * The one format of an instant that people read, in all programs, mails and pages. Programs get
 * milliseconds or RFC 3339 instead.
 */
import { dayMs, type Zone } from './zone.ts';

/**
 * `2026-11-22 10:30:00`, as the clock on the wall of the zone shows it. The offset follows, as in
 * `2026-10-25 02:30:00 +01:00`, where that clock shows the same time twice.
 */
export function wallTime(instantMs: number, zone: Zone): string {
  return isShownTwice(instantMs, zone) ? wallTimeWithOffset(instantMs, zone) : localText(instantMs, zone);
}

/**
 * `2026-11-22 10:30:00 +01:00`, for mails and notices, whose readers may be in another zone than
 * the host.
 */
export function wallTimeWithOffset(instantMs: number, zone: Zone): string {
  return `${localText(instantMs, zone)} ${offsetText(zone.offsetAt(instantMs))}`;
}

/** Returns `wallTime` for one zone. */
export function timeText(zone: Zone): (instantMs: number) => string {
  return (instantMs) => wallTime(instantMs, zone);
}

function localText(instantMs: number, zone: Zone): string {
  return new Date(instantMs + zone.offsetAt(instantMs)).toISOString().slice(0, 19).replace('T', ' ');
}

function isShownTwice(instantMs: number, zone: Zone): boolean {
  const offsetMs = zone.offsetAt(instantMs);
  const localMs = instantMs + offsetMs;
  const near = [zone.offsetAt(instantMs - dayMs), zone.offsetAt(instantMs + dayMs)];
  return near.some((otherMs) => otherMs !== offsetMs && zone.offsetAt(localMs - otherMs) === otherMs);
}

/** An offset as `+01:00`. Seconds, which some zones had before 1972, are left out. */
export function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
