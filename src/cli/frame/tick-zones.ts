/** The zones in which programs read schedules and write times: those of this machine's own zone files, as cron does. */

import { bootTickMs } from '../../system/state/boot-tick.ts';
import { findZone, hostZone } from '../../system/time/zones.ts';
import type { Zones } from '../../zone/zone.ts';

/** With the state directory also when the machine was started. */
export function machineZones(stateDirectory?: string): Zones {
  const zones = { host: hostZone(), find: findZone };
  return stateDirectory === undefined ? zones : { ...zones, bootMs: () => bootTickMs(stateDirectory) };
}

/** What is wrong with the name of a zone, behind the name of the key. */
export function zoneObjection(name: string): { readonly severity: 'error'; readonly message: string } | undefined {
  if (findZone(name) !== undefined) return undefined;
  return { severity: 'error', message: `names no time zone: "${name}"; it takes names such as Europe/Berlin` };
}
