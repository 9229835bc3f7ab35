/** How long a tick is held back, so that the jobs of a fleet, or all jobs of a host at once, do not start in the same second. */

export interface Splay {
  readonly slug: string;
  readonly host: string;
  /** The delay is below this; 0: none. */
  readonly splaySeconds: number;
  /** Hexadecimal. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/** Milliseconds from 0 to below `splaySeconds`: always the same for a job on a host, spread evenly over hosts and jobs. */
export function splayMs({ slug, host, splaySeconds, sha256 }: Splay): number {
  if (splaySeconds <= 0) return 0;
  const share = Number.parseInt(sha256(new TextEncoder().encode(`${host}\n${slug}`)).slice(0, 12), 16) / 2 ** 48;
  return Math.floor(share * splaySeconds * 1000);
}
