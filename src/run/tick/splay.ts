/**
 * Computes the delay of a job's ticks, so that the jobs of a fleet, or all jobs of a host, do not
 * start in the same second.
 */

export interface Splay {
  readonly slug: string;
  readonly host: string;
  /** The delay is less than this; 0 means none. */
  readonly splaySeconds: number;
  /** Hexadecimal. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/**
 * Returns milliseconds, less than `splaySeconds`: always the same for a job on a host, and spread
 * evenly over hosts and jobs.
 */
export function splayMs({ slug, host, splaySeconds, sha256 }: Splay): number {
  if (splaySeconds <= 0) return 0;
  const share = Number.parseInt(sha256(new TextEncoder().encode(`${host}\n${slug}`)).slice(0, 12), 16) / 2 ** 48;
  return Math.floor(share * splaySeconds * 1000);
}
