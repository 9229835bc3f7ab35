/**
 * The engine as a model: one store, leases that count by its own clock and have their full time again
 * after a change of leader, three members with clocks of their own. Requests arrive late, not at all, or
 * are carried out and their answer is lost.
 */
import type { Change, Guard, KeyRange } from '../../../src/system/types/engine.ts';
import type { VirtualTime } from './virtual-time.ts';

export const minuteMs = 60_000;

/** The moment at which virtual time begins. */
export const epochMs = Date.parse('2026-11-29T00:00:00Z');

interface Stored {
  value: string;
  created: number;
  modified: number;
  lease: string | undefined;
}

interface StoredLease {
  readonly seconds: number;
  untilMs: number;
  readonly keys: Set<string>;
}

export interface Written {
  readonly key: string;
  readonly value: string;
  readonly old: string | undefined;
  readonly revision: number;
}

export interface EngineFaults {
  /** Leases end too soon. */
  readonly shortLease?: boolean;
  /** Leases do not end. */
  readonly endlessLease?: boolean;
  /** Guards of keys that match are passed over. */
  readonly blindTo?: RegExp;
  /** Changes that are not made, by what else is done in the same transaction. */
  readonly loses?: (change: Change, all: readonly Change[]) => boolean;
  /** Each transaction has the same revision. */
  readonly sameRevision?: boolean;
}

export class ModelEngine {
  isUp = true;
  readonly memberOffsetsMs: number[] = [0, 40, -60];
  readonly #time: VirtualTime;
  readonly #faults: EngineFaults;
  readonly #onWrite: (written: Written) => void;
  readonly #store = new Map<string, Stored>();
  readonly #leases = new Map<string, StoredLease>();
  #revision = 1;
  #leaseCount = 0;

  constructor(time: VirtualTime, faults: EngineFaults, onWrite: (written: Written) => void) {
    this.#time = time;
    this.#faults = faults;
    this.#onWrite = onWrite;
  }

  away(): void {
    this.isUp = false;
  }

  /** A new leader gives each lease its full time. */
  back(): void {
    this.isUp = true;
    for (const lease of this.#leases.values()) lease.untilMs = this.#endOf(lease.seconds);
  }

  /** Whole seconds, as in the Date of etcd's answers. */
  dateMs(member: number): number {
    const exactMs = epochMs + this.#time.nowMs + (this.memberOffsetsMs[member] ?? 0);
    return Math.floor(exactMs / 1000) * 1000 + 500;
  }

  keys(prefix: string): readonly string[] {
    return [...this.#store.keys()].filter((key) => key.startsWith(prefix));
  }

  value(key: string): string | undefined {
    return this.#store.get(key)?.value;
  }

  read(ranges: readonly KeyRange[]) {
    this.expire();
    const found = ranges.flatMap((range) =>
      'key' in range ? (this.#store.has(range.key) ? [range.key] : []) : this.keys(range.prefix),
    );
    return found.map((key) => {
      const { value, modified } = this.#store.get(key) as Stored;
      return { key, value, modified: String(modified) };
    });
  }

  txn(guards: readonly Guard[], changes: readonly Change[]) {
    this.expire();
    if (guards.length > 128 || changes.length > 128) throw new Error('too many operations in a transaction');
    const isRefused = guards.some(
      ({ key, modified }) =>
        this.#faults.blindTo?.test(key) !== true && String(this.#store.get(key)?.modified ?? 0) !== modified,
    );
    if (isRefused) return { is: 'refused' } as const;
    if (changes.some((change) => change.is === 'put' && change.lease !== undefined && !this.#leases.has(change.lease)))
      return { is: 'no-lease' } as const;
    refuseDuplicates(changes);
    this.#revision += 1;
    for (const change of changes) if (this.#faults.loses?.(change, changes) !== true) this.#change(change);
    return { is: 'done', revision: this.#faults.sameRevision ? '7' : String(this.#revision) } as const;
  }

  grant(seconds: number): string {
    this.#leaseCount += 1;
    const id = `lease-${this.#leaseCount}`;
    this.#leases.set(id, { seconds, untilMs: this.#endOf(seconds), keys: new Set() });
    return id;
  }

  keepAlive(id: string): number | undefined {
    this.expire();
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    lease.untilMs = this.#endOf(lease.seconds);
    return lease.seconds;
  }

  revoke(id: string): void {
    this.#end(id);
  }

  expire(): void {
    if (!this.isUp) return;
    for (const [id, { untilMs }] of this.#leases) if (this.#time.nowMs > untilMs) this.#end(id);
  }

  #endOf(seconds: number): number {
    const share = this.#faults.endlessLease ? Number.POSITIVE_INFINITY : this.#faults.shortLease ? 0.4 : 1;
    return this.#time.nowMs + seconds * 1000 * share;
  }

  #end(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    if (lease.keys.size > 0) this.#revision += 1;
    for (const key of [...lease.keys]) this.#remove(key);
    this.#leases.delete(id);
  }

  #change(change: Change): void {
    switch (change.is) {
      case 'put':
        this.#put(change);
        return;
      case 'delete':
        this.#remove(change.key);
        return;
      case 'delete-range':
        for (const key of [...this.#store.keys()]) if (key >= change.from && key < change.to) this.#remove(key);
        return;
      default:
        change satisfies never;
    }
  }

  #put({ key, value, lease }: Extract<Change, { is: 'put' }>): void {
    const old = this.#store.get(key);
    if (old?.lease !== undefined) this.#leases.get(old.lease)?.keys.delete(key);
    const created = old?.created ?? this.#revision;
    this.#store.set(key, { value, created, modified: this.#revision, lease });
    if (lease !== undefined) this.#leases.get(lease)?.keys.add(key);
    this.#onWrite({ key, value, old: old?.value, revision: this.#revision });
  }

  #remove(key: string): void {
    const stored = this.#store.get(key);
    if (stored === undefined) return;
    if (stored.lease !== undefined) this.#leases.get(stored.lease)?.keys.delete(key);
    this.#store.delete(key);
  }
}

/** etcd refuses a transaction that puts a key twice, or removes a range with a key that it puts. */
function refuseDuplicates(changes: readonly Change[]): void {
  const puts = changes.flatMap((change) => (change.is === 'put' ? [change.key] : []));
  if (new Set(puts).size < puts.length) throw new Error(`duplicate key given in txn request: ${puts.join(' ')}`);
  for (const change of changes) {
    const isHit = (key: string) =>
      change.is === 'delete'
        ? key === change.key
        : change.is === 'delete-range' && key >= change.from && key < change.to;
    const hit = puts.find(isHit);
    if (hit !== undefined) throw new Error(`duplicate key given in txn request: ${hit}`);
  }
}
