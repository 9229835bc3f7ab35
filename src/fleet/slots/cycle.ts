/**
 * The hosts of a pool as a cycle: instance i is at home on host i, and begins again with the first
 * one after the last. When its home is away, the host with the fewest instances is next, among
 * equals the one that comes first after the home.
 */

/** Returns the host on which an instance is at home; undefined if the pool is empty. */
export function homeOf(instance: number, cycle: readonly string[]): string | undefined {
  return cycle[instance % cycle.length];
}

export interface Standby {
  readonly cycle: readonly string[];
  readonly instance: number;
  /** The number of instances that each host has now. */
  readonly loads: ReadonlyMap<string, number>;
  /** The host that has been silent: it comes last. */
  readonly silent: string | undefined;
}

/** Returns the hosts that may take over an instance, the next one first; its home is not among them. */
export function standbys({ cycle, instance, loads, silent }: Standby): readonly string[] {
  const home = instance % cycle.length;
  const after = [...cycle.slice(home + 1), ...cycle.slice(0, home)];
  const weight = (host: string) => (host === silent ? Number.POSITIVE_INFINITY : (loads.get(host) ?? 0));
  // Sorting is stable: among equals the order of the cycle stays.
  return after.sort((a, b) => (weight(a) === weight(b) ? 0 : weight(a) - weight(b)));
}
