/**
 * Computes the delay of a job's ticks, so that the jobs of a fleet, or all jobs of a host, do not
 * start in the same second.
 */

/**
 * Returns milliseconds, less than `splaySeconds`: always the same for a job on a host, and spread
 * evenly over hosts and jobs.
 */
export function splayMs(
  slug: string,
  hostName: string,
  splaySeconds: number,
  sha256: (bytes: Uint8Array) => string,
): number {
  if (splaySeconds <= 0) return 0;
  const share = Number.parseInt(sha256(new TextEncoder().encode(`${hostName}\n${slug}`)).slice(0, 12), 16) / 2 ** 48;
  return Math.floor(share * splaySeconds * 1000);
}

/**
 * The name by which a job is delayed: the host's, or that of the pool where the hosts take turns at a
 * tick, so that all of them come at the same time.
 */
export function splayName(
  { pool }: { readonly pool?: { readonly name: string; readonly claims?: object } },
  hostName: string,
): string {
  return pool?.claims === undefined ? hostName : pool.name;
}
