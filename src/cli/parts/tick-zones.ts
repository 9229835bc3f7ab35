/** The zones in which run-job reads schedules: from the machine's zone files, as cron does, since Intl alone would double the time that a run takes to start. */
import type { TickZones } from '../../schedule/ticks.ts';
import type { OffsetAt } from '../../schedule/zone.ts';
import { hostOffset, zoneOffset } from '../../system/host-time.ts';
import { isZone } from '../../system/zone.ts';

/** A zone of which the machine has no file is Intl's to know. */
export function tickZones(): TickZones {
  return {
    host: inMilliseconds(hostOffset()),
    find(name) {
      const offsetAt = zoneOffset(name);
      return offsetAt === undefined ? name : inMilliseconds(offsetAt);
    },
  };
}

function inMilliseconds(offsetAt: (atSeconds: number) => number): OffsetAt {
  return (instantMs) => offsetAt(Math.floor(instantMs / 1000)) * 1000;
}

/** What is wrong with the name of a zone, behind the name of the key. */
export function zoneObjection(name: string): string | undefined {
  if (zoneOffset(name) !== undefined || isZone(name)) return undefined;
  return `names no time zone: "${name}"; it takes names such as Europe/Berlin`;
}
