/** The zones of this host by name, as the programs use them. */

import { findZone } from '../../src/system/time/zones.ts';
import type { Zone, Zones } from '../../src/zone/zone.ts';

export function zoneNamed(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new Error(`this machine has no time zone ${name}`);
  return zone;
}

/** The zones of a host in the given zone. */
export function zonesOn(host: string): Zones {
  return { host: zoneNamed(host), find: findZone };
}
