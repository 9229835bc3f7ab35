/**
 * The hosts that have a job of a pool, where no engine decides at each tick: names alone decide, so
 * each host comes to the same answer.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Job } from '../job/job.ts';
import type { JobPool } from '../job/keys/pool-keys.ts';
import type { Fleet } from '../system/types/fleet.ts';
import type { Result } from '../text/problem.ts';
import { soleHost } from './placement.ts';

export interface Seat {
  /** The name of the pool. */
  readonly pool: string;
  readonly runs: 'one' | 'each';
  /** The hosts that have the job: one, or all of the pool; empty if the pool has none. */
  readonly hosts: readonly string[];
  /** The name of this host. */
  readonly host: string;
  readonly isHere: boolean;
}

export function seatOf(slug: string, { name, runs, placement }: JobPool, { host, pools }: Fleet): Seat {
  const pool = Object.hasOwn(pools, name) ? (pools[name] ?? []) : [];
  const sole = runs === 'each' ? undefined : soleHost({ slug, pool, placement }, digest);
  const hosts = runs === 'each' ? pool : sole === undefined ? [] : [sole];
  return { pool: name, runs, hosts, host, isHere: hosts.includes(host) };
}

function digest(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** True for a job of which the hosts of a pool claim each tick in the store that they share. */
export function isClaimed(seat: Pick<Seat, 'runs'> | undefined, fleet: Pick<Fleet, 'etcd'> | undefined): boolean {
  return seat?.runs === 'one' && fleet?.etcd !== undefined;
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
export function elsewhereWords({ pool, hosts, host }: Seat): string {
  const whose =
    hosts.length === 0
      ? `belongs to no host: the pool "${pool}" is empty`
      : `belongs to ${hostWords(hosts)} (pool ${pool})`;
  return `${whose}; this host is ${host}`;
}

/** "on web1" */
export function onWords({ hosts }: Pick<Seat, 'hosts'>): string {
  return `on ${hostWords(hosts)}`;
}

/** "on web1 of the pool web, this host; no other host takes over while it is away" */
export function seatWords({ pool, runs, hosts, host, isHere }: Seat): string {
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
