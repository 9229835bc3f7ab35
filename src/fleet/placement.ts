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
  const ofKey = wordsOf(key, digest);
  const scored = hosts.map((host) => ({ host, score: score(ofKey, knownWords(host, digest)) }));
  return scored.sort(byScore).map(({ host }) => host);
}

interface Scored {
  readonly host: string;
  readonly score: number;
}

function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || (a.host < b.host ? -1 : 1);
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
export function soleHost({ slug, pool, placement }: Placed, digest: Digest): string | undefined {
  if (placement === 'ordered') return pool[0];
  const ofKey = wordsOf(slug, digest);
  let best: Scored | undefined;
  for (const host of pool) {
    const one = { host, score: score(ofKey, knownWords(host, digest)) };
    if (best === undefined || byScore(one, best) < 0) best = one;
  }
  return best?.host;
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

type Words = readonly [number, number];

/** The first 64 bits of a digest. */
function wordsOf(text: string, digest: Digest): Words {
  const hex = digest(new TextEncoder().encode(text));
  return [Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8, 16), 16)];
}

/** Hosts are few and jobs many, and a digest costs a thousand times as much as a score. */
const known = new WeakMap<Digest, Map<string, Words>>();

function knownWords(host: string, digest: Digest): Words {
  const ofDigest = known.get(digest) ?? new Map<string, Words>();
  known.set(digest, ofDigest);
  const words = ofDigest.get(host) ?? wordsOf(host, digest);
  ofDigest.set(host, words);
  return words;
}

/** A whole number below 2^52, the same for the same digests for ever. */
function score([a, b]: Words, [c, d]: Words): number {
  const high = mixed(mixed(a ^ c) ^ d);
  const low = mixed(mixed(high ^ b) ^ c);
  return high * 2 ** 20 + (low >>> 12);
}

/** The last step of MurmurHash3: each bit of the answer depends on each bit of the word. */
function mixed(word: number): number {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
