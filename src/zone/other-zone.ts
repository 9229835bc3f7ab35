/**
 * Words what it means that cron has another time zone than its host, because of TZ in its
 * environment.
 */
import { dayMs, minuteMs, type Zone } from './zone.ts';

export interface ZoneOfCron {
  /** cron or crond. */
  readonly name: string;
  readonly pid: number;
  /** The value of TZ. */
  readonly tz: string;
  readonly zone: Zone;
}

/**
 * True if cron's clock is or will be another one than the host's; TZ may also name the host's zone,
 * or one with the same rules.
 */
export function isOtherZone(zone: Zone, hostZone: Zone, nowMs: number): boolean {
  // cron makes up for a few hours at most across a clock change.
  return zone.lawFrom(nowMs - dayMs) !== hostZone.lawFrom(nowMs - dayMs);
}

export function otherZoneWords({ name, pid, tz, zone }: ZoneOfCron, hostZone: Zone, nowMs: number): string {
  const clock = tz === '' ? 'UTC' : zone.name;
  const distance = Math.abs(zone.offsetAt(nowMs) - hostZone.offsetAt(nowMs)) % (60 * minuteMs);
  const asked = distance === 0 ? '' : '; of jobs with "time_zone" it asks at minutes at which none may be due';
  return `${name} (pid ${pid}) has TZ=${tz} in its environment: it starts jobs by the clock of ${clock}, and not by that of this host (${hostZone.name})${asked}`;
}

export const otherZoneAdvice =
  'take TZ out of what starts it (its unit file, /etc/default/cron, the environment of the container), and restart it';
