/**
 * Compares the time zone of the running cron with that of this host. Only root can read cron's
 * environment; for other users nothing is known and nothing is said.
 */

import { type CronDaemon, findCronDaemon } from '../../system/cron/daemon.ts';
import { clock } from '../../system/time/clock.ts';
import { zoneOfVariable } from '../../system/time/zone-variable.ts';
import { hostZone } from '../../system/time/zones.ts';
import { caller } from '../../system/user/caller.ts';
import { isOtherZone, otherZoneAdvice, otherZoneWords, type ZoneOfCron } from '../../zone/other-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { say } from '../frame/output.ts';

export function zoneOfCron(found: CronDaemon, host: Zone): ZoneOfCron | undefined {
  if (found.is !== 'running' || found.tz === undefined) return undefined;
  const zone = zoneOfVariable(found.tz);
  if (!isOtherZone(zone, host, clock.nowMs())) return undefined;
  return { name: found.name, pid: found.pid, tz: found.tz, zone };
}

/** One sentence and what to do, where times are concerned. */
export function cronZoneWarning(): string | undefined {
  if (caller.euid !== 0) return undefined;
  const host = hostZone();
  const other = zoneOfCron(findCronDaemon(), host);
  return other && `${otherZoneWords(other, host, clock.nowMs())}; ${otherZoneAdvice}`;
}

/** Prints the warning on standard error, below the times that jobctl shows. */
export function warnOfCronZone(): void {
  const words = cronZoneWarning();
  if (words !== undefined) say('jobctl', `warning: ${words}`);
}
