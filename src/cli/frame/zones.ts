/**
 * The zones in which programs read schedules and print times: those of this host's zone files, as
 * cron has them.
 */

import { bootTickMs } from '../../system/state/boot-tick.ts';
import { findZone, hostZone } from '../../system/time/zones.ts';
import type { Zones } from '../../zone/zone.ts';

/** With the state directory, the zones also know when the host was booted. */
export function hostZones(stateDirectory?: string): Zones {
  const zones = { host: hostZone(), find: findZone };
  return stateDirectory === undefined ? zones : { ...zones, bootMs: () => bootTickMs(stateDirectory) };
}

/** Returns the problem with the name of a zone, to be put behind the name of its key. */
export function zoneProblem(name: string): { readonly severity: 'error'; readonly message: string } | undefined {
  if (findZone(name) !== undefined) return undefined;
  return { severity: 'error', message: `names no time zone: "${name}"; it takes names such as Europe/Berlin` };
}
