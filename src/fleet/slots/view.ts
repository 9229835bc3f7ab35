/** The keys of a service over a pool, as one read has shown them. */

import { absent, type Entry, type KeyRange, type Revision } from '../../system/types/engine.ts';
import { type Decoder, decodeJson } from '../../text/decode.ts';
import type { Keys } from '../store/keys.ts';
import { hold } from '../store/records.ts';
import { isInForce, type Seen } from '../store/view.ts';
import { desiredState, type SlotRecord, slotRecord, type Turn, turn } from './records.ts';

export interface SlotsView {
  readonly slots: ReadonlyMap<number, Seen<SlotRecord>>;
  readonly turns: ReadonlyMap<number, Seen<Turn>>;
  /** The texts of the decisions of people: of the whole service (`all`) and of instances. */
  readonly desired: ReadonlyMap<string, string>;
  /** True if people want the service down. */
  readonly isDown: boolean;
  /** True if a host may start nothing. Known of this host and of the homes of the instances. */
  readonly isCordoned: (host: string) => boolean;
  /** The revision of a key; `absent` if it is not there. */
  readonly modified: (key: string) => Revision;
}

export interface SlotsSight {
  readonly slug: string;
  /** Hosts of which it matters whether they are cordoned. */
  readonly hosts: readonly string[];
}

/** etcd takes at most 128 ranges in one request, and there is one more for the service. */
const hostLimit = 100;

export function slotRanges(keys: Keys, { slug, hosts }: SlotsSight): readonly KeyRange[] {
  const cordons = [...new Set(hosts)].slice(0, hostLimit).map((host) => ({ key: keys.cordon(host) }));
  return [{ prefix: keys.service(slug) }, ...cordons];
}

export function slotsView(keys: Keys, slug: string, entries: readonly Entry[], nowMs: number): SlotsView {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const prefix = keys.allDesired(slug);
  const desired = entries.flatMap(({ key, value }) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  );
  const all = byKey.get(keys.desired(slug));
  return {
    slots: numbered(entries, keys.slots(slug), slotRecord),
    turns: numbered(entries, keys.turns(slug), turn),
    desired: new Map(desired),
    isDown: decodeJson(all?.value, desiredState)?.wanted === 'down',
    isCordoned: (host) => {
      const entry = byKey.get(keys.cordon(host));
      return entry !== undefined && isInForce({ ...entry, value: decodeJson(entry.value, hold) }, nowMs);
    },
    modified: (key) => byKey.get(key)?.modified ?? absent,
  };
}

function numbered<T>(entries: readonly Entry[], prefix: string, decoder: Decoder<T>): ReadonlyMap<number, Seen<T>> {
  return new Map(
    entries.flatMap(({ key, value, modified }) => {
      const rest = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      return /^\d+$/.test(rest) ? [[Number(rest), { key, modified, value: decodeJson(value, decoder) }] as const] : [];
    }),
  );
}
