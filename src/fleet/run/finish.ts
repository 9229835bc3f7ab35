/**
 * The end of a run: its outcome becomes part of its tick's fate, and its keys go, in one
 * transaction. An outcome that comes late replaces `lost`, unless the tick has been run again.
 */

import { absent, type Engine, type Entry, type TxnAnswer } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import type { Keys } from '../store/keys.ts';
import { fate, lost } from '../store/records.ts';
import { put } from '../store/view.ts';
import { type HeldRun, releaseChanges } from './held.ts';

export type FinishAnswer =
  | { readonly is: 'written' }
  /** The tick is not this run's any more: it was run again. */
  | { readonly is: 'superseded' }
  | { readonly is: 'unreachable'; readonly reason: string };

export interface FinishPorts {
  readonly engine: Engine;
  readonly keys: Keys;
}

export async function finish(
  held: HeldRun,
  outcome: string,
  { engine, keys }: FinishPorts,
  patienceMs: number,
): Promise<FinishAnswer> {
  const tickKey = keys.tick(held.slug, held.tickMs);
  const runKey = keys.run(held.slug);
  const written = put(tickKey, { ...held.record, fate: 'started', outcome });
  const release = releaseChanges(keys, held.slug, { host: held.record.host, locks: held.locks });
  const patience = { patienceMs };
  let guards = [tickKey, runKey].map((key) => ({ key, modified: held.fence }));
  let changes = [written, ...release];
  for (;;) {
    const done: TxnAnswer = await engine.txn(guards, changes, patience);
    if (done.is === 'unreachable') return done;
    if (done.is === 'done') break;
    const look = await engine.read([{ key: tickKey }, { key: runKey }], patience);
    if (look.is === 'unreachable') return look;
    const tick = look.entries.find(({ key }) => key === tickKey);
    const state = stateOf(tick, held, outcome);
    if (state === 'superseded') return { is: 'superseded' };
    if (state === 'written') break;
    const run = look.entries.find(({ key }) => key === runKey);
    const isHeld = run?.modified === held.fence;
    guards = [
      { key: tickKey, modified: tick?.modified ?? absent },
      { key: runKey, modified: run?.modified ?? absent },
    ];
    changes = isHeld ? [written, ...release] : [written];
  }
  // The keys are gone; a lease that can't be revoked now ends by itself.
  if (held.lease !== undefined) await engine.revoke(held.lease.id, patience);
  return { is: 'written' };
}

function stateOf(tick: Entry | undefined, { record }: HeldRun, outcome: string): 'open' | 'written' | 'superseded' {
  const found = decodeJson(tick?.value, fate);
  if (found?.fate !== 'started' || found.run !== record.run) return 'superseded';
  if (found.outcome === outcome) return 'written';
  return found.outcome === undefined || found.outcome === lost ? 'open' : 'superseded';
}
