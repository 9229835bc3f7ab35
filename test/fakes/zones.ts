/** Zones of this machine by their names, as the programs have them. */

import { findZone } from '../../src/system/time/zones.ts';
import type { Zone, Zones } from '../../src/zone/zone.ts';

export function zoneNamed(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new Error(`this machine has no time zone ${name}`);
  return zone;
}

/** On a host in the given zone. */
export function zonesOn(host: string): Zones {
  return { host: zoneNamed(host), find: findZone };
}
