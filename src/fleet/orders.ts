/**
 * Orders of people to the fleet. Each is one key that the claims compare, so when the answer is
 * `done` nothing starts against it any more, on no host.
 */

import type { Engine, Patience, TxnAnswer } from '../system/types/engine.ts';
import type { Keys } from './store/keys.ts';
import type { Hold, Stop } from './store/records.ts';
import { put, remove } from './store/view.ts';

export type Held = { readonly job: string } | { readonly tag: string } | { readonly host: string };

export interface OrderPorts {
  readonly engine: Engine;
  readonly keys: Keys;
}

/** Pauses a job or a tag, or cordons a host. */
export function holdBack(held: Held, hold: Hold, { engine, keys }: OrderPorts, patience: Patience): Promise<TxnAnswer> {
  return engine.txn([], [put(keyOf(held, keys), hold)], patience);
}

export function letGo(held: Held, { engine, keys }: OrderPorts, patience: Patience): Promise<TxnAnswer> {
  return engine.txn([], [remove(keyOf(held, keys))], patience);
}

/** Orders one run to stop, wherever it runs. */
export function orderStop(
  slug: string,
  order: Stop,
  { engine, keys }: OrderPorts,
  patience: Patience,
): Promise<TxnAnswer> {
  return engine.txn([], [put(keys.stop(slug), order)], patience);
}

function keyOf(held: Held, keys: Keys): string {
  if ('job' in held) return keys.pause(held.job);
  return 'tag' in held ? keys.tagPause(held.tag) : keys.cordon(held.host);
}
