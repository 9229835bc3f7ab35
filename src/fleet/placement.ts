/**
 * The hosts of a pool in the order in which they may have a job, computed from names alone: each
 * host comes to the same answer from the same list, without asking the others. The scores must
 * never change: hosts with different versions of this program have to agree on them.
 */

export type Placement = 'spread' | 'sticky' | 'ordered';

/** A job and the hosts that may have it. */
export interface Placed {
  readonly slug: string;
  /** Names of hosts, each once, as the configuration lists them. */
  readonly pool: readonly string[];
  readonly placement: Placement;
}

/** Hexadecimal digits, evenly spread. */
export type Digest = (bytes: Uint8Array) => string;

/**
 * Returns the hosts, highest score first (rendezvous hashing): the order of the list does not
 * matter, and when a host joins or leaves, the others keep their order among each other.
 */
export function rendezvous(key: string, hosts: readonly string[], digest: Digest): readonly string[] {
  const scored = hosts.map((host) => ({ host, score: score(`${key}\n${host}`, digest) }));
  return scored.sort((a, b) => b.score - a.score || (a.host < b.host ? -1 : 1)).map(({ host }) => host);
}

/**
 * Returns the hosts that have a line for the job, at most `count`: the first ones of the list where
 * the list is the order, else those with the highest scores for this job, so that a change of the
 * pool moves only what the host has that joins or leaves.
 */
export function candidates({ slug, pool, placement }: Placed, count: number, digest: Digest): readonly string[] {
  return (placement === 'ordered' ? pool : rendezvous(slug, pool, digest)).slice(0, count);
}

/**
 * Returns the host that has the job where no engine decides at each tick; undefined if the pool is
 * empty.
 */
export function soleHost(placed: Placed, digest: Digest): string | undefined {
  return candidates(placed, 1, digest)[0];
}

/**
 * Returns `hosts`, the candidates of a job, in the order in which they ask for a tick: where it is
 * spread, each tick begins with one of them by its own hash; else the order is the same for all
 * ticks.
 */
export function turns(
  {
    slug,
    placement,
    hosts,
  }: { readonly slug: string; readonly placement: Placement; readonly hosts: readonly string[] },
  tick: string,
  digest: Digest,
): readonly string[] {
  return placement === 'spread' ? rendezvous(`${slug}\n${tick}`, hosts, digest) : hosts;
}

/** A number from 0 up to 1, the same for the same text for ever. */
function score(text: string, digest: Digest): number {
  return Number.parseInt(digest(new TextEncoder().encode(text)).slice(0, 12), 16) / 2 ** 48;
}
