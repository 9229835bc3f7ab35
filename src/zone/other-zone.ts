/** A cron that has another time zone than its machine, because of TZ in its environment: what that does, in words. */
import { dayMs, minuteMs, type Zone } from './zone.ts';

export interface ZoneOfCron {
  /** cron or crond. */
  readonly name: string;
  readonly pid: number;
  /** The value of the variable. */
  readonly tz: string;
  readonly zone: Zone;
}

/** The clocks may be the same all the same: TZ names the zone of the machine, or one of equal law. */
export function isOtherZone(zone: Zone, hostZone: Zone, nowMs: number): boolean {
  // What cron carries on across a change of the clocks is some hours old at most.
  return zone.lawFrom(nowMs - dayMs) !== hostZone.lawFrom(nowMs - dayMs);
}

export function otherZoneWords({ name, pid, tz, zone }: ZoneOfCron, hostZone: Zone, nowMs: number): string {
  const clock = tz === '' ? 'UTC' : zone.name;
  const distance = Math.abs(zone.offsetAt(nowMs) - hostZone.offsetAt(nowMs)) % (60 * minuteMs);
  const asked = distance === 0 ? '' : '; of jobs with "time_zone" it asks at minutes at which none may be due';
  return `${name} (pid ${pid}) has TZ=${tz} in its environment: it starts jobs by the clock of ${clock}, and not by that of this machine (${hostZone.name})${asked}`;
}

export const otherZoneAdvice =
  'take TZ out of what starts it (its unit file, /etc/default/cron, the environment of the container), and restart it';
