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
