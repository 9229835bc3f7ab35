/** The hosts of a fleet as the engine knows them: when each was there last, cordons, and what runs there. */

import type { Engine, EngineTime, Entry, Patience, Unreachable } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import { type Keys, namesBelow } from '../store/keys.ts';
import { type Hold, hold, type Presence, presence } from '../store/records.ts';

export interface FleetStore {
  readonly engine: Engine;
  readonly keys: Keys;
}

export interface HostState {
  readonly host: string;
  /** Absent if it was never there. */
  readonly seen?: Presence;
  /** It was there, and its record can't be understood. */
  readonly isSeenUnread?: true;
  readonly cordon?: Hold;
  /** Jobs that a run of this host holds, and instances of services that it has, sorted. */
  readonly runs: readonly string[];
}

export interface HostStates {
  /** The hosts that have keys, by name. */
  readonly hosts: ReadonlyMap<string, HostState>;
  /** Pauses by the name of their tag, also those that are over. */
  readonly tags: ReadonlyMap<string, Hold>;
  readonly time: EngineTime;
}

export async function readHosts(
  { engine, keys }: FleetStore,
  patience: Patience,
): Promise<({ readonly is: 'read' } & HostStates) | Unreachable> {
  const answer = await engine.read([{ prefix: keys.hosts() }, { prefix: keys.tags() }], patience);
  if (answer.is === 'unreachable') return answer;
  const { entries, time } = answer;
  return { is: 'read', hosts: hostsIn(entries, keys), tags: tagsIn(entries, keys), time };
}

/** The state of a host, also of one that has no keys. */
export function stateOf(host: string, hosts: ReadonlyMap<string, HostState>): HostState {
  return hosts.get(host) ?? { host, runs: [] };
}

/** A host writes each minute; after three it counts as away. */
const awayAfterMs = 3 * 60_000;

/** True also if its record can't be understood: it may be one of a later version. */
export function isThere({ seen, isSeenUnread }: Pick<HostState, 'seen' | 'isSeenUnread'>, nowMs: number): boolean {
  return isSeenUnread === true || (seen !== undefined && nowMs - seen.atMs < awayAfterMs);
}

/** A hold that can't be understood is in force until a person ends it. */
export function holdIn({ value }: Pick<Entry, 'value'>): Hold {
  return decodeJson(value, hold) ?? { by: 'unknown', atMs: 0, reason: "its record can't be read" };
}

function hostsIn(entries: readonly Entry[], keys: Keys): ReadonlyMap<string, HostState> {
  const found = new Map<string, HostState>();
  for (const entry of entries) {
    const [host, part, slug] = namesBelow(keys.hosts(), entry.key) ?? [];
    if (host === undefined) continue;
    const known = found.get(host) ?? { host, runs: [] };
    if (part === 'cordon') found.set(host, { ...known, cordon: holdIn(entry) });
    if (part === 'seen') found.set(host, { ...known, ...seenIn(entry) });
    if ((part === 'run' || part === 'instance') && slug !== undefined)
      found.set(host, { ...known, runs: [...known.runs, slug].sort() });
  }
  return found;
}

function tagsIn(entries: readonly Entry[], keys: Keys): ReadonlyMap<string, Hold> {
  return new Map(
    entries.flatMap((entry) => {
      const [tag, part] = namesBelow(keys.tags(), entry.key) ?? [];
      return tag === undefined || part !== 'pause' ? [] : [[tag, holdIn(entry)] as const];
    }),
  );
}

function seenIn({ value }: Entry): Pick<HostState, 'seen' | 'isSeenUnread'> {
  const seen = decodeJson(value, presence);
  return seen === undefined ? { isSeenUnread: true } : { seen };
}
