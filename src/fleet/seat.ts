/**
 * The hosts that have a job of a pool. Names alone decide, so each host comes to the same answer:
 * which host has the job, or, where etcd decides at each tick, which hosts ask.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Job } from '../job/job.ts';
import type { JobPool } from '../job/keys/pool-keys.ts';
import type { Fleet } from '../system/types/fleet.ts';
import type { Result } from '../text/problem.ts';
import { candidates, soleHost, turns } from './placement.ts';

export interface Seat {
  /** The name of the pool. */
  readonly pool: string;
  readonly runs: 'one' | 'each';
  /** Set if etcd decides at each tick which of the hosts starts the job. */
  readonly claimed?: true;
  /** Set if the hosts share the instances of a service: `hosts` is the cycle of their homes. */
  readonly slots?: true;
  /** The hosts that have the job, in their order: one, all of the pool, or the candidates; empty if the pool has none. */
  readonly hosts: readonly string[];
  /** The name of this host. */
  readonly host: string;
  readonly isHere: boolean;
}

export function seatOf(slug: string, jobPool: JobPool, { host, pools }: Pick<Fleet, 'host' | 'pools'>): Seat {
  const { name, runs, claims, slots } = jobPool;
  const pool = Object.hasOwn(pools, name) ? (pools[name] ?? []) : [];
  const hosts = runs === 'each' ? pool : hostsOfOne(slug, jobPool, pool);
  return {
    pool: name,
    runs,
    hosts,
    host,
    isHere: hosts.includes(host),
    ...(claims && { claimed: true }),
    ...(slots && { slots: true }),
  };
}

function hostsOfOne(slug: string, { placement, claims, slots }: JobPool, pool: readonly string[]): readonly string[] {
  if (slots !== undefined) return candidates({ slug, pool, placement }, pool.length, digest);
  if (claims !== undefined) {
    const count = claims.candidates === 'all' ? pool.length : claims.candidates;
    return candidates({ slug, pool, placement }, count, digest);
  }
  const sole = soleHost({ slug, pool, placement }, digest);
  return sole === undefined ? [] : [sole];
}

/** The turn of this host at a tick, from 0; -1 if it is no candidate. */
export function rankAt(slug: string, { placement }: JobPool, { hosts, host }: Seat, tick: string): number {
  return turns({ slug, placement, hosts }, tick, digest).indexOf(host);
}

function digest(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** A job that knows whether this host has it. */
export type Seated<J> = J & { readonly seat?: Seat };

/** Returns the job as it is on this host: nothing starts it here if other hosts have it. */
export function seated<J extends { readonly slug: string; readonly enabled: boolean; readonly pool?: JobPool }>(
  job: J,
  fleet: Fleet | undefined,
): Seated<J> {
  if (job.pool === undefined || fleet === undefined) return job;
  const seat = seatOf(job.slug, job.pool, fleet);
  return { ...job, seat, enabled: job.enabled && seat.isHere };
}

/** Returns what was loaded, a job with its seat on this host. */
export function seatedHere(loaded: Result<Job>, host: { readonly fleet?: Fleet }): Result<Seated<Job>>;
export function seatedHere(
  loaded: Result<Job> | undefined,
  host: { readonly fleet?: Fleet },
): Result<Seated<Job>> | undefined;
export function seatedHere(
  loaded: Result<Job> | undefined,
  { fleet }: { readonly fleet?: Fleet },
): Result<Seated<Job>> | undefined {
  return loaded?.ok ? { ...loaded, value: seated(loaded.value, fleet) } : loaded;
}

/** `web1`, `web1, web2 and 498 more`, `no host`. */
export function hostWords(hosts: readonly string[]): string {
  const [first, ...others] = hosts;
  if (first === undefined) return 'no host';
  if (hosts.length <= 4) return hosts.join(', ');
  return `${[first, ...others.slice(0, 2)].join(', ')} and ${hosts.length - 3} more`;
}

/** "belongs to web1 (pool web); this host is web3" */
export function elsewhereWords({ pool, hosts, host, claimed }: Seat): string {
  const whose =
    hosts.length === 0
      ? `belongs to no host: the pool "${pool}" is empty`
      : `belongs to ${claimed === true ? 'one of ' : ''}${hostWords(hosts)} (pool ${pool})`;
  return `${whose}; this host is ${host}`;
}

/** "on web1", "on one of web1, web2, web3" */
export function onWords({ hosts, claimed }: Pick<Seat, 'hosts' | 'claimed'>): string {
  return `on ${claimed === true ? 'one of ' : ''}${hostWords(hosts)}`;
}

/** "on web1 of the pool web, this host; no other host takes over while it is away" */
export function seatWords({ pool, runs, hosts, host, isHere, claimed, slots }: Seat): string {
  if (slots === true && hosts.length > 0)
    return `on ${hostWords(hosts)} of the pool ${pool}, which share its instances${isHere ? '' : `; not on ${host}, this host`}`;
  if (claimed === true && hosts.length > 0)
    return `on one of ${hostWords(hosts)} of the pool ${pool}${isHere ? ', this host among them' : `, not on ${host}, this host`}; etcd decides at each tick`;
  const here = isHere ? (runs === 'one' ? ', this host' : ', this host too') : `, not on ${host}, this host`;
  return `on ${hostWords(hosts)} of the pool ${pool}${here}${runs === 'one' && hosts.length > 0 ? `; ${noTakeOver}` : ''}`;
}

const noTakeOver = 'no other host takes over while it is away';

/**
 * "this host, web1, is in no pool of "fleet.pools", so it has no job that names a pool; …": undefined
 * for a host that is in one.
 */
export function poollessWords({ host, pools }: Fleet): string | undefined {
  const all = [...new Set(Object.values(pools).flat())];
  if (all.includes(host)) return undefined;
  const short = (name: string) => name.split('.')[0];
  const alike = all.filter((name) => short(name) === short(host));
  const advice = alike.length === 1 ? `; if it is ${alike[0]} there, write "fleet: {host: ${alike[0]}}"` : '';
  return `this host, ${host}, is in no pool of "fleet.pools", so it has no job that names a pool${advice}`;
}
