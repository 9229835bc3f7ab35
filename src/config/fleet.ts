/** The hosts of the pools as programs compare them. */
import type { Fleet } from '../system/types/fleet.ts';
import type { ConfigFile } from './schema.ts';

/** Returns the fleet, and warnings about its lists. */
export function fleetOf(
  { host, pools = {} }: NonNullable<ConfigFile['fleet']>,
  hostName: string,
): { readonly fleet: Fleet; readonly warnings: readonly string[] } {
  const warnings = Object.entries(pools).flatMap(([pool, hosts]) =>
    repeated(hosts.map(comparable)).map(
      (name) => `"fleet.pools" has ${name} more than once in "${pool}"; it counts once`,
    ),
  );
  const once = Object.entries(pools).map(([pool, hosts]) => [pool, [...new Set(hosts.map(comparable))]] as const);
  return { fleet: { host: comparable(host ?? hostName), pools: Object.fromEntries(once) }, warnings };
}

/** Host names are the same in upper and lower case, with or without the dot of the root. */
function comparable(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}
