/** The hosts of the pools as programs compare them, and the way to the store in which they agree. */
import type { Fleet } from '../system/types/fleet.ts';
import { etcdOf } from './etcd.ts';
import type { ConfigFile } from './schema.ts';

interface MadeFleet {
  readonly fleet: Fleet;
  /** About the lists of hosts. */
  readonly warnings: readonly string[];
  /** About etcd. */
  readonly problems: readonly string[];
}

export function fleetOf({ host, pools = {}, etcd }: NonNullable<ConfigFile['fleet']>, hostName: string): MadeFleet {
  const warnings = Object.entries(pools).flatMap(([pool, hosts]) =>
    repeated(hosts.map(comparable)).map(
      (name) => `"fleet.pools" has ${name} more than once in "${pool}"; it counts once`,
    ),
  );
  const once = Object.entries(pools).map(([pool, hosts]) => [pool, [...new Set(hosts.map(comparable))]] as const);
  const made = etcd && etcdOf(etcd);
  const fleet = {
    host: comparable(host ?? hostName),
    pools: Object.fromEntries(once),
    ...(made && { etcd: made.etcd }),
  };
  return { fleet, warnings, problems: made?.problems ?? [] };
}

/** Host names are the same in upper and lower case, with or without the dot of the root. */
function comparable(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}
