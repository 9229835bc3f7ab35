/**
 * The engine of a fleet as five verbs: a linearizable store of small texts that all hosts share,
 * with transactions over several keys and with leases. system/etcd has it.
 *
 * An answer that does not come is a value, not an exception: `unreachable` from `txn`, `grant` or
 * `revoke` leaves open whether the request was carried out.
 */

export interface Engine {
  /** Reads all ranges at one revision. */
  read(ranges: readonly KeyRange[], options: ReadOptions): Promise<ReadAnswer>;
  /** Makes a lease. It lasts at least `seconds`, counted from before the request was sent. */
  grant(seconds: number, patience: Patience): Promise<GrantAnswer>;
  /**
   * Carries out all changes if every guard holds. A request that got no answer is sent again, so
   * `refused` may come from changes that its first try has made: a read tells.
   */
  txn(guards: readonly Guard[], changes: readonly Change[], patience: Patience): Promise<TxnAnswer>;
  /** Gives a lease its full time again, counted from before the request was sent. */
  keepAlive(lease: string, patience: Patience): Promise<KeepAliveAnswer>;
  /** Ends a lease and removes its keys. Ok also if there is no such lease. */
  revoke(lease: string, patience: Patience): Promise<RevokeAnswer>;
}

/** A count of changes of the store, in decimal digits, as it may exceed 2^53. */
export type Revision = string;

/** The revision at which a key that is not there was modified. */
export const absent: Revision = '0';

/** One key, or all keys that begin with `prefix`. */
export type KeyRange = { readonly key: string } | { readonly prefix: string };

export interface Entry {
  readonly key: string;
  readonly value: string;
  /** The transaction that wrote this value. */
  readonly modified: Revision;
}

export interface Patience {
  /** Time for all tries of the request together. */
  readonly patienceMs: number;
}

interface ReadOptions extends Patience {
  /** Members whose clock is known already: another one is asked where there is one. */
  readonly unlike?: readonly string[];
}

/** The clock of one member of the engine, at the moment of its answer. */
export interface EngineTime {
  /** Milliseconds since 1970, give or take `errorMs`. */
  readonly nowMs: number;
  readonly errorMs: number;
  readonly member: string;
}

/** True as long as the key was last modified there. */
export interface Guard {
  readonly key: string;
  readonly modified: Revision;
}

export type Change =
  | { readonly is: 'put'; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly is: 'delete'; readonly key: string }
  /** The keys from `from` up to the one before `to`, by their bytes. */
  | { readonly is: 'delete-range'; readonly from: string; readonly to: string };

export interface Unreachable {
  readonly is: 'unreachable';
  /** A clause: "https://etcd1:2379: connect ECONNREFUSED". */
  readonly reason: string;
}

type ReadAnswer = { readonly is: 'read'; readonly entries: readonly Entry[]; readonly time: EngineTime } | Unreachable;

/** The time is that of another member than answered the last read, where there is one. */
type GrantAnswer =
  | { readonly is: 'granted'; readonly lease: string; readonly seconds: number; readonly time: EngineTime }
  | Unreachable;

export type TxnAnswer =
  | { readonly is: 'done'; readonly revision: Revision }
  | { readonly is: 'refused' }
  /** A put names a lease that has ended. */
  | { readonly is: 'no-lease' }
  | Unreachable;

type KeepAliveAnswer = { readonly is: 'renewed'; readonly seconds: number } | { readonly is: 'gone' } | Unreachable;

type RevokeAnswer = { readonly is: 'revoked' } | Unreachable;
