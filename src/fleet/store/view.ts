/**
 * The keys that decide about a job, as one read has shown them. A transaction compares them ("as I
 * have just seen it"), so that nothing is done on grounds that no longer hold.
 */

import {
  absent,
  type Change,
  type Entry,
  type Guard,
  type KeyRange,
  type Revision,
} from '../../system/types/engine.ts';
import { type Decoder, decodeJson } from '../../text/decode.ts';
import type { Keys } from './keys.ts';
import { tickOfText } from './keys.ts';
import * as records from './records.ts';

/** A key that is there. `value` is undefined if it can't be understood: then nothing may be assumed. */
export interface Seen<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly modified: Revision;
}

/** Decodes when it is asked: most claims end at the first key that they look at. */
class LazySeen<T> implements Seen<T> {
  readonly key: string;
  readonly modified: Revision;
  readonly #text: string;
  readonly #decoder: Decoder<T>;
  #decoded: { readonly value: T | undefined } | undefined;

  constructor({ key, value, modified }: Entry, decoder: Decoder<T>) {
    this.key = key;
    this.modified = modified;
    this.#text = value;
    this.#decoder = decoder;
  }

  get value(): T | undefined {
    this.#decoded ??= { value: decodeJson(this.#text, this.#decoder) };
    return this.#decoded.value;
  }
}

/** The keys that are looked at. */
export interface Sight {
  readonly slug: string;
  readonly tags: readonly string[];
  readonly locks: readonly string[];
  readonly host: string;
}

export interface JobView {
  /** By tick, milliseconds since 1970, ascending. */
  readonly ticks: ReadonlyMap<number, Seen<records.Fate>>;
  readonly settled: Seen<records.Settled> | undefined;
  readonly run: Seen<records.Holder> | undefined;
  readonly next: Seen<records.Waiter> | undefined;
  readonly stop: Seen<records.Stop> | undefined;
  readonly cordon: Seen<records.Hold> | undefined;
  /** Pauses of the job and its tags, also those that are over. */
  readonly pauses: readonly Seen<records.Hold>[];
  /** The job's fleet-wide locks that are held. */
  readonly locks: readonly Seen<records.LockRecord>[];
  /** Guards of all keys that decide whether the job may start, present or not. */
  readonly guards: readonly Guard[];
}

export function rangesOf(keys: Keys, { slug, tags, locks, host }: Sight): readonly KeyRange[] {
  return [
    { prefix: keys.job(slug) },
    { key: keys.cordon(host) },
    ...tags.map((tag) => ({ key: keys.tagPause(tag) })),
    ...locks.map((lock) => ({ key: keys.lock(lock) })),
  ];
}

export function viewOf(keys: Keys, sight: Sight, entries: readonly Entry[]): JobView {
  const { slug, tags, locks, host } = sight;
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const see = <T>(key: string, decoder: Decoder<T>): Seen<T> | undefined => {
    const entry = byKey.get(key);
    return entry && new LazySeen(entry, decoder);
  };
  const pauseKeys = [keys.pause(slug), ...tags.map((tag) => keys.tagPause(tag))];
  const lockKeys = locks.map((lock) => keys.lock(lock));
  const deciding = [keys.run(slug), keys.next(slug), keys.settled(slug), keys.cordon(host), ...pauseKeys, ...lockKeys];
  return {
    ticks: ticksIn(keys.ticks(slug), entries),
    settled: see(keys.settled(slug), records.settled),
    run: see(keys.run(slug), records.holder),
    next: see(keys.next(slug), records.waiter),
    stop: see(keys.stop(slug), records.stop),
    cordon: see(keys.cordon(host), records.hold),
    pauses: pauseKeys.flatMap((key) => see(key, records.hold) ?? []),
    locks: lockKeys.flatMap((key) => see(key, records.lockRecord) ?? []),
    guards: [...new Set(deciding)].map((key) => ({ key, modified: byKey.get(key)?.modified ?? absent })),
  };
}

function ticksIn(prefix: string, entries: readonly Entry[]): ReadonlyMap<number, Seen<records.Fate>> {
  const found = entries.flatMap((entry) => {
    const tickMs = entry.key.startsWith(prefix) ? tickOfText(entry.key.slice(prefix.length)) : undefined;
    return tickMs === undefined ? [] : [[tickMs, new LazySeen(entry, records.fate)] as const];
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

/** True if a pause or a cordon is in force; also if it can't be understood. */
export function isInForce({ value }: Seen<records.Hold>, nowMs: number): boolean {
  return value === undefined || isInForceAt(value, nowMs);
}

export function isInForceAt({ untilMs }: records.Hold, nowMs: number): boolean {
  return untilMs === undefined || untilMs > nowMs;
}

export function put(key: string, value: object, lease?: string): Change {
  return { is: 'put', key, value: JSON.stringify(value), ...(lease !== undefined && { lease }) };
}

export function remove(key: string): Change {
  return { is: 'delete', key };
}
